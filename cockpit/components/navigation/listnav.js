const way = (name, href, text) => href ? `<a class="way" data-way="${name}" href="${esc(href)}">${text}</a>` : `<span class="way grey" aria-disabled="true">${text}</span>`

const draw = ({ place, back, previous, next, words }) => `<nav aria-label="${esc(words.label)}">
  <a class="way" href="${esc(back)}">${esc(words.back)}</a>
  ${way("previous", previous, `<span aria-hidden="true">‹</span> ${esc(words.previous)}`)}
  <span class="place">${esc(place)}</span>
  ${way("next", next, `${esc(words.next)} <span aria-hidden="true">›</span>`)}</nav>`

// The arrow keys, unless they mean something where the focus is: in a field, on a map, in what scrolls sideways.
const WAYS = { ArrowLeft: "previous", ArrowRight: "next" }
const takesArrows = node => node.matches?.("input, textarea, select, [contenteditable], [role=application], [role=slider], canvas")
  || (node.scrollWidth > node.clientWidth && node.matches?.("[tabindex], .scroll"))

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  show(root, draw(data))
  const onKey = event => {
    const href = data[WAYS[event.key]]
    if (!href || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    if (event.composedPath().some(node => node instanceof Element && takesArrows(node))) return
    event.preventDefault()
    window.cockpit?.go(href)
  }
  root.unwire?.()
  document.addEventListener("keydown", onKey)
  root.unwire = () => document.removeEventListener("keydown", onKey)
  return root.unwire
}
