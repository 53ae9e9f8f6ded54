const STORE = "cockpit.drafts."  // the keys of drafts.py begin with it
const FIELDS = 'textarea, input[type="text"]:not([role="combobox"]):not([readonly])'
const nameOf = box => [...box.classList].find(one => one.startsWith("st-key-draft-"))?.slice("st-key-draft-".length)
const boxOf = element => element.closest?.('[class*="st-key-draft-"]')

// React sets the value of a field itself: it has to learn of ours by the event that typing gives.
function fill(field, text) {
  const type = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement
  Object.getOwnPropertyDescriptor(type.prototype, "value").set.call(field, text)
  field.dispatchEvent(new Event("input", { bubbles: true }))
}

// Of this page, however often the component is mounted: the text that each field began with, and what was restored.
const began = new WeakMap(), restored = new Map()

class Drafts {
  constructor(root) {
    this.root = root
    this.onInput = event => this.keep(event.target)
    document.addEventListener("input", this.onInput, true)
    this.observer = new MutationObserver(() => this.soon())
    this.observer.observe(document.body, { childList: true, subtree: true })
    root.onclick = event => { if (event.target.closest("[data-discard]")) this.discard() }
  }
  stop() {
    document.removeEventListener("input", this.onInput, true)
    this.observer.disconnect()
    clearTimeout(this.timer)
  }
  draw(data) {
    this.data = data
    for (const name of data.sent) { this.remove(name); restored.delete(name) }
    this.forget()
    this.soon()
    this.say()
  }
  // A form that was sent is redrawn before its draft is deleted: wait until the page is at rest.
  soon() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.restore(), 250)
  }

  get key() { return this.data.key }
  read() { try { return JSON.parse(localStorage.getItem(this.key)) ?? {} } catch { return {} } }
  write(all) {
    try { Object.keys(all).length ? localStorage.setItem(this.key, JSON.stringify(all)) : localStorage.removeItem(this.key) } catch { /* a full or forbidden storage keeps nothing */ }
  }
  remove(name) { const { [name]: _gone, ...rest } = this.read(); this.write(rest) }
  // Drafts of everybody that nobody sent: the device may have changed hands.
  forget() {
    const oldest = Date.now() - this.data.days * 864e5
    for (const key of Object.keys(localStorage).filter(one => one.startsWith(STORE))) {
      let all
      try { all = JSON.parse(localStorage.getItem(key)) ?? {} } catch { all = {} }
      const fresh = Object.fromEntries(Object.entries(all).filter(([, draft]) => draft.at > oldest))
      if (Object.keys(fresh).length < Object.keys(all).length || !Object.keys(all).length)
        Object.keys(fresh).length ? localStorage.setItem(key, JSON.stringify(fresh)) : localStorage.removeItem(key)
    }
  }

  fieldsOf(box) { return [...box.querySelectorAll(FIELDS)] }
  keep(target) {
    const box = boxOf(target), name = box && nameOf(box)
    if (!name || this.filling || !target.matches(FIELDS)) return
    const fields = this.fieldsOf(box)
    const texts = fields.map(field => field.value === (began.get(field) ?? "") ? "" : field.value)
    if (texts.some(Boolean)) this.write({ ...this.read(), [name]: { at: Date.now(), texts } })
    else this.remove(name)
  }
  restore() {
    const all = this.read()
    for (const box of document.querySelectorAll('[class*="st-key-draft-"]')) {
      const draft = all[nameOf(box)]
      this.fieldsOf(box).forEach((field, i) => {
        if (began.has(field)) return
        began.set(field, field.value)
        const text = draft?.texts[i]
        if (!text || field.value === text) return
        this.filling = true
        fill(field, text)
        this.filling = false
        restored.set(nameOf(box), draft.at)
      })
    }
    this.say()
  }
  discard() {
    for (const name of restored.keys()) {
      this.remove(name)
      const box = [...document.querySelectorAll('[class*="st-key-draft-"]')].find(one => nameOf(one) === name)
      this.filling = true
      for (const field of box ? this.fieldsOf(box) : []) fill(field, began.get(field) ?? "")
      this.filling = false
    }
    restored.clear()
    this.say()
  }
  say() {
    const { words } = this.data, at = [...restored.values()].sort().at(-1)
    const time = at && new Date(at).toLocaleString(document.documentElement.lang || undefined, { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" })
    show(this.root, at ? `<div class="drafts" role="status"><span>${esc(words.restored.replace("{time}", time))}</span>
      <button type="button" data-discard>${esc(words.discard)}</button></div>` : "")
  }
}

export default ({ data, parentElement }) => {
  const root = parentElement.querySelector(".root")
  root.drafts ??= new Drafts(root)
  root.drafts.draw(data)
  return () => { root.drafts?.stop(); root.drafts = null }
}
