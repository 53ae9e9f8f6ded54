// Shared by all components; each adds its own `draw` below.
const SHAPES = { red: "▲", amber: "◆", green: "●", none: "○" }
const esc = text => String(text ?? "").replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)
const link = (href, inner, attributes = "") => href ? `<a href="${esc(href)}" ${attributes}>${inner}</a>` : `<span ${attributes}>${inner}</span>`
const shape = state => `<span class="shape" aria-hidden="true">${SHAPES[state] ?? SHAPES.none}</span>`

// Reading a computed style makes the browser lay out all that has changed; the class of the app tells its themes apart.
let ground = {}
function isDark(element) {
  const theme = document.querySelector('[data-testid="stApp"]')?.className
  if (!theme || ground.theme !== theme) {
    const colour = getComputedStyle(element).getPropertyValue("--st-background-color").trim()
    ground = { theme, dark: /^#[0-7]/.test(colour) }
  }
  return ground.dark
}

// Puts `html` into `root` only when it differs, and gives the focus back to the link that had it.
function show(root, html) {
  if (root.drawn === html) return false
  const focusable = () => [...root.querySelectorAll("a[href], button, summary, input")]
  const at = focusable().indexOf(root.getRootNode().activeElement)
  root.innerHTML = root.drawn = html
  if (at >= 0) focusable()[at]?.focus({ preventScroll: true })
  return true
}

// A component whose `draw(data)` gives all of its HTML.
const component = draw => ({ data, parentElement }) => {
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  show(root, draw(data))
}

// What Python packed: JSON in UTF-8.
const unpacked = data => data instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(data)) : data

// A component with its styles, put in once beside its root.
const styled = (css, draw) => mounted => {
  const given = { ...mounted, data: unpacked(mounted.data) }
  const place = given.parentElement
  if (!place.querySelector("style")) {
    const style = document.createElement("style")
    style.textContent = shared + css
    place.append(style)
  }
  return draw(given)
}

// The clipboard interface exists on https and localhost only; an intranet often has neither.
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const area = document.body.appendChild(Object.assign(document.createElement("textarea"), { value: text }))
    area.style.cssText = "position:fixed;opacity:0"
    area.select()
    const done = document.execCommand("copy")
    area.remove()
    return done
  }
}
