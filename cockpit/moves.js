// What a visitor is told of a run: that it is waited for, where the new screen begins, what a form's message says.
// `move` is the way to a screen that is not drawn yet; null while the screen is that of the address.

const WAIT = 400                                                  // milliseconds: ordinary runs are over by then
const SETTLED = 120                                               // a run that asks for another one ends only for a moment
const GIVEN_UP = 4000                                             // a screen that never has all in its place
const PLACE = ["area", "item", "key", "kind", "report", "id", "of", "q", "page", "account", "alert", "asset", "batch", "event"]    // another subject
const MESSAGES = '[data-testid="stMain"] .notice[role], [data-testid="stMain"] .problem[role]'

const main = () => document.querySelector('[data-testid="stMain"]')
// Streamlit calls nothing a run while its server is gone, although a screen was asked for.
function running() {
  const app = document.querySelector('[data-testid="stApp"]')?.dataset
  return app?.testScriptState !== "notRunning" || app.testConnectionState !== "CONNECTED"
}
const rootOf = host => host.shadowRoot ?? host
const deepActive = (root = document) => root.activeElement?.shadowRoot ? deepActive(root.activeElement.shadowRoot) : root.activeElement

let move = null, shownAt = location.href, submitted = false, timer, settling
const scrolled = new Map(), known = new WeakSet()

function elsewhere(from, to) {
  const before = new URL(from), after = new URL(to)
  return before.pathname !== after.pathname || PLACE.some(name => before.searchParams.get(name) !== after.searchParams.get(name))
}

// back: by the browser's own Back or Forward, which brings the scroll position of that entry back as well. stay: on the
// same screen, which only shows something else.
function moving({ from = shownAt, back = false, stay = false }) {
  const to = location.href
  if (from.split("#")[0] === to.split("#")[0]) return
  if (!move) scrolled.set(from, main()?.scrollTop ?? 0)
  shownAt = to
  move = { heading: (move?.heading ?? false) || (!stay && elsewhere(from, to)), scroll: back ? scrolled.get(to) ?? 0 : null, since: performance.now(), ran: false, touched: false }
  submitted = false
  if (!document.documentElement.hasAttribute("data-drawn")) return
  waiting()
  arrive(move)
}

// The line at the top and the dimming of the old screen begin late: style.css.
function waiting() {
  if (timer || document.documentElement.hasAttribute("data-wall") || !document.documentElement.hasAttribute("data-drawn")) return
  timer = setTimeout(() => {
    document.documentElement.dataset.waiting = move ? "move" : "run"
    if (move) main()?.setAttribute("aria-busy", "true")
  }, WAIT)
}
function waited() {
  clearTimeout(timer)
  timer = null
  delete document.documentElement.dataset.waiting
  main()?.removeAttribute("aria-busy")
}

// Asks until the new screen has its place for some frames. Streamlit shows a run late, or not at all if it is short or the
// server does not answer: nav.js tells of each run that has begun.
function arrive(mine, frames = 0) {
  if (move !== mine) return
  const gone = performance.now() - mine.since
  const there = mine.ran && !running() && (placed() || gone > GIVEN_UP)
  if (there && frames >= FRAMES) { move = null; waited(); arrived(mine) }
  else if (gone < 2000) requestAnimationFrame(() => arrive(mine, there ? frames + 1 : 0))
  else setTimeout(() => arrive(mine, there ? FRAMES : 0), 100)
}

function arrived({ scroll, heading, touched }) {
  for (const element of document.querySelectorAll(MESSAGES)) known.add(element)
  if (scroll !== null) scrollBack(scroll, performance.now())
  const active = deepActive()
  if (heading && !(touched && active?.matches("input, textarea, select, [contenteditable]"))) focusHeading()
}

// What stands above may still grow: until it is as far down as it was, or the visitor scrolls.
function scrollBack(to, since) {
  const at = main()
  if (!at || move || performance.now() - since > 1500) return
  at.scrollTo(0, to)
  if (Math.abs(at.scrollTop - to) > 2 && !scrollBack.stopped) requestAnimationFrame(() => scrollBack(to, since))
}

function focusHeading() {
  const own = [...document.querySelectorAll('[data-testid="stMain"] h1')]
  const inner = [...document.querySelectorAll('[data-testid="stMain"] :is([data-testid^="stBidiComponent"], .composed .part)')]
    .flatMap(host => [...rootOf(host).querySelectorAll("h1")])
  const heading = own[0] ?? inner[0]
  if (!heading) return
  heading.tabIndex = -1
  heading.focus({ preventScroll: true })
}

// The answer to a form: the new message, else the last one there is, comes into view and is read aloud.
function answered() {
  submitted = false
  const all = [...document.querySelectorAll(MESSAGES)]
  const message = all.find(element => !known.has(element)) ?? all.at(-1)
  all.forEach(element => known.add(element))
  if (message) {
    message.tabIndex = -1
    message.focus({ preventScroll: true })
    message.scrollIntoView({ block: "nearest" })
  } else if (document.activeElement === document.body) focusHeading()
}

function begun() { if (move) move.ran = true }

function onState() {
  clearTimeout(settling)
  if (running()) waiting()
  else settling = setTimeout(() => { if (!move) { waited(); if (submitted) answered() } }, SETTLED)
}

function onSent(event) {
  const at = event.target.closest?.('[data-testid="stMain"] [data-testid^="stBaseButton"], [data-testid="stMain"] [data-testid="stForm"] input')
  if (at && (event.type === "click") === at.matches("button") && (event.type === "click" || event.key === "Enter")) {
    document.querySelectorAll(MESSAGES).forEach(element => known.add(element))
    submitted = true
  }
}

function watchRuns() {
  const touch = () => { if (move) move.touched = true; scrollBack.stopped = true }
  for (const type of ["keydown", "input", "pointerdown", "wheel", "touchmove"]) addEventListener(type, touch, { capture: true, passive: true })
  document.addEventListener("click", onSent, true)
  document.addEventListener("keydown", onSent, true)
  addEventListener("popstate", event => { scrollBack.stopped = false; if (event.isTrusted) moving({ back: true }) }, true)
  new MutationObserver(onState).observe(document.body, { subtree: true, attributes: true, attributeFilter: ["data-test-script-state", "data-test-connection-state"] })
}
