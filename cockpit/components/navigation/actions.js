const draw = d => `<div class="actions">${d.links.map(([text, href]) => `<a class="button" href="${esc(href)}">${esc(text)}</a>`).join("")}
  ${d.copy ? `<button class="button" type="button">${esc(d.words.copy)}</button>
  <input readonly hidden aria-label="${esc(d.words.by_hand)}"><span class="grey" role="status"></span>` : ""}</div>`

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  show(root, draw(data))
  if (!data.copy) return
  const button = root.querySelector("button"), input = root.querySelector("input"), status = root.querySelector("[role=status]")
  button.onclick = async () => {
    const address = new URL(data.copy, location.origin).href
    const done = await copied(address)
    status.textContent = done ? data.words.done : data.words.by_hand
    input.hidden = done
    if (!done) { input.value = address; input.select() }
  }
}
