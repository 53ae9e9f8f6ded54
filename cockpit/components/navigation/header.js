// Drawn here: not every system font has signs for these.
const icon = path => `<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="${path}"/></svg>`
const ICONS = {
  wall: icon("M1 2h14v9H1zM5 14h6M8 11v3"),
  theme: icon("M8 1a7 7 0 1 0 0 14zM8 1a7 7 0 0 1 0 14"),
  bell: icon("M8 1.5a4 4 0 0 0-4 4v3L2.5 12h11L12 8.5v-3a4 4 0 0 0-4-4zM6.5 12a1.5 1.5 0 0 0 3 0"),
  print: icon("M4 6V1h8v5M4 12H1V6h14v6h-3M4 9h8v6H4z"),
}

const button = (name, label) => `<button class="switch" type="button" data-do="${name}" title="${esc(label)}" aria-label="${esc(label)}">${ICONS[name]}</button>`
const item = i => `<li>${link(i.href, esc(i.text), `data-stay ${i.chosen ? 'class="chosen" aria-current="true"' : ""}`)}</li>`

const custom = c => `<li><form class="custom" data-href="${esc(c.href)}">
  <label>${esc(c.words[0])} <input type="date" name="from" value="${c.from}" min="${c.first}" max="${c.last}" required></label>
  <label>${esc(c.words[1])} <input type="date" name="to" value="${c.to}" min="${c.first}" max="${c.last}" required></label>
  <button>${esc(c.words[2])}</button></form></li>`

const menu = m => `<details class="menu"><summary><span class="grey">${esc(m.label)}</span> ${esc(m.value)}</summary>
  <ul>${m.items.map(item).join("")}${m.custom ? custom(m.custom) : ""}</ul></details>`

const crumbs = d => d.crumbs.map((c, i) => i === d.crumbs.length - 1
  ? `<b aria-current="page">${esc(c.text)}</b>` : !c.href ? `<span>${esc(c.text)}</span>` : `<a href="${esc(c.href)}">${esc(c.text)}</a>`).join(`<i aria-hidden="true">▸</i>`)

const bell = b => `<a class="switch bell" href="${esc(b.href)}" title="${esc(b.said)}" aria-label="${esc(b.said)}">${ICONS.bell}${b.count ? `<span class="waiting" aria-hidden="true">${b.count > 99 ? "99+" : b.count}</span>` : ""}</a>`

const draw = (d, dark) => `<header${d.crumbs.length ? "" : ' class="plain"'}>
  <div class="where">${d.heading ? `<h1 class="unseen">${esc(d.heading)}</h1>` : ""}<a class="product" href="${esc(d.home)}">${esc(d.product)}</a>
    ${d.crumbs.length ? `<nav class="crumbs" aria-label="${esc(d.words.crumbs)}">${crumbs(d)}</nav>` : ""}
    ${d.demo ? `<span class="demo">${esc(d.demo)}</span>` : ""}
    ${d.brief ? `<span class="brief">${esc(d.brief)}</span>` : ""}
    ${d.other.text ? `<a class="demo" data-stay href="${esc(d.other.href)}">${esc(d.other.text)}</a>` : ""}</div>
  ${d.switches.filter(s => s.size).map(s => `<a class="switch size" data-stay href="${esc(s.href)}" aria-label="${esc(s.label)}">${s.text}</a>`).join("")}
  ${d.bell ? bell(d.bell) : ""}
  <button class="fold" type="button" aria-expanded="false" aria-label="${esc(d.words.menu)}">☰</button>
  <span class="paper">${esc(d.paper)}</span>
  <div class="rest">
    ${d.stamp ? `<${d.data ? `a href="${esc(d.data)}"` : "div"} class="fresh"><span>${esc(d.stamp)}</span>
      ${d.fresh.map(f => `<span class="${f.state}">${shape(f.state)}${esc(f.text)}</span>`).join("")}</${d.data ? "a" : "div"}>` : ""}
    <div class="switches">${d.switches.map(s => `<a class="switch ${s.size ? "resize" : ""}" ${s.apart ? 'target="_blank"' : "data-stay"} href="${esc(s.href)}" title="${esc(s.label)}" aria-label="${esc(s.label)}">${s.icon ? ICONS[s.icon] : s.text}</a>`).join("")}
      ${button("theme", dark ? d.words.light : d.words.dark)}${button("print", d.words.print)}</div>
    <div class="tools">${d.find ? `<form class="find" role="search" aria-label="${esc(d.find.label)}"><input type="search" name="q" autocomplete="off" maxlength="100" value="${esc(d.find.value)}"
      role="combobox" aria-expanded="false" aria-controls="found" aria-autocomplete="list" ${d.find.slash ? 'aria-keyshortcuts="/"' : ""}
      placeholder="${esc(d.find.label)}" aria-label="${esc(d.find.label)}" title="${esc(d.find.label)}${d.find.slash ? " ( / )" : ""}"><div class="found" id="found" role="listbox" aria-label="${esc(d.find.label)}" hidden></div></form>` : ""}
    ${d.menus.map(menu).join("")}${d.views ? views(d.views) : ""}
    <nav class="pages" aria-label="${esc(d.words.pages)}">${d.pages.map(p => `<a href="${esc(p.href)}">${esc(p.text)}${p.count ? ` <b class="waiting" title="${esc(p.said)}">${p.count > 99 ? "99+" : p.count}</b>` : ""}</a>`).join("")}</nav></div>
  </div></header>`

function wire(root, data) {
  const search = data.find && new Search(root, data.find)
  const fold = root.querySelector(".fold")
  const unfold = open => fold.setAttribute("aria-expanded", root.firstElementChild.classList.toggle("open", open))
  fold.onclick = () => unfold()
  const dark = root.classList.contains("dark")
  root.querySelector('[data-do="theme"]').onclick = () => window.cockpit.theme(dark ? "Light" : "Dark")
  root.querySelector('[data-do="print"]').onclick = () => window.print()
  const form = root.querySelector(".custom")
  if (form) form.onsubmit = event => {
    event.preventDefault()
    const { from, to } = Object.fromEntries(new FormData(form)), url = new URL(form.dataset.href, location.href)
    const end = new Date(`${from < to ? to : from}T00:00Z`)
    end.setUTCDate(end.getUTCDate() + 1)                          // the last day is part of it on screen, not in the address
    url.searchParams.set("from", from < to ? from : to)
    url.searchParams.set("to", end.toISOString().slice(0, 10))
    window.cockpit.go(url.pathname + url.search, true)
  }
  if (data.views) viewsMenu(root.querySelector(".views"), data.views)
  const menus = [...root.querySelectorAll("details")]
  const close = except => menus.forEach(m => { if (m !== except) m.open = false })
  menus.forEach(m => m.addEventListener("toggle", () => m.open && close(m)))
  root.onkeydown = event => {
    if (event.key !== "Escape" || event.defaultPrevented) return
    const menu = event.target.closest("details[open]"), opener = menu ? menu.querySelector("summary") : event.target.closest(".open .rest") && fold
    close()
    if (opener === fold) unfold(false)
    opener?.focus()
  }
  const outside = event => { if (!event.composedPath().includes(root)) { close(); search?.close() } }
  document.addEventListener("pointerdown", outside)
  return () => { document.removeEventListener("pointerdown", outside); search?.end() }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root"), dark = isDark(root)
  root.classList.toggle("dark", dark)
  if (show(root, draw(data, dark))) {
    root.unwire?.()
    root.unwire = wire(root, data)
  }
  return () => root.unwire?.()
}
