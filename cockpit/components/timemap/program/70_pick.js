// What is under a pixel, on the processor: reading pixels back from software WebGL takes a second.
const REACH = 9

// The nearest mark, cluster or hexagon within reach, the topmost layer first; else the area.
function under(layers, space, px, py) {
  for (const layer of [...layers].reverse()) {
    if (layer.kind === "areas") continue
    if (layer.kind === "features") {
      const [x, y] = space.world(px, py), reach = REACH / space.scale
      const feature = layer.features.find(one => one.points.some(([a, b]) => Math.hypot(a - x, b - y) <= reach) || isInside(one.polygons, x, y) || one.lines.some(line => isNear(line, x, y, reach)))
      if (feature) return { layer, feature }
      continue
    }
    if (layer.cells) {
      const cell = layer.cells.find(one => { const [x, y] = space.pixel(one.x, one.y); return Math.hypot(x - px, y - py) <= one.radius })
      if (cell) return { layer, cell }
      continue
    }
    const { X, Y, index, count, dx, dy } = layer.marks, symbols = layer.about.form === "symbols", spreads = layer.about.spread
    let best = null, least = Infinity
    for (let k = 0; k < count; k++) {
      const i = index[k], x = (X[i] - space.left) * space.scale + (spreads ? dx[i] : 0) - px, y = (Y[i] - space.top) * space.scale + (spreads ? dy[i] : 0) - py
      const distance = x * x + y * y, reach = Math.max(REACH, symbols ? radiusOf(layer, i) : 0)
      if (distance < least && distance <= reach * reach) { least = distance; best = { layer, i, k } }
    }
    if (best) return best
  }
  const [x, y] = space.world(px, py)
  for (const layer of [...layers].reverse()) {
    if (layer.kind !== "areas") continue
    const area = layer.areas.find(({ box, polygons }) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3] && isInside(polygons, x, y))
    if (area) return { layer, area }
  }
  return null
}

// Whether a place lies within reach of a line.
function isNear(line, x, y, reach) {
  return line.some(([bx, by], i) => {
    if (!i) return false
    const [ax, ay] = line[i - 1], dx = bx - ax, dy = by - ay, part = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)))
    return Math.hypot(ax + part * dx - x, ay + part * dy - y) <= reach
  })
}

// The marks inside a line of pixels, by layer.
function inside(layers, space, line) {
  const ring = line.map(([x, y]) => space.world(x, y)), box = boxAround(ring)
  return layers.filter(layer => layer.about.selects && layer.marks).map(layer => {
    const { X, Y, index, count } = layer.marks, found = []
    for (let k = 0; k < count; k++) {
      const i = index[k]
      if (X[i] >= box[0] && X[i] <= box[2] && Y[i] >= box[1] && Y[i] <= box[3] && isInside([[ring]], X[i], Y[i])) found.push(i)
    }
    return { layer, found }
  }).filter(({ found }) => found.length)
}
