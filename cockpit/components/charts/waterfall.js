// The scale starts at zero unless all that happens lies far from it: then at the least value, marked by a gap in the bars.
function scale(levels) {
  const low = Math.min(...levels), high = Math.max(...levels), cut = low > 0 && (high - low) < .35 * high
  const from = cut ? low - (high - low) * .25 : Math.min(0, low), span = high - from || 1
  return { cut, at: v => 100 * (v - from) / span }
}

const draw = ({ start, steps, end }) => {
  let level = start.value
  const spans = steps.map(s => { const from = level; level += s.value; return [from, level] })
  const { cut, at } = scale([start.value, end.value, ...spans.flat()])
  const whole = b => `<i class="whole ${cut ? "cut" : ""}" style="left:0;width:${Math.max(at(b.value), .5).toFixed(2)}%"></i>`
  const part = ([a, b], s) => `<i class="${s.state}" style="left:${Math.min(at(a), at(b)).toFixed(2)}%;width:${Math.max(Math.abs(at(a) - at(b)), .4).toFixed(2)}%"></i>`
  const row = (b, bar, kind) => `<li class="${kind}">${link(b.href, `<span class="name">${esc(b.name)}</span><span class="track">${bar}</span>
    <span class="text">${kind === "step" && b.state !== "none" ? `<span class="${b.state}">${shape(b.state)}</span> ` : ""}${esc(b.text)}</span>
    ${b.note ? `<span class="note grey">${esc(b.note)}</span>` : ""}`, 'class="bar"')}</li>`
  return `<ol>${row(start, whole(start), "end")}${steps.map((s, i) => row(s, part(spans[i], s), "step")).join("")}${row(end, whole(end), "end")}</ol>`
}

export default component(draw)
