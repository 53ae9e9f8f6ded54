// The position is taken when a button is pressed or the map is tapped, and never watched.
const MARGIN = 8, MOST_NAMES = 40

// Degrees to pixels and back: near enough to true for one district.
function projection(features, width, height) {
  const all = features.flatMap(f => f.geometry.type === "Point" ? [f.geometry.coordinates] : f.geometry.coordinates.flat(f.geometry.type === "Polygon" ? 1 : 2))
  const xs = all.map(p => p[0]), ys = all.map(p => p[1])
  const least = list => list.reduce((a, b) => Math.min(a, b)), most = list => list.reduce((a, b) => Math.max(a, b))
  const [west, east, south, north] = [least(xs), most(xs), least(ys), most(ys)]
  const squeeze = Math.cos((south + north) / 2 * Math.PI / 180)
  const scale = Math.min((width - 2 * MARGIN) / ((east - west) * squeeze || 1e-3), (height - 2 * MARGIN) / (north - south || 1e-3))
  const left = (width - (east - west) * squeeze * scale) / 2, top = (height - (north - south) * scale) / 2
  return {
    to: ([lon, lat]) => [left + (lon - west) * squeeze * scale, top + (north - lat) * scale],
    from: ([x, y]) => [west + (x - left) / squeeze / scale, north - (y - top) / scale],
  }
}

function map(features, { width, height }, { to }, taken, words) {
  const path = ring => `M${ring.map(p => to(p).map(n => n.toFixed(1)).join(" ")).join("L")}Z`
  const shapes = features.map(f => {
    const rings = { Polygon: c => c, MultiPolygon: c => c.flat(), Point: () => [] }[f.geometry.type](f.geometry.coordinates)
    return `<path data-area="${esc(f.id)}" class="area ${String(f.id) === taken.area ? "taken" : ""}" fill-rule="evenodd" d="${rings.map(path).join("")}"><title>${esc(f.properties.name)}</title></path>`
  })
  const names = features.length > MOST_NAMES ? [] : features.map(f => {
    const [x, y] = to(f.properties.anchor ?? [f.properties.lon, f.properties.lat])
    return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}">${esc(f.properties.short)}</text>`
  })
  const at = taken.point && to(taken.point.split(",").map(Number))
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${esc(words.tap)}" data-map>
    ${shapes.join("")}${names.join("")}${at ? `<circle cx="${at[0].toFixed(1)}" cy="${at[1].toFixed(1)}" r="7" class="pin"/>` : ""}</svg>`
}

class Locate {
  constructor(root, give) {
    this.root = root
    this.give = give
    this.taken = {}
    this.note = ""
    root.addEventListener("click", event => this.onClick(event))
  }
  draw(data = this.data) {
    this.data = data
    const { words, label, geometry } = data, { point, area } = this.taken
    const name = this.features?.find(f => String(f.id) === area)?.properties.name ?? ""
    show(this.root, `<div class="locate"><span>${esc(label)}</span>
      <button type="button" data-take>${esc(point ? words.again : words.take)}</button>
      ${geometry ? `<button type="button" data-open aria-expanded="${!!this.open}">${esc(this.open ? words.close : words.map)}</button>` : ""}
      ${point ? `<span class="point">${esc(`${name} ${point}`.trim())}</span><button type="button" data-clear>${esc(words.clear)}</button>` : ""}
      <span class="grey" role="status">${esc(this.note)}</span></div>
      ${this.open && this.features ? `<div class="map">${map(this.features, this.size, this.projection, this.taken, words)}</div><p class="grey">${esc(data.note)}</p>` : ""}`)
  }
  take(point, area = "", note = "") {
    this.taken = { point, area }
    this.note = note
    this.give(this.taken)
    this.draw()
  }
  onClick(event) {
    const { words } = this.data, on = what => event.target.closest(`[${what}]`)
    if (on("data-clear")) this.take("")
    else if (on("data-take")) this.locate()
    else if (on("data-open")) this.toggle()
    else if (on("data-map")) this.tap(event)
    else return
    if (this.open && on("data-open")) this.note = words.tap
  }
  say(note) { this.note = note; this.draw() }
  locate() {
    const { words } = this.data
    if (!isSecureContext || !navigator.geolocation) return this.say(words.insecure)
    this.say(words.asking)
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.take(`${coords.longitude.toFixed(6)},${coords.latitude.toFixed(6)}`),
      () => this.take("", "", words.denied), { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 })
  }
  async toggle() {
    this.open = !this.open
    if (!this.open) return this.say("")
    const width = Math.max(240, this.root.clientWidth), height = Math.round(Math.min(420, width * .85))
    try {
      const answer = await fetch(this.data.geometry)
      if (!answer.ok) throw new Error(answer.statusText)
      this.features = (await answer.json()).features
      this.size = { width, height }
      this.projection = projection(this.features, width, height)
      this.say(this.data.words.tap)
    } catch {
      this.open = false
      this.say(this.data.words.failed)
    }
  }
  tap(event) {
    const box = this.root.querySelector("[data-map]").getBoundingClientRect()
    const scale = this.size.width / box.width
    const [lon, lat] = this.projection.from([(event.clientX - box.left) * scale, (event.clientY - box.top) * scale])
    const area = event.target.closest("[data-area]")?.dataset.area ?? ""
    if (area) this.take(`${lon.toFixed(6)},${lat.toFixed(6)}`, area)
  }
}

export default ({ data, parentElement, setStateValue }) => {
  const root = parentElement.querySelector(".root")
  root.locate ??= new Locate(root, taken => root.send(taken))
  root.send = taken => setStateValue("taken", taken)
  root.locate.draw(data)
}
