const draw = d => `<ul>${d.items.map(i => `<li class="${esc(i.state)}">${shape(i.state)} ${esc(i.text)}</li>`).join("")}</ul>`

export default component(draw)
