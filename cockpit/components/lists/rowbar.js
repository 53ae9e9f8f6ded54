const menu = m => `<details><summary><span class="grey">${esc(m.label)}</span> ${esc(m.value)}</summary><div class="sheet">${m.items.map(([text, href, chosen]) =>
  `<a href="${esc(href)}" data-stay ${chosen ? 'aria-current="true"' : ""}>${esc(text)}</a>`).join("")}</div></details>`

const columns = ({ columns, words }) => columns.length < 2 ? "" : `<details class="columns"><summary>${esc(words.columns)}</summary><form class="sheet">${columns.map(c =>
  `<label><input type="checkbox" name="column" value="${esc(c.id)}" ${c.chosen ? "checked" : ""} ${c.fixed ? "disabled" : ""}> ${esc(c.name)}</label>`).join("")}
  <div class="ends"><button class="first">${esc(words.apply)}</button><button type="button" data-reset>${esc(words.reset)}</button></div><p class="red" role="alert" hidden></p></form></details>`

const draw = d => `<div class="bar">${d.menus.map(menu).join("")}${columns(d)}</div>`

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  show(root, draw(data))
  const all = [...root.querySelectorAll("details")], form = root.querySelector("form")
  const close = except => all.forEach(one => { if (one !== except) one.open = false })
  for (const one of all) one.ontoggle = () => one.open && close(one)
  root.onkeydown = event => {
    const open = all.find(one => one.open)
    if (event.key !== "Escape" || !open) return
    close()
    open.querySelector("summary").focus()
  }
  root.onclick = event => {
    if (event.target.closest(".sheet a")) close()
    if (event.target.closest("[data-reset]")) keep([])
  }
  // The choice is kept for the visitor, and named in the address, so that a link shows the same.
  async function keep(names) {
    const kept = await fetch(data.url, { method: "POST", body: new URLSearchParams({ kind: data.kind, columns: names.join(",") }) }).then(r => r.ok, () => false)
    const fault = form.querySelector("[role=alert]")
    fault.hidden = kept
    fault.textContent = kept ? "" : data.words.failed
    if (!kept) return
    const url = new URL(data.href, location.href)
    if (names.length) url.searchParams.set("cols", names.join(","))
    close()
    if (url.href === location.href) dispatchEvent(new PopStateEvent("popstate", { state: {} }))       // redraw it
    else window.cockpit.go(url.pathname + url.search, true)
  }
  if (form) form.onsubmit = event => {
    event.preventDefault()
    keep([...form.elements.column].filter(box => box.checked && !box.disabled).map(box => box.value))
  }
  const outside = event => { if (!event.composedPath().includes(root)) close() }
  root.unwire?.()
  document.addEventListener("pointerdown", outside)
  root.unwire = () => document.removeEventListener("pointerdown", outside)
  return root.unwire
}
