const MOST_FILES = 60
const LEAST = 300
// In sizes of text: names, the mark of invented data, the distance of hatches.
const NAME_SIZE = .87, MARK_SIZE = 1.5, HATCH = .4
const WITHOUT_COLOUR = ["none", "small", "absent"]
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }
const files = (window.cockpitGeometry ??= new Map())

function load(url) {
  if (!files.has(url)) {
    if (files.size >= MOST_FILES) files.delete(files.keys().next().value)
    const file = fetch(url).then(answer => { if (!answer.ok) throw new Error(answer.statusText); return answer.json() })
    file.catch(() => files.delete(url))
    files.set(url, file)
  }
  return files.get(url)
}

const words = a => `${a.name} ${a.value}`
const glyphOf = key => SHAPES[key] ?? (WITHOUT_COLOUR.includes(key) ? SHAPES.none : "")

// The mark of invented data stands in the corner where it covers least; names keep clear of it.
function demoMark(text, outlines, { width, height, line, measure }) {
  const size = MARK_SIZE * line, w = measure(text, size) + 12, h = size * 1.3, m = 4
  const corners = [[m + w / 2, height - m - h / 2], [width - m - w / 2, height - m - h / 2], [width - m - w / 2, m + h / 2], [m + w / 2, m + h / 2]]
  const grown = ([left, top, right, bottom], by) => [left - by, top - by, right + by, bottom + by]
  // of an area without an outline the circle is drawn around its point
  const covers = box => outlines.filter(o => holds(grown(box, o.rings.length ? 0 : o.r), [o.x, o.y])).length * 1e3
    + outlines.filter(o => o.rings.some(ring => ring.some(point => holds(box, point)))).length
  const [x, y] = corners.map(at => [at, covers(boxAt(...at, w, h))]).sort((a, b) => a[1] - b[1])[0][0]
  return { x, y, size, text, box: boxAt(x, y, w, h) }
}

const textAt = ({ x, y, size }, attributes, inner) => `<text ${attributes} x="${number(x)}" y="${number(y)}" font-size="${number(size)}" dy=".35em" aria-hidden="true">${inner}</text>`

// frame: width and height in pixels, line: the size of text, measure(text, size): the width of a name.
function picture(data, features, frame) {
  const { width, height, line } = frame, plain = !Object.keys(data.areas).length
  const project = projection(features, data.points, width, height, line)
  const outlines = outlined(features, project, line).map(o => {
    const area = data.areas[o.feature.id] ?? { name: o.feature.properties.name, value: plain ? "" : data.none, href: "", key: plain ? "plain" : "absent" }
    const { name, short } = o.feature.properties
    return { ...o, ...area, code: o.feature.id, glyph: glyphOf(area.key), short: area.name === name ? short ?? name : area.name }
  }).sort((a, b) => WITHOUT_COLOUR.indexOf(a.key) - WITHOUT_COLOUR.indexOf(b.key))    // a dashed border lies on top of a plain one
  const shapes = outlines.map((o, i) => {
    const attributes = `class="area ${o.key}" ${plain ? "" : `data-key="${esc(o.key)}"`} data-code="${esc(o.code)}" data-at="${number(o.x)} ${number(o.y)}" data-words="${esc(`${o.glyph} ${words(o)}`)}" aria-label="${esc(words(o))}"`
    const drawn = `<path fill-rule="evenodd" d="${o.path}" ${o.key === "small" ? 'fill="url(#few)"' : ""}/>`
    return o.href ? `<a href="${esc(o.href)}" ${attributes} ${data.stops || !i ? "" : 'tabindex="-1"'}>${drawn}</a>` : `<g role="img" ${attributes}>${drawn}</g>`
  })
  const points = data.points.map(p => {
    const [x, y] = project([p.lon, p.lat])
    const inner = `<text class="point ${p.key}" x="${number(x)}" y="${number(y)}" dy=".35em">${SHAPES[p.key]}</text>`
    const attributes = `data-key="${esc(p.key)}" data-words="${esc(p.text)}" aria-label="${esc(p.text)}"`
    return p.href ? `<a href="${esc(p.href)}" ${attributes}>${inner}</a>` : `<g role="img" ${attributes}>${inner}</g>`
  })
  const demo = data.demo && demoMark(data.demo, outlines, frame)
  const labels = plain ? [] : placeLabels(outlines, { ...frame, size: Math.round(NAME_SIZE * line), taken: demo ? [demo.box] : [] })
  const marks = plain ? [] : outlines.filter(o => o.glyph && !o.rings.length).map(o => ({ ...o, size: 1.1 * o.r, text: o.glyph }))
  const gap = Math.round(HATCH * line)
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" aria-label="${esc(data.title)}">
    <defs><pattern id="few" width="${gap}" height="${gap}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="ground" d="M0 0h${gap}v${gap}h-${gap}Z"/><path class="hatch" d="M${gap / 4} 0v${gap}"/></pattern></defs>
    ${shapes.join("")}${demo ? textAt(demo, 'class="demo"', esc(demo.text)) : ""}<path class="over"/>${points.join("")}
    ${[...marks, ...labels].map(l => textAt(l, `class="name ${l.key} ${l.box && !l.rings.length ? "beside" : ""}" data-key="${l.key}"`, esc(l.text))).join("")}</svg>`
}

const pick = (key, pressed, inner) => `<button type="button" data-pick="${esc(key)}" aria-pressed="${pressed}">${inner}</button>`

function legend(data, picked) {
  const entries = data.legend.map(e => pick(e.key, picked.has(e.key),
    `${data.points.length ? "" : `<i class="swatch ${e.key}"></i>`}${glyphOf(e.key) ? `<span class="glyph ${e.key}" aria-hidden="true">${glyphOf(e.key)}</span>` : ""}<span>${esc(e.label)}${e.bound ? ` <span class="bound grey">${esc(e.bound)}</span>` : ""}</span> <b>${esc(e.count)}</b>`))
  const all = pick("", !picked.size, `${esc(data.all)} <b>${esc(data.legend.reduce((sum, e) => sum + e.count, 0))}</b>`)
  return `<div class="legend"><div class="picks" role="group" aria-label="${esc(data.pick)}">${entries.length ? all : ""}${entries.join("")}</div><span class="grey">${esc(data.note)}</span></div>`
}

// The area to go to from `from` in a direction: near, and rather straight ahead than aside.
function neighbour(areas, from, [dx, dy]) {
  const at = area => area.dataset.at.split(" ").map(Number), [x, y] = at(from)
  const costs = areas.filter(area => area !== from).map(area => {
    const [a, b] = at(area), ahead = (a - x) * dx + (b - y) * dy, aside = Math.abs((a - x) * dy) + Math.abs((b - y) * dx)
    return [ahead > 0 ? ahead + 2 * aside : Infinity, area]
  }).sort((a, b) => a[0] - b[0])
  return costs.length && costs[0][0] < Infinity ? costs[0][1] : null
}

// Names are measured with the font that they are drawn in.
function measurer(root) {
  const pen = document.createElement("canvas").getContext("2d"), family = getComputedStyle(root).fontFamily
  return (text, size) => { pen.font = `600 ${size}px ${family}`; return pen.measureText(text).width }
}

// Dims all but the picked groups; the picks of one map stay over runs, as far as its legend has them.
function filter(root, picked) {
  for (const part of root.querySelectorAll("[data-key]")) part.classList.toggle("dim", picked.size > 0 && !picked.has(part.dataset.key))
  for (const button of root.querySelectorAll("[data-pick]")) button.setAttribute("aria-pressed", button.dataset.pick ? picked.has(button.dataset.pick) : !picked.size)
}

function listeners(root, map, under, tip, picked) {
  const outline = area => map.querySelector(".over")?.setAttribute("d", area?.querySelector("path")?.getAttribute("d") ?? "")
  const tell = event => {
    const part = event.target.closest?.("[data-words]")
    tip.hidden = !part
    if (part) tip.textContent = part.dataset.words
    outline(part?.closest(".area"))
  }
  const hush = () => { const at = root.getRootNode().activeElement?.closest?.(".area"); tip.hidden = !at; if (at) tip.textContent = at.dataset.words; outline(at) }
  const move = event => {
    const area = event.target.closest?.("a.area"), to = area && ARROWS[event.key] && neighbour([...map.querySelectorAll("a.area")], area, ARROWS[event.key])
    if (!area || !ARROWS[event.key]) return
    event.preventDefault()
    to?.focus({ preventScroll: true })
  }
  const choose = event => {
    const key = event.target.closest?.("[data-pick]")?.dataset.pick
    if (key === undefined) return
    if (!key) picked.clear()
    else if (!picked.delete(key)) picked.add(key)
    filter(root, picked)
  }
  return [[map, { pointerover: tell, focusin: tell, pointerleave: hush, focusout: hush, keydown: move }], [under, { click: choose }]]
}

export default function ({ data: given, parentElement }) {
  const data = { ...given, areas: Object.fromEntries(given.areas.map(a => [a.code, a])) }
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  root.stop?.()                                                   // Streamlit calls what is returned only when it takes the map away
  if (!root.firstElementChild) root.innerHTML = `<div class="map"></div><div class="under"></div><output class="tip" hidden></output>`
  const [map, under, tip] = root.children
  const known = data.legend.map(e => e.key), picked = root.picked = new Set([...root.picked ?? []].filter(key => known.includes(key)))
  under.inert = "wall" in document.documentElement.dataset        // a wall has no controls
  show(under, legend(data, picked))
  filter(root, picked)
  let alive = true
  // Without a height of its own the map takes what the window has left, the legend aside.
  const size = parseFloat(getComputedStyle(root).fontSize) / 16                // a map grows with the text of the screen
  const most = () => parseFloat(getComputedStyle(root).getPropertyValue("--panel-height")) || data.height * size || Math.max(LEAST, innerHeight - map.getBoundingClientRect().top - under.offsetHeight - .5 * parseFloat(getComputedStyle(root).fontSize))
  const draw = ({ features }) => {
    const width = Math.round(map.clientWidth), height = Math.round(Math.min(most(), width * .95))
    map.style.height = `${height}px`
    if (!alive || !width) return
    const line = parseFloat(getComputedStyle(root).fontSize), of = JSON.stringify([given, width, height, line])
    if (map.of === of) return                                     // names are placed again for another picture alone
    show(map, picture(data, features, { width, height, line, measure: measurer(root) }))
    map.of = of
    filter(root, picked)
  }
  map.style.height ||= `${Math.round(Math.min(most(), map.clientWidth * .95 || most()))}px`
  let features = null
  const observer = new ResizeObserver(() => features && draw({ features }))
  root.toggleAttribute("data-pending", !map.firstChild)
  load(data.geometry)
    .then(file => { if (!alive) return; features = file.features; draw(file); observer.observe(map) }, () => { map.textContent = data.none })
    .finally(() => root.removeAttribute("data-pending"))
  const heard = listeners(root, map, under, tip, picked)
  for (const [part, events] of heard) for (const [name, listener] of Object.entries(events)) part.addEventListener(name, listener)
  root.stop = () => {
    alive = false
    observer.disconnect()
    for (const [part, events] of heard) for (const [name, listener] of Object.entries(events)) part.removeEventListener(name, listener)
  }
  return () => root.stop()
}
