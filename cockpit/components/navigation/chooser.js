// Choose from a list and order what is chosen. `data`: options [{id, name, group, find}], chosen [id], words.
const item = (o, i, n, words) => `<li data-id="${esc(o.id)}"><span class="n grey">${i + 1}</span><span class="what">${esc(o.name)} <small class="grey">${esc(o.group)}</small></span>
  <button type="button" data-do="up" ${i ? "" : "disabled"} aria-label="${esc(`${words.up}: ${o.name}`)}">↑</button>
  <button type="button" data-do="down" ${i < n - 1 ? "" : "disabled"} aria-label="${esc(`${words.down}: ${o.name}`)}">↓</button>
  <button type="button" data-do="drop" aria-label="${esc(`${words.drop}: ${o.name}`)}">✕</button></li>`

const offer = (o, full, words) => `<li data-id="${esc(o.id)}"><button type="button" data-do="add" ${full ? "disabled" : ""} aria-label="${esc(`${words.add}: ${o.name}`)}">+ ${esc(o.name)} <small class="grey">${esc(o.group)}</small></button></li>`

const draw = ({ words }) => `<div class="chooser"><section><h2>${esc(words.chosen)}</h2><ol class="chosen"></ol><p class="grey status" role="status"></p>
  <p class="ends"><button type="button" class="button main" data-do="save">${esc(words.save)}</button> <button type="button" class="button" data-do="reset">${esc(words.reset)}</button></p></section>
  <section><h2>${esc(words.all)}</h2><input type="search" placeholder="${esc(words.find)}" aria-label="${esc(words.find)}"><ul class="offered"></ul></section></div>`

const folded = text => text.normalize("NFKC").toLowerCase().replace(/\s/g, "")

export default ({ data, parentElement, setTriggerValue }) => {
  const root = parentElement.querySelector(".root"), { words, most } = data, known = new Map(data.options.map(o => [o.id, o]))
  root.classList.toggle("dark", isDark(root))
  if (!show(root, draw(data)) && root.given === JSON.stringify(data.chosen)) return
  root.given = JSON.stringify(data.chosen)
  let chosen = data.chosen.filter(id => known.has(id))
  const find = root.querySelector("input")

  function fill(focus) {
    const wanted = folded(find.value), full = chosen.length >= most
    const rest = data.options.filter(o => !chosen.includes(o.id) && folded(`${o.name} ${o.group} ${o.find}`).includes(wanted))
    root.querySelector(".chosen").innerHTML = chosen.map((id, i) => item(known.get(id), i, chosen.length, words)).join("")
    root.querySelector(".offered").innerHTML = rest.map(o => offer(o, full, words)).join("") || `<li class="grey">${esc(words.none)}</li>`
    root.querySelector(".status").textContent = full ? words.full : chosen.length ? "" : words.empty
    if (focus) [...root.querySelectorAll(`[data-do="${focus[1]}"]`)].find(b => b.closest("[data-id]")?.dataset.id === focus[0] && !b.disabled)?.focus()
  }

  const acts = {
    add: id => { if (chosen.length < most) chosen.push(id) },
    drop: id => { chosen = chosen.filter(other => other !== id) },
    up: id => move(id, -1), down: id => move(id, 1),
    save: () => setTriggerValue("saved", chosen), reset: () => setTriggerValue("saved", []),
  }
  function move(id, step) {
    const at = chosen.indexOf(id), to = at + step
    if (to >= 0 && to < chosen.length) [chosen[at], chosen[to]] = [chosen[to], chosen[at]]
  }
  root.onclick = event => {
    const button = event.target.closest("button[data-do]")
    if (!button) return
    const id = button.closest("[data-id]")?.dataset.id, act = button.dataset.do
    acts[act](id)
    fill([id, act])
  }
  find.oninput = () => fill()
  fill()
}
