const text = i => i.image ? `<img src="${esc(i.image)}" alt="${esc(i.text)}">` : link(i.href, i.state ? `<span class="${i.state}">${shape(i.state)} ${esc(i.text)}</span>` : esc(i.text))

const line = i => i.fold
  ? `<details><summary>${esc(i.label)}</summary><pre tabindex="0">${esc(i.text)}</pre></details>`
  : `<div class="item"><dt>${esc(i.label)}</dt><dd>${text(i)}${i.note ? ` <span class="grey">${esc(i.note)}</span>` : ""}${
    i.links.map(([words, href]) => ` <a class="more" href="${esc(href)}">${esc(words)}</a>`).join("")}</dd></div>`

const draw = d => `<dl>${d.items.filter(i => !i.fold).map(line).join("")}</dl>${d.items.filter(i => i.fold).map(line).join("")}`

export default component(draw)
