// The map: its state is in the address, its frames are drawn here without asking the server.
const SHOWS = ["open", "opened", "closed", "overdue"], STEPS = ["day", "week", "month"], SPEEDS = { slow: 4, normal: 12, fast: 30 }
const OWN = ["day", "step", "show", "on", "at", "draw"]           // parameters of this page alone
const DARK_TILES = .5                                              // tiles are bright: they are drawn fainter on a dark ground
const SELECTS = ["lasso", "rectangle"], MOST_SELECTED = 50, HINT_MS = 1500, LEGEND_MS = 200, WRITE_MS = 300, MOST_LISTED = 600
const tooMany = (words, n) => words.too_many.replace("{n}", grouped(n)).replace("{most}", MOST_SELECTED)
const RETRY_MS = [2000, 5000, 15000, 60000]                        // waits before a layer that did not come is asked for again

export function mount(root, data, { esc, copied }) {
  const text = JSON.stringify(data)
  if (root.map?.given === text) { root.map.restore(); return }     // Streamlit ran again: nothing else is shown
  root.map?.end()
  root.map = new TimeMap(root, data, esc, copied)
  root.map.given = text
  root.unmount = () => { root.map?.end(); root.map = null }
}

class TimeMap {
  constructor(root, data, esc, copied) {
    Object.assign(this, { root, data, esc, copied, space: new Space(), layers: new Map(), hover: null, lasso: null, selecting: "", chosen: [], pending: 0, missing: new Map() })
    this.first = dayOf(data.first)
    this.last = dayOf(data.last)
    const { tiles } = data
    this.specs = tiles ? [{ id: TILES, opacity: 1, about: { of: TILES, name: tiles.name, shown: true } }, ...data.deck.layers] : data.deck.layers
    this.ground = tiles ? new Ground(tiles.sets, () => this.draw()) : null
    this.state = this.read()
    root.innerHTML = frameHtml(data, this.state, esc)
    this.part = name => root.querySelector(name)
    this.stage = this.part(".stage")
    this.listeners = new AbortController()
    this.observer = new ResizeObserver(() => this.resized())
    this.observer.observe(this.stage)
    listen(this)
    window.cockpit && (window.cockpit.keeps = OWN)
    this.begin()
  }

  async begin() {
    const kind = this.state.draw || webgl()
    this.setRenderer(new CanvasRenderer(this.part(".scene")))
    this.resized()
    const own = await featuresOf(this.data.own).catch(() => [])
    if (this.ended) return
    this.own = own.map(outlineOf)[0]
    this.settle()
    this.space.read(this.state.at)
    this.listLayers()
    await Promise.all([...this.state.on.keys()].map(id => this.load(id)))
    if (!this.own?.polygons.length && !this.state.at && !this.moved) this.settle()
    if (kind === "hardware" || kind === "webgl") await this.useWebgl()
  }

  setRenderer(renderer) {
    this.renderer = renderer
    this.root.dataset.draws = renderer.kind
  }

  async useWebgl() {
    try {
      const library = await import(`${location.origin}${this.data.library}`)
      if (this.ended) return
      const canvas = this.part(".scene"), fresh = document.createElement("canvas")
      fresh.className = "scene"
      fresh.setAttribute("aria-hidden", "true")
      canvas.replaceWith(fresh)                                   // a canvas has one kind of context for good
      const slow = this.state.draw === "webgl" ? () => {} : () => this.useCanvas()
      this.setRenderer(new WebglRenderer(fresh, library, this.data.deck, slow))
    } catch (error) { console.error(error); this.useCanvas() }
    this.draw()
  }

  useCanvas() {
    if (this.renderer.kind === "canvas") return
    this.renderer.end()
    const canvas = document.createElement("canvas")
    canvas.className = "scene"
    canvas.setAttribute("aria-hidden", "true")
    this.part(".scene")?.remove()
    this.part(".ground").after(canvas)
    this.setRenderer(new CanvasRenderer(canvas))
    this.draw()
  }

  // --- the address ---

  read() {
    const given = new URLSearchParams(location.search), day = Date.parse(given.get("day") ?? "") ? dayOf(given.get("day")) : this.last
    const one = (name, known) => known.includes(given.get(name)) ? given.get(name) : known[0]
    const known = new Map(this.specs.map(spec => [spec.id, spec])), on = new Map()
    const asked = given.has("on") ? given.get("on").split(",").map(text => text.split(".")) : this.specs.filter(spec => spec.about.shown).map(spec => [spec.id])
    for (const [id, opacity] of asked) if (known.has(id)) on.set(id, Math.min(100, Math.max(10, Number(opacity) || Math.round(100 * known.get(id).opacity))))
    return { day: Math.min(this.last, Math.max(this.first, day || this.last)), show: one("show", SHOWS), step: one("step", STEPS), on, at: given.get("at"), draw: given.get("draw") }
  }

  // push: a step that Back undoes; else the entry of the history is replaced, some times a second at most.
  write(push) {
    clearTimeout(this.writing)
    const save = () => {
      const url = new URL(location.href), { day, show, step, on } = this.state, at = this.moved ? this.space.address : this.state.at
      const wanted = { day: day === this.last ? "" : textOf(day), show: show === SHOWS[0] ? "" : show, step: step === STEPS[0] ? "" : step, at: at ?? "", on: [...on].map(pair => pair.join(".")).join(",") || "none" }
      for (const [name, value] of Object.entries(wanted)) value ? url.searchParams.set(name, value) : url.searchParams.delete(name)
      url.search = url.search.replaceAll("%2C", ",")
      if (url.href !== location.href) history[push ? "pushState" : "replaceState"]({}, "", url)
    }
    if (push) save()
    else this.writing = setTimeout(save, WRITE_MS)
  }

  // What the address says now, after Back, Forward or a run of the page.
  restore() {
    if (new URL(location.href).pathname !== "/map") return
    const before = this.state
    this.state = this.read()
    this.part("[data-set=show]").value = this.state.show
    this.part("[data-set=step]").value = this.state.step
    if (this.state.at !== before.at) { this.moved = false; if (!this.space.read(this.state.at)) this.whole() }
    this.listLayers()
    for (const id of this.state.on.keys()) this.load(id, before.step !== this.state.step)
    this.changed()
  }

  // --- layers ---

  spec(id) { return this.specs.find(spec => spec.id === id) }

  async load(id, again = false) {
    const spec = this.spec(id), { about } = spec
    if (about.of === TILES) this.layers.set(id, { id, kind: TILES, about })
    if (about.of === TILES || (!again && this.layers.has(id))) return this.changed()
    const url = this.urlOf(spec)
    this.pending += 1
    this.root.toggleAttribute("data-loading", true)
    try {
      const [file, features] = await Promise.all([about.of === "geojson" ? featuresOf(spec.data) : columnsOf(url), about.outlines ? featuresOf(about.outlines) : null])
      if (this.ended || url !== this.urlOf(spec)) return          // another step was chosen meanwhile
      const layer = { id, about: enlarged(about, this.text.size), url, styles: this.data.styles }
      if (about.of === "marks" && file.columns.x.length) layer.box = file.header.box
      if (about.of === "marks" && file.header.tiles) layer.bins = readBins(file)
      else if (about.of === "marks") { layer.marks = readMarks(file, about.groups ? await columnsOf(about.groups) : null); layer.perValue = perValue(layer.marks) }
      else if (about.of === "geojson") Object.assign(layer, readFeatures(file))
      else Object.assign(layer, readAreas(file, features))
      this.layers.set(id, layer)
      this.arrived(id)
      this.trend = null
      this.places()
    } catch (error) { this.failed(id, error, () => this.load(id, true)) } finally {
      this.pending -= 1
      this.root.toggleAttribute("data-loading", this.pending > 0)
    }
    this.changed()
  }

  urlOf({ data, about }) {
    return ["marks", "geojson"].includes(about.of) ? data : `${data}&step=${this.state.step === "month" ? "month" : "week"}`
  }

  // Say that a layer does not come, and ask for it again while it is on, each time later; not for what is refused.
  failed(id, error, again) {
    const { tries } = this.missing.get(id) ?? { tries: 0 }, { words } = this.data
    console.error(error)
    if (this.ended || /^4/.test(error.message)) return this.say(words.failed)
    this.say(words.missing.replace("{name}", this.spec(id).about.name))
    const timer = setTimeout(() => { if (!this.ended && this.state.on.has(id)) again() }, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)])
    this.missing.set(id, { tries: tries + 1, timer })
  }

  arrived(id) {
    if (this.missing.delete(id) && !this.missing.size) this.say("")
  }

  // Those that are on, loaded and meant for this zoom, the lowest first.
  get active() {
    const zoom = this.space.zoom
    return [...this.state.on].map(([id, opacity]) => { const layer = this.layers.get(id); if (layer) layer.opacity = opacity / 100; return layer })
      .filter(layer => layer && layer.kind !== TILES && zoom >= layer.about.zoom[0] && zoom < layer.about.zoom[1])
  }

  listLayers() {
    show(this.part(".layers"), layersHtml(this.specs, this.state, this.esc, this.data.words))
    this.legends(true)
  }

  // Names that the search flies to.
  places() {
    const names = new Map()
    for (const layer of this.layers.values()) for (const area of layer.areas ?? layer.features ?? []) if (area.name) names.set(area.name, area)
    this.named = names
    this.part("#places").innerHTML = [...names.keys()].map(name => `<option value="${this.esc(name)}">`).join("")
  }

  // Fly to what the search names; a part of a name is enough if only one has it.
  find(text) {
    const wanted = text.trim(), names = [...this.named?.keys() ?? []], near = names.filter(name => name.includes(wanted))
    if (!wanted) return this.say("")
    const name = names.includes(wanted) ? wanted : near.length === 1 ? near[0] : null
    this.say(name ? "" : this.data.words.nowhere.replace("{text}", wanted))
    if (name) this.fly(this.named.get(name))
  }

  // --- a frame ---

  // The marks, cells and buckets of the moment.
  prepare() {
    const { state, space } = this
    this.window = windowOf(state.day, state.step, this.last)
    for (const layer of this.active) {
      if (layer.kind === "features") continue
      if (layer.kind === "areas") { layer.bucket = bucketOf(layer, this.window.to); continue }
      const isCase = layer.about.selects
      if (layer.bins && !this.near(layer)) {
        layer.cells = countBins(layer.bins, state.show, this.window, space)
        layer.most = this.mostOfBins(layer)
        continue
      }
      if (layer.bins) layer.cells = null
      choose(layer.marks, isCase, state.show, this.window)
      if (layer.about.spread) spread(layer.marks)
      if (layer.about.form === "hexagons") layer.cells = hexagons(layer.marks, space)
      if (layer.about.form === "clusters") layer.cells = clusters(layer.marks, space)
      if (layer.cells) layer.most = this.most(layer)
    }
  }

  // Whether the marks of the tiles in view are there; asks for those that are not.
  near(layer) {
    const wanted = tilesInView(layer.bins, this.space), key = wanted?.join()
    if (!wanted) { layer.marks = null; layer.tilesKey = ""; return false }
    if (layer.tilesKey === key) return !!layer.marks
    layer.tilesKey = key
    const { groups } = layer.about, tile = async number => readMarks(...await Promise.all([layer.url, groups].map(url => url ? columnsOf(`${url}&tile=${number}`) : null)))
    Promise.all(wanted.map(tile)).then(parts => {
      if (layer.tilesKey !== key || this.ended) return
      layer.marks = joined(parts, layer.bins)
      this.arrived(layer.id)
      this.draw()
    }).catch(error => this.failed(layer.id, error, () => { layer.tilesKey = ""; this.draw() }))
    return !!layer.marks
  }

  mostOfBins({ bins }) {
    const key = this.state.show + this.state.step
    if (bins.mostKey !== key) {
      bins.mostKey = key
      const values = this.dailyOf({ bins }), peak = values.indexOf(values.reduce((a, b) => Math.max(a, b), 0)) + this.first
      bins.most = countBins(bins, this.state.show, windowOf(peak, this.state.step, this.last), this.space).reduce((most, cell) => Math.max(most, cell.n), 1)
    }
    return bins.most
  }

  // Counts by day of a layer's marks, or of its bins.
  dailyOf({ marks, bins }) {
    if (!bins) return daily(marks, true, this.state.show, this.first, this.last)
    const values = new Float64Array(this.last - this.first + 1)
    for (let i = 0; i < values.length; i++) values[i] = countBins(bins, this.state.show, { from: this.first + i, to: this.first + i }, this.space).reduce((sum, cell) => sum + cell.n, 0)
    return values
  }

  // The greatest count of a cell on the busiest day, so that a colour means the same on every day.
  most(layer) {
    const key = [this.state.show, this.state.step, Math.round(this.space.zoom)].join()
    if (layer.mostKey !== key) {
      layer.mostKey = key
      const values = daily(layer.marks, true, this.state.show, this.first, this.last), peak = values.indexOf(values.reduce((a, b) => Math.max(a, b), 0)) + this.first
      const copy = { ...layer.marks, index: new Uint32Array(layer.marks.n), state: new Uint8Array(layer.marks.n) }
      choose(copy, true, this.state.show, windowOf(peak, this.state.step, this.last))
      layer.mostCount = (layer.about.form === "hexagons" ? hexagons : clusters)(copy, this.space).reduce((most, cell) => Math.max(most, cell.n), 1)
    }
    return layer.mostCount
  }

  changed() { this.draw() }

  draw() {
    if (this.drawing || this.ended) return
    this.drawing = requestAnimationFrame(() => { this.drawing = 0; this.frame() })
  }

  frame() {
    if (this.ended || this.space.width < 2) return
    const began = performance.now()
    this.prepare()
    const layers = this.active, ratio = Math.min(2, devicePixelRatio || 1), palette = this.palette
    const tiles = this.ground && this.state.on.get(TILES)
    if (this.ground) this.ground.draw(this.part(".ground"), this.space, ratio, (tiles ?? 0) / 100 * (palette.dark ? DARK_TILES : 1))
    this.part(".note").textContent = tiles ? this.data.tiles.note : this.data.note
    this.renderer.draw({ space: this.space, layers, palette, ratio, own: this.own?.polygons.length ? this.own : null, bare: !tiles })
    const style = this.text
    drawOverlay(this.part(".over"), { space: this.space, layers, palette, ratio, font: style.font, text: style.size, hover: this.hover?.area, lasso: this.lasso, chosen: this.chosen })
    this.strip(ratio)
    this.legends(!this.timer)
    this.root.drawn = true
    this.root.dataset.frame = String(Number(this.root.dataset.frame ?? 0) + 1)
    this.root.dataset.ms = (performance.now() - began).toFixed(1)
  }

  get palette() { return this.colours ??= paletteOf(this.root) }
  get text() { return this.style ??= (({ fontFamily, fontSize }) => ({ font: fontFamily, size: parseFloat(fontSize) }))(getComputedStyle(this.root)) }

  strip(ratio) {
    const counted = this.active.filter(layer => (layer.marks || layer.bins) && layer.about.selects), key = [this.state.show, ...counted.map(layer => layer.url)].join()
    if (this.trendKey !== key || !this.trend) {
      this.trendKey = key
      this.trend = new Float64Array(this.last - this.first + 1)
      const seen = new Set()
      for (const layer of counted) if (!seen.has(layer.url)) { seen.add(layer.url); this.dailyOf(layer).forEach((n, i) => { this.trend[i] += n }) }
    }
    drawTrend(this.part(".trend"), this.trend, { ...this.window, first: this.first, palette: this.palette, ratio })
    const { from, to } = this.window, when = from === to ? textOf(to) : `${textOf(from)} – ${textOf(to)}`
    const out = this.part(".when"), range = this.part("[data-day]")
    if (out.textContent !== when) out.textContent = when
    range.value = this.state.day
    range.setAttribute("aria-valuetext", when)
  }

  // The legends with counts in view: at once, or some times a second while it plays.
  legends(now) {
    const at = performance.now()
    if (!now && at - (this.legendAt ?? 0) < LEGEND_MS) return
    this.legendAt = at
    for (const slot of this.root.querySelectorAll("[data-legend]")) {
      const layer = this.layers.get(slot.dataset.legend), isOn = this.state.on.has(slot.dataset.legend)
      if (layer?.kind === TILES) { show(slot, isOn ? `<small>${this.esc(this.data.tiles.note)}</small>` : ""); continue }
      const far = isOn && layer && !this.active.includes(layer) ? `<small>${this.esc(this.data.words.far)}</small>` : ""
      show(slot, far || (isOn && layer && this.window ? this.shown(layer) + legendHtml(this.entries(layer), this.esc) + this.unplaced(layer) + this.sentence(layer) : ""))
    }
    if (this.part(".table").open) this.table()
  }

  // What the colours of areas are of, and the week or month.
  shown({ kind, metric, starts, bucket, words }) {
    if (kind !== "areas" || words || bucket < 0) return ""
    const from = textOf(starts[bucket]), to = textOf(Math.min(this.last, (starts[bucket + 1] ?? windowOf(starts[bucket], this.state.step === "month" ? "month" : "week", this.last).to + 1) - 1))
    return `<small>${this.esc(metric)} · ${from} – ${to}</small>`
  }

  sentence({ words, bucket }) { return words?.[bucket] ? `<p>${this.esc(words[bucket])}</p>` : "" }

  unplaced({ marks, bins }) { const n = (marks ?? bins)?.unplaced; return n ? `<small>${this.esc(this.data.words.unplaced.replace("{n}", grouped(n)))}</small>` : "" }

  // Entries of a layer's legend, each with the number of its areas or marks in view.
  entries(layer) {
    const { space } = this, right = space.left + space.width / space.scale, bottom = space.top + space.height / space.scale, counts = new Map()
    const add = key => counts.set(key, (counts.get(key) ?? 0) + 1)
    if (layer.kind === "areas") {
      for (const area of layer.areas) { const [a, b, c, d] = area.box; if (a < right && c > space.left && b < bottom && d > space.top) add(styleOf(layer, area)) }
      return layer.legend.map(entry => ({ ...entry, n: counts.get(entry.key) ?? 0 }))
    }
    if (layer.kind === "features") {
      for (const { box: [a, b, c, d], group } of layer.features) if (a < right && c > space.left && b < bottom && d > space.top) add(group)
      return layer.groups.map((label, key) => ({ key: `group${key}`, label: label || layer.about.name, colour: colourOf(this.palette, key), n: counts.get(key) ?? 0 }))
    }
    if (layer.bins && layer.cells && !layer.marks) {
      const n = layer.cells.reduce((sum, { x, y, n }) => x >= space.left && x <= right && y >= space.top && y <= bottom ? sum + n : sum, 0)
      return [{ key: "bins", label: layer.about.name, n }]
    }
    const { X, Y, index, count, groups } = layer.marks
    for (let k = 0; k < count; k++) { const i = index[k]; if (X[i] >= space.left && X[i] <= right && Y[i] >= space.top && Y[i] <= bottom) add(keyOf(layer, i, k)) }
    if (layer.about.colour === "group") return groups.map((label, key) => ({ key: `group${key}`, label: groups.length === 1 ? layer.about.name : label, colour: colourOf(this.palette, key), n: counts.get(key) ?? 0 }))
    return this.data.states[this.state.show].map(entry => ({ ...entry, colour: entry.key === "none" ? this.palette.grey : "", n: counts.get(entry.key) ?? 0 }))
  }

  // The values as a table of links: what the picture says, for those who cannot see it.
  table() {
    const { esc, data } = this, w = data.words, areas = this.active.filter(layer => layer.kind === "areas").at(-1), cases = this.active.filter(layer => layer.about.selects)
    const rows = (areas?.areas ?? []).map(area => `<tr><td><a href="${esc(this.areaHref(area))}">${esc(area.name)}</a></td><td>${esc(this.valueOf(areas, area))}</td></tr>`).join("")
    const open = cases.filter(layer => !layer.about.lists || !layer.marks).map(layer => `<p><a href="${esc(data.rows)}">${esc(layer.about.name)}: ${layer.marks?.count ?? layer.cells?.reduce((sum, cell) => sum + cell.n, 0) ?? 0}</a></p>`).join("")
    const others = this.active.filter(layer => layer.marks && layer.about.lists).map(layer => `<p>${esc(layer.about.name)}: ${layer.marks.count}</p>${this.listed(layer)}`).join("")
    show(this.part(".rows"), `${open}${others}${rows ? `<table><thead><tr><th>${esc(w.name)}</th><th>${esc(areas.metric)}</th></tr></thead><tbody>${rows}</tbody></table>` : ""}`)
  }

  // The marks of a layer as links, at most MOST_SELECTED; their names are requested once for a day, and not while it plays.
  listed(layer) {
    const { esc, data: { words } } = this, { marks } = layer, shown = Math.min(marks.count, MOST_SELECTED)
    const at = Array.from({ length: shown }, (_, k) => marks.position?.[marks.index[k]] ?? marks.index[k]), key = at.join()
    if (!shown || this.timer) return ""
    if (layer.listedKey !== key) {
      layer.listedKey = key
      layer.lines = null
      fetch(this.ask(layer, "names.json", key)).then(answer => { if (!answer.ok) throw new Error(answer.statusText); return answer.json() })
        .then(lines => { if (layer.listedKey === key && !this.ended) { layer.lines = lines; this.table() } })
        .catch(error => { console.error(error); layer.listedKey = ""; this.say(words.failed) })
    }
    if (!layer.lines) return `<p>${esc(words.loading)}</p>`
    const line = ({ title, text, href }) => `<li>${href ? `<a href="${esc(href)}">${esc(title)}</a>` : esc(title)} ${esc(text)}</li>`
    const rest = marks.count > shown ? `<p><small>${esc(words.listed.replace("{n}", shown).replace("{all}", marks.count))}</small></p>` : ""
    return `<ul>${layer.lines.map(line).join("")}</ul>${rest}`
  }

  areaHref(area) { return this.data.areaHref.replace("AREA", area.code) }

  valueOf(layer, area) {
    const style = styleOf(layer, area)
    if (style === "absent") return this.data.words.absent
    const value = layer.value[layer.bucket * layer.width + area.at], word = layer.legend.find(entry => entry.key === style)
    const number = value.toLocaleString("en-US", { minimumFractionDigits: layer.decimals, maximumFractionDigits: layer.decimals })
    return [`${number} ${layer.unit}`.trim(), style.startsWith("step") ? "" : word?.label].filter(Boolean).join(" · ")
  }

  // --- what a person does ---

  resized() {
    const { clientWidth, clientHeight } = this.stage
    if (!clientWidth || (clientWidth === this.space.width && clientHeight === this.space.height)) return
    const first = this.space.width < 2
    this.space.width = clientWidth
    this.space.height = clientHeight
    this.style = null
    if (first || (!this.moved && !this.state.at)) this.whole()
    this.draw()
  }

  // Home is the outline; of an area without one where its areas are, and the marks of its layers.
  settle() {
    const outlined = this.own?.polygons.length, marked = outlined ? [] : [...this.layers.values()].map(layer => layer.box).filter(Boolean)
    const box = outlined ? this.own.box : union([...marked, this.data.box].filter(Boolean).map(inWorldBox))
    this.space.home = box ? { box, zoom: 0 } : null
    this.whole()
    if (box) this.space.home.zoom = this.space.zoom
  }

  whole() { if (this.space.home) this.space.fit(this.space.home.box); this.draw() }

  setDay(day, push) {
    this.state.day = Math.min(this.last, Math.max(this.first, day))
    this.draw()
    this.write(push)
  }

  play(on = !this.timer) {
    cancelAnimationFrame(this.timer)
    this.timer = 0
    const key = this.part("[data-do=play]")
    key.textContent = on ? "❚❚" : "▶"
    key.setAttribute("aria-label", on ? this.data.words.pause : this.data.words.play)
    if (!on) { this.legends(true); return this.write(true) }
    if (this.window?.to >= this.last) this.state.day = this.first
    let due = performance.now()
    const tick = now => {
      const ms = 1000 / SPEEDS[this.part("[data-set=speed]").value]
      if (now >= due) {
        due = Math.max(due + ms, now - ms)
        const next = stepped(this.state.day, this.state.step, 1, this.first, this.last)
        if (next === this.state.day) return this.play(false)
        this.state.day = next
      }
      this.frame()
      this.timer = requestAnimationFrame(tick)
    }
    this.timer = requestAnimationFrame(tick)
  }

  say(text) { this.part(".said").textContent = text }

  hint(text) {
    const hint = this.part(".hint")
    hint.textContent = text
    hint.hidden = false
    clearTimeout(this.hinting)
    this.hinting = setTimeout(() => { hint.hidden = true }, HINT_MS)
  }

  tip(found, px, py) {
    const tip = this.part(".tip"), before = this.hover
    this.hover = found
    tip.hidden = !found
    if (found) {
      tip.textContent = this.wordsOf(found)
      tip.style.left = `${Math.min(px + 12, this.space.width - tip.offsetWidth - 4)}px`
      tip.style.top = `${Math.max(2, py - tip.offsetHeight - 8)}px`
    }
    if (before?.area !== found?.area) this.draw()
  }

  wordsOf({ layer, area, cell, feature, i, k }) {
    if (feature) return [feature.name || layer.about.name, layer.groups[feature.group]].filter(Boolean).join(" · ")
    if (area) return `${area.name} ${this.valueOf(layer, area)}`
    if (cell) return `${layer.about.name} ${grouped(cell.n)}`
    const key = keyOf(layer, i, k), { value, groups, start, first } = layer.marks
    const label = typeof key === "number" ? groups[key] : this.data.states[this.state.show].find(entry => entry.key === key)?.label
    const number = value ? value[i].toLocaleString("en-US", { maximumFractionDigits: 1 }) : textOf(start[i] + first)
    return [layer.about.name, label === layer.about.name ? "" : label, number].filter(Boolean).join(" · ")
  }

  async open(found) {
    const card = this.part(".card"), { esc, data } = this
    const fill = (title, lines, href) => {
      card.innerHTML = `<button type="button" data-do="close" aria-label="${esc(data.words.close)}">×</button><h3>${esc(title)}</h3><dl>${lines.map(({ label, text }) => `<dt>${esc(label)}</dt><dd>${esc(text)}</dd>`).join("")}</dl>${href ? `<a class="go" href="${esc(href)}">${esc(data.words.goto)}</a>` : ""}`
      card.hidden = false
    }
    if (!found) { card.hidden = true; return }
    const { layer, area, cell, feature, i } = found
    if (feature) return fill(feature.name || layer.about.name, layer.groups[feature.group] ? [{ label: layer.about.name, text: layer.groups[feature.group] }] : [], "")
    if (area) return fill(area.name, [{ label: layer.metric, text: this.valueOf(layer, area) }], this.areaHref(area))
    if (cell && cell.n > 1) { this.space.zoomAt(...this.space.pixel(cell.x, cell.y), 1); this.moved = true; this.draw(); return this.write(true) }
    const at = cell ? cell.i : i, position = layer.marks?.position?.[at] ?? at
    if (position === undefined) return
    fill(data.words.loading, [], "")
    try {
      const answer = await fetch(this.ask(layer, "card.json", position))
      if (!answer.ok) throw new Error(answer.statusText)
      const { title, standing, lines, href } = await answer.json()
      fill(title, standing ? [{ label: data.words.state, text: standing }, ...lines] : lines, href)
      card.querySelector("a, button").focus({ preventScroll: true })
    } catch { fill(data.words.failed, [], "") }
  }

  // The address of a question about marks of a layer, by position.
  ask(layer, what, positions) {
    const url = new URL(layer.url, location.origin)
    url.pathname = url.pathname.replace(/\.bin$/, `/${what}`)
    url.searchParams.set("i", positions)
    return url.href
  }

  // kind: "lasso", "rectangle", or "" to move the map again.
  select(kind) {
    this.selecting = kind
    this.lasso = null
    this.stage.classList.toggle("selecting", !!kind)
    for (const name of SELECTS) this.part(`[data-do=${name}]`).setAttribute("aria-pressed", name === kind)
    if (kind) { this.choose([]); this.say(this.data.words.enclose); this.stage.focus({ preventScroll: true }) }
    this.draw()
  }

  // Marks that are ringed, as places in the world.
  choose(places) { this.chosen = places; this.draw() }

  // What the drawn line encloses, and what can be done with it, if an address can list it.
  async selected(line) {
    const { words } = this.data, seen = new Set(), of = this.active.filter(({ url }) => !seen.has(url) && seen.add(url))
    const found = inside(of, this.space, line), n = Math.max(0, ...found.map(one => one.found.length))
    this.choose(found.flatMap(({ layer, found }) => found.map(i => [layer.marks.X[i], layer.marks.Y[i]])))
    if (n > MOST_SELECTED) return this.say(tooMany(words, n))
    if (!n) return this.say(words.selected.replace("{n}", n))
    this.say(words.loading)
    try {
      const answers = await Promise.all(found.map(async ({ layer, found }) => {
        const answer = await fetch(this.ask(layer, "pick.json", found.map(i => layer.marks.position?.[i] ?? i).join(",")))
        if (!answer.ok) throw new Error(answer.statusText)
        return answer.json()
      }))
      this.offer([...new Set(answers.flatMap(({ picks }) => picks))], answers[0].actions)
    } catch (error) { console.error(error); this.say(words.failed) }
  }

  // The actions on selected rows, which layers of the same cases share.
  offer(picks, actions) {
    const { data: { words }, esc } = this, text = words.selected.replace("{n}", picks.length)
    if (picks.length > MOST_SELECTED) return this.say(tooMany(words, picks.length))
    const address = href => { const url = new URL(href, location.origin); url.searchParams.set("pick", picks.join(",")); return url.pathname + url.search }
    const links = actions.map(({ text, kind, href }) => `<a class="go" href="${esc(address(href))}" ${kind === "file" ? "download" : ""}>${esc(text)}</a>`)
    this.part(".said").innerHTML = `<b>${esc(text)}</b> ${links.join(" ")} <button type="button" data-do="clear">${esc(words.clear)}</button>`
  }

  fly(area) {
    const { space } = this, from = { x: space.x, y: space.y, zoom: space.zoom }
    space.fit(area.box, 15)
    const to = { x: space.x, y: space.y, zoom: space.zoom }, began = performance.now(), lasts = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : 500
    const step = now => {
      const part = Math.min(1, (now - began) / lasts), eased = part * (2 - part)
      for (const name of ["x", "y", "zoom"]) space[name] = from[name] + (to[name] - from[name]) * eased
      this.frame()
      if (part < 1 && !this.ended) requestAnimationFrame(step)
      else { this.moved = true; this.write(true) }
    }
    requestAnimationFrame(step)
  }

  end() {
    this.ended = true
    this.listeners.abort()
    this.observer.disconnect()
    cancelAnimationFrame(this.timer)
    clearTimeout(this.writing)
    this.renderer?.end()
    if (window.cockpit) delete window.cockpit.keeps
  }
}

// Marks of one size grow with the type around the map: on a monitor of 4K, and in large type.
const enlarged = (about, text) => about.size ? { ...about, size: about.size * Math.max(1, text / 16) } : about

// Symbols are sized so that the greatest value of a layer has a radius of 30 pixels.
function perValue({ value }) {
  const most = value?.reduce((a, b) => Math.max(a, b), 0)
  return most ? 100 / most : 0
}

const drawnHtml = new WeakMap()
function show(slot, html) {
  if (drawnHtml.get(slot) === html) return
  drawnHtml.set(slot, html)
  const focus = slot.contains(slot.getRootNode().activeElement) ? slot.getRootNode().activeElement : null
  const same = focus && [...focus.attributes].filter(({ name }) => name.startsWith("data-")).map(({ name, value }) => `[${name}="${value}"]`).join("")
  slot.innerHTML = html
  if (same) slot.querySelector(same)?.focus({ preventScroll: true })
}
