const track = (b, longest) => `<span class="track"><i class="${b.state}" style="width:${(100 * Math.max(0, b.value) / longest).toFixed(1)}%"></i></span>`
const text = b => `${b.state === "none" ? "" : `<span class="${b.state}">${shape(b.state)}</span> `}${esc(b.text)}`
const note = b => b.note ? `<span class="note grey">${esc(b.note)}</span>` : ""

// Choosing a bar and opening the rows of its number are two links side by side.
const pair = (b, longest, words) => `<li class="pair ${b.chosen ? "chosen" : ""}">
  <a class="pick" data-stay href="${esc(b.pick)}" title="${esc((b.chosen ? words.drop : words.pick).replace("{name}", () => b.name))}" ${b.chosen ? 'aria-current="true"' : ""}>
    <span class="name">${esc(b.name)}</span>${track(b, longest)}${note(b)}</a>
  ${link(b.href, text(b), `class="text" aria-label="${esc(`${b.name} ${b.text} – ${words.rows}`)}"`)}</li>`

const whole = (b, longest) => `<li>${link(b.href, `<span class="name">${esc(b.name)}</span>${track(b, longest)}<span class="text">${text(b)}</span>${note(b)}`, 'class="bar"')}</li>`

// Every row is a grid of its own: with room for the longest number in each, all bars begin and end at the same place.
const ems = b => (b.state === "none" ? 0 : 1.4) + [...b.text].reduce((sum, sign) => sum + (sign > "\u2e80" ? 1 : .56), 0)

const draw = ({ bars, full, most, words }) => {
  const longest = full || Math.max(...bars.map(b => b.value), 0) || 1
  const list = (some, end = "") => `<ul>${some.map(b => b.pick ? pair(b, longest, words) : whole(b, longest)).join("")}${end}</ul>`
  const rest = bars.slice(most)
  return `<div class="${bars.some(b => b.chosen) ? "picked" : ""}" style="--text:${Math.max(3.5, ...bars.map(ems)).toFixed(1)}em">${list(bars.slice(0, most), rest.length
    ? `<li><details ${rest.some(b => b.chosen) ? "open" : ""}><summary>${esc(words.more)}</summary>${list(rest)}</details></li>` : "")}</div>`
}

export default component(draw)
