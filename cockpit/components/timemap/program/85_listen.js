// Events of the map: pointers, wheel, keys, controls, history.
const DRAG = 4, PAN = 60, LASSO_LEAST = 3
const rectangle = ([a, b], [c, d]) => [[a, b], [c, b], [c, d], [a, d]]

function listen(map) {
  const { root, stage, space } = map, on = (target, name, listener, more = {}) => target.addEventListener(name, listener, { signal: map.listeners.signal, ...more })
  const at = event => { const box = stage.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top] }
  const isControl = event => event.target.closest(".zoom, .card")
  const touches = new Map()
  let drag = null

  on(stage, "pointerdown", event => {
    if (isControl(event) || event.button) return
    touches.set(event.pointerId, at(event))
    drag = { from: at(event), last: at(event), moved: false }
    if (map.selecting) { map.lasso = [at(event)]; stage.setPointerCapture(event.pointerId) }
  })
  on(stage, "pointermove", event => {
    const here = at(event), before = touches.get(event.pointerId)
    if (!before) { if (!isControl(event) && event.pointerType !== "touch") map.tip(under(map.active, space, ...here), ...here); return }
    if (map.selecting) {
      if (map.selecting === "rectangle") map.lasso = rectangle(drag.from, here)
      else map.lasso?.push(here)
      return map.draw()
    }
    if (touches.size === 2) {
      const [other] = [...touches].filter(([id]) => id !== event.pointerId).map(([, point]) => point)
      const was = Math.hypot(before[0] - other[0], before[1] - other[1]), is = Math.hypot(here[0] - other[0], here[1] - other[1])
      space.move((here[0] - before[0]) / 2, (here[1] - before[1]) / 2)
      space.zoomAt((here[0] + other[0]) / 2, (here[1] + other[1]) / 2, Math.log2(is / (was || 1)) || 0)
      moved()
    } else if (event.pointerType !== "touch") {
      if (Math.hypot(here[0] - drag.from[0], here[1] - drag.from[1]) > DRAG) { drag.moved = true; stage.setPointerCapture(event.pointerId) }
      if (drag.moved) { space.move(here[0] - before[0], here[1] - before[1]); moved(); map.tip(null) }
    }
    touches.set(event.pointerId, here)
  })
  on(stage, "pointerup", event => {
    const wasSingle = touches.size === 1
    if (!touches.delete(event.pointerId)) return
    if (map.selecting) {
      const line = map.lasso
      if (line?.length >= LASSO_LEAST) { map.select(""); map.selected(line) }
      return
    }
    const here = at(event)
    if (wasSingle && !drag.moved && Math.hypot(here[0] - drag.from[0], here[1] - drag.from[1]) < 3 * DRAG) map.open(under(map.active, space, ...here))
    else if (drag.moved) map.write(true)
  })
  on(stage, "pointercancel", event => { touches.delete(event.pointerId); if (event.pointerType === "touch" && !map.selecting) map.hint(map.data.words.two) })
  on(stage, "pointerleave", () => map.tip(null))
  on(stage, "dblclick", event => { if (!isControl(event)) { space.zoomAt(...at(event), 1); moved() } })
  on(stage, "wheel", event => {
    if (event.target.closest(".card")) return
    if (!event.ctrlKey && !event.metaKey && root.getRootNode().activeElement !== stage) { map.hint(map.data.words.wheel); return }
    event.preventDefault()
    space.zoomAt(...at(event), -Math.max(-.5, Math.min(.5, event.deltaY / 300)))
    moved()
  }, { passive: false })

  const moved = () => { map.moved = true; map.draw(); map.write(false) }
  const zoom = by => { space.zoomAt(space.width / 2, space.height / 2, by); map.moved = true; map.draw(); map.write(true) }
  const step = by => map.setDay(stepped(map.state.day, map.state.step, by, map.first, map.last), true)
  const keys = {
    ArrowLeft: () => { space.move(PAN, 0); moved() }, ArrowRight: () => { space.move(-PAN, 0); moved() }, ArrowUp: () => { space.move(0, PAN); moved() }, ArrowDown: () => { space.move(0, -PAN); moved() },
    "+": () => zoom(.5), "=": () => zoom(.5), "-": () => zoom(-.5), 0: () => { map.moved = true; map.whole(); map.write(true) }, " ": () => map.play(), ",": () => step(-1), ".": () => step(1),
  }
  on(stage, "keydown", event => {
    if (event.key === "Enter" && map.selecting) { map.select(""); map.selected(rectangle([0, 0], [space.width, space.height])); return }
    if (event.target !== stage || event.ctrlKey || event.altKey || event.metaKey || !keys[event.key]) return
    event.preventDefault()
    keys[event.key]()
  })
  on(root, "keydown", event => { if (event.key === "Escape") { map.select(""); map.choose([]); map.open(null) } })

  const actions = {
    play: () => map.play(), back: () => step(-1), on: () => step(1), in: () => zoom(1), out: () => zoom(-1), whole: keys[0], close: () => { map.open(null); stage.focus({ preventScroll: true }) },
    lasso: () => map.select(map.selecting === "lasso" ? "" : "lasso"), rectangle: () => map.select(map.selecting === "rectangle" ? "" : "rectangle"), clear: () => { map.choose([]); map.say(""); stage.focus({ preventScroll: true }) }, up: id => reorder(id, 1), down: id => reorder(id, -1),
    copy: async () => {
      const own = new URLSearchParams(location.search), url = new URL(map.data.permalink, location.origin)
      for (const name of OWN) if (own.has(name)) url.searchParams.set(name, own.get(name))
      map.say(await map.copied(url.href) ? map.data.words.copied : `${map.data.words.by_hand}: ${url.href}`)
    },
  }
  const reorder = (id, by) => {
    const order = [...map.state.on], from = order.findIndex(([one]) => one === id), to = Math.min(order.length - 1, Math.max(0, from + by))
    order.splice(to, 0, ...order.splice(from, 1))
    map.state.on = new Map(order)
    map.listLayers()
    map.draw()
    map.write(true)
  }
  on(root, "click", event => {
    const key = event.target.closest("[data-do]")
    if (key) actions[key.dataset.do]?.(key.dataset.layer)
  })
  on(root, "change", event => {
    const { dataset, value, checked } = event.target
    if (dataset.set && dataset.set !== "speed") {
      const before = map.state.step
      map.state[dataset.set] = value
      map.trend = null
      if (before !== map.state.step) for (const id of map.state.on.keys()) if (map.spec(id).about.of !== "marks") map.load(id, true)
      map.draw()
      map.write(true)
    }
    if (dataset.on) {
      if (checked) map.state.on = new Map([...map.state.on, [dataset.on, Math.round(100 * map.spec(dataset.on).opacity)]])
      else map.state.on.delete(dataset.on)
      if (checked) map.load(dataset.on)
      map.listLayers()
      map.draw()
      map.write(true)
    }
    if (dataset.find !== undefined) map.find(value)
  })
  on(root, "input", event => {
    const { dataset, value } = event.target
    if (dataset.day !== undefined) map.setDay(Number(value), false)
    if (dataset.opacity) { map.state.on.set(dataset.opacity, Number(value)); map.draw(); map.write(false) }
  })
  on(map.part(".trend"), "click", event => {
    const box = event.target.getBoundingClientRect()
    map.setDay(map.first + Math.floor((event.clientX - box.left) / box.width * (map.last - map.first + 1)), true)
  })
  on(map.part(".table"), "toggle", () => map.legends(true))
  on(window, "popstate", () => map.restore())
  on(window, "visibilitychange", () => { if (document.hidden && map.timer) map.play(false) })
}
