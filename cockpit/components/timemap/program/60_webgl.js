// Draws the layers with deck.gl: the description that Python made with pydeck, filled with binary attributes a frame.
const SOFTWARE = /swiftshader|llvmpipe|softpipe|basic render|software/i
const CORNERS = { red: 3, amber: 4 }

// How WebGL is done here: "hardware", "software" or "missing".
let graphics = ""
const webgl = () => graphics ||= probeWebgl()

function probeWebgl() {
  const context = document.createElement("canvas").getContext("webgl2")
  if (!context) return "missing"
  const about = context.getExtension("WEBGL_debug_renderer_info")
  const name = about ? context.getParameter(about.UNMASKED_RENDERER_WEBGL) : context.getParameter(context.RENDERER)
  context.getExtension("WEBGL_lose_context")?.loseContext()
  return SOFTWARE.test(name ?? "") ? "software" : "hardware"
}

class WebglRenderer {
  constructor(canvas, library, description, onSlow) {
    for (const log of [library.deckLog, library.lumaLog]) log.enable(false)    // they warn of what we do not use
    const { Deck, MapView, JSONConverter, ColumnLayer, PathLayer, PolygonLayer, ScatterplotLayer } = library
    const converter = new JSONConverter({ configuration: { classes: { ColumnLayer, PathLayer, PolygonLayer, ScatterplotLayer } } })
    const layers = description.layers.map(layer => ({ ...layer, data: [] }))
    this.templates = new Map(converter.convert({ layers }).layers.map(layer => [layer.id, layer]))
    this.library = library
    this.frames = []
    this.deck = new Deck({
      canvas, views: new MapView({ repeat: false }), controller: false, layers: [], useDevicePixels: true, style: { position: "absolute" },
      viewState: { longitude: 0, latitude: 0, zoom: 1 }, onError: error => { console.error(error); onSlow() },
      onBeforeRender: () => { this.began = performance.now() },
      onAfterRender: () => {
        this.frames.push(performance.now() - this.began)
        if (this.frames.length === SLOW_FRAMES && this.frames.sort((a, b) => a - b)[SLOW_FRAMES >> 1] > SLOW_MS) onSlow()
      },
    })
  }
  get kind() { return "webgl" }

  draw({ space, layers, palette, own, bare }) {
    const drawn = own ? [this.outline(own, palette, bare)] : []
    for (const layer of layers) {
      if (layer.kind === "areas") drawn.push(this.areas(layer, palette))
      else if (layer.kind === "features") drawn.push(...this.features(layer, palette))
      else if (layer.cells) drawn.push(this.cells(layer, palette))
      else drawn.push(...this.marks(layer, space, palette))
    }
    this.deck.setProps({ width: space.width, height: space.height, layers: drawn, viewState: { longitude: lonOf(space.x), latitude: latOf(space.y), zoom: space.zoom, minZoom: 0, maxZoom: 20 } })
  }

  outline(own, palette, bare) {
    return new this.library.PolygonLayer({
      id: "own", data: own.flat ??= flat([own]), getPolygon: part => part.rings, getFillColor: [...rgb(palette.fills.none), bare ? 90 : 0], updateTriggers: { getFillColor: [palette.dark, bare] },
      getLineColor: rgb(palette.grey), lineWidthUnits: "pixels", getLineWidth: 1.5, pickable: false,
    })
  }

  areas(layer, palette) {
    const fill = ({ area }) => { const style = styleOf(layer, area), colour = palette.fills[style]; return colour ? rgb(colour) : [...rgb(palette.grey), style === "small" ? 64 : 0] }
    const key = [layer.bucket, palette.dark, layer.url].join()
    return this.templates.get(layer.id).clone({
      data: layer.flat ??= flat(layer.areas), opacity: layer.opacity, getPolygon: part => part.rings, getFillColor: fill,
      getLineColor: rgb(palette.grey), lineWidthUnits: "pixels", getLineWidth: .8, updateTriggers: { getFillColor: key },
    })
  }

  features(layer, palette) {
    const degrees = ([x, y]) => [lonOf(x), latOf(y)], colour = ({ group }) => rgb(colourOf(palette, group))
    const lines = layer.drawnLines ??= layer.features.flatMap(({ group, polygons, lines }) => [...polygons.flat(), ...lines].map(line => ({ group, path: line.map(degrees) })))
    const points = layer.drawnPoints ??= layer.features.flatMap(({ group, points }) => points.map(point => ({ group, position: degrees(point) })))
    const trigger = { updateTriggers: { getColor: palette.dark, getFillColor: palette.dark } }
    return [
      this.templates.get(layer.id).clone({ data: lines, opacity: layer.opacity, getPath: line => line.path, getColor: colour, widthUnits: "pixels", getWidth: 2.5, ...trigger }),
      new this.library.ScatterplotLayer({ id: `${layer.id}-points`, data: points, opacity: layer.opacity, getFillColor: colour, radiusUnits: "pixels", getRadius: layer.about.size || 5, ...trigger }),
    ]
  }

  cells(layer, palette) {
    const { cells } = layer, n = cells.length, colours = new Uint8Array(4 * n), positions = new Float64Array(2 * n), radius = new Float32Array(n)
    const steps = [0, 1, 2, 3, 4].map(i => rgb(palette.fills[`step${i}`]))
    cells.forEach((cell, k) => { place(positions, k, cell.x, cell.y); paint(colours, k, steps[stepOf(cell.n, layer.most)]); radius[k] = cell.radius })
    const isHexagon = this.templates.get(layer.id).constructor.layerName === "ColumnLayer"
    const attributes = { getPosition: { value: positions, size: 2 }, getFillColor: { value: colours, size: 4, normalized: true }, ...(isHexagon ? {} : { getRadius: { value: radius, size: 1 } }) }
    return this.templates.get(layer.id).clone({
      data: { length: n, attributes }, opacity: layer.opacity, radiusUnits: "pixels", extruded: false, filled: true,
      ...(isHexagon ? { diskResolution: 6, radius: cells[0]?.radius ?? 1, angle: 30, coverage: .96 } : {}),
    })
  }

  // One layer of deck.gl for each shape: discs, diamonds, triangles.
  marks(layer, space, palette) {
    const { marks } = layer, byShape = new Map()
    for (let k = 0; k < marks.count; k++) {
      const i = marks.index[k], key = keyOf(layer, i, k), shape = typeof key === "number" ? "disc" : CORNERS[key] ? key : "disc"
      if (!byShape.has(shape)) byShape.set(shape, [])
      byShape.get(shape).push([i, key])
    }
    const symbols = layer.about.form === "symbols", spreads = layer.about.spread
    return [...byShape].sort(([a], [b]) => SHAPE_ORDER.indexOf(a) - SHAPE_ORDER.indexOf(b)).map(([shape, parts]) => {
      const n = parts.length
      const colours = new Uint8Array(4 * n), positions = new Float64Array(2 * n), radius = new Float32Array(n)
      parts.forEach(([i, key], k) => {
        place(positions, k, marks.X[i] + (spreads ? marks.dx[i] / space.scale : 0), marks.Y[i] + (spreads ? marks.dy[i] / space.scale : 0))
        paint(colours, k, rgb(colourOf(palette, key)))
        radius[k] = radiusOf(layer, i)
      })
      const attributes = { getPosition: { value: positions, size: 2 }, getFillColor: { value: colours, size: 4, normalized: true }, ...(symbols ? { getRadius: { value: radius, size: 1 } } : {}) }
      return this.templates.get(layer.id).clone({
        id: `${layer.id}-${shape}`, data: { length: n, attributes }, opacity: layer.opacity, radiusUnits: "pixels", extruded: false, filled: true,
        ...(symbols ? {} : { diskResolution: CORNERS[shape] ?? 14, radius: layer.about.size || 5, angle: shape === "red" ? 90 : 0 }),
      })
    })
  }

  end() { this.deck.finalize() }
}

const SHAPE_ORDER = ["disc", "amber", "red"]                     // what is overdue lies on top
const SLOW_FRAMES = 6, SLOW_MS = 60
const place = (positions, k, x, y) => { positions[2 * k] = lonOf(x); positions[2 * k + 1] = latOf(y) }
const paint = (colours, k, [r, g, b]) => { colours[4 * k] = r; colours[4 * k + 1] = g; colours[4 * k + 2] = b; colours[4 * k + 3] = 255 }
const flat = areas => areas.flatMap(area => area.polygons.map(rings => ({ area, rings: rings.map(ring => ring.map(([x, y]) => [lonOf(x), latOf(y)])) })))
