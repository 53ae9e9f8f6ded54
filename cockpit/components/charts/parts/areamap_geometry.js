// From GeoJSON in degrees to paths in pixels.
const polygons = g => g.type === "Polygon" ? [g.coordinates] : g.type === "MultiPolygon" ? g.coordinates : g.type === "GeometryCollection" ? g.geometries.flatMap(polygons) : []
const corners = g => g.type === "Point" ? [g.coordinates] : polygons(g).flat(2)
const isPoint = feature => feature.geometry.type === "Point"

// Longitude shrunk by the latitude's cosine: true enough for a district, and north is up.
function projection(features, points, width, height, line) {
  const all = [...features.flatMap(f => corners(f.geometry)), ...points.map(p => [p.lon, p.lat])]
  const box = all.reduce((b, [x, y]) => [Math.min(b[0], x), Math.min(b[1], y), Math.max(b[2], x), Math.max(b[3], y)], [Infinity, Infinity, -Infinity, -Infinity])
  const shrink = Math.cos((box[1] + box[3]) / 2 * Math.PI / 180)
  const w = (box[2] - box[0]) * shrink || .01, h = box[3] - box[1] || .01, margin = features.some(isPoint) ? 2 * line : .5 * line
  const scale = Math.min((width - 2 * margin) / w, (height - 2 * margin) / h)
  return ([x, y]) => [(width - w * scale) / 2 + (x - box[0]) * shrink * scale, (height + h * scale) / 2 - (y - box[1]) * scale]
}

const number = n => n.toFixed(1)
const pathOf = rings => rings.map(ring => `M${ring.map(([x, y]) => `${number(x)} ${number(y)}`).join("L")}Z`).join("")
const circle = (x, y, r) => `M${number(x - r)} ${number(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`

const surface = ring => Math.abs(ring.reduce((sum, [x, y], i) => { const [a, b] = ring[(i + 1) % ring.length]; return sum + x * b - a * y }, 0)) / 2

// Circles of areas that are points: as large as the closest two let them be.
function radius(places, line) {
  let least = Infinity
  places.forEach(([x, y], i) => { for (const [a, b] of places.slice(i + 1)) least = Math.min(least, Math.hypot(a - x, b - y) || Infinity) })
  return Math.round(Math.max(.35 * line, Math.min(.75 * line, least / 2)))
}

// Each feature as { feature, x, y, rings, r, area, path }: where its name stands, and its outline, in pixels.
function outlined(features, project, line) {
  const r = radius(features.filter(isPoint).map(f => project(f.geometry.coordinates)), line)
  return features.map(feature => {
    if (isPoint(feature)) {
      const [x, y] = project(feature.geometry.coordinates)
      return { feature, x, y, rings: [], r, area: 0, path: circle(x, y, r) }
    }
    const parts = polygons(feature.geometry).map(rings => rings.map(ring => ring.map(project))), rings = parts.flat()
    const [x, y] = project(feature.properties.anchor ?? rings[0][0])
    return { feature, x, y, rings, r: 0, area: parts.reduce((sum, [outer]) => sum + surface(outer), 0), path: pathOf(rings) }
  })
}
