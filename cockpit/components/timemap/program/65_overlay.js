// What lies over the layers: names, counts, the outline under the pointer, the selection, the scale bar.
const MOST_NAMES = 60, WIDEST_NAME = .25, OUTSTANDING = ["red", "step4"]

function drawOverlay(canvas, { space, layers, palette, ratio, font, text, hover, lasso, chosen }) {
  const pen = penOf(canvas)
  size(canvas, space, ratio)
  pen.setTransform(ratio, 0, 0, ratio, 0, 0)
  pen.clearRect(0, 0, space.width, space.height)
  pen.textAlign = "center"
  pen.textBaseline = "middle"
  pen.lineJoin = "round"
  const taken = []
  const write = (label, x, y, height, weight) => {
    pen.font = `${weight} ${height}px ${font}`
    if (pen.measureText(label).width > WIDEST_NAME * space.width) return false
    const half = pen.measureText(label).width / 2 + 2, box = [x - half, y - height * .6, x + half, y + height * .6]
    if (box[0] < 0 || box[1] < 0 || box[2] > space.width || box[3] > space.height) return false
    if (taken.some(other => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) return false
    taken.push(box)
    pen.lineWidth = 3
    pen.strokeStyle = palette.ground
    pen.strokeText(label, x, y)
    pen.fillStyle = palette.ink
    pen.fillText(label, x, y)
    return true
  }
  for (const layer of layers) for (const cell of layer.cells ?? []) {
    const [x, y] = space.pixel(cell.x, cell.y)
    if (cell.n > 1 && cell.radius > 8) write(String(cell.n), x, y, Math.min(text * .8, cell.radius), 600)
  }
  let names = 0
  for (const layer of layers.filter(one => one.kind === "areas").reverse())
    for (const area of inOrder(layer)) {
      if (!area.place || names >= MOST_NAMES) continue
      const [x, y] = space.pixel(...area.place)
      if (x < 0 || y < 0 || x > space.width || y > space.height) continue
      const style = styleOf(layer, area)
      const shape = SHAPES[style] ?? "", roomy = Math.sqrt(area.size) * space.scale > 90
      if (!roomy || !write(shape + area.name, x, y, text * .85, 600)) write(shape + area.short, x, y, text * .85, 600)
      names++
    }
  if (hover?.polygons) stroke(pen, space, pathOf(hover), palette.ink, 2)
  for (const [x, y] of chosen ?? []) { const at = space.pixel(x, y); pen.strokeStyle = palette.ink; pen.lineWidth = 2; pen.beginPath(); pen.arc(...at, 9, 0, 2 * Math.PI); pen.stroke() }
  if (lasso?.length > 1) {
    pen.beginPath()
    lasso.forEach(([x, y], i) => i ? pen.lineTo(x, y) : pen.moveTo(x, y))
    pen.closePath()
    pen.fillStyle = palette.blue
    pen.globalAlpha = .15
    pen.fill()
    pen.globalAlpha = 1
    pen.strokeStyle = palette.blue
    pen.setLineDash([6, 4])
    pen.stroke()
    pen.setLineDash([])
  }
  const bar = space.bar(), y = space.height - 10
  pen.strokeStyle = palette.ink
  pen.lineWidth = 1.5
  pen.beginPath()
  pen.moveTo(10, y - 5); pen.lineTo(10, y); pen.lineTo(10 + bar.pixels, y); pen.lineTo(10 + bar.pixels, y - 5)
  pen.stroke()
  pen.textAlign = "left"
  pen.font = `${text * .75}px ${font}`
  pen.fillStyle = palette.ink
  pen.fillText(bar.text, 16 + bar.pixels, y - 3)
}

// The areas that stand out first, then the largest.
function inOrder(layer) {
  layer.bySize ??= [...layer.areas].sort((a, b) => b.size - a.size)
  if (layer.orderedAt !== layer.bucket) {
    layer.orderedAt = layer.bucket
    layer.ordered = [...layer.bySize.filter(area => OUTSTANDING.includes(styleOf(layer, area))), ...layer.bySize.filter(area => !OUTSTANDING.includes(styleOf(layer, area)))]
  }
  return layer.ordered
}

function stroke(pen, space, path, colour, width) {
  const k = space.scale / UNIT
  pen.save()
  pen.translate(-space.left * space.scale, -space.top * space.scale)
  pen.scale(k, k)
  pen.lineWidth = width / k
  pen.strokeStyle = colour
  pen.stroke(path)
  pen.restore()
}

const SHAPES = { red: "▲", amber: "◆", green: "●" }

// The bars of the trend strip, and the window that is shown.
function drawTrend(canvas, values, { from, to, first, palette, ratio }) {
  const { clientWidth: width, clientHeight: height } = canvas, pen = penOf(canvas), n = values.length
  size(canvas, { width, height }, ratio)
  pen.setTransform(ratio, 0, 0, ratio, 0, 0)
  pen.clearRect(0, 0, width, height)
  const most = values.reduce((a, b) => Math.max(a, b), 1)
  pen.fillStyle = palette.grey
  pen.beginPath()
  pen.moveTo(0, height)
  for (let px = 0; px <= width; px++) {                          // the greatest value of the days of each pixel
    let value = 0
    for (let i = Math.floor(px / width * n); i < Math.max(Math.floor(px / width * n) + 1, Math.floor((px + 1) / width * n)) && i < n; i++) value = Math.max(value, values[i])
    pen.lineTo(px, height - value / most * (height - 3))
  }
  pen.lineTo(width, height)
  pen.globalAlpha = .45
  pen.fill()
  pen.globalAlpha = 1
  pen.fillStyle = palette.blue
  pen.fillRect((from - first) / n * width, 0, Math.max(2, (to - from + 1) / n * width), height)
}
