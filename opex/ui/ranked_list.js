// The ranked list: one button a row, so that every row is reached by keyboard and read out whole.
// All text is set as text: nothing that people wrote is ever markup.
function make(tag, className, text) {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text !== undefined && text !== null) element.textContent = text
  return element
}

function cell(label, text, quiet) {
  const box = make("span")
  box.append(make("span", "label", label + ": "), make("span", quiet ? "quiet" : "", text))
  return box
}

// A bar from low to high, both shares of the whole width; a tick where the value itself stands.
function bar(kind, low, high, at) {
  const whole = make("span", "bar " + kind)
  whole.setAttribute("aria-hidden", "true")
  const range = make("i")
  range.style.left = 100 * low + "%"
  range.style.width = Math.max(0, 100 * (high - low)) + "%"
  whole.append(range)
  if (at !== undefined) {
    const tick = make("b")
    tick.style.left = 100 * at + "%"
    whole.append(tick)
  }
  return whole
}

function benefit(row) {
  const box = cell("benefit", row.benefit)
  if (row.high > 0) box.append(bar("benefit", row.low, row.high))
  return box
}

function sure(row) {
  if (!row.band) return cell("how sure", row.sure, true)
  const box = cell("how sure", row.band.told)
  box.append(bar("places", row.band.low, row.band.high, row.band.at), make("span", "quiet", row.sure))
  return box
}

function build(row, selected, choose) {
  const button = make("button", "row")
  button.type = "button"
  button.dataset.id = row.id
  button.setAttribute("aria-pressed", row.id === selected ? "true" : "false")
  const rank = make("span", "rank", row.rank)
  if (row.was) rank.append(make("span", "was quiet", row.was))
  const what = make("span")
  what.append(make("span", "title", row.title), make("span", "action", row.action), make("span", "quiet why", row.why))
  const status = make("span")
  status.append(make("span", "status " + row.status, row.status), make("br"), make("span", "quiet", row.who))
  const facts = make("span", "facts")
  facts.append(benefit(row), sure(row), cell("cost", row.cost, true), status)
  button.append(rank, what, facts)
  button.onclick = () => choose(row.id)
  return button
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const list = parentElement.querySelector(".list")
  if (!list) return
  const focused = parentElement.activeElement?.dataset?.id ?? list.getRootNode().activeElement?.dataset?.id
  const head = make("div", "head")
  head.setAttribute("aria-hidden", "true")
  for (const text of ["#", "opportunity and why", "benefit", "how sure", "cost", "status, owner"]) head.append(make("span", "", text))
  const rows = []
  for (const row of data.rows) {
    if (row.below) rows.push(make("div", "below", row.below))
    rows.push(build(row, data.selected, id => setTriggerValue("chosen", id)))
  }
  list.setAttribute("aria-label", data.label)
  list.replaceChildren(head, ...rows)
  if (focused) list.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true })
}
