// Streamlit's own popstate handler reruns the page that the address bar names, with its query string. So a move is:
// push one history entry, tell Streamlit. Back and Forward are then the same thing without the push.

const OURS = /^(\/(?!\/)|\?)/                                     // a path or a query of this origin
const FILES = /^\/((api|app|assets|files|geo|media|component|_stcore)\/|(account|login|password|wall)\b)/   // not Streamlit's pages
const ASK_SECONDS = 5

function go(href, stay) {
  const url = new URL(href, location.href)
  const now = new URLSearchParams(location.search)                // Python never sees these two: keep them here
  const own = url.pathname === location.pathname ? window.cockpit?.keeps ?? [] : []    // what a page's own program put there
  for (const name of ["embed", "embed_options", ...own.filter(name => name !== "at" || url.searchParams.get("area") === now.get("area"))])
    if (now.has(name) && !url.searchParams.has(name)) now.getAll(name).forEach(v => url.searchParams.append(name, v))
  if (url.origin !== location.origin || url.href === location.href) return
  const from = location.href
  history.pushState({}, "", url)
  moving({ from, stay })
  window.dispatchEvent(new PopStateEvent("popstate", { state: {} }))
  if (!stay) document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0)
}

function onClick(event) {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const anchor = event.composedPath().find(node => node.nodeName?.toLowerCase() === "a")
  const href = anchor?.getAttribute("href")
  if (!href || !OURS.test(href) || FILES.test(href) || anchor.hasAttribute("download") || anchor.hasAttribute("target")) return
  event.preventDefault()                                          // and goes on: a menu closes by a choice in it
  go(href, anchor.hasAttribute("data-stay"))
}

// A session that has ended has closed the connection: load the page again, which leads to the login and back here.
// So is a screen that was drawn under grants which are others now.
async function stillIn() {
  const response = await fetch("/session", { cache: "no-store" }).catch(() => null)
  const mark = response?.headers.get("X-Cockpit-Grants"), drawn = window.cockpit.mark
  if (response?.status === 401 || (mark && drawn && mark !== drawn)) location.reload()
}

// Nothing is drawn again for paper: print the screen's own layout, zoomed to the width of A4 landscape less its margins.
function fitPaper() {
  const width = document.querySelector('[data-testid="stMainBlockContainer"]')?.clientWidth ?? innerWidth
  document.documentElement.style.setProperty("--print-width", `${width}px`)
  document.documentElement.style.setProperty("--print-zoom", Math.min(1, 1055 / width))
}

// Past the header of the page: Streamlit's own target begins above it.
function toContent(event) {
  const header = document.querySelector(".st-key-header")
  const content = header?.nextElementSibling ?? document.querySelector('[data-testid="stMainBlockContainer"]')
  if (!content) return
  event.preventDefault()
  event.stopPropagation()                                         // Streamlit would focus its own target
  content.tabIndex = -1
  content.focus()
}

// Streamlit keeps the chosen theme by path, so it is set for every page; what is on screen follows after a reload.
function theme(pages, name) {
  for (const path of pages) localStorage.setItem(`stActiveTheme-${path}-v2`, JSON.stringify(name))
  const url = new URL(location.href)
  url.searchParams.delete("embed_options")
  location.replace(url)
}

// The theme's variables live inside components; style.css outside them needs a few.
function publish(element) {
  const from = getComputedStyle(element.host ?? element), to = document.documentElement.style
  document.documentElement.toggleAttribute("data-dark", /^#[0-7]/.test(from.getPropertyValue("--st-background-color").trim()))
  for (const name of ["primary-color", "link-color", "text-color", "background-color", "border-color"])
    to.setProperty(`--st-${name}`, from.getPropertyValue(`--st-${name}`))
}

// The roots of all components once the run has ended and each has its place; null before.
function placed() {
  if (document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState !== "notRunning") return null
  if (document.querySelector('[data-testid="stMain"] [data-testid="stSkeleton"]')) return null
  const roots = [...document.querySelectorAll('[data-testid^="stBidiComponent"], .composed .part')]
    .map(host => (host.shadowRoot ?? host).querySelector(".root")).filter(Boolean)
  return roots.every(root => root.drawn !== undefined || root.firstChild) ? roots : null
}

// style.css hides the first screen until all has its place, so that nothing on it moves; outlines of a map may come later
// into theirs, and then it is whole. Streamlit says a moment late that a run has begun: all must stay for some frames.
const FRAMES = 4
function reveal(frames = 0) {
  const roots = placed(), drawn = document.documentElement.dataset
  if (roots && frames >= FRAMES) drawn.drawn = roots.some(root => root.hasAttribute("data-pending")) ? "placed" : "whole"
  if (drawn.drawn !== "whole") requestAnimationFrame(() => reveal(roots ? frames + 1 : 0))
}

// Streamlit drops a text that is longer than the field takes, without a word. A field with its length of its own is cut by
// the browser, and the visitor is told. The length is known to React alone: a component's properties name it.
function longest(field) {
  let at = field[Object.keys(field).find(name => name.startsWith("__reactFiber$"))]
  while (at && !at.memoizedProps?.element?.maxChars) at = at.return
  return at?.memoizedProps.element.maxChars ?? 0
}
function watchTexts() {
  const FIELDS = '[data-testid="stTextArea"] textarea, [data-testid="stTextInput"] input'
  document.addEventListener("focusin", ({ target }) => {
    const most = target.matches?.(FIELDS) && longest(target)
    if (most) target.maxLength = most
  }, true)
  document.addEventListener("paste", ({ target, clipboardData }) => {
    if (!target.matches?.(FIELDS) || target.maxLength < 0) return
    const left = target.maxLength - target.value.length + target.selectionEnd - target.selectionStart
    if (clipboardData.getData("text").replace(/\r\n/g, "\n").length > left) say(window.cockpit.cut.replace("{n}", target.maxLength))
  }, true)
}

// A line at the foot of the window, read aloud, for some seconds.
function say(text) {
  const line = document.getElementById("cockpit-said") ?? document.body.appendChild(Object.assign(document.createElement("output"), { id: "cockpit-said" }))
  line.textContent = text
  clearTimeout(say.timer)
  say.timer = setTimeout(() => { line.textContent = "" }, 8000)
}

// Streamlit's widgets speak English alone: their texts and labels are replaced where they appear.
const SPOKEN = ["aria-label", "title", "placeholder"]
function speak(words) {
  const patterns = Object.entries(words).map(([text, own]) => [new RegExp(`^${text.split("{x}").map(part => part.replace(/[^\w ]/g, "\\$&")).join("([^]+)")}$`), own])
  const own = text => { for (const [pattern, to] of patterns) { const found = text.match(pattern); if (found) return to.replace("{x}", () => found[1]) } }
  const change = element => {
    if (element.closest(".problem, .title, .notice, .chips")) return
    for (const name of SPOKEN) { const to = element.hasAttribute(name) && own(element.getAttribute(name)); if (to) element.setAttribute(name, to) }
    for (const node of element.childNodes) { const to = node.nodeType === 3 && own(node.data.trim()); if (to) node.data = to }
  }
  const all = element => { change(element); element.querySelectorAll("*").forEach(change) }
  window.cockpit.speaking?.disconnect()
  if (!patterns.length) return
  const observer = window.cockpit.speaking = new MutationObserver(records => {
    for (const { target, addedNodes, type } of records) {
      if (type === "childList") addedNodes.forEach(node => node.nodeType === 1 ? all(node) : node.parentElement && change(node.parentElement))
      else change(target.nodeType === 1 ? target : target.parentElement ?? document.body)
    }
  })
  all(document.body)
  observer.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: SPOKEN })
}

export default function ({ data, parentElement }) {
  publish(parentElement)
  if (!window.cockpit) {
    window.cockpit = { go, theme: name => theme(window.cockpit.pages, name) }
    document.addEventListener("click", onClick, true)
    addEventListener("beforeprint", fitPaper)
    watchRuns()
    watchTexts()
    setInterval(stillIn, ASK_SECONDS * 1000)
    reveal()
  }
  window.cockpit.pages = data.pages
  window.cockpit.mark = data.mark
  window.cockpit.cut = data.cut
  if (window.cockpit.run !== data.run) { window.cockpit.run = data.run; begun() }
  const root = document.documentElement
  root.lang = data.lang
  root.dataset.size = data.size
  root.toggleAttribute("data-wall", data.wall)
  const skip = document.querySelector('[data-testid="stSkipToContent"]')    // Streamlit's own link, in English only
  if (skip && skip.textContent !== data.skip) skip.textContent = data.skip
  if (skip) skip.onclick = toContent
  const style = document.getElementById("cockpit-style")                    // the page may be older than the server
  if (style && style.getAttribute("href") !== data.style) style.href = data.style
  const words = JSON.stringify(data.words)
  if (window.cockpit.words !== words) { window.cockpit.words = words; speak(data.words) }
  if (data.go) go(data.go)
}
