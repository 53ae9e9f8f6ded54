// All places are shares of the plot, so nothing is measured: text keeps its size, lines their width, at any width.
const across = x => (x * 100).toFixed(2), down = y => (100 - y * 100).toFixed(2)

// A line with its gaps; a value between two gaps is a dot.
function path(points, ys) {
  let pen = "M"
  return ys.map((y, i) => {
    if (y === null || y === undefined) { pen = "M"; return "" }
    const alone = pen === "M" && (ys[i + 1] ?? null) === null
    const step = `${pen}${across(points[i].x)} ${down(y)}${alone ? "h0" : ""}`
    pen = "L"
    return step
  }).join("")
}

function lines(points, line) {
  const last = line.y.length - 1
  const done = line.unfinished ? line.y.slice(0, last) : line.y
  const rest = line.unfinished ? line.y.map((y, i) => i < last - 1 ? null : y) : []
  return `<path class="${line.style}" d="${path(points, done)}"/>${line.unfinished ? `<path class="running" d="${path(points, rest)}"/>` : ""}`
}

const isMean = limit => limit.state === "mean"      // named in the legend: a word on its line would lie under the others
const legend = chart => {
  const keys = chart.lines.flatMap(l => [[l.style, l.name], ...(l.unfinished ? [["running", l.unfinished]] : [])])
    .concat(chart.limits.filter(isMean).map(l => ["limit mean", l.text]))
  if (keys.length < 2) return `<div class="legend"></div>`
  return `<ul class="legend">${keys.map(([style, name]) =>
    `<li><svg viewBox="0 0 24 2" aria-hidden="true"><path class="${style}" d="M0 1H24"/></svg>${esc(name)}</li>`).join("")}</ul>`
}

// A day takes the width up to half the way to its neighbours: easy to hit, and each has its place for the keyboard.
function day(points, i, dots) {
  const at = points[i].x
  const from = i ? (points[i - 1].x + at) / 2 : Math.min(at, 0), to = i < points.length - 1 ? (at + points[i + 1].x) / 2 : Math.max(at, 1)
  const inside = (at - from) / (to - from || 1)
  const mark = dots[i] ? `<i class="dot ${dots[i].open ? "open" : ""}" style="left:${across(inside)}%;top:${down(dots[i].y)}%"></i>` : ""
  const side = at > .5 ? "left" : "right"
  const attributes = `class="day ${side}" style="left:${across(from)}%;width:${across(to - from)}%" data-text="${esc(points[i].text)}" aria-label="${esc(points[i].text)}" tabindex="${i === points.length - 1 ? 0 : -1}"`
  return points[i].href ? `<a href="${esc(points[i].href)}" ${attributes}>${mark}</a>` : `<span role="img" ${attributes}>${mark}</span>`
}

// A limit stands above its line; of two whose words would lie on each other the lower one stands below its own.
const NEAR = .12
function bounds(chart) {
  const shown = chart.limits.filter(l => !isMean(l)).sort((a, b) => b.at - a.at)
  return shown.map((l, i) => {
    const below = i && shown[i - 1].at - l.at < NEAR
    return `<span class="bound ${l.state} ${below ? "below" : ""}" style="top:${down(l.at)}%">${esc(l.text)}</span>`
  }).join("")
}

function draw(chart) {
  const { points } = chart, first = chart.lines[0], last = first ? first.y.length - 1 : 0
  const dots = first ? first.y.map((y, i) => y === null ? null : { y, open: first.unfinished && i === last }) : []
  const widest = chart.rows.reduce((a, b) => b.text.length > a.length ? b.text : a, "")
  return `<div class="chart" role="group" aria-label="${esc(chart.label)}" style="height:var(--panel-height, ${chart.height / 16}rem)">
    ${legend(chart)}
    <div class="rows"><span class="widest" aria-hidden="true">${esc(widest)}</span>${chart.rows.map(r => `<span style="top:${down(r.at)}%">${esc(r.text)}</span>`).join("")}</div>
    <div class="plot">
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
        ${chart.rows.map(r => `<path class="grid" d="M0 ${down(r.at)}H100"/>`).join("")}
        ${chart.limits.map(l => `<path class="limit ${l.state}" d="M0 ${down(l.at)}H100"/>`).join("")}
        ${chart.events.map(e => `<path class="event" d="M${across(e.at)} 0V100"/>`).join("")}
        ${[...chart.lines].reverse().map(l => lines(points, l)).join("")}
      </svg>
      ${bounds(chart)}
      ${chart.events.map(e => `<span class="happened ${e.at > .5 ? "left" : "right"}" style="left:${across(e.at)}%" aria-hidden="true">${esc(e.text)}</span>`).join("")}
      ${points.map((_, i) => day(points, i, dots)).join("")}
    </div>
    <div class="days ${chart.days.some(d => d.text.includes("\n")) ? "two" : ""}">${chart.days.map(d => `<span class="${d.at < .04 ? "first" : d.at > .96 ? "last" : ""}" style="left:${across(d.at)}%">${esc(d.text)}</span>`).join("")}</div>
  </div>`
}

// One stop of the keyboard for all days; the arrows go from day to day.
const MOVES = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }
function onKey(event) {
  const move = MOVES[event.key]
  if (!move) return
  const all = [...this.querySelectorAll(".day")], at = all.indexOf(event.target.closest(".day"))
  if (at < 0) return
  event.preventDefault()
  const next = all[Math.max(0, Math.min(all.length - 1, at + move))]
  all.forEach(one => { one.tabIndex = one === next ? 0 : -1 })
  next.focus()
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  root.onkeydown = onKey
  show(root, draw(data))
}
