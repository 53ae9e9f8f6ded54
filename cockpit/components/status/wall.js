const MINUTE = 60, HOUR = 3600, DAY = 86400

const draw = d => `<div class="line"><h1>${esc(d.name)}</h1>${d.demo ? `<span class="demo">${esc(d.demo)}</span>` : ""}
  <span class="stamp">${esc(d.stamp)}</span><b class="said"></b><time></time></div>`

// In minutes within the hour, in hours within two days, then in days.
function howOld(age, [minutes, hours, days]) {
  const [words, unit] = age < HOUR ? [minutes, MINUTE] : age < 2 * DAY ? [hours, HOUR] : [days, DAY]
  return words.replace("{n}", Math.floor(age / unit))
}

// A run is a sign of life. Without one, or with old data, the whole screen goes grey (style.css) and says so.
function watch(root) {
  const { data, seen } = root.life, quiet = (performance.now() - seen) / 1000, age = data.age + quiet
  const state = quiet > data.limit ? "lost" : age > data.old ? "old" : "ok"
  document.documentElement.dataset.alive = state
  root.querySelector(".said").textContent = state === "lost" ? `▲ ${data.words.lost.replace("{n}", Math.round(quiet))}`
    : (state === "old" ? `▲ ${data.words.old} · ` : "") + howOld(age, data.words.age)
  root.querySelector("time").textContent = new Date().toLocaleTimeString(data.lang, { hourCycle: "h23", timeZone: data.zone })
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".root")
  root.classList.toggle("dark", isDark(root))
  if (root.life?.data.run !== data.run) root.life = { data, seen: performance.now() }
  show(root, draw(data))
  clearInterval(root.timer)
  root.timer = setInterval(watch, 1000, root)
  watch(root)
  return () => { clearInterval(root.timer); delete document.documentElement.dataset.alive }
}
