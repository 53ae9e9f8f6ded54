// The office's tiles under the layers, on a canvas of their own: the same for both ways to draw. They come from our server.
const TILE_PIXELS = 256, MOST_IMAGES = 200, AGAIN_MS = 60000

class Ground {
  // tiles: {url, zoom} of each set, the lowest first, url with {z}, {x} and {y}. onLoad: asks for a frame.
  constructor(tiles, onLoad) { this.tiles = tiles; this.onLoad = onLoad; this.images = new Map(); this.loaded = 0 }

  draw(canvas, space, ratio, opacity) {
    const key = [space.address, space.width, space.height, ratio, opacity, this.loaded].join()
    if (this.key === key) return
    this.key = key
    const pen = penOf(canvas)
    size(canvas, space, ratio)
    pen.setTransform(ratio, 0, 0, ratio, 0, 0)
    pen.clearRect(0, 0, space.width, space.height)
    pen.globalAlpha = opacity
    for (const set of this.tiles) for (const [z, x, y] of this.inView(set, space)) this.put(pen, space, set, z, x, y)
  }

  // The tiles of a set in view, by column and row, of the level whose pixels are nearest to the screen's.
  inView({ zoom: [least, most] }, space) {
    const z = Math.min(most, Math.max(least, Math.round(space.zoom + Math.log2(TILE / TILE_PIXELS)))), n = 2 ** z, found = []
    const at = value => Math.min(n - 1, Math.max(0, Math.floor(value * n))), right = space.left + space.width / space.scale, bottom = space.top + space.height / space.scale
    for (let y = at(space.top); y <= at(bottom); y++) for (let x = at(space.left); x <= at(right); x++) found.push([z, x, y])
    return found
  }

  // A tile, or until it is there the part of a larger one that is.
  put(pen, space, set, z, x, y) {
    let image = this.image(set, z, x, y), up = 0
    while (!image && up < 4 && z - up > set.zoom[0]) { up++; image = this.ready(set, z - up, x >> up, y >> up) }
    if (!image) return
    const side = image.naturalWidth / 2 ** up, n = 2 ** z, [left, top] = space.pixel(x / n, y / n), [right, bottom] = space.pixel((x + 1) / n, (y + 1) / n)
    pen.drawImage(image, (x - (x >> up << up)) * side, (y - (y >> up << up)) * side, side, side, Math.round(left), Math.round(top), Math.round(right) - Math.round(left), Math.round(bottom) - Math.round(top))
  }

  address = (set, z, x, y) => set.url.replace("{z}", z).replace("{x}", x).replace("{y}", y)

  ready(set, z, x, y) {
    const found = this.images.get(this.address(set, z, x, y))
    return found?.complete && found.naturalWidth ? found : null
  }

  image(set, z, x, y) {
    const url = this.address(set, z, x, y), known = this.images.get(url)
    if (known && !(known.failedAt && performance.now() > known.failedAt + AGAIN_MS)) {
      this.images.delete(url)
      this.images.set(url, known)                                 // the last used are kept
      return this.ready(set, z, x, y)
    }
    if (this.images.size >= MOST_IMAGES) this.images.delete(this.images.keys().next().value)
    const image = new Image()
    image.onload = () => { this.loaded++; this.onLoad() }
    image.onerror = () => { image.failedAt = performance.now() }
    image.src = url
    this.images.set(url, image)
    return null
  }
}
