// Typed columns and outlines by URL, each fetched once. Format of the columns: metrics/mapping/columns.py.
const ARRAYS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f32: Float32Array }
const NEVER = 65535, MOST_FILES = 40, DAY_MS = 864e5
const files = (window.cockpitLayers ??= new Map())

function fetched(url, read) {
  if (!files.has(url)) {
    if (files.size >= MOST_FILES) files.delete(files.keys().next().value)
    const file = fetch(url).then(answer => { if (!answer.ok) throw new Error(`${answer.status} ${url}`); return read(answer) })
    file.catch(() => files.delete(url))
    files.set(url, file)
  }
  return files.get(url)
}

const columnsOf = url => fetched(url, answer => answer.arrayBuffer().then(unpack))
const featuresOf = url => fetched(url, answer => answer.json().then(file => file.features))

function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true)
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)))
  const columns = {}
  for (const { name, type, n, at, delta } of header.columns) {
    const Type = ARRAYS[type], size = Type.BYTES_PER_ELEMENT
    const planes = new Uint8Array(buffer, 4 + length + at, n * size), joined = new Uint8Array(n * size)
    for (let p = 0; p < size; p++) for (let i = 0; i < n; i++) joined[i * size + p] = planes[p * n + i]
    const values = new Type(joined.buffer)
    if (delta) for (let i = 1; i < n; i++) values[i] += values[i - 1]
    columns[name] = values
  }
  return { header, columns }
}

// Days are whole numbers since 1970.
const dayOf = text => Math.round(Date.parse(`${text}T00:00Z`) / DAY_MS)
const grouped = n => n.toLocaleString("en-US")                      // 1,026
const textOf = day => new Date(day * DAY_MS).toISOString().slice(0, 10)

// Counts by hexagon and day of a layer with too many marks, as running sums; its marks come by tile when near.
function readBins({ header, columns }) {
  const n = columns.x.length, { days, tiles, box, groups, unplaced, count } = header, [west, south, east, north] = box
  const sums = values => { const all = new Int32Array((days + 1) * n); for (let i = 0; i < days * n; i++) all[i + n] = all[i] + values[i]; return all }
  const cells = Array.from({ length: n }, (_, i) => ({ x: worldX(west + (east - west) * columns.x[i] / NEVER), y: worldY(south + (north - south) * columns.y[i] / NEVER), n: 0 }))
  return { cells, n, days, tiles, box, unplaced, total: count, radius: header.radius / 360, first: dayOf(header.first), opened: sums(columns.opened), closed: sums(columns.closed), overdue: columns.overdue }
}

// The marks of several tiles as one, sorted by the day they start.
function joined(parts, bins) {
  const n = parts.reduce((sum, part) => sum + part.n, 0), order = []
  parts.forEach((part, p) => { for (let i = 0; i < part.n; i++) order.push(p * 2 ** 26 + i) })
  order.sort((a, b) => parts[Math.floor(a / 2 ** 26)].start[a % 2 ** 26] - parts[Math.floor(b / 2 ** 26)].start[b % 2 ** 26])
  const take = (name, Type) => Type.from(order, at => parts[Math.floor(at / 2 ** 26)][name][at % 2 ** 26])
  return { kind: "marks", n, first: bins.first, groups: parts[0].groups, unplaced: bins.unplaced, X: take("X", Float64Array), Y: take("Y", Float64Array), start: take("start", Uint16Array), end: take("end", Uint16Array),
    due: take("due", Uint16Array), group: take("group", Uint8Array), position: take("position", Uint32Array), index: new Uint32Array(n), state: new Uint8Array(n), count: 0 }
}

// Marks with their places in the world and their days as days since 1970. Layers of the same file share the places.
// grouped: the file of the groups that colour them, if any.
function readMarks(file, grouped) {
  const { header, columns } = file, { start, end, due, value, position } = columns, n = columns.x.length, { X, Y } = file.places ??= placesOf(file)
  return { kind: "marks", n, X, Y, start, end, due, value, position, group: grouped?.columns.group ?? new Uint8Array(n), groups: grouped?.header.groups ?? [""], first: dayOf(header.first), unplaced: header.unplaced,
    index: new Uint32Array(n), state: new Uint8Array(n), count: 0 }
}

function placesOf({ header, columns: { x, y } }) {
  const [west, south, east, north] = header.box
  return { X: Float64Array.from(x, step => worldX(west + (east - west) * step / NEVER)), Y: Float64Array.from(y, step => worldY(south + (north - south) * step / NEVER)) }
}

// The features of a GeoJSON file: polygons, lines and points.
function readFeatures(given) {
  const groups = [...new Set(given.map(({ properties }) => properties.group))].sort()
  const features = given.map(({ properties, geometry }) => {
    const polygons = polygonsOf(geometry).map(rings => rings.map(inWorld)), lines = linesOf(geometry).map(inWorld), points = inWorld(pointsOf(geometry))
    return { name: properties.name, group: groups.indexOf(properties.group), polygons, lines, points, box: boxAround([...polygons.flat(2), ...lines.flat(), ...points]) }
  })
  return { kind: "features", features, groups }
}

// Areas with their outlines; values by bucket and code.
function readAreas({ header, columns }, features) {
  const byCode = new Map(features.map(feature => [feature.id, feature]))
  const areas = header.codes.map((code, at) => byCode.has(code) ? { code, at, ...outlineOf(byCode.get(code)) } : null).filter(Boolean)
  return { kind: "areas", areas, width: header.codes.length, starts: header.buckets.map(dayOf), value: columns.value, key: columns.key, ...header }
}
