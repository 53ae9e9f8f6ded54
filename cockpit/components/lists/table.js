const ARROWS = { up: "▲", down: "▼" }
const ARIA = { up: "ascending", down: "descending" }

const heading = c => {
  const text = `${esc(c.text)}${c.sorted ? ` <i aria-hidden="true">${ARROWS[c.sorted]}</i>` : ""}`
  const aria = c.sorted ? `aria-sort="${ARIA[c.sorted]}"` : ""
  return `<th role="columnheader" scope="col" class="${c.number ? "number" : ""} ${c.sort ? "" : "still"}" ${aria}>${link(c.sort, text, "data-stay")}</th>`
}

const cell = (c, column) => {
  const state = c.state ? `<span class="${c.state}">${shape(c.state)} ${esc(c.text)}</span>` : c.code ? `<code>${esc(c.text)}</code>` : esc(c.text)
  const classes = `${column.lead ? "lead" : ""} ${column.number ? "number" : ""} ${column.short ? "short" : ""} ${c.text ? "" : "empty"} ${c.quiet ? "quiet" : ""}`
  return `<td role="cell" class="${classes}" data-label="${esc(column.text)}"><span>${link(c.href, state)}${c.note ? ` <small class="grey">${esc(c.note)}</small>` : ""}</span></td>`
}

const pager = d => d.pages.length ? `<nav class="pager" aria-label="${esc(d.words.pages)}">${d.pages.map(p =>
  p.href ? `<a href="${esc(p.href)}">${esc(p.text)}</a>` : `<b aria-current="page">${esc(p.text)}</b>`).join("")}</nav>` : ""

const draw = d => `<div class="scroll"><table role="table">
  ${d.caption ? `<caption>${esc(d.caption)}</caption>` : ""}
  <thead role="rowgroup"><tr role="row" data-sort="${esc(d.words.sort)}">${pickHead(d)}${d.columns.map(heading).join("")}</tr></thead>
  <tbody role="rowgroup">${d.rows.map((row, i) => `<tr role="row" class="${d.total && i === d.rows.length - 1 ? "total" : ""}">${pickCell(d, row, i)}${
    row.map((c, j) => cell(c, d.columns[j])).join("")}</tr>`).join("")}</tbody></table></div>${pickBar(d)}${pager(d)}`

export default mounted => {
  component(draw)(mounted)
  if (mounted.data.picks) picking(mounted.parentElement.querySelector(".root"), mounted.data)
}
