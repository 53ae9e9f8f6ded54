const DAY = 1440

const mark = m => `<i class="${esc(m.state)}" style="left:${(m.at / DAY * 100).toFixed(2)}%" title="${esc(m.text)}" role="img" aria-label="${esc(m.text)}"></i>`

const line = l => `<li><span class="day">${esc(l.day)}</span><span class="track">${l.marks.map(mark).join("")}</span><span class="summary ${esc(l.state)}">${shape(l.state)} ${esc(l.summary)}</span></li>`

const draw = d => `<ol>${d.lines.map(line).join("")}</ol>
  <p class="hours" aria-hidden="true"><span></span><span>${[0, 6, 12, 18, 24].map(h => `<b>${h}</b>`).join("")}</span><span></span></p>`

export default component(draw)
