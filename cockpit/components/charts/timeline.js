const MARKS = { done: "●", late: "▲", now: "◐", overdue: "▲", todo: "○" }

const draw = ({ stages, words }) => `<ol>${stages.map(s => `<li class="${s.state}">
  <span class="mark" aria-hidden="true">${MARKS[s.state]}</span>
  <span class="what"><b>${esc(s.name)}</b> <span class="word">${esc(words[s.state])}</span></span>
  <span class="when">${esc(s.when)}</span>
  ${s.limit ? `<span class="grey">${esc(s.limit)}</span>` : ""}${s.spent ? `<span class="spent">${esc(s.spent)}</span>` : ""}${s.note ? `<span class="grey">${esc(s.note)}</span>` : ""}</li>`).join("")}</ol>`

export default component(draw)
