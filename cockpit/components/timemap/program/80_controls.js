// The controls around the map as HTML; what they do is in 90_main.js.
const button = (name, label, text, more = "") => `<button type="button" data-do="${name}" aria-label="${label}" title="${label}" ${more}>${text}</button>`
const select = (name, label, options, value) => `<label>${label} <select data-set="${name}">${options.map(([key, text]) => `<option value="${key}" ${key === value ? "selected" : ""}>${text}</option>`).join("")}</select></label>`

function frameHtml(data, state, esc) {
  const w = data.words
  return `<style>${STYLE}</style><div class="frame">
  <div class="bar" role="toolbar" aria-label="${esc(w.show)}">
    ${select("show", esc(w.show), ["open", "opened", "closed", "overdue"].map(key => [key, esc(w[key])]), state.show)}
    ${select("step", esc(w.step), ["day", "week", "month"].map(key => [key, esc(w[key])]), state.step)}
    <label class="find">${esc(w.find)} <input type="search" list="places" data-find autocomplete="off"><datalist id="places"></datalist></label>
    <span class="selects" role="group" aria-label="${esc(w.selects)}">${SELECTS.map(kind => button(kind, esc(w[kind]), esc(w[kind]), 'aria-pressed="false"')).join("")}</span>
    ${button("copy", esc(w.link), esc(w.link))}
  </div>
    <div class="stage" tabindex="0" role="group" aria-label="${esc(data.title)}. ${esc(w.keys)}">
      <canvas class="ground" aria-hidden="true"></canvas><canvas class="scene" aria-hidden="true"></canvas><canvas class="over" aria-hidden="true"></canvas>
      <div class="zoom">${button("in", esc(w.in), "+")}${button("out", esc(w.out), "−")}${button("whole", esc(w.whole), "⌂")}</div>
      ${data.demo ? `<span class="demo" aria-hidden="true">${esc(data.demo)}</span>` : ""}
      <span class="note">${esc(data.note)}</span><output class="hint" hidden></output><div class="tip" hidden></div><div class="card" role="dialog" aria-label="${esc(w.goto)}" hidden></div>
    </div>
    <div class="side"><h2>${esc(w.layers)}</h2><ul class="layers"></ul></div>
  <div class="time">
    ${button("back", esc(w.back), "‹")}${button("play", esc(w.play), "▶")}${button("on", esc(w.on), "›")}
    <output class="when" aria-live="off"></output>
    <div class="strip"><canvas class="trend" role="img" aria-label="${esc(w.trend)}"></canvas><input type="range" data-day min="${dayOf(data.first)}" max="${dayOf(data.last)}" step="1" aria-label="${esc(w.time)}"></div>
    ${select("speed", esc(w.speed), [["slow", esc(w.slow)], ["normal", esc(w.normal)], ["fast", esc(w.fast)]], "normal")}
  </div>
  <output class="said" aria-live="polite"></output>
  <details class="table"><summary>${esc(w.table)}</summary><div class="rows"></div></details></div>`
}

const TILES = "tiles"                                               // they are always below the layers

// The list of layers, the topmost first, each with its legend.
function layersHtml(specs, state, esc, w) {
  const below = id => id === TILES, on = [...state.on.keys()].reverse().sort((a, b) => below(a) - below(b)), off = specs.map(spec => spec.id).filter(id => !state.on.has(id)).reverse()
  const byId = new Map(specs.map(spec => [spec.id, spec]))
  return [...on, ...off].map(id => {
    const { about } = byId.get(id), opacity = state.on.get(id), label = esc(about.name)
    const tools = opacity === undefined ? "" : `<span class="tools">${id === TILES ? "" : button("up", `${esc(w.up)}: ${label}`, "↑", `data-layer="${id}"`)}${id === TILES ? "" : button("down", `${esc(w.down)}: ${label}`, "↓", `data-layer="${id}"`)}
      <input type="range" min="10" max="100" step="5" value="${opacity}" data-opacity="${id}" aria-label="${esc(w.opacity)}: ${label}"></span>`
    return `<li><label><input type="checkbox" data-on="${id}" ${opacity === undefined ? "" : "checked"}> ${label}</label>${tools}<div class="legend" role="group" data-legend="${id}" aria-label="${esc(w.legend)}"></div></li>`
  }).join("")
}

function legendHtml(entries, esc) {
  return entries.map(({ key, label, bound, n, colour }) => `<span class="entry"><i class="swatch ${esc(key)}" ${colour ? `style="background:${colour}"` : ""}>${SHAPES[key] ?? ""}</i> ${esc(label)}${bound ? ` <small>${esc(bound)}</small>` : ""} <b>${grouped(n)}</b></span>`).join("")
}
