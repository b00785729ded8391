// One slider a weight. The moved one follows the hand at once; the others follow what the app answers.
const sequence = new WeakMap()

// Stretches of a driver's weight, each with the title that comes first there; texts are set as texts.
function stretches(strip) {
  return strip.map(part => {
    const one = document.createElement("i")
    one.className = part.mine ? "mine" : ""
    one.style.left = part.low + "%"
    one.style.width = part.high - part.low + "%"
    one.title = `${part.first}: first from ${part.low.toFixed(0)} to ${part.high.toFixed(0)} %`
    return one
  })
}

export default function (component) {
  const { data, parentElement, setStateValue } = component
  const box = parentElement.querySelector(".sliders")
  if (!box) return
  const names = data.weights.map(weight => weight.name).join()
  if (box.dataset.names !== names) {
    box.dataset.names = names
    box.replaceChildren(...data.weights.map(weight => {
      const label = document.createElement("label")
      const input = document.createElement("input")
      Object.assign(input, { type: "range", min: 0, max: 100, step: 1, name: weight.name, title: weight.help })
      input.setAttribute("aria-label", weight.title + ", %")
      const strip = document.createElement("span")
      strip.className = "strip"
      strip.setAttribute("aria-hidden", "true") // the same stands in words below
      label.append(document.createTextNode(weight.title + ", %"), document.createElement("output"), input, strip)
      return label
    }))
  }
  const sent = sequence.get(box) ?? 0
  for (const weight of data.weights) {
    const input = box.querySelector(`input[name="${weight.name}"]`)
    const output = input.parentElement.querySelector("output")
    input.parentElement.querySelector(".strip").replaceChildren(...stretches(weight.strip))
    const late = input === box.getRootNode().activeElement && data.answered < sent
    if (!late) {
      input.value = weight.percent
      output.textContent = weight.percent
    }
    input.oninput = () => {
      output.textContent = input.value
      const next = Math.max(sequence.get(box) ?? 0, data.answered) + 1
      sequence.set(box, next)
      setStateValue("moved", { name: weight.name, to: Number(input.value), sequence: next })
    }
  }
}
