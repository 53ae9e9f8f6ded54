// A panel as an SVG of its own: boxes, texts and drawings where the browser has put them, with computed colours and
// fonts, so that it looks the same in a document. Nothing of the page is needed to show it.
const SVG = document.createRange().createContextualFragment("<svg></svg>").firstChild.namespaceURI
const MARGIN = 16, LEAST_WIDTH = 360, SCALE = 2, MOST_PIXELS = 16_000
const PAINT = [
  "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
  "opacity", "vector-effect", "paint-order", "text-anchor", "font-family", "font-size", "font-weight", "visibility", "display",
]
const SIDES = ["Top", "Right", "Bottom", "Left"]

function element(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

// A colour as documents know it: computed ones may be mixtures in other spaces. Empty for what cannot be seen.
const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true }), colours = new Map()
function colour(css) {
  if (!colours.has(css)) {
    pen.clearRect(0, 0, 1, 1)
    pen.fillStyle = css
    pen.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data
    colours.set(css, !a ? "" : a === 255 ? `rgb(${r},${g},${b})` : `rgba(${r},${g},${b},${(a / 255).toFixed(3)})`)
  }
  return colours.get(css)
}

const fontOf = style => ({ "font-family": style.fontFamily, "font-size": style.fontSize, "font-weight": style.fontWeight })
const round = x => Math.round(x * 100) / 100

// The lines of a text as they are broken: text and box of each.
function linesOf(node) {
  const range = document.createRange()
  range.selectNodeContents(node)
  if (range.getClientRects().length <= 1) return [[node.data, range.getBoundingClientRect()]]
  const lines = []
  for (let i = 0; i < node.length; i++) {
    range.setStart(node, i)
    range.setEnd(node, i + 1)
    const box = range.getBoundingClientRect(), last = lines.at(-1)
    if (!box.width) continue
    if (last && Math.abs(last[1].top - box.top) < box.height / 2) {
      last[0] += node.data[i]
      last[1] = new DOMRect(last[1].left, last[1].top, box.right - last[1].left, last[1].height)
    } else lines.push([node.data[i], box])
  }
  return lines
}

class Picture {
  // panel: the element. title, place, stamp, demo: what the picture says of itself.
  constructor(panel, { title, place, stamp, demo }) {
    this.title = title
    this.style = getComputedStyle(panel)
    const scrolled = this.unfold(panel)
    try {
      const box = panel.getBoundingClientRect()
      this.head = MARGIN + 52
      this.width = Math.ceil(Math.max(box.width, LEAST_WIDTH) + 2 * MARGIN)
      this.at = [MARGIN - box.left, -box.top]
      this.group = element("g", {})
      this.top = Infinity
      this.bottom = 0
      this.walk(panel, this.group)
      this.top = Math.min(this.top, this.bottom)
      this.group.setAttribute("transform", `translate(0 ${round(this.head - this.top)})`)
      this.height = Math.ceil(this.head + Math.max(this.bottom - this.top, 20) + 44)
    } finally {
      for (const [one, css] of scrolled) one.style.cssText = css
    }
    this.node = element("svg", { width: this.width, height: this.height, viewBox: `0 0 ${this.width} ${this.height}`, role: "img", "aria-label": `${title} ${place}` })
    const ink = colour(this.style.color), ground = colour(getComputedStyle(document.querySelector('[data-testid="stApp"]') ?? document.body).backgroundColor) || "#fff"
    const say = (x, y, text, more) => element("text", { x, y, "font-family": this.style.fontFamily, fill: ink, ...more }, text)
    this.node.append(
      element("title", {}, `${title} ${place}`), element("rect", { width: this.width, height: this.height, fill: ground }),
      say(MARGIN, MARGIN + 16, title, { "font-size": "18px", "font-weight": 600 }), say(MARGIN, MARGIN + 38, place, { "font-size": "13px" }),
      this.group, say(MARGIN, this.height - MARGIN, stamp, { "font-size": "12px" }),
    )
    if (demo) this.node.append(say(this.width - MARGIN, this.height - MARGIN, demo, { "font-size": "15px", "font-weight": 600, "text-anchor": "end", fill: "#a8720a" }))
  }

  // All rows of what scrolls; what to put back afterwards.
  unfold(panel) {
    const inner = [panel, ...[...panel.querySelectorAll("*")].map(one => one.shadowRoot).filter(Boolean)]
    const scrolled = inner.flatMap(root => [...root.querySelectorAll(".scroll")]).map(one => [one, one.style.cssText])
    for (const [one] of scrolled) Object.assign(one.style, { maxHeight: "none", overflow: "visible" })
    return scrolled
  }

  walk(node, into) {
    if (node.nodeType === Node.TEXT_NODE) return this.text(node, into)
    if (node.nodeType !== Node.ELEMENT_NODE || /^(STYLE|SCRIPT)$/.test(node.nodeName) || node.matches(".panel-menu, .title, [hidden], [data-testid=stExpander]")) return
    const style = getComputedStyle(node)        // what only groups its children has no box of its own, and no visibility
    if (style.display !== "contents" && !node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return
    if (node.localName === "svg") return this.drawing(node, into)
    if (/^(inset|rect)/.test(style.clipPath) || style.clip !== "auto") return          // words for the ear
    const group = style.opacity === "1" ? into : into.appendChild(element("g", { opacity: style.opacity }))
    this.box(node, style, group)
    for (const child of (node.shadowRoot ?? node).childNodes) this.walk(child, group)
  }

  // Where a box stands in the picture, which grows by it.
  place({ left, top, bottom }) {
    this.top = Math.min(this.top, top + this.at[1])
    this.bottom = Math.max(this.bottom, bottom + this.at[1])
    return [round(left + this.at[0]), round(top + this.at[1])]
  }

  box(node, style, into) {
    const box = node.getBoundingClientRect()
    if (!box.width || !box.height || style.display === "contents") return
    const widths = SIDES.map(side => style[`border${side}Style`] === "none" ? 0 : parseFloat(style[`border${side}Width`]))
    const strokes = SIDES.map((side, i) => widths[i] && colour(style[`border${side}Color`])), fill = colour(style.backgroundColor)
    if (!fill && !strokes.some(Boolean)) return
    const [x, y] = this.place(box), [w, h] = [round(box.width), round(box.height)]
    const radius = Math.min(parseFloat(style.borderTopLeftRadius) * (style.borderTopLeftRadius.endsWith("%") ? box.width / 100 : 1) || 0, w / 2, h / 2)
    const same = strokes[0] && strokes.every(s => s === strokes[0]) && widths.every(s => s === widths[0])
    if (fill || same) into.append(element("rect", { x, y, width: w, height: h, rx: round(radius), fill: fill || "none", ...same ? { stroke: strokes[0], "stroke-width": widths[0] } : {} }))
    if (same) return
    const ends = [[0, 0, w, 0], [w, 0, w, h], [0, h, w, h], [0, 0, 0, h]]
    ends.forEach(([x1, y1, x2, y2], i) => {
      if (strokes[i]) into.append(element("line", { x1: round(x + x1), y1: round(y + y1), x2: round(x + x2), y2: round(y + y2), stroke: strokes[i], "stroke-width": widths[i] }))
    })
  }

  text(node, into) {
    if (!node.data.trim()) return
    const parent = node.parentElement ?? node.getRootNode().host, style = getComputedStyle(parent)
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`
    const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = pen.measureText("国g")
    for (const [words, box] of linesOf(node)) {
      const text = words.replace(/\s+/g, " ").trim()
      if (!text || !box.width) continue
      const [x, y] = this.place(box)
      into.append(element("text", { x, y: round(y + box.height * up / (up + down)), fill: colour(style.color) || "none", ...fontOf(style) }, text))
    }
  }

  drawing(svg, into) {
    const box = svg.getBoundingClientRect(), [x, y] = this.place(box), copy = svg.cloneNode(true)
    const from = [svg, ...svg.querySelectorAll("*")], to = [copy, ...copy.querySelectorAll("*")]
    from.forEach((one, i) => {
      const style = getComputedStyle(one), made = to[i]
      for (const { name } of [...made.attributes]) if (/^(class|style|href|xlink:href|tabindex|on.*|data-.*|aria-.*|role)$/.test(name)) made.removeAttribute(name)
      if (one.closest("defs") && !/^(path|rect|circle|line)$/.test(one.localName)) return
      for (const name of PAINT) {
        const value = style.getPropertyValue(name)
        if (value) made.setAttribute(name, /^(fill|stroke)$/.test(name) && !/^(none|url)/.test(value) ? colour(value) || "none" : value)
      }
    })
    for (const [name, value] of Object.entries({ x, y, width: round(box.width), height: round(box.height), overflow: "visible" })) copy.setAttribute(name, value)
    into.append(copy)
  }

  get source() { return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(this.node)}` }
  blob() { return new Blob([this.source], { type: "image/svg+xml" }) }
  async png() {
    const url = URL.createObjectURL(this.blob()), image = new Image(), scale = Math.min(SCALE, MOST_PIXELS / this.width, MOST_PIXELS / this.height)
    try {
      image.src = url
      await image.decode()
      const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(this.width * scale), height: Math.round(this.height * scale) })
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
      return await new Promise((made, failed) => canvas.toBlob(blob => blob ? made(blob) : failed(new Error("no picture")), "image/png"))
    } finally {
      URL.revokeObjectURL(url)
    }
  }
}
