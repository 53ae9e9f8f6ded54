const SECONDS = 4
const panelOf = button => button.closest('[class*="st-key-panel-"]')
const titleOf = button => button.dataset.title ?? panelOf(button).querySelector(".title :is(h1, h2, h3)")?.textContent ?? ""
const fileName = (...parts) => parts.filter(Boolean).join(" ").replace(/[\\/:*?"<>|·\s]+/g, "_")
const addressed = (path, name) => `${path}${path.includes("?") ? "&" : "?"}panel=${encodeURIComponent(name)}`
const queryOf = (path, name) => addressed(path, name).replace(/^[^?]*/, "")

// What applies to this panel and this visitor; nothing else is in the menu.
function entries(data, button) {
  const { words } = data, table = button.hasAttribute("data-table"), name = button.dataset.panel
  const csv = `${data.files}.csv${queryOf(data.link, name)}`
  const act = (key, text) => `<button type="button" role="menuitem" tabindex="-1" data-act="${key}">${esc(text)}</button>`
  return [
    table && act("table", words.table), act("full", words.full), act("svg", words.svg), act("png", words.png),
    table && data.export && `<a role="menuitem" tabindex="-1" href="${esc(csv)}" download>${esc(words.csv)}</a>`,
    button.dataset.notify && `<a role="menuitem" tabindex="-1" href="${esc(button.dataset.notify)}">${esc(words.notify)}</a>`,
    act("link", words.link),
  ].filter(Boolean).join("")
}

const number = cell => typeof cell === "object"
const tableOf = (answer, words) => answer.rows.length
  ? `<table><caption>${esc(answer.note)}</caption><thead><tr>${answer.columns.map((c, i) => `<th scope="col" class="${answer.rows.some(r => number(r[i])) ? "number" : ""}">${esc(c)}</th>`).join("")}</tr></thead>
    <tbody>${answer.rows.map(row => `<tr>${row.map((c, i) => i ? `<td class="${number(c) ? "number" : ""}">${esc(c.text ?? c)}</td>` : `<th scope="row">${esc(c.text ?? c)}</th>`).join("")}</tr>`).join("")}</tbody></table>`
  : `<p>${esc(words.empty)}</p>`

function save(blob, name) {
  const url = URL.createObjectURL(blob)
  Object.assign(document.createElement("a"), { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

class PanelMenus {
  constructor(root, host) {
    this.root = root
    this.host = host
    root.innerHTML = `<div class="popup" role="menu" hidden></div><button type="button" class="leave" hidden></button><output class="done" hidden></output><dialog aria-labelledby="panel-title"></dialog>`
    ;[this.popup, this.out, this.done, this.dialog] = root.children
    this.out.onclick = () => this.leave()
    this.popup.onclick = event => this.act(event)
    this.popup.onkeydown = event => this.move(event)
    this.dialog.onclick = event => { if (event.target === this.dialog || event.target.closest("[data-close]")) this.dialog.close() }
    this.dialog.onclose = () => this.button?.focus()
    this.listeners = [
      [document, "click", event => this.onClick(event)], [document, "keydown", event => this.onKey(event)],
      [document, "scroll", () => this.position()], [window, "resize", () => { this.close(); this.fit() }],
      [window, "popstate", () => this.moved()], [document, "fullscreenchange", () => document.fullscreenElement || this.leave()],
    ]
    for (const [on, name, listener] of this.listeners) on.addEventListener(name, listener, true)
  }
  stop() {
    for (const [on, name, listener] of this.listeners) on.removeEventListener(name, listener, true)
    this.leave()
  }
  draw(data) {
    this.data = data
    this.out.textContent = `${data.words.leave} ✕`
    if (this.shown && !this.shown.isConnected) this.leave()
    if (data.open && this.opened !== data.open) { this.opened = data.open; this.show(data.open, performance.now()) }
  }

  // To another screen, by a link or by Back: what is over this one belongs to it.
  moved() {
    this.button = null
    if (!this.popup.hidden) this.popup.hidden = true
    if (this.dialog.open) this.dialog.close()
    this.leave()
  }

  // The panel that the address names comes into view once the screen is whole.
  show(name, since) {
    const button = [...document.querySelectorAll("button.panel-menu")].find(b => b.dataset.panel === name)
    if (!button || !("drawn" in document.documentElement.dataset)) {
      if (performance.now() - since < 8_000) requestAnimationFrame(() => this.show(name, since))
      return
    }
    panelOf(button).setAttribute("data-linked", "")
    panelOf(button).scrollIntoView({ block: "start" })
    button.focus({ preventScroll: true })
  }

  onClick(event) {
    const button = event.target.closest?.("button.panel-menu")
    if (button) this.popup.hidden || this.button !== button ? this.open(button) : this.close()
    else if (!event.composedPath().includes(this.popup)) this.close()
  }
  onKey(event) {
    if (event.key !== "Escape") return
    if (!this.popup.hidden) { this.close(); this.button.focus(); event.preventDefault() }
    else if (this.shown && !this.dialog.open) { this.leave(); event.preventDefault() }
  }
  open(button) {
    this.close()
    this.button = button
    this.popup.innerHTML = entries(this.data, button)
    this.popup.setAttribute("aria-label", button.getAttribute("aria-label"))
    this.popup.hidden = false
    button.setAttribute("aria-expanded", "true")
    this.position()
    this.popup.firstElementChild.focus({ preventScroll: true })
  }
  position() {
    if (this.popup.hidden) return
    if (!this.button.isConnected) { this.popup.hidden = true; return }
    const at = this.button.getBoundingClientRect(), { offsetWidth: w, offsetHeight: h } = this.popup
    this.popup.style.left = `${Math.max(4, Math.min(at.right - w, innerWidth - w - 4))}px`
    this.popup.style.top = `${Math.max(4, at.bottom + h + 4 > innerHeight ? at.top - h - 2 : at.bottom + 2)}px`
  }
  close() {
    if (this.popup.hidden) return
    this.popup.hidden = true
    this.button.setAttribute("aria-expanded", "false")
  }
  move(event) {
    const all = [...this.popup.children], at = all.indexOf(this.root.getRootNode().activeElement)
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key]
    if (event.key === "Tab") { this.close(); this.button.focus({ preventScroll: true }) }
    if (to === undefined) return
    event.preventDefault()
    all.at(to % all.length).focus()
  }
  act(event) {
    const entry = event.target.closest("[role=menuitem]")
    if (!entry) return
    this.close()
    const act = entry.dataset.act
    if (act) this[act]()
    if (act !== "table") this.button.focus({ preventScroll: true })
  }
  say(text, address = "") {
    this.done.innerHTML = `<span>${esc(text)}</span>${address ? `<input readonly aria-label="${esc(text)}" value="${esc(address)}">` : ""}`
    this.done.hidden = false
    clearTimeout(this.timer)
    if (address) this.done.querySelector("input").select()
    this.timer = setTimeout(() => { this.done.hidden = true }, (address ? 5 : 1) * SECONDS * 1000)
  }

  async table() {
    const { words, link, files } = this.data, name = this.button.dataset.panel
    this.dialog.innerHTML = `<div class="bar"><h2 id="panel-title">${esc(titleOf(this.button) || words.table)}</h2><button type="button" data-close aria-label="${esc(words.close)}">✕</button></div><div class="numbers" tabindex="0" role="region" aria-labelledby="panel-title" aria-busy="true"></div>`
    this.dialog.showModal()
    const inner = this.dialog.querySelector(".numbers")
    const url = `${files}.json${queryOf(link, name)}`
    const answer = await fetch(url, { cache: "no-store" }).then(async r => r.ok ? r.json() : { failed: (await r.text()).trim() }).catch(() => ({ failed: words.failed }))
    inner.innerHTML = answer.failed === undefined ? tableOf(answer, words) : `<p role="alert">${esc(answer.failed || words.failed)}</p>`
    inner.removeAttribute("aria-busy")
  }
  async link() {
    const address = new URL(addressed(this.data.link, this.button.dataset.panel), location.origin).href
    await copied(address) ? this.say(this.data.words.copied) : this.say(this.data.words.by_hand, address)
  }

  // Over all of the page, which is out of reach meanwhile; the browser goes full screen as well where it can.
  full() {
    this.leave()
    const panel = this.shown = panelOf(this.button)
    panel.setAttribute("data-full", "")
    this.fit()
    this.out.hidden = false
    this.inert = []
    for (let at = panel; at && at !== document.body; at = at.parentElement)
      for (const other of at.parentElement.children)
        if (other !== at && !other.contains(this.host) && !other.inert) { other.inert = true; this.inert.push(other) }
    document.documentElement.requestFullscreen?.().catch(() => {})
  }
  fit() { this.shown?.style.setProperty("--panel-height", `${Math.max(240, innerHeight - 150)}px`) }
  leave() {
    const panel = this.shown
    if (!panel) return
    this.shown = null
    panel.removeAttribute("data-full")
    panel.style.removeProperty("--panel-height")
    this.out.hidden = true
    for (const other of this.inert) other.inert = false
    if (document.fullscreenElement) document.exitFullscreen().catch(() => {})
    dispatchEvent(new Event("resize"))
    this.button?.focus({ preventScroll: true })
  }

  // The panel as it is drawn now, with what it is of.
  async svg() { await this.picture(async made => [made.blob(), "svg"]) }
  async png() { await this.picture(async made => [await made.png(), "png"]) }
  async picture(as) {
    const panel = panelOf(this.button), { place, stamp, demo, words } = this.data
    try {
      const made = new Picture(panel, { title: titleOf(this.button) || document.title, place, stamp, demo })
      const [blob, ending] = await as(made)
      save(blob, `${fileName(made.title, place)}.${ending}`)
    } catch (error) {
      console.error(error)
      this.say(words.unpictured)
    }
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  root.menus ??= new PanelMenus(root, parentElement.host ?? parentElement)
  root.menus.draw(data)
  root.drawn = ""
  return () => { root.menus?.stop(); root.menus = null; root.innerHTML = "" }
}
