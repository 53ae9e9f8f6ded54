// Draws the layers with Canvas 2D: where WebGL is missing, is done in software, or is slow.
const SHAPE_OF = { red: 3, amber: 4 }                             // corners: a triangle, a diamond; others are discs
const SPRITES = 400

class CanvasRenderer {
  constructor(canvas) { this.canvas = canvas; this.sprites = new Map(); this.grounds = new Map() }
  get kind() { return "canvas" }

  draw({ space, layers, palette, ratio, own, bare }) {
    const { canvas } = this, context = penOf(canvas)
    size(canvas, space, ratio)
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, space.width, space.height)
    if (own) this.outline(context, own, space, palette, bare)
    for (const layer of layers) {
      context.globalAlpha = layer.opacity
      if (layer.kind === "areas") this.areas(context, layer, space, palette, ratio)
      else if (layer.kind === "features") this.features(context, layer, space, palette, ratio)
      else if (layer.about.form === "hexagons" || (layer.bins && layer.cells)) this.cells(context, layer, space, palette, hexagon)
      else if (layer.about.form === "clusters") this.cells(context, layer, space, palette, disc)
      else this.marks(context, layer, space, palette, ratio)
    }
    context.globalAlpha = 1
  }

  // bare: filled, where no tiles are below it.
  outline(context, own, space, palette, bare) {
    const path = pathOf(own), k = space.scale / UNIT
    context.save()
    context.translate(-space.left * space.scale, -space.top * space.scale)
    context.scale(k, k)
    context.lineWidth = 1.5 / k
    context.strokeStyle = palette.grey
    context.fillStyle = palette.fills.none
    context.globalAlpha = .35
    if (bare) context.fill(path, "evenodd")
    context.globalAlpha = 1
    context.stroke(path)
    context.restore()
  }

  // Areas change with the bucket and the view only: between that a picture of them is copied.
  areas(context, layer, space, palette, ratio) {
    const key = [layer.bucket, space.address, space.width, space.height, ratio, palette.dark, layer.url].join()
    let ground = this.grounds.get(layer.id)
    if (ground?.key !== key) {
      ground = { key, canvas: ground?.canvas ?? document.createElement("canvas") }
      size(ground.canvas, space, ratio)
      const pen = penOf(ground.canvas), k = space.scale / UNIT
      pen.setTransform(ratio * k, 0, 0, ratio * k, -space.left * space.scale * ratio, -space.top * space.scale * ratio)
      pen.clearRect(space.left * UNIT, space.top * UNIT, space.width / k, space.height / k)
      pen.lineWidth = .8 / k
      for (const area of layer.areas) {
        const style = styleOf(layer, area), path = area.path ??= pathOf(area)
        if (palette.fills[style]) { pen.fillStyle = palette.fills[style]; pen.fill(path, "evenodd") }
        if (style === "small") { pen.fillStyle = palette.grey; pen.globalAlpha = .25; pen.fill(path, "evenodd"); pen.globalAlpha = 1 }
        pen.setLineDash(style === "absent" ? [4 / k, 3 / k] : [])
        pen.strokeStyle = palette.ground
        if (style === "absent" || style === "small") pen.strokeStyle = palette.grey
        pen.stroke(path)
      }
      this.grounds.set(layer.id, ground)
    }
    context.drawImage(ground.canvas, 0, 0, space.width, space.height)
  }

  features(context, layer, space, palette, ratio) {
    for (const feature of layer.features) {
      const colour = colourOf(palette, feature.group)
      stroke(context, space, feature.path ??= pathOf(feature), colour, 2.5)
      for (const [x, y] of feature.points) {
        const [px, py] = space.pixel(x, y), sprite = this.sprite(feature.group, layer.about.size || 5, palette, ratio)
        context.drawImage(sprite, px - sprite.half, py - sprite.half, 2 * sprite.half, 2 * sprite.half)
      }
    }
  }

  cells(context, layer, space, palette, shape) {
    context.strokeStyle = palette.ground
    context.lineWidth = 1
    for (const cell of layer.cells) {
      const [x, y] = space.pixel(cell.x, cell.y)
      if (x < -40 || y < -40 || x > space.width + 40 || y > space.height + 40) continue
      context.fillStyle = palette.fills[`step${stepOf(cell.n, layer.most)}`]
      context.beginPath()
      shape(context, x, y, cell.radius)
      context.fill()
      context.stroke()
    }
  }

  marks(context, layer, space, palette, ratio) {
    const { X, Y, index, count, dx, dy } = layer.marks, { scale, left, top, width, height } = space, spreads = layer.about.spread
    for (const urgent of [false, true])                           // what is overdue lies on top
      for (let k = 0; k < count; k++) {
        if ((layer.marks.state[k] === 3) !== urgent) continue
        const i = index[k], x = (X[i] - left) * scale + (spreads ? dx[i] : 0), y = (Y[i] - top) * scale + (spreads ? dy[i] : 0)
        if (x < -9 || y < -9 || x > width + 9 || y > height + 9) continue
        const sprite = this.sprite(keyOf(layer, i, k), Math.round(radiusOf(layer, i)), palette, ratio)
        context.drawImage(sprite, x - sprite.half, y - sprite.half, 2 * sprite.half, 2 * sprite.half)
      }
  }

  sprite(key, radius, palette, ratio) {
    const name = `${key} ${radius} ${ratio} ${palette.dark}`
    let sprite = this.sprites.get(name)
    if (!sprite) {
      if (this.sprites.size >= SPRITES) this.sprites.clear()
      sprite = document.createElement("canvas")
      sprite.half = radius + 2
      sprite.width = sprite.height = Math.ceil(2 * sprite.half * ratio)
      const pen = penOf(sprite)
      pen.scale(ratio, ratio)
      pen.beginPath()
      polygon(pen, sprite.half, sprite.half, SHAPE_OF[key] ? radius * 1.15 : radius, SHAPE_OF[key])
      pen.fillStyle = colourOf(palette, key)
      pen.fill()
      pen.strokeStyle = palette.ground
      pen.stroke()
      this.sprites.set(name, sprite)
    }
    return sprite
  }

  end() {}
}

// A canvas without graphics hardware is drawn by the processor: through software WebGL a frame takes five times as long.
const penOf = canvas => canvas.getContext("2d", { willReadFrequently: webgl() !== "hardware" })

const UNIT = TILE * 1024                                          // paths are in pixels of zoom 10
const styleOf = (layer, area) => layer.bucket < 0 ? "absent" : layer.styles[layer.key[layer.bucket * layer.width + area.at]]

function size(canvas, space, ratio) {
  const width = Math.round(space.width * ratio), height = Math.round(space.height * ratio)
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height }
}

function pathOf({ polygons, place, lines = [] }) {
  const path = new Path2D()
  for (const line of lines) line.forEach(([x, y], i) => i ? path.lineTo(x * UNIT, y * UNIT) : path.moveTo(x * UNIT, y * UNIT))
  for (const ring of polygons.flat()) {
    ring.forEach(([x, y], i) => i ? path.lineTo(x * UNIT, y * UNIT) : path.moveTo(x * UNIT, y * UNIT))
    path.closePath()
  }
  if (!polygons.length && place) path.arc(place[0] * UNIT, place[1] * UNIT, 8, 0, 2 * Math.PI)
  return path
}

function disc(pen, x, y, radius) { pen.arc(x, y, radius, 0, 2 * Math.PI) }
function hexagon(pen, x, y, radius) { polygon(pen, x, y, radius, 6) }

// A polygon with a corner on top; a disc without corners.
function polygon(pen, x, y, radius, corners) {
  if (!corners) return disc(pen, x, y, radius)
  for (let i = 0; i < corners; i++) {
    const angle = 2 * Math.PI * i / corners - Math.PI / 2
    pen.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle))
  }
  pen.closePath()
}
