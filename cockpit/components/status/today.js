const EDGE = .6      // em below the list of a wall

const number = phone => phone ? ` · <a class="phone" href="tel:${esc(phone.replace(/[^0-9+]/g, ""))}">${esc(phone)}</a>` : ""
const holder = h => `${link(h.href, esc(h.text))}${number(h.phone)}`

// What it is about opens its own screen, its number the rows behind it.
function item(i, words) {
  const parts = i.rows || i.why
    ? `${link(i.href, `<b>${esc(i.strong)}</b>`)} ${link(i.rows, esc(i.text), `title="${esc(words.rows)}"`)}`
    : link(i.href, `<b>${esc(i.strong)}</b>${i.text ? ` ${esc(i.text)}` : ""}`)
  const of = esc(`${i.strong} ${i.text}`)
  const why = i.why ? ` <a class="why" href="${esc(i.why)}" aria-label="${esc(words.why)} ${of}">${esc(words.why)}</a>` : ""
  const held = i.held ? ` <details class="held"><summary aria-label="${esc(words.holder)} ${of}">${esc(words.holder)}</summary> <span>${holder(i.held)}${i.held.order ? ` · <a href="${esc(i.held.order)}">${esc(words.order)} →</a>` : ""}</span></details>` : ""
  return `<li>${parts}${why}${held}</li>`
}

// Folded items: a list under each heading in order of appearance, or one list where they have none.
const folded = (items, words) => [...new Set(items.map(i => i.group))].map(group => {
  const own = items.filter(i => i.group === group)
  return group
    ? `<li class="group"><b>${esc(group)}</b><ul>${own.map(i => item({...i, text: i.brief}, words)).join("")}</ul></li>`
    : own.map(i => item(i, words)).join("")
}).join("")

const line = (l, words) => `<div class="line">
  <span class="label ${l.state}"><span class="shape" aria-hidden="true">${esc(l.mark)}</span> ${esc(l.label)}</span>
  <ul>${l.items.slice(0, l.shown).map(i => item(i, words)).join("")}
    ${l.more ? `<li class="more"><details><summary>${esc(l.more)}</summary><ul>${folded(l.items.slice(l.shown), words)}</ul></details></li>` : ""}</ul>
  ${l.on ? `<a class="on" href="${esc(l.href)}">${esc(l.on)} →</a>` : ""}
</div>`

const head = (h, words) => `<div class="head"><p class="sentence red"><span class="shape" aria-hidden="true">▲</span> ${link(h.href, `<b>${esc(h.strong)}</b>`)} ${esc(h.text)}</p>
  <p class="side">${h.held ? `<span><span class="grey">${esc(words.holder)}</span> ${holder(h.held)}</span>` : ""}${h.links.map(([text, href]) => `<a href="${esc(href)}">${esc(text)} →</a>`).join("")}</p>
  ${h.moved ? `<p class="moved">${esc(h.moved)}</p>` : ""}</div>`

const draw = d => `<section aria-label="${esc(d.label)}"><h2 class="${d.head ? "unseen" : ""}">${esc(d.label)}</h2><div class="lines">${d.head ? head(d.head, d.words) : ""}${d.lines.map(l => line(l, d.words)).join("")}</div></section>`

// On a wall the list fills what the window has left below it.
function fit(root) {
  const wall = document.documentElement.hasAttribute("data-wall"), lines = root.querySelector(".lines")
  root.classList.toggle("fits", wall)
  if (wall) lines.style.height = `${Math.max(0, innerHeight - lines.getBoundingClientRect().top - EDGE * parseFloat(getComputedStyle(root).fontSize))}px`
}

export default mounted => {
  component(draw)(mounted)
  const root = mounted.parentElement.querySelector(".root")
  root.fitting ??= new ResizeObserver(() => fit(root))
  root.fitting.observe(document.body)
  fit(root)
  return () => root.fitting.disconnect()
}
