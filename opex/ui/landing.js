// A line at which one arrives: when what it is about changed, it has the focus, so that the next Tab begins there.
const WAIT = 100 // ms between looks whether the page is drawn
const lines = new WeakMap()

const atRest = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState !== "running"

function take(line, data) {
  const before = lines.get(line)
  line.textContent = data.text
  if (before?.at === data.at) return
  clearInterval(before?.timer)
  const now = { at: data.at }
  lines.set(line, now)
  if (!before) return // one came to the page by a way of one's own
  const held = document.activeElement
  now.timer = setInterval(() => {
    if (line.isConnected && !atRest()) return
    clearInterval(now.timer)
    const at = document.activeElement
    if (line.isConnected && (at === document.body || (data.always && at === held))) line.focus()
  }, WAIT)
}

export default function (component) {
  const line = component.parentElement.querySelector(".landing")
  if (line) take(line, component.data)
}
