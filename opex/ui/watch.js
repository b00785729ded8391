// Asks for the position of a session, and says once when it moved. One watch for each place on the page, with one timer
// for the next question and one for the word that waits until it disturbs nobody.
const IDLE = 20_000 // ms without a key in a field: whoever left it open is not typing
const CALM = 1000 // ms after a key or a press anywhere, so that no click is lost to a page that is drawn again
const AGAIN = 15_000 // ms after which it is said again, should the first word have been lost
const LONGEST = 30_000 // ms between tries when nothing answers
const NOT_TYPED = new Set(["checkbox", "radio", "button", "submit", "reset", "range", "file", "color", "image"])
const HEARD = ["keydown", "input", "focusin", "pointerdown", "pointerup", "pointercancel"]
const HELD = 10_000 // ms that a press may last: its end is not heard when it ends in a frame of somebody else
const LOOK = 250 // ms between looks whether the word can be said now
const watches = new WeakMap()

function focused() {
  let at = document.activeElement
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  return at
}

function typedIn(element) {
  if (!element) return false
  if (element.tagName === "INPUT") return !NOT_TYPED.has(element.type) && !element.readOnly
  return element.tagName === "TEXTAREA" || element.isContentEditable
}

class Watch {
  constructor(line) {
    this.line = line
    this.failures = 0
    this.ended = false
    this.touched = this.keyed = -Infinity // when something was pressed; when a field last heard from its person
    this.heard = event => {
      this.touched = performance.now()
      if (event.type.startsWith("pointer")) this.held = event.type === "pointerdown"
      else this.keyed = this.touched
    }
    this.seen = () => { if (!document.hidden) this.plan(0) }
    for (const type of HEARD) document.addEventListener(type, this.heard, true)
    document.addEventListener("visibilitychange", this.seen)
  }

  take(data, tell) {
    const other = this.data?.address !== data.address
    Object.assign(this, { data, tell })
    if (this.answer === data.position || other) this.answer = null
    if (this.told === data.position || other) this.told = null
    if (this.timer === undefined || other) this.plan(1000 * data.seconds)
  }

  // The one timer: whoever plans anew forgets what was planned.
  plan(wait) {
    clearTimeout(this.timer)
    if (!this.ended) this.timer = setTimeout(() => this.turn(), wait)
  }

  async turn() {
    if (!this.line.isConnected) return this.end()
    if (document.hidden || this.asking) return // goes on when it is seen, or when the answer is there
    this.asking = true
    const { address } = this.data
    let answer = null
    try {
      const got = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(10_000) })
      answer = got.ok ? (await got.json()).position : null
    } catch { /* counted below */ }
    this.asking = false
    if (this.ended) return
    if (address !== this.data.address) return this.plan(0)
    this.count(typeof answer === "string")
    if (typeof answer === "string") this.answer = answer === this.data.position ? null : answer
    this.say()
    this.plan(this.wait())
  }

  count(answered) {
    this.failures = answered ? 0 : this.failures + 1
    const lost = this.failures >= 3
    if (this.line.hidden === lost) {
      this.line.textContent = lost ? "connection lost, trying again" : ""
      this.line.hidden = !lost
    }
  }

  wait() {
    const period = 1000 * this.data.seconds
    if (this.failures) return Math.min(LONGEST, period * 2 ** Math.min(this.failures, 10))
    return period
  }

  say() {
    const now = performance.now()
    const known = !this.answer || (this.answer === this.told && now - this.toldAt < AGAIN)
    const waits = !known && this.busy(now)
    if (!known && !waits) {
      Object.assign(this, { told: this.answer, toldAt: now })
      this.tell("moved", this.answer)
    }
    if (waits) this.word ??= setInterval(() => this.say(), LOOK)
    else this.word = clearInterval(this.word)
  }

  busy(now) {
    const state = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState
    if (state !== undefined && state !== "notRunning") return true
    if (now - this.touched < (this.held ? HELD : CALM)) return true
    return typedIn(focused()) && now - this.keyed < IDLE
  }

  end() {
    this.ended = true
    clearTimeout(this.timer)
    clearInterval(this.word)
    for (const type of HEARD) document.removeEventListener(type, this.heard, true)
    document.removeEventListener("visibilitychange", this.seen)
  }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const line = parentElement.querySelector(".lost")
  if (!line) return
  const watch = watches.get(line)?.ended === false ? watches.get(line) : new Watch(line)
  watches.set(line, watch)
  watch.take(data, setTriggerValue)
  return () => { if (!line.isConnected) watch.end() } // also called for a run that another one overtook
}
