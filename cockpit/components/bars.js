const draw = ({ bars, full }) => {
  const longest = full || Math.max(...bars.map(b => b.value), 0) || 1
  return `<ul>${bars.map(b => `<li>${link(b.href, `
    <span class="name">${esc(b.name)}</span>
    <span class="track"><i class="${b.state}" style="width:${(100 * Math.max(0, b.value) / longest).toFixed(1)}%"></i></span>
    <span class="text">${b.state === "none" ? "" : `<span class="${b.state}">${shape(b.state)}</span> `}${esc(b.text)}</span>
    ${b.note ? `<span class="note grey">${esc(b.note)}</span>` : ""}`, 'class="bar"')}</li>`).join("")}</ul>`
}

export default component(draw)
