// Where the names of areas stand. A name is drawn inside its area, in its short form if only that fits, else where most
// of it lies inside; the name of a point stands beside it. No two names overlap, and none covers the shape or the anchor
// of another area. Urgent areas choose first, then large ones. Lengths are in pixels.
const LEAST_SIZE = 11, LINE_HEIGHT = 1.2, PAD = 2
const SIZES = [1, .85]

const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
const holds = (box, [x, y]) => x > box[0] && x < box[2] && y > box[1] && y < box[3]
const boxAt = (x, y, w, h) => [x - w / 2, y - h / 2, x + w / 2, y + h / 2]

function insideRings(rings, [x, y]) {
  let inside = false
  for (const ring of rings)
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [a, b] = ring[i], [c, d] = ring[j]
      if (b > y !== d > y && x < (c - a) * (y - b) / (d - b) + a) inside = !inside
    }
  return inside
}

const MARGIN = [0, .5, 1]
const SAMPLES = MARGIN.flatMap(u => MARGIN.map(v => [u, v]))
// The longest name takes half of the width; of a longer one the beginning is drawn.
const MOST_WIDE = .5
function shortened(text, most, wide) {
  if (wide(text) <= most) return text
  const letters = [...text]
  while (letters.length > 1 && wide(`${letters.join("")}…`) > most) letters.pop()
  return `${letters.join("")}…`
}

// How much of a box lies inside, 0 to 1.
const share = (rings, box) => SAMPLES.filter(([u, v]) => insideRings(rings, [box[0] + u * (box[2] - box[0]), box[1] + v * (box[3] - box[1])])).length / SAMPLES.length

// Shifts from the anchor in widths and lines, the nearest first.
const SHIFTS = [0, -.25, .25, -.5, .5].flatMap(x => [0, -.6, .6, -1.2, 1.2, -2, 2].map(y => [x, y]))
  .sort((a, b) => Math.hypot(a[0] * 3, a[1]) - Math.hypot(b[0] * 3, b[1]))
const LEAST_SHARE = .3

// The boxes that a text of a width may stand in, best first: around a point, or on its anchor and close to it.
function boxes(label, w, h, width) {
  if (!label.rings.length) {
    const { x, y, r } = label, aside = r + w / 2, above = r + h / 2
    const middles = [[x + aside, y], [x - aside, y], [x, y + above], [x, y - above], [x + aside, y + r], [x - aside, y + r], [x + aside, y - r], [x - aside, y - r]]
    return middles.map(([x, y]) => boxAt(x, y, w, h))
  }
  const middles = SHIFTS.map(([dx, dy]) => [label.x + dx * w, label.y + dy * h])
  return [...middles, [Math.max(w / 2, Math.min(width - w / 2, label.x)), label.y]].map(([x, y]) => boxAt(x, y, w, h))
}

// One pass at one size. Returns { x, y, text, named, size, box } for each label that is drawn, `named` without a name.
function pass(labels, { width, height, measure, taken }, size) {
  const h = size * LINE_HEIGHT, wide = text => measure(text, size) + 2 * PAD
  const circles = labels.filter(l => !l.rings.length)
  const fixed = [...taken, ...circles.map(l => boxAt(l.x, l.y, 2 * l.r, 2 * l.r))]
  const marks = new Map()                      // the shapes alone: each label holds the place of its own until it has a name
  for (const label of labels) {
    if (!label.glyph || !label.rings.length) continue
    const box = boxAt(label.x, label.y, wide(label.glyph), h)
    if (![...fixed, ...marks.values()].some(other => overlap(box, other))) marks.set(label, box)
  }
  const placed = []
  const free = (label, box) => box[0] >= 0 && box[1] >= 0 && box[2] <= width && box[3] <= height
    && !fixed.some(other => overlap(box, other)) && !placed.some(other => overlap(box, other.box))
    && ![...marks].some(([other, mark]) => other !== label && overlap(box, mark))
    && !labels.some(other => other !== label && holds(box, [other.x, other.y]))
  const seek = label => {
    let nearest = null
    for (const name of new Set([label.name, label.short].map(one => shortened(one, MOST_WIDE * width, wide)))) {
      const text = (label.rings.length ? label.glyph : "") + name
      for (const box of boxes(label, wide(text), h, width)) {
        if (!free(label, box)) continue
        const inside = label.rings.length ? share(label.rings, box) : 1
        if (inside === 1) return { text, box, inside }
        const shorter = inside === nearest?.inside && text.length < nearest.text.length
        if (shorter || inside > (nearest?.inside ?? LEAST_SHARE)) nearest = { text, box, inside }
      }
    }
    return nearest
  }
  for (const label of labels) {
    const found = seek(label)
    if (!found) continue
    placed.push({ ...label, ...found, x: (found.box[0] + found.box[2]) / 2, y: (found.box[1] + found.box[3]) / 2, named: true, size })
    marks.delete(label)
  }
  const alone = [...marks].map(([label, box]) => ({ ...label, text: label.glyph, inside: 0, named: false, size, box }))
  return [...placed, ...alone]
}

// labels: { x, y, name, short, glyph, key, area, rings, r }; rings in pixels, none for a point of radius r.
// frame: width, height, the size of text that is wanted, measure(text, size) and the boxes that are taken.
// All labels have one size: the one at which most names fit, and fit inside; of equal ones the largest.
function placeLabels(labels, frame) {
  const ordered = [...labels].sort((a, b) => (b.key === "red") - (a.key === "red") || b.area - a.area)
  const sizes = [...new Set(SIZES.map(part => Math.max(Math.min(LEAST_SIZE, frame.size), Math.round(part * frame.size))))]
  let best = null
  for (const size of sizes) {
    const found = pass(ordered, frame, size), named = found.filter(l => l.named)
    const score = named.length + named.filter(l => l.inside === 1).length / 2
    if (!best || score > best.score) best = { score, found }
    if (score === labels.length * 1.5) break
  }
  return best?.found ?? []
}
