// What fits on the first of two printed pages; the rest is on screen only, and a line says so.
const LINES = 29, ROWS = 27, DENSE = 23, BESIDE = 3
const beside = ranked => Math.max(0, LINES - Math.min(ranked, ROWS) - 2) * BESIDE

// What filters leaves the screen where it is.
const current = r => `${r.rows ? "data-stay" : ""} ${r.chosen ? 'aria-current="true"' : ""}`
const value = r => r.rows ? link(r.rows, esc(r.value), `class="rows" aria-label="${esc(`${r.name} ${r.value}`)}"`) : esc(r.value)

// Where a rate lies on the axis that all rows share: its interval as a line, itself as a dot.
function axis(rows) {
  const shares = rows.filter(r => r.bounds)
  if (!shares.length) return null
  const low = Math.min(...shares.map(r => r.bounds[1])), high = Math.max(...shares.map(r => r.bounds[2]))
  const span = high - low || 1
  return value => (100 * (value - low) / span).toFixed(1)
}
const dot = (r, at) => `<span class="track" aria-hidden="true"><i class="range" style="left:${at(r.bounds[1])}%;right:${100 - at(r.bounds[2])}%"></i><i class="dot ${r.state}" style="left:${at(r.bounds[0])}%"></i></span>`

// Up to six areas are marked for the comparison; they stay marked while the list is sorted or redrawn.
const MOST_COMPARED = 6
const marked = (window.cockpitMarked ??= new Set())
const mark = (r, words) => r.code ? `<label><input type="checkbox" data-mark="${esc(r.code)}" aria-label="${esc(words.add.replace("{name}", () => r.name))}"></label>` : ""

function marking(root, { compare, words }) {
  const boxes = [...root.querySelectorAll("[data-mark]")], bar = root.querySelector(".marked")
  if (!bar) return
  const update = () => {
    for (const box of boxes) { box.checked = marked.has(box.dataset.mark); box.disabled = !box.checked && marked.size >= MOST_COMPARED }
    const url = new URL(compare, location.origin)
    url.searchParams.set("areas", [...marked].join(","))
    bar.hidden = !marked.size
    bar.innerHTML = marked.size < 2 ? `<span class="grey">${esc(words.more)}</span>` : `<a href="${esc(url.pathname + url.search)}">${esc(words.compare.replace("{n}", marked.size))}</a>`
  }
  const here = new Set(boxes.map(box => box.dataset.mark))
  for (const code of [...marked]) if (!here.has(code)) marked.delete(code)        // areas of one list alone are compared
  root.onchange = ({ target }) => {
    const code = target.dataset.mark
    if (!code) return
    if (target.checked) marked.add(code)
    else marked.delete(code)
    update()
  }
  update()
}

const row = (r, rank, place, at, words, compare) => `<tr class="${place > ROWS ? "screen" : ""} ${r.chosen ? "chosen" : ""}">
  <td class="rank grey">${rank}${compare ? mark(r, words) : ""}</td>
  <th scope="row">${link(r.href, esc(r.name), current(r))}</th>
  <td class="value">${r.bounds && at ? dot(r, at) : `<i class="bar" style="width:${(100 * r.share).toFixed(1)}%"></i>`}<span>${r.state === "none" ? "" : `<span class="${r.state}" title="${esc(r.word)}">${shape(r.state)}</span> `}${value(r)}<em>${esc(r.word)}</em></span></td>
  <td class="interval grey">${esc(r.interval)}</td>
  <td class="sample grey">${esc(r.sample)}</td>
  <td class="change ${r.tone}">${esc(r.change)}</td></tr>`

const apart = (r, shown) => `<li class="${shown ? "" : "screen"}">${link(r.href, esc(r.name), current(r))} ${value(r)} <span class="grey">${shape("none")} ${esc(r.note)}</span></li>`

// Areas without a value differ in nothing but their names: one line for each reason.
function nothing(rows, words) {
  const why = r => [r.value, r.note].filter(text => text).join(" · "), reasons = [...new Set(rows.map(why))]
  return reasons.map(reason => {
    const names = rows.filter(r => why(r) === reason).map(r => link(r.href, esc(r.name), current(r)))
    const last = names.length - 1
    return `<p class="nothing"><span class="grey">${shape("none")} ${esc(reason)}</span> ${names.map((name, i) => `<span>${name}${i < last ? esc(words.comma) : ""}</span>`).join("")}</p>`
  }).join("")
}

// Streets are ranked apart from towns. Sorted by a column all stand in one list, which is then no ranking.
function groups(rows, by) {
  const names = [...new Set(rows.map(r => r.group))]
  if (names.length < 2) return [["", rows.map((r, i) => [r, i + 1])]]
  if (by) return [["", rows.map(r => [r, ""])]]
  return names.map(name => [name, rows.filter(r => r.group === name).map((r, i) => [r, name ? i + 1 : ""])])
}

function body(rows, by, at, words, compare) {
  let place = 0
  return groups(rows, by).map(([name, members]) => `${name ? `<tr class="group"><td class="rank"></td><th colspan="5" scope="rowgroup">${esc(name)}</th></tr>` : ""}${members.map(([r, rank]) => row(r, rank, ++place, at, words, compare)).join("")}`).join("")
}

// A column nobody fills is not shown.
const empty = (rows, name) => rows.every(r => !r[name])

// The columns that sort, each with its place in a row's `order`; names sort as text.
const SORTS = [["name", -1], ["value", 0], ["interval", null], ["sample", 1], ["change", 2]]

function sorted(rows, by) {
  if (!by) return rows
  const [column, down] = by, place = SORTS.find(s => s[0] === column)[1], sign = down ? -1 : 1
  const key = place < 0 ? r => r.name : r => r.order[place]
  return [...rows].sort((a, b) => {
    const x = key(a), y = key(b)
    if (x === null || y === null) return (x === null) - (y === null)
    return sign * (typeof x === "string" ? x.localeCompare(y, "zh-CN") : x - y)
  })
}

const heading = (text, i, by, words) => {
  const [column, place] = SORTS[i], now = by?.[0] === column
  const inner = place === null ? esc(text) : `<button type="button" data-sort="${column}" aria-label="${esc(words.sort.replace("{column}", text))}">${esc(text)}${now ? ` <span aria-hidden="true">${by[1] ? "↓" : "↑"}</span>` : ""}</button>`
  return `<th scope="col" class="${column}" ${now ? `aria-sort="${by[1] ? "descending" : "ascending"}"` : ""}>${inner}</th>`
}

const draw = ({ ranked: given, apart: others, height, words, compare }, by) => {
  const ranked = sorted(given, by), at = axis(given)
  const small = others.filter(r => !r.empty)
  const room = beside(ranked.length), all = ranked.length + small.length
  const n = Math.min(ranked.length, ROWS) + Math.min(small.length, room)
  return `<div class="scroll" style="max-height:var(--panel-height, ${height / 16}rem)" tabindex="0">
  ${ranked.length ? `<table class="${ranked.length > DENSE ? "dense" : ""} ${["interval", "sample", "change"].filter(name => empty(ranked, name)).map(name => `no-${name}`).join(" ")}">
    <thead><tr><th class="rank"></th>${words.columns.map((c, i) => heading(c, i, by, words)).join("")}</tr></thead>
    <tbody>${body(ranked, by, at, words, compare)}</tbody></table>` : ""}
  ${others.length ? `<h4>${esc(words.apart)}</h4>` : ""}
  ${small.length ? `<ul class="apart">${small.map((r, i) => apart(r, i < room)).join("")}</ul>` : ""}
  ${nothing(others.filter(r => r.empty), words)}
  ${n < all ? `<p class="cut grey">${esc(words.cut.replace("{n}", n).replace("{all}", all))}</p>` : ""}</div>${compare ? `<p class="marked" aria-live="polite" hidden></p>` : ""}`
}

// Sorts in the browser: a first press falls from the greatest, a second rises, a third restores the order given.
export default ({ data, parentElement }) => {
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  const redraw = () => { show(root, draw(data, root.by)); marking(root, data) }
  redraw()
  root.onclick = event => {
    const column = event.target.closest("[data-sort]")?.dataset.sort
    if (!column) return
    const [now, down] = root.by ?? [], text = column === "name"
    root.by = now !== column ? [column, !text] : down !== text ? [column, text] : null
    redraw()
  }
}
