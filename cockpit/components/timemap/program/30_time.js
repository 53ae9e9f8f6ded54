// The window of days that a step shows, and which marks are there.
const STATES = ["none", "green", "amber", "red"], SOON_DAYS = 3

function windowOf(day, step, last) {
  const date = new Date(day * DAY_MS)
  if (step === "week") {
    const from = day - (date.getUTCDay() + 6) % 7
    return { from, to: Math.min(from + 6, last) }
  }
  if (step === "month") {
    const from = Math.round(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / DAY_MS)
    return { from, to: Math.min(Math.round(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS) - 1, last) }
  }
  return { from: day, to: day }
}

// The day that many steps later.
function stepped(day, step, by, first, last) {
  const { from } = windowOf(day, step, last)
  let to = day + by
  if (step === "week") to = from + 7 * by
  if (step === "month") { const date = new Date(from * DAY_MS); to = Math.round(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + by, 1) / DAY_MS) }
  return Math.min(last, Math.max(first, to))
}

// How many of the sorted values are at most `most`.
function countUpTo(values, most) {
  let low = 0, high = values.length
  while (low < high) { const middle = (low + high) >> 1; if (values[middle] <= most) low = middle + 1; else high = middle }
  return low
}

// Puts the marks of a window into marks.index, with marks.state; cases by `show`, others whenever they are there.
function choose(marks, isCase, show, { from, to }) {
  const { start, end, due, index, state, first } = marks, a = from - first, b = to - first, mode = isCase ? show : "open"
  let count = 0
  const until = mode === "closed" ? marks.n : countUpTo(start, b)
  for (let i = mode === "opened" ? countUpTo(start, a - 1) : 0; i < until; i++) {
    const ended = end[i]
    let at = 0
    if (mode === "opened") at = 0
    else if (mode === "closed") { if (ended < a || ended > b || ended === NEVER) continue; at = ended > due[i] ? 3 : 1 }
    else {
      if (ended <= b) continue
      at = due[i] <= b ? 3 : due[i] <= b + SOON_DAYS ? 2 : 0
      if (mode === "overdue" && at !== 3) continue
    }
    index[count] = i
    state[count++] = at
  }
  marks.count = count
}

// The number of marks on each day from `first` to `last`, as the trend strip shows it.
function daily(marks, isCase, show, first, last) {
  const days = last - first + 1, change = new Float64Array(days + 1), shift = marks.first - first, mode = isCase ? show : "open"
  const add = (from, to) => { const a = Math.max(0, from), b = Math.min(days, to); if (a < b) { change[a]++; change[b]-- } }
  for (let i = 0; i < marks.n; i++) {
    const start = marks.start[i] + shift, end = marks.end[i] === NEVER ? days : marks.end[i] + shift
    if (mode === "opened") add(start, start + 1)
    else if (mode === "closed") { if (end < days) add(end, end + 1) }
    else if (mode === "overdue") { if (marks.due[i] !== NEVER) add(Math.max(start, marks.due[i] + shift), end) }
    else add(start, end)
  }
  for (let i = 1; i < days; i++) change[i] += change[i - 1]
  return change.subarray(0, days)
}

// The bucket of an area layer that a day belongs to; -1 before the first.
function bucketOf(layer, day) { return countUpTo(layer.starts, day) - 1 }
