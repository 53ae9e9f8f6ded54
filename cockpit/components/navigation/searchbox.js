const draw = d => `<form role="search"><input type="search" name="words" maxlength="100" autocomplete="off" value="${esc(d.value)}"
  placeholder="${esc(d.label)}" aria-label="${esc(d.label)}"><button>${esc(d.words.find)}</button></form>`

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  show(root, draw(data))
  root.querySelector("form").onsubmit = event => {
    event.preventDefault()
    const url = new URL(data.href, location.href), words = event.target.elements.words.value.trim()
    if (words) url.searchParams.set(data.name, words)
    else url.searchParams.delete(data.name)
    window.cockpit.go(url.pathname + url.search, true)
  }
}
