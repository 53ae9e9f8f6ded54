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

const draw = ({ tiles, passport }) => `<div class="tiles">${tiles.map(t => `
  <article class="tile ${t.chosen ? "chosen" : ""}">
    <div class="head">${link(t.href, esc(t.name), `class="name" data-stay ${t.chosen ? 'aria-current="true"' : ""}`)}
      ${t.passport ? `<a class="info" href="${esc(t.passport)}" title="${esc(passport)}" aria-label="${esc(`${t.name}: ${passport}`)}">ⓘ</a>` : ""}</div>
    ${number(t, passport)}
    <div class="line change">${t.change ? `<span class="${t.tone}">${esc(t.change)}</span> <span class="grey">${esc(t.against)}</span>` : "&nbsp;"}</div>
    <div class="line ${t.state}">${t.word ? `${shape(t.state)} ${esc(t.word)} <span class="grey">${esc(t.limit)}</span>` : t.note ? `<span class="grey">${shape("none")} ${esc(t.note)}</span>` : "&nbsp;"}</div>
    <div class="line grey basis">${t.basis.map(part => `<span class="nowrap">${esc(part)}</span>`).join(" ")}${t.word && t.note ? `<span>${esc(t.note)}</span>` : ""}</div>
    ${spark(t.trend, t.running)}
  </article>`).join("")}</div>`

export default component(draw)
