// Loads the program of the map, which only this page needs.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  if (!root.firstChild) root.toggleAttribute("data-pending", true)
  import(`${location.origin}${data.program}`)
    .then(program => program.mount(root, data, { esc, copied }))
    .catch(error => { root.textContent = data.words.failed; console.error(error) })
    .finally(() => root.removeAttribute("data-pending"))
  return () => root.unmount?.()
}
