const MOST_FILES = 60
const LEAST = 300
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

// The class of a step's colour. However few the steps, they reach from the lightest to the darkest.
const hueOf = steps => i => `step${steps > 1 ? Math.round(i * 4 / (steps - 1)) : 2}`

const polygons = g => g.type === "Polygon" ? [g.coordinates] : g.type === "MultiPolygon" ? g.coordinates : g.type === "GeometryCollection" ? g.geometries.flatMap(polygons) : []
const corners = g => g.type === "Point" ? [g.coordinates] : polygons(g).flat(2)

// Longitude shrunk by the latitude's cosine: true enough for a district, and north is up.
function projection(features, points, width, height) {
  const all = [...features.flatMap(f => corners(f.geometry)), ...points.map(p => [p.lon, p.lat])]
  const box = all.reduce((b, [x, y]) => [Math.min(b[0], x), Math.min(b[1], y), Math.max(b[2], x), Math.max(b[3], y)], [Infinity, Infinity, -Infinity, -Infinity])
  const shrink = Math.cos((box[1] + box[3]) / 2 * Math.PI / 180)
  const w = (box[2] - box[0]) * shrink || .01, h = box[3] - box[1] || .01, margin = features.some(f => f.geometry.type === "Point") ? 28 : 8
  const scale = Math.min((width - 2 * margin) / w, (height - 2 * margin) / h)
  return ([x, y]) => [(width - w * scale) / 2 + (x - box[0]) * shrink * scale, (height + h * scale) / 2 - (y - box[1]) * scale]
}

const at = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`
const ring = (points, project) => `M${points.map(p => at(project(p))).join("L")}Z`

function middle(feature, project) {
  const { lon, lat } = feature.properties
  if (lon !== null && lat !== null) return project([lon, lat])
  const all = corners(feature.geometry).map(project)
  return [0, 1].map(i => all.reduce((sum, p) => sum + p[i], 0) / all.length)
}

// Labels that would overlap are moved down, one line each; none leaves the picture.
function labels(marked, width, line) {
  const placed = []
  for (const label of marked.sort((a, b) => a.y - b.y)) {
    const half = label.text.length * line * .45
    label.x = Math.max(half, Math.min(width - half, label.x))
    for (const other of placed)
      if (Math.abs(other.y - label.y) < line && Math.abs(other.x - label.x) < half + other.half) label.y = other.y + line
    placed.push({ ...label, half })
  }
  return placed
}

const words = a => `${a.name} ${a.value}`

function picture(data, features, width, height, line) {
  const project = projection(features, data.points, width, height), hue = hueOf(data.steps.length)
  const shapes = features.map(f => {
    const area = data.areas[f.id] ?? { name: f.properties.name, value: data.none, href: "", step: null, state: "none" }
    const fill = `class="${area.small ? "few" : area.step === null ? "blank" : hue(area.step)}"`
    const drawn = f.geometry.type === "Point"
      ? (([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="11" ${fill}/>`)(project(f.geometry.coordinates))
      : `<path fill-rule="evenodd" d="${polygons(f.geometry).flat().map(r => ring(r, project)).join("")}" ${fill}/>`
    const attributes = `data-words="${esc(`${SHAPES[area.state]} ${words(area)}`)}" aria-label="${esc(words(area))}"`
    return area.href ? `<a href="${esc(area.href)}" ${attributes} ${data.stops ? "" : 'tabindex="-1"'}>${drawn}</a>` : `<g ${attributes}>${drawn}</g>`
  })
  const marked = features.filter(f => data.areas[f.id]?.mark).map(f => {
    const [x, y] = middle(f, project), area = data.areas[f.id]
    return { x, y, text: (area.state === "none" ? "" : SHAPES[area.state]) + area.name }
  })
  const points = data.points.map(p => {
    const [x, y] = project([p.lon, p.lat])
    const inner = `<text class="point ${p.state}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" dy=".35em">${SHAPES[p.state]}</text>`
    const attributes = `data-words="${esc(p.text)}" aria-label="${esc(p.text)}"`
    return p.href ? `<a href="${esc(p.href)}" ${attributes}>${inner}</a>` : `<g ${attributes}>${inner}</g>`
  })
  const names = labels(marked, width, line).map(l => `<text class="name" x="${l.x.toFixed(1)}" y="${l.y.toFixed(1)}" dy=".35em">${esc(l.text)}</text>`)
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="group" aria-label="${esc(data.title)}">
    ${shapes.join("")}${points.join("")}${names.join("")}
    ${data.demo ? `<text class="demo" x="${width / 2}" y="${height / 2}" transform="rotate(-18 ${width / 2} ${height / 2})">${esc(data.demo)}</text>` : ""}</svg>`
}

function legend(data) {
  const hue = hueOf(data.steps.length), drawn = Object.values(data.areas)
  const few = drawn.some(a => a.small), blank = drawn.some(a => a.step === null && !a.small)
  const lines = data.steps.map((s, i) => `<li><i class="${hue(i)}"></i>${esc(s.label)}${s.state ? ` <span class="${s.state}">${SHAPES[s.state]}</span>` : ""}</li>`)
  if (few) lines.push(`<li><i class="few"></i>${esc(data.small)}</li>`)
  if (blank) lines.push(`<li><i class="blank"></i>${esc(data.none)} <span class="none">${SHAPES.none}</span></li>`)
  return `<ul class="legend">${lines.join("")}<li class="grey">${esc(data.note)}</li></ul>`
}

export default function ({ data: given, parentElement }) {
  const data = { ...given, areas: Object.fromEntries(given.areas.map(a => [a.code, a])) }
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  root.stop?.()                                                   // Streamlit calls what is returned only when it takes the map away
  if (!root.firstElementChild) root.innerHTML = `<div class="map"></div><div class="under"></div><output class="tip" hidden></output>`
  const [map, under, tip] = root.children
  show(under, legend(data))
  let alive = true
  // Without a height of its own the map takes what the window has left, the legend aside.
  const most = () => data.height || Math.max(LEAST, innerHeight - map.getBoundingClientRect().top - 3.6 * parseFloat(getComputedStyle(root).fontSize))
  const draw = ({ features }) => {
    const width = Math.round(map.clientWidth), height = Math.round(Math.min(most(), width * .95))
    map.style.height = `${height}px`
    if (alive && width) show(map, picture(data, features, width, height, parseFloat(getComputedStyle(root).fontSize)))
  }
  map.style.height ||= `${Math.round(Math.min(most(), map.clientWidth * .95 || most()))}px`
  let features = null
  const observer = new ResizeObserver(() => features && draw({ features }))
  root.toggleAttribute("data-pending", !map.firstChild)
  load(data.geometry)
    .then(file => { if (!alive) return; features = file.features; draw(file); observer.observe(map) }, () => { map.textContent = data.none })
    .finally(() => root.removeAttribute("data-pending"))
  const tell = event => {
    const words = event.target.closest?.("[data-words]")?.dataset.words
    tip.hidden = !words
    if (words) tip.textContent = words
  }
  const hush = () => { tip.hidden = true }
  const heard = { pointerover: tell, focusin: tell, pointerleave: hush, focusout: hush }
  for (const [name, listener] of Object.entries(heard)) map.addEventListener(name, listener)
  root.stop = () => {
    alive = false
    observer.disconnect()
    for (const [name, listener] of Object.entries(heard)) map.removeEventListener(name, listener)
  }
  return () => root.stop()
}
