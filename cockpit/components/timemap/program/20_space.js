// Web Mercator: the world is a square of side 1; at zoom z a side has 512 * 2^z pixels, as in deck.gl.
const TILE = 512, RADIANS = Math.PI / 180
const worldX = lon => (lon + 180) / 360
const worldY = lat => (1 - Math.log(Math.tan(Math.PI / 4 + lat * RADIANS / 2)) / Math.PI) / 2
const lonOf = x => x * 360 - 180
const latOf = y => Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) / RADIANS

const polygonsOf = g => !g ? [] : g.type === "Polygon" ? [g.coordinates] : g.type === "MultiPolygon" ? g.coordinates : g.type === "GeometryCollection" ? g.geometries.flatMap(polygonsOf) : []

const partsOf = (g, one, many) => !g ? [] : g.type === one ? [g.coordinates] : g.type === many ? g.coordinates : g.type === "GeometryCollection" ? g.geometries.flatMap(part => partsOf(part, one, many)) : []
const linesOf = g => partsOf(g, "LineString", "MultiLineString")
const pointsOf = g => partsOf(g, "Point", "MultiPoint")
const inWorld = points => points.map(([x, y]) => [worldX(x), worldY(y)])

// The outline of a feature in world units, its box, and where its name stands.
function outlineOf(feature) {
  const { name, short, lon, lat, anchor } = feature.properties, point = feature.geometry?.type === "Point" ? feature.geometry.coordinates : null
  const polygons = polygonsOf(feature.geometry).map(rings => rings.map(ring => ring.map(([x, y]) => [worldX(x), worldY(y)])))
  const at = anchor ?? point ?? [lon, lat]
  const place = at?.[0] == null ? null : [worldX(at[0]), worldY(at[1])]
  const corners = polygons.flat(2)
  const box = boxAround(corners.length ? corners : place ? [place] : [])
  return { name: name ?? "", short: short ?? name ?? "", polygons, place, box, size: (box[2] - box[0]) * (box[3] - box[1]) }
}

const boxAround = points => points.reduce((b, [x, y]) => [Math.min(b[0], x), Math.min(b[1], y), Math.max(b[2], x), Math.max(b[3], y)], [Infinity, Infinity, -Infinity, -Infinity])

// A box of degrees, south before north, in world units; the box around several.
const inWorldBox = ([west, south, east, north]) => [worldX(west), worldY(north), worldX(east), worldY(south)]
const union = boxes => boxes.length ? boxAround(boxes.flatMap(([a, b, c, d]) => [[a, b], [c, d]])) : null

function isInside(polygons, x, y) {
  for (const rings of polygons) {
    let inside = false
    for (const ring of rings)
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i++)
        if (ring[i][1] > y !== ring[j][1] > y && x < (ring[j][0] - ring[i][0]) * (y - ring[i][1]) / (ring[j][1] - ring[i][1]) + ring[i][0]) inside = !inside
    if (inside) return true
  }
  return false
}

// What is in view: the centre in world units, the zoom, and the size in pixels.
class Space {
  constructor() { this.x = this.y = .5; this.zoom = 10; this.width = this.height = 1; this.home = null }
  get scale() { return TILE * 2 ** this.zoom }
  get left() { return this.x - this.width / 2 / this.scale }
  get top() { return this.y - this.height / 2 / this.scale }
  pixel(x, y) { return [(x - this.x) * this.scale + this.width / 2, (y - this.y) * this.scale + this.height / 2] }
  world(px, py) { return [this.x + (px - this.width / 2) / this.scale, this.y + (py - this.height / 2) / this.scale] }
  // Centre a box of world units with a margin.
  fit(box, most = 17) {
    const w = Math.max(box[2] - box[0], 1e-7), h = Math.max(box[3] - box[1], 1e-7)
    this.x = (box[0] + box[2]) / 2
    this.y = (box[1] + box[3]) / 2
    this.zoom = Math.min(most, Math.log2(Math.min(this.width * .92 / w, this.height * .92 / h) / TILE))
  }
  move(dx, dy) { this.x -= dx / this.scale; this.y -= dy / this.scale; this.hold() }
  zoomAt(px, py, by) {
    const [x, y] = this.world(px, py), least = this.home ? this.home.zoom - 1 : 3
    this.zoom = Math.min(19, Math.max(least, this.zoom + by))
    const [nx, ny] = this.world(px, py)
    this.x += x - nx
    this.y += y - ny
    this.hold()
  }
  // The centre stays over the area of the map.
  hold() {
    if (!this.home) return
    const [west, north, east, south] = this.home.box
    this.x = Math.min(east, Math.max(west, this.x))
    this.y = Math.min(south, Math.max(north, this.y))
  }
  get address() { return [lonOf(this.x).toFixed(5), latOf(this.y).toFixed(5), this.zoom.toFixed(2)].join(",") }
  read(text) {
    const [lon, lat, zoom] = (text ?? "").split(",").map(Number)
    if (![lon, lat, zoom].every(Number.isFinite) || Math.abs(lat) > 85) return false
    this.x = worldX(lon); this.y = worldY(lat); this.zoom = Math.min(19, Math.max(3, zoom))
    this.hold()
    return true
  }
  // Length of a round number of metres: text and pixels.
  bar(most = 120) {
    const metres = 40075016.686 * Math.cos(latOf(this.y) * RADIANS) / this.scale, goal = most * metres
    const power = 10 ** Math.floor(Math.log10(goal)), length = [5, 2, 1].map(n => n * power).find(n => n <= goal) ?? power
    return { text: length >= 1000 ? `${length / 1000} km` : `${length} m`, pixels: length / metres }
  }
}
