// Puts the parts of a screen in their places: blocks, HTML of ours, and components, each with a shadow of its own.
// What a run changes is drawn again; what it leaves as it was keeps its element, and with it the focus and the scrolling.
function fill(place, parts, modules) {
  const named = parts.map(nameOf), names = named.map((name, i) => named.indexOf(name) === i ? name : `${name} again at ${i}`)
  const wanted = new Set(names)
  for (const element of [...place.children]) if (!wanted.has(element.named)) end(element)
  const before = new Map([...place.children].map(element => [element.named, element]))
  let next = place.firstElementChild
  parts.forEach((part, i) => {
    const element = before.get(names[i]) ?? Object.assign(document.createElement("div"), { named: names[i] })
    if (element === next) next = next.nextElementSibling
    else place.insertBefore(element, next)
    put(element, part, modules)
  })
}

// HTML and blocks without a key are known by their place.
function nameOf(part, place) {
  if (part.component) return `${part.component} ${part.key}`
  return part.group ? `group ${part.group}` : `${part.parts ? "group" : "html"} at ${place}`
}

function put(element, part, modules) {
  const key = part.component ? part.key : part.group
  const kind = part.parts ? "group" : part.component ? "part" : "text"
  element.className = key ? `${kind} st-key-${key.replace(/[^\w-]/g, "-")}` : kind
  if (part.parts) fill(element, part.parts, modules)
  else if (part.component) draw(element, part, modules)
  else show(element, part.html)
}

async function draw(element, part, { first, rest, failed }) {
  const shadow = element.shadowRoot ?? element.attachShadow({ mode: "open" })
  if (!shadow.firstChild) shadow.innerHTML = `<div class="root"></div>`
  element.given = part
  try {
    const program = first[part.component] ?? (await rest)[part.component]
    if (element.given === part) element.stop = program({ data: part.data, key: part.key, parentElement: shadow })
  } catch (error) {
    console.error(error)
    show(shadow.querySelector(".root"), `<p role="alert">${esc(failed)}</p>`)
  }
}

function end(element) {
  for (const one of [element, ...element.querySelectorAll(".part")]) { one.given = null; one.stop?.() }
  element.remove()
}

const inflated = bytes => new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).json()

export default async function ({ data, parentElement, first, rest }) {
  const root = parentElement.querySelector(".root")
  root.newest = data
  const { parts, failed } = await inflated(data)
  if (root.newest === data) {
    fill(root, parts, { first, rest, failed })
    root.classList.add("composed")
    root.drawn = ""
  }
  return () => [...root.children].forEach(end)
}
