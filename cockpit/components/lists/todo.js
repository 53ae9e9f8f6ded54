const MARKS = { done: "●", late: "▲", now: "◐", overdue: "▲", todo: "○" }

const stages = (all, words) => all.length ? `<ol class="stages">${all.map(s => `<li class="${s.state}">${esc(s.name)}
  <span aria-hidden="true">${MARKS[s.state]}</span><span class="hidden">${esc(words[s.state])}</span></li>`).join("")}</ol>` : ""

const card = (c, words) => `<article class="card ${c.state}-card">
  <div class="top"><b class="${c.state}">${c.clock ? `${shape(c.state)} ${esc(c.clock)}` : ""}</b><span class="grey">${esc(c.source)}</span></div>
  ${link(c.href, esc(c.title), 'class="title"')}
  <div class="facts">${c.facts.map(f => `<span>${esc(f)}</span>`).join("")}</div>
  ${stages(c.stages, words)}
  ${c.ways.length ? `<div class="ways">${c.ways.map(([text, href]) => `<a href="${esc(href)}" aria-label="${esc(`${text}: ${c.title}`)}">${esc(text)}</a>`).join("")}</div>` : ""}</article>`

const last = rest => rest ? `<p class="rest">${shape("none")} ${esc(rest.text)} <a href="${esc(rest.href)}">${esc(rest.on)}</a></p>` : ""

const draw = ({ cards, counts, empty, rest, words }) => `
  ${counts.length ? `<div class="counts">${counts.map(c => link(c.href, `<span class="${c.state}">${c.state === "none" ? "" : shape(c.state)}${esc(c.text)}</span> <b>${esc(c.n)}</b>`, `class="count" data-stay ${c.chosen ? 'aria-current="true"' : ""}`)).join("")}</div>` : ""}
  ${cards.length ? `<div class="cards">${cards.map(c => card(c, words)).join("")}${last(rest)}</div>` : empty ? `<p class="grey">${esc(empty)}</p>` : ""}`

export default component(draw)
