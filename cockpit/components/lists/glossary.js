const entry = (e, d) => `<details id="${esc(e.id)}" ${e.id === d.opened ? "open" : ""} data-words="${esc(`${e.name} ${e.code} ${e.id} ${e.text} ${e.words}`.toLowerCase())}">
  <summary><b>${esc(e.name)}</b> <small class="grey">${esc(e.code)}</small> <span>${esc(e.text)}</span></summary>
  <dl>${e.items.map(([label, text]) => `<div><dt>${esc(label)}</dt><dd>${esc(text)}</dd></div>`).join("")}
    ${e.href ? `<div><dt>${esc(d.words.link)}</dt><dd><a href="${esc(e.href)}" data-stay>${esc(e.id)}</a></dd></div>` : ""}</dl></details>`

const draw = d => `<input type="search" placeholder="${esc(d.words.find)}" aria-label="${esc(d.words.find)}">
  <p class="grey" hidden role="status">${esc(d.words.none)}</p>
  ${d.sections.map(s => `<section><h2>${esc(s.name)}</h2>${s.entries.map(e => entry(e, d)).join("")}</section>`).join("")}`

function narrow(root, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  for (const found of root.querySelectorAll("details")) found.hidden = !words.every(word => found.dataset.words.includes(word))
  for (const section of root.querySelectorAll("section")) section.hidden = !section.querySelector("details:not([hidden])")
  root.querySelector("[role=status]").hidden = Boolean(root.querySelector("section:not([hidden])"))
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  if (!show(root, draw(data))) return
  root.querySelector("input").oninput = event => narrow(root, event.target.value)
  if (data.opened) requestAnimationFrame(() => root.querySelector("details[open]")?.scrollIntoView({ block: "center" }))
}
