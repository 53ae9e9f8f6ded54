// Marks counted in hexagons of about equal size on the screen, and gathered in clusters. Both stay while the map moves.
const HEXAGON = 17, CLUSTER = 64, ROOT3 = Math.sqrt(3), HALF = 1 << 22

// The hexagon (q, r) of a place in units of its radius.
function hexagonAt(x, y) {
  const qf = x * ROOT3 / 3 - y / 3, rf = y * 2 / 3, sf = -qf - rf
  let q = Math.round(qf), r = Math.round(rf)
  const s = Math.round(sf), dq = Math.abs(q - qf), dr = Math.abs(r - rf), ds = Math.abs(s - sf)
  if (dq > dr && dq > ds) q = -r - s
  else if (dr > ds) r = -q - s
  return [q, r]
}

function hexagons(marks, space) {
  const radius = HEXAGON / (TILE * 2 ** Math.round(space.zoom)), counts = new Map(), { X, Y, index, count } = marks
  const x0 = X[0] ?? 0, y0 = Y[0] ?? 0                            // near the marks, so that a key is a whole number
  for (let k = 0; k < count; k++) {
    const [q, r] = hexagonAt((X[index[k]] - x0) / radius, (Y[index[k]] - y0) / radius), key = (q + HALF) * 2 * HALF + r + HALF
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].map(([key, n]) => {
    const q = Math.floor(key / (2 * HALF)) - HALF, r = key % (2 * HALF) - HALF
    return { x: x0 + radius * ROOT3 * (q + r / 2), y: y0 + radius * 1.5 * r, n, radius: radius * space.scale }
  })
}

function clusters(marks, space) {
  const side = CLUSTER / (TILE * 2 ** Math.round(space.zoom)), cells = new Map(), { X, Y, index, count } = marks, x0 = X[0] ?? 0, y0 = Y[0] ?? 0
  for (let k = 0; k < count; k++) {
    const i = index[k], key = Math.floor((X[i] - x0) / side + HALF) * 2 * HALF + Math.floor((Y[i] - y0) / side + HALF), cell = cells.get(key)
    if (cell) { cell.x += X[i]; cell.y += Y[i]; cell.n++ } else cells.set(key, { x: X[i], y: Y[i], n: 1, i })
  }
  return [...cells.values()].map(({ x, y, n, i }) => ({ x: x / n, y: y / n, n, i, radius: n === 1 ? 5 : Math.min(30, 9 + 2.2 * Math.sqrt(n)) }))
}

// The cells of a layer of bins in a window, each with its count.
function countBins(bins, show, { from, to }, space) {
  const { n, days, opened, closed, overdue, first } = bins, clip = day => Math.min(days, Math.max(0, day)), a = clip(from - first), b = clip(to - first + 1)
  const radius = bins.radius * space.scale
  const found = []
  for (let c = 0; c < n; c++) {
    const of = sums => sums[b * n + c] - sums[a * n + c], open = opened[b * n + c] - closed[b * n + c]
    const count = show === "opened" ? of(opened) : show === "closed" ? of(closed) : show === "overdue" ? (b ? overdue[(b - 1) * n + c] : 0) : open
    if (count > 0) found.push({ ...bins.cells[c], n: count, radius })
  }
  return found
}

// The tiles in view, if they are few enough to ask for.
const MOST_TILES = 9
function tilesInView(bins, space) {
  const [west, south, east, north] = bins.box, { tiles } = bins
  const column = x => Math.floor((lonOf(x) - west) / (east - west) * tiles), row = y => Math.floor((latOf(y) - south) / (north - south) * tiles), held = at => Math.min(tiles - 1, Math.max(0, at))
  const [a, b] = [column(space.left), column(space.left + space.width / space.scale)].map(held), [d, c] = [row(space.top), row(space.top + space.height / space.scale)].map(held)
  if ((b - a + 1) * (d - c + 1) > MOST_TILES) return null
  const found = []
  for (let y = c; y <= d; y++) for (let x = a; x <= b; x++) found.push(x + tiles * y)
  return found
}

// The step of five that a count belongs to, by the greatest count that the layer has at any time at this zoom.
const stepOf = (n, most) => Math.min(4, Math.floor(5 * Math.sqrt(n / (most + 1))))

// Marks at the same place stand in a spiral around it: pixels to add, in the order of marks.index.
function spread(marks) {
  const seen = new Map(), dx = marks.dx ??= new Float32Array(marks.n), dy = marks.dy ??= new Float32Array(marks.n)
  for (let k = 0; k < marks.count; k++) {
    const i = marks.index[k], key = `${marks.X[i]},${marks.Y[i]}`, at = seen.get(key) ?? 0, radius = 9 * Math.sqrt(at), angle = at * 2.39996
    seen.set(key, at + 1)
    dx[i] = radius * Math.cos(angle)
    dy[i] = radius * Math.sin(angle)
  }
}
