// The agreed order. It says what a person wants, once, and shows it until the page has answered; it decides nothing.
// All text is set as text: nothing that people wrote is ever markup.
const PAUSE = 700 // ms: presses of a key within this are one wish
const REST = 600 // ms: how long the app is at rest before a wish that changed nothing is taken back
const TOUCH = matchMedia("(pointer: coarse)")
const PATIENCE = 10_000 // ms after which an unanswered word holds up the next one no longer
const lists = new WeakMap()

function make(tag, className, text) {
  const element = document.createElement(tag)
  if (className) element.className = className
  if (text !== undefined && text !== null) element.textContent = text
  return element
}

function set(element, name, value) {
  if (element[name] !== value) element[name] = value
}

function mark(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}

function nonce() { // crypto.randomUUID is missing where the page came without https
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("")
}

const atRest = () => document.querySelector("[data-testid=stApp]")?.dataset.testScriptState !== "running"

function scroller(element) {
  for (let at = element; at; at = at.parentElement ?? at.getRootNode().host) {
    if (at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY)) return at
  }
  return document.scrollingElement
}

class OrderList {
  constructor(box) {
    this.box = box
    this.rows = new Map() // id to its element and parts
    this.shown = [] // ids, as shown now
    this.wish = null // what was done here and is not answered yet
    this.waiting = [] // words for the page: a second one would take the place of a first that is not heard yet
    this.open = null // the word that was said last, until the page has heard it and is at rest
    this.hint = make("p", "hint quiet", TOUCH.matches ? "Drag a row by its dots, or type its place."
      : "Drag a row, type a place and press Enter, or use Alt + ↑ ↓ on a row; Alt + P pins it.")
    this.list = make("div", "rows")
    this.list.setAttribute("role", "list")
    this.cut = make("div", "cut")
    this.live = make("div", "unseen")
    this.live.setAttribute("aria-live", "polite")
    this.live.setAttribute("role", "status")
    box.replaceChildren(this.hint, this.list, this.live)
    this.list.addEventListener("click", event => this.clicked(event))
    this.list.addEventListener("keydown", event => this.pressed(event))
    this.list.addEventListener("focusin", event => this.rove(this.idOf(event.target)))
    this.list.addEventListener("focusout", event => {
      if (!this.list.contains(event.relatedTarget)) this.send()
      if (event.target.className !== "place") return
      if (TOUCH.matches && event.target.dataset.typed) this.place(event.target, this.idOf(event.target)) // no Enter there
      this.draw()
    })
    this.list.addEventListener("pointerdown", event => this.grab(event))
  }

  // ---- what the page says

  take(data, tell) {
    this.tell = tell
    if (this.open?.nonce === data.answered) this.open.heard = true
    const order = data.rows.map(row => row.id)
    const news = !this.data || JSON.stringify([this.data.rows, this.data.cut]) !== JSON.stringify([data.rows, data.cut])
    this.data = data
    this.byId = new Map(data.rows.map(row => [row.id, row]))
    if (this.drag && (!this.byId.has(this.drag.id) || data.disabled)) this.letGo(false)
    if (this.wish && (!this.byId.has(this.wish.item) || data.disabled)) this.forget()
    const said = this.wish?.sent && !this.waiting.some(word => word.nonce === this.wish.nonce)
    if (said && news) this.forget() // the page says otherwise, or the same
    if (this.wish?.sent && this.wish.nonce === data.answered) this.watchRest()
    this.order = order
    if (!this.drag) this.draw()
  }

  forget() {
    clearTimeout(this.wish?.timer)
    clearInterval(this.wish?.rest)
    this.wish = null
  }

  // A refusal leaves the rows as they were: once the page has heard the wish and is at rest, its word is shown again.
  watchRest() {
    const wish = this.wish
    if (wish.rest) return
    let calm = 0
    wish.rest = setInterval(() => {
      calm = atRest() ? calm + 100 : 0
      if (calm < REST || this.wish !== wish) return
      clearInterval(wish.rest)
      if (this.wish === wish) this.wish = null
      this.draw()
    }, 100)
  }

  wantedOrder() {
    if (!this.wish) return this.order
    const others = this.order.filter(id => id !== this.wish.item)
    others.splice(this.wish.to - 1, 0, this.wish.item)
    return others
  }

  // ---- drawing

  draw() {
    const before = new Map(this.shown.map(id => [id, this.rows.get(id)?.row.offsetTop]))
    const order = this.wantedOrder()
    const { cut, disabled, selected } = this.data
    mark(this.list, "aria-label", `Agreed order, ${order.length} rows`)
    this.box.classList.toggle("fixed", disabled)
    this.hint.hidden = disabled
    for (const [id, parts] of this.rows) {
      if (this.byId.has(id)) continue
      parts.row.remove()
      this.rows.delete(id)
    }
    order.forEach((id, index) => this.fill(id, index + 1, order.length, selected))
    const wanted = order.map(id => this.rows.get(id).row)
    this.cut.textContent = cut === 1 ? "cut line: the first" : `cut line: first ${cut}`
    if (cut >= 1 && cut <= order.length) wanted.splice(cut, 0, this.cut)
    else this.cut.remove()
    this.arrange(wanted)
    this.shown = order
    if (!this.byId.has(this.current)) this.current = order[0]
    this.rove(this.current)
    this.glide(before)
  }

  build(id) {
    const row = make("div", "row")
    row.setAttribute("role", "listitem")
    row.dataset.id = id
    const grip = make("span", "grip", "⠿")
    grip.setAttribute("aria-hidden", "true")
    const place = make("input", "place")
    Object.assign(place, { type: "text", inputMode: "numeric", autocomplete: "off", maxLength: 4 })
    const what = make("button", "what")
    what.type = "button"
    const title = make("span", "title")
    const note = make("span", "note quiet")
    what.append(title, note)
    const marks = make("span", "marks")
    const pin = make("button", "pin")
    pin.type = "button"
    row.append(grip, place, what, marks, pin)
    place.addEventListener("focus", () => place.select())
    place.addEventListener("input", () => { place.dataset.typed = "1"; place.setCustomValidity("") })
    const parts = { row, place, what, title, note, marks, pin }
    this.rows.set(id, parts)
    return parts
  }

  fill(id, place, count, selected) {
    const row = this.byId.get(id)
    const parts = this.rows.get(id) ?? this.build(id)
    const pending = this.wish?.item === id
    const pinned = pending ? this.wish.pin : row.pinned
    const marks = [row.computed && `computed ${row.computed}`, pinned ? "pinned" : row.moved && "moved"].filter(Boolean)
    mark(parts.row, "aria-posinset", String(place))
    mark(parts.row, "aria-setsize", String(count))
    parts.row.classList.toggle("selected", id === selected)
    parts.row.classList.toggle("waiting", pending)
    const typing = parts.place.dataset.typed && this.box.getRootNode().activeElement === parts.place
    if (!typing) {
      delete parts.place.dataset.typed
      set(parts.place, "value", String(place))
    }
    set(parts.place, "disabled", this.data.disabled)
    mark(parts.place, "aria-label", `Place of ${row.title}`)
    set(parts.title, "textContent", row.title)
    set(parts.note, "textContent", row.note)
    parts.note.hidden = !row.note
    mark(parts.what, "aria-label", [`Place ${place}: ${row.title}`, ...marks, row.note].filter(Boolean).join(", "))
    mark(parts.what, "aria-pressed", id === selected ? "true" : "false")
    mark(parts.what, "aria-keyshortcuts", "Alt+ArrowUp Alt+ArrowDown Alt+P")
    if (parts.marks.dataset.said !== marks.join()) {
      parts.marks.dataset.said = marks.join()
      parts.marks.replaceChildren(...marks.map(text => make(text === "pinned" || text === "moved" ? "b" : "span", text.split(" ")[0], text)))
    }
    set(parts.pin, "textContent", pinned ? "pinned" : "pin here")
    mark(parts.pin, "aria-label", pinned ? `Pinned at place ${place}: unpin ${row.title}` : `Pin here, at place ${place}: ${row.title}`)
    mark(parts.pin, "aria-pressed", pinned ? "true" : "false")
    set(parts.pin, "disabled", this.data.disabled)
  }

  // Put the elements in this order and move as few as needed, never the one with the focus: it would lose it.
  arrange(wanted) {
    const held = this.box.getRootNode().activeElement?.closest?.(".row, .cut")
    const at = wanted.indexOf(held)
    let next = this.list.firstElementChild
    wanted.forEach((element, index) => {
      if (index === at) next = element.nextElementSibling
      else if (element === next) next = next.nextElementSibling
      else this.list.insertBefore(element, next)
    })
  }

  // Let the eye follow what moved.
  glide(before) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return
    const moves = this.shown.map(id => [this.rows.get(id).row, before.get(id)])
      .filter(([, from]) => from !== undefined).map(([row, from]) => [row, from - row.offsetTop])
    for (const [row, by] of moves) {
      if (by) row.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: 160, easing: "ease-out" })
    }
  }

  // One row is reached by Tab; the arrow keys go to the others.
  rove(id) {
    if (!id) return
    this.current = id
    for (const [other, parts] of this.rows) {
      const index = other === id ? 0 : -1
      for (const part of [parts.what, parts.place, parts.pin]) set(part, "tabIndex", index)
    }
  }

  idOf(target) { return target.closest?.(".row")?.dataset.id }

  // ---- what a person does

  clicked(event) {
    const id = this.idOf(event.target)
    if (!id || this.justDragged) return
    if (event.target.closest(".pin")) return this.pinHere(id)
    if (event.target.closest(".place, .grip")) return
    this.send()
    this.say("selected", { item: id, nonce: nonce() })
  }

  pressed(event) {
    const id = this.idOf(event.target)
    if (!id) return
    const arrow = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    const place = this.shown.indexOf(id) + 1
    if (event.altKey && arrow) {
      event.preventDefault()
      this.want(id, place + arrow, PAUSE)
    } else if (event.altKey && event.code === "KeyP") {
      event.preventDefault()
      this.pinHere(id)
    } else if (event.target.className === "place") {
      this.typed(event, id)
    } else if (arrow || event.key === "Home" || event.key === "End") {
      event.preventDefault()
      const to = { Home: 0, End: this.shown.length - 1 }[event.key] ?? place - 1 + arrow
      this.rows.get(this.shown[Math.min(Math.max(to, 0), this.shown.length - 1)]).what.focus()
    }
  }

  typed(event, id) {
    const field = event.target
    if (event.key === "Escape") {
      delete field.dataset.typed
      field.value = String(this.shown.indexOf(id) + 1)
      field.select()
    }
    if (event.key === "Enter") this.place(field, id)
  }

  place(field, id) {
    const to = Number(field.value.trim())
    if (!/^\s*\d+\s*$/.test(field.value) || to < 1 || to > this.shown.length) {
      field.setCustomValidity(`A place is a number from 1 to ${this.shown.length}.`)
      field.reportValidity()
      return
    }
    delete field.dataset.typed
    this.want(id, to, 0)
  }

  pinHere(id) {
    if (this.data.disabled) return
    const pinned = this.wish?.item === id ? this.wish.pin : this.byId.get(id).pinned
    this.want(id, this.shown.indexOf(id) + 1, 0, !pinned)
  }

  want(id, to, pause, pin) {
    if (this.data.disabled) return
    const at = this.shown.indexOf(id) + 1
    if (to < 1 || to > this.shown.length) return this.announce(`Place ${at} of ${this.shown.length}`)
    if (to === at && pin === undefined && this.wish?.item !== id) return
    if (this.wish && (this.wish.item !== id || this.wish.sent)) this.keep()
    const unpinned = this.wish?.item === id ? this.wish.pin : this.byId.get(id).pinned
    clearTimeout(this.wish?.timer)
    this.wish = { item: id, to, pin: pin ?? unpinned, sent: false, timer: setTimeout(() => this.send(), pause) }
    const turned = pin === undefined ? "" : pin ? ", pinned" : ", not pinned any more"
    const crossed = (at <= this.data.cut) !== (to <= this.data.cut)
    const side = crossed ? `, now ${to <= this.data.cut ? "above" : "below"} the cut line` : ""
    this.announce(`Place ${to} of ${this.shown.length}${turned}${side}`)
    this.draw()
    this.rows.get(id).row.scrollIntoView({ block: "nearest" })
  }

  // An earlier wish goes its way; what it shows is the ground on which the next one stands.
  keep() {
    this.send()
    this.order = this.wantedOrder()
    this.forget()
  }

  send() {
    const wish = this.wish
    if (!wish || wish.sent) return
    clearTimeout(wish.timer)
    const row = this.byId.get(wish.item)
    if (this.order.indexOf(wish.item) + 1 === wish.to && row.pinned === wish.pin) { // there and back again
      this.wish = null
      return this.draw()
    }
    Object.assign(wish, { sent: true, nonce: nonce() })
    this.comeBack()
    this.say("wanted", { item: wish.item, to: wish.to, pin: wish.pin, nonce: wish.nonce })
  }

  // A dialog that asks why takes the focus, and cannot give it back to a row in here: once it is closed, we do.
  comeBack() {
    const held = this.box.getRootNode().activeElement?.closest?.(".what, .place, .pin")
    if (!held) return
    const since = performance.now()
    let asked = false
    clearInterval(this.back)
    this.back = setInterval(() => {
      const asks = document.querySelector("[role=dialog]")
      asked ||= Boolean(asks)
      if (asked ? asks || !atRest() : performance.now() - since < PATIENCE) return
      clearInterval(this.back)
      if (asked && document.activeElement === document.body) held.focus()
    }, 100)
  }

  // ---- one word at a time

  say(event, value) {
    this.waiting.push({ event, value, nonce: value.nonce })
    this.next()
  }

  next() {
    if (this.open || !this.waiting.length) return
    const word = this.open = { ...this.waiting.shift(), since: performance.now(), calm: 0 }
    this.tell(word.event, word.value)
    word.timer = setInterval(() => {
      word.calm = word.heard && atRest() ? word.calm + 100 : 0
      if (word.calm < 200 && performance.now() - word.since < PATIENCE) return
      clearInterval(word.timer)
      this.open = null
      this.next()
    }, 100)
  }

  announce(text) {
    this.live.textContent = this.live.textContent === text ? text + "\u00a0" : text // the same words are said again
  }

  // ---- by hand

  grab(event) {
    const id = this.idOf(event.target)
    const byGrip = event.target.className === "grip"
    this.justDragged = false
    if (!id || this.data.disabled || this.drag || event.button !== 0) return
    if (!byGrip && (event.pointerType === "touch" || event.target.closest(".place, .pin"))) return
    if (byGrip) event.preventDefault()
    const { row } = this.rows.get(id)
    const follow = move => this.move(move)
    const end = last => this.letGo(last.type === "pointerup")
    const escape = key => { if (key.key === "Escape") this.letGo(false) }
    this.drag = { id, row, pointer: event.pointerId, startY: event.clientY, y: event.clientY, lifted: false }
    this.drag.stop = () => {
      window.removeEventListener("pointermove", follow)
      window.removeEventListener("pointerup", end)
      window.removeEventListener("pointercancel", end)
      window.removeEventListener("keydown", escape)
    }
    window.addEventListener("pointermove", follow)
    window.addEventListener("pointerup", end)
    window.addEventListener("pointercancel", end)
    window.addEventListener("keydown", escape)
  }

  lift() {
    const drag = this.drag
    if (this.wish && this.wish.item !== drag.id) this.keep()
    const children = [...this.list.children]
    drag.tops = new Map(children.map(child => [child, child.offsetTop]))
    drag.heights = new Map(children.map(child => [child, child.offsetHeight]))
    drag.first = children[0].offsetTop
    drag.from = drag.to = this.shown.indexOf(drag.id)
    drag.scroller = scroller(this.box)
    drag.scrolled = drag.scroller.scrollTop
    drag.lifted = true
    this.list.classList.add("dragging")
    drag.row.classList.add("lifted")
    drag.frame = requestAnimationFrame(() => this.nearEdge())
  }

  move(event) {
    const drag = this.drag
    if (!drag || event.pointerId !== drag.pointer) return
    drag.y = event.clientY
    if (!drag.lifted && Math.abs(drag.y - drag.startY) < 5) return
    if (!drag.lifted) this.lift()
    this.follow()
  }

  follow() {
    const drag = this.drag
    const by = drag.y - drag.startY + drag.scroller.scrollTop - drag.scrolled
    drag.row.style.transform = `translateY(${by}px)`
    const middle = drag.tops.get(drag.row) + drag.heights.get(drag.row) / 2 + by
    const others = this.shown.filter(id => id !== drag.id).map(id => this.rows.get(id).row)
    let to = 0
    for (const other of others) {
      if (middle > drag.tops.get(other) + drag.heights.get(other) / 2) to += 1
      else break
    }
    if (to === drag.to && drag.placed) return
    Object.assign(drag, { to, placed: true })
    const all = others.toSpliced(to, 0, drag.row)
    all.forEach((row, index) => set(this.rows.get(row.dataset.id).place, "value", String(index + 1)))
    if (this.cut.isConnected) all.splice(this.data.cut, 0, this.cut)
    let top = drag.first
    for (const element of all) {
      const gap = top - drag.tops.get(element)
      if (element !== drag.row) element.style.transform = gap ? `translateY(${gap}px)` : ""
      top += drag.heights.get(element)
    }
  }

  // At the upper or lower edge of what is seen, the page scrolls along.
  nearEdge() {
    const drag = this.drag
    if (!drag?.lifted) return
    const { top, bottom } = drag.scroller === document.scrollingElement
      ? { top: 0, bottom: innerHeight } : drag.scroller.getBoundingClientRect()
    const edge = 56
    const by = drag.y < top + edge ? drag.y - top - edge : drag.y > bottom - edge ? drag.y - bottom + edge : 0
    if (by) {
      drag.scroller.scrollTop += Math.max(-18, Math.min(18, by / 3))
      this.follow()
    }
    drag.frame = requestAnimationFrame(() => this.nearEdge())
  }

  letGo(dropped) {
    const drag = this.drag
    if (!drag) return
    drag.stop()
    this.drag = null
    if (!drag.lifted) return
    cancelAnimationFrame(drag.frame)
    this.justDragged = true // the click that ends it chooses nothing
    setTimeout(() => { this.justDragged = false }, 50)
    this.list.classList.remove("dragging")
    drag.row.classList.remove("lifted")
    for (const child of this.list.children) child.style.transform = ""
    if (dropped && drag.to !== drag.from) this.want(drag.id, drag.to + 1, 0)
    else this.draw()
  }

  end() {
    clearInterval(this.open?.timer)
    clearInterval(this.back)
    this.letGo(false)
    this.forget()
  }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const box = parentElement.querySelector(".order")
  if (!box) return
  const list = lists.get(box) ?? new OrderList(box)
  lists.set(box, list)
  list.take(data, setTriggerValue)
  return () => { if (!box.isConnected) list.end() }
}
