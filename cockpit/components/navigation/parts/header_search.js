// The search box: what is typed is asked of the server. Arrows choose, Enter opens what is chosen or else all results.
const option = (i, n) => `<a role="option" id="found-${n}" aria-selected="false" tabindex="-1" href="${esc(i.href)}"><b>${esc(i.text)}</b> <span class="grey">${esc(i.note)}</span></a>`

// What the server found, by kind, and the way to all of it.
function suggestions(answer, find) {
  let n = 0
  const groups = answer.groups.map(g => `<div role="group" aria-label="${esc(g.title)}"><div class="kind" aria-hidden="true">${esc(g.title)}</div>${g.items.map(i => option(i, n++)).join("")}</div>`)
  const none = groups.length ? "" : `<div class="grey">${esc(find.none)}</div>`
  const note = answer.note ? `<div class="grey">${esc(answer.note)}</div>` : ""
  return groups.join("") + none + note + (groups.length ? option({ href: answer.href, text: find.all, note: "" }, n) : "")
}

const asked = (address, text) => {
  const url = new URL(address, location.href)
  url.searchParams.set("q", text)
  return url
}

// What somebody is typing: it outlasts this header, which a move removes while they go on.
let typed = ""

class Search {
  constructor(root, find) {
    this.root = root
    this.find = find
    this.form = root.querySelector(".find")
    this.input = this.form.elements.q
    this.list = this.form.querySelector(".found")
    this.newest = 0                                                // number of the question asked last
    this.chosen = -1
    this.input.oninput = () => { typed = this.input.value; this.later() }
    this.list.onclick = event => { if (event.target.closest("a")) this.close() }
    this.form.onsubmit = event => { event.preventDefault(); this.submit() }
    this.form.onkeydown = event => this.onKey(event)
    this.form.addEventListener("focusout", event => {              // a header that is removed loses the focus before it is gone
      if (!this.form.contains(event.relatedTarget) && !this.list.matches(":hover")) setTimeout(() => this.form.isConnected && this.close())
    })
    this.onBack = event => { if (event.isTrusted) this.close() }
    addEventListener("popstate", this.onBack)
    this.onSlash = event => this.begin(event)
    if (find.slash) document.addEventListener("keydown", this.onSlash)
    if (typed) this.goOn()
  }
  end() {
    clearTimeout(this.timer)
    removeEventListener("popstate", this.onBack)
    document.removeEventListener("keydown", this.onSlash)
  }

  // The header was drawn again while somebody typed.
  goOn() {
    this.input.value = typed
    this.input.focus({ preventScroll: true })
    this.later()
  }
  later() { clearTimeout(this.timer); this.timer = setTimeout(() => this.ask(), 150) }
  async ask() {
    const { find, list } = this, text = this.input.value.trim(), mine = ++this.newest
    if (!text) { this.open(false); return }
    const answer = await fetch(asked(find.url, text)).then(async r => r.ok ? r.json() : { failed: (await r.json()).detail })
      .catch(() => ({ failed: find.failed }))
    if (mine !== this.newest) return
    list.innerHTML = answer.groups ? suggestions(answer, find) : `<div class="grey">${esc(answer.failed ?? find.failed)}</div>`
    this.open(true)
    this.choose(-1)
  }

  get options() { return [...this.list.querySelectorAll("a")] }
  choose(at) {
    const { input, options } = this, count = options.length + 1     // past the last: back in the box
    const chosen = (at + count) % count
    this.chosen = chosen === options.length ? -1 : chosen
    options.forEach((a, i) => a.setAttribute("aria-selected", i === this.chosen))
    if (this.chosen < 0) { input.removeAttribute("aria-activedescendant"); return }
    input.setAttribute("aria-activedescendant", options[this.chosen].id)
    options[this.chosen].scrollIntoView({ block: "nearest" })
  }
  open(shown) {
    this.list.hidden = !shown
    this.input.setAttribute("aria-expanded", shown)
    if (!shown) this.choose(-1)
  }
  close() {
    clearTimeout(this.timer)
    this.newest++
    typed = ""
    this.open(false)
  }

  submit() {
    const text = this.input.value.trim(), link = this.options[this.chosen]
    this.close()
    if (link) link.click()
    else if (text) { const url = asked(this.find.page, text); window.cockpit.go(url.pathname + url.search) }
  }
  onKey(event) {
    if (event.key === "Escape" && !this.list.hidden) { this.close(); event.preventDefault(); return }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    if (this.list.hidden) this.ask()
    else this.choose(this.chosen + step)
  }
  // The key / goes to the box from anywhere but a field; on a phone the box lies in the menu.
  begin(event) {
    const at = event.composedPath()[0]
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return
    event.preventDefault()
    this.root.firstElementChild.classList.add("open")
    this.root.querySelector(".fold").setAttribute("aria-expanded", true)
    this.input.focus()
    this.input.select()
  }
}
