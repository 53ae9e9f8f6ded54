// The last periods as a line; all tiles share the height, each its own range. A gap stays a gap.
function spark(values, running) {
  const known = values.filter(v => v !== null)
  if (known.length < 2) return `<svg class="spark" aria-hidden="true"></svg>`
  const low = Math.min(...known), range = Math.max(...known) - low || 1
  const x = i => (i * 100 / (values.length - 1)).toFixed(1), y = v => (20 - 18 * (v - low) / range).toFixed(1)
  let pen = "M"
  const path = values.map((v, i) => { if (v === null) { pen = "M"; return "" } const step = `${pen}${x(i)} ${y(v)}`; pen = "L"; return step }).join("")
  const last = values.length - 1, dashed = running && values[last] !== null && values[last - 1] !== null
  const whole = dashed ? path.slice(0, path.lastIndexOf("L")) : path
  const rest = dashed ? `<path stroke-dasharray="2 2" d="M${x(last - 1)} ${y(values[last - 1])}L${x(last)} ${y(values[last])}"/>` : ""
  return `<svg class="spark" viewBox="0 0 100 22" preserveAspectRatio="none" aria-hidden="true"><path d="${whole}"/>${rest}</svg>`
}

const number = (tile, passport) => link(tile.passport,
  `<b class="${tile.faint ? "grey" : ""}">${esc(tile.value)}</b>${tile.unit ? ` <small>${esc(tile.unit)}</small>` : ""}`,
  `class="value ${tile.faint ? "faint" : ""}" aria-label="${esc(`${tile.name} ${tile.value} ${tile.unit} – ${passport}`)}"`)

const change = (tile, words) => tile.change
  ? `<span class="${tile.tone}">${esc(tile.change)}</span>${words[tile.tone] ? `<span class="unseen"> ${esc(words[tile.tone])}</span>` : ""}`
  : `<span class="grey">${esc(tile.why)}</span>`

// What is behind the number: on hover and focus, or by its button where nothing hovers.
const detail = (t, id, words) => `<div class="detail" id="${id}" role="group" aria-label="${esc(`${t.name}: ${words.detail}`)}">
  ${t.rows.map(([label, text]) => `<p><span class="grey">${esc(label)}</span> ${esc(text)}</p>`).join("")}
  ${spark(t.trend, t.running)}</div>`

// Rows of about equal length, of at most so many tiles: none stands alone in the last one.
const columns = (count, most) => Math.ceil(count / Math.ceil(count / most)) || 1
const WIDE = 8, MIDDLE = 4

// What is behind the tiles of the right half opens to the left. at: the column of each grid that the tiles begin in.
const side = (i, count, at) => [[WIDE, "wide-end"], [MIDDLE, "middle-end"]]
  .filter(([most]) => at ? at[most] + i % columns(count, most) >= most / 2 : i % columns(count, most) >= columns(count, most) / 2 && count > 1)
  .map(([, name]) => name).join(" ")

const tile = (t, id, words, where) => `
  <article class="tile ${where} ${t.chosen ? "chosen" : ""}">
    <div class="head">${link(t.href, esc(t.name), `class="name" data-stay ${t.chosen ? 'aria-current="true"' : ""}`)}
      ${t.rows.length ? `<button class="info" type="button" aria-expanded="false" aria-controls="${id}" aria-label="${esc(`${t.name}: ${words.detail}`)}">ⓘ</button>` : ""}</div>
    <div class="main">${number(t, words.passport)}${t.word ? `<span class="state ${t.state}">${shape(t.state)} ${esc(t.word)}</span>` : ""}</div>
    <div class="change">${change(t, words) || "&nbsp;"}</div>
    ${t.rows.length ? detail(t, id, words) : ""}
  </article>`

const grid = (tiles, words, first = 0, at = null) => `
  <div class="tiles" style="--wide: ${columns(tiles.length, WIDE)}; --middle: ${columns(tiles.length, MIDDLE)}">${tiles.map((t, i) => tile(t, `detail${first + i}`, words, side(i, tiles.length, at))).join("")}</div>`

// Where the groups of a row begin: a group that does not fit beside the others begins the next row.
function begins(groups, most) {
  let used = 0
  return groups.map(([, count]) => {
    const wide = columns(count, most), at = used + wide > most ? 0 : used
    used = at + wide
    return at
  })
}

// The lines of a group: its heading, and three a row of tiles.
const lines = (count, most) => 1 + 3 * Math.ceil(count / columns(count, most))

function grouped(tiles, groups, words) {
  const wide = begins(groups, WIDE), middle = begins(groups, MIDDLE)
  let end = 0
  return `<div class="groups">${groups.map(([title, count], k) => {
    const first = end, at = { [WIDE]: wide[k], [MIDDLE]: middle[k] }
    end += count
    return `<section class="group" style="--wide: ${columns(count, WIDE)}; --wide-lines: ${lines(count, WIDE)}; --middle: ${columns(count, MIDDLE)}; --middle-lines: ${lines(count, MIDDLE)}">
  <h3>${esc(title)}</h3>${grid(tiles.slice(first, end), words, first, at)}</section>`
  }).join("")}</div>`
}

const draw = ({ tiles, groups, words, choose, compared }) => `${groups?.length ? grouped(tiles, groups, words) : grid(tiles, words)}
  ${choose || compared ? `<p class="under">${compared ? `<span class="grey">${esc(compared)}</span>` : ""}${choose ? `<a href="${esc(choose)}">${esc(words.choose)}</a>` : ""}</p>` : ""}`

// Where one state does not fit next to its number, all stand below theirs.
const middle = element => element.offsetTop + element.offsetHeight / 2
function stack(root) {
  root.classList.remove("stacked")
  const wrapped = [...root.querySelectorAll(".state")].some(state => middle(state) > state.previousElementSibling.offsetTop + state.previousElementSibling.offsetHeight)
  root.classList.toggle("stacked", wrapped)
}

function open(tile, opened) {
  tile?.classList.toggle("open", opened)
  tile?.querySelector(".info")?.setAttribute("aria-expanded", opened)
}

// Listens once a root; what it holds may be drawn again.
function listen(root) {
  if (root.listening) return
  root.listening = true
  const closeOthers = but => root.querySelectorAll(".tile.open").forEach(tile => tile !== but && open(tile, false))
  root.addEventListener("click", event => {
    const button = event.target.closest(".info"), tile = button?.closest(".tile")
    closeOthers(tile)
    if (tile) open(tile, !tile.classList.contains("open"))
  })
  root.addEventListener("keydown", event => {
    if (event.key !== "Escape") return
    closeOthers()
    root.querySelectorAll(".tile").forEach(tile => tile.classList.toggle("shut", tile.matches(":hover, :focus-within")))
  })
  root.addEventListener("pointerover", event => root.querySelectorAll(".tile.shut").forEach(tile => !tile.contains(event.target) && tile.classList.remove("shut")))
  root.addEventListener("focusin", event => root.querySelectorAll(".tile.shut").forEach(tile => !tile.contains(event.target) && tile.classList.remove("shut")))
}

export default mounted => {
  component(draw)(mounted)
  const root = mounted.parentElement.querySelector(".root")
  listen(root)
  stack(root)
  root.stacking ??= new ResizeObserver(() => stack(root))
  root.stacking.observe(root)
  return () => root.stacking.disconnect()
}
