// One slider a weight. The moved one follows the hand at once; the others follow what the app answers.
const sequence = new WeakMap()

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
      label.append(document.createTextNode(weight.title + ", %"), document.createElement("output"), input)
      return label
    }))
  }
  const sent = sequence.get(box) ?? 0
  for (const weight of data.weights) {
    const input = box.querySelector(`input[name="${weight.name}"]`)
    const output = input.parentElement.querySelector("output")
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
