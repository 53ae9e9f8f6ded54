// What fits on the first of two printed pages; the rest is on screen only, and a line says so.
const LINES = 24, ROWS = 22, BESIDE = 3
const beside = ranked => Math.max(0, LINES - Math.min(ranked, ROWS) - 2) * BESIDE

// What filters leaves the screen where it is.
const current = r => `${r.rows ? "data-stay" : ""} ${r.chosen ? 'aria-current="true"' : ""}`
const value = r => r.rows ? link(r.rows, esc(r.value), `class="rows" aria-label="${esc(`${r.name} ${r.value}`)}"`) : esc(r.value)

const row = (r, rank) => `<tr class="${rank > ROWS ? "screen" : ""} ${r.chosen ? "chosen" : ""}">
  <td class="rank grey">${rank}</td>
  <th scope="row">${link(r.href, esc(r.name), current(r))}</th>
  <td class="value"><i style="width:${(100 * r.share).toFixed(1)}%"></i><span>${r.state === "none" ? "" : `<span class="${r.state}" title="${esc(r.word)}">${shape(r.state)}</span> `}${value(r)}<em>${esc(r.word)}</em></span></td>
  <td class="interval grey">${esc(r.interval)}</td>
  <td class="sample grey">${esc(r.sample)}</td>
  <td class="change ${r.tone}">${esc(r.change)}</td></tr>`

const apart = (r, shown) => `<li class="${shown ? "" : "screen"}">${link(r.href, esc(r.name), current(r))} ${value(r)} <span class="grey">${shape("none")} ${esc(r.note)}</span></li>`

// A column nobody fills is not shown.
const empty = (rows, name) => rows.every(r => !r[name])

const draw = ({ ranked, apart: others, height, words }) => {
  const room = beside(ranked.length), all = ranked.length + others.length
  const n = Math.min(ranked.length, ROWS) + Math.min(others.length, room)
  return `<div class="scroll" style="max-height:${height}px" tabindex="0">
  ${ranked.length ? `<table class="${["interval", "sample", "change"].filter(name => empty(ranked, name)).map(name => `no-${name}`).join(" ")}">
    <thead><tr><th class="rank"></th>${words.columns.map((c, i) => `<th scope="col" class="${["name", "value", "interval", "sample", "change"][i]}">${esc(c)}</th>`).join("")}</tr></thead>
    <tbody>${ranked.map((r, i) => row(r, i + 1)).join("")}</tbody></table>` : ""}
  ${others.length ? `<h4>${esc(words.apart)}</h4><ul class="apart">${others.map((r, i) => apart(r, i < room)).join("")}</ul>` : ""}
  ${n < all ? `<p class="cut grey">${esc(words.cut.replace("{n}", n).replace("{all}", all))}</p>` : ""}</div>`
}

export default component(draw)
