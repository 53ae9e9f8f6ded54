const row = (r, rank) => `<tr>
  <td class="rank grey">${rank}</td>
  <th scope="row">${link(r.href, esc(r.name))}</th>
  <td class="value"><i style="width:${(100 * r.share).toFixed(1)}%"></i><span><span class="${r.state}" title="${esc(r.word)}">${shape(r.state)}</span> ${esc(r.value)}<em>${esc(r.word)}</em></span></td>
  <td class="interval grey">${esc(r.interval)}</td>
  <td class="sample grey">${esc(r.sample)}</td>
  <td class="change ${r.tone}">${esc(r.change)}</td></tr>`

const apart = r => `<li>${link(r.href, esc(r.name))} ${esc(r.value)} <span class="grey">${shape("none")} ${esc(r.note)}</span></li>`

// A column nobody fills is not shown.
const empty = (rows, name) => rows.every(r => !r[name])

const draw = ({ ranked, apart: others, height, words }) => `<div class="scroll" style="max-height:${height}px" tabindex="0">
  <table class="${["interval", "sample", "change"].filter(n => empty(ranked, n)).map(n => `no-${n}`).join(" ")}">
    <thead><tr><th class="rank"></th>${words.columns.map((c, i) => `<th scope="col" class="${["name", "value", "interval", "sample", "change"][i]}">${esc(c)}</th>`).join("")}</tr></thead>
    <tbody>${ranked.map((r, i) => row(r, i + 1)).join("")}</tbody></table>
  ${others.length ? `<h4>${esc(words.apart)}</h4><ul class="apart">${others.map(apart).join("")}</ul>` : ""}</div>`

export default component(draw)
