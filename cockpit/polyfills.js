// What Streamlit and our code call and Chromium 109 and Firefox 115 lack, where it is missing. Runs before all other scripts.
{
  const fill = (on, methods) => {
    for (const [name, value] of Object.entries(methods))
      if (!(name in on)) Object.defineProperty(on, name, { value, writable: true, configurable: true })
  }
  const changed = act => function (...given) { const copy = Array.from(this); act(copy, ...given); return copy }
  const place = (list, at) => {
    const from = Math.trunc(at) || 0, index = from < 0 ? list.length + from : from
    if (index < 0 || index >= list.length) throw new RangeError(`Invalid index: ${at}`)
    return index
  }
  const replaced = (list, at, value) => { list[place(list, at)] = value }
  fill(Array.prototype, {
    toSorted: changed((list, compare) => list.sort(compare)), toReversed: changed(list => list.reverse()),
    toSpliced: changed((list, ...given) => list.splice(...given)), with: changed(replaced),
  })
  const typed = act => function (...given) { const copy = this.slice(); act(copy, ...given); return copy }
  fill(Object.getPrototypeOf(Uint8Array.prototype), {
    toSorted: typed((list, compare) => list.sort(compare)), toReversed: typed(list => list.reverse()), with: typed(replaced),
  })
  const grouped = (items, by, add) => { let i = 0; for (const item of items) add(by(item, i++), item) }
  fill(Object, {
    groupBy(items, by) {
      const groups = Object.create(null)
      grouped(items, by, (key, item) => (groups[key] ??= []).push(item))
      return groups
    },
  })
  fill(Map, {
    groupBy(items, by) {
      const groups = new Map()
      grouped(items, by, (key, item) => groups.has(key) ? groups.get(key).push(item) : groups.set(key, [item]))
      return groups
    },
  })
  fill(Promise, {
    withResolvers() {
      const made = {}
      made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }))
      return made
    },
    try(act, ...given) { return new this(resolve => resolve(act(...given))) },
  })
  const parsed = (...given) => { try { return new URL(...given) } catch { return null } }
  fill(URL, { canParse: (...given) => parsed(...given) !== null, parse: parsed })
  const keys = other => [...{ [Symbol.iterator]: () => other.keys() }]
  fill(Set.prototype, {
    union(other) { return new Set([...this, ...keys(other)]) },
    intersection(other) { return new Set([...this].filter(one => other.has(one))) },
    difference(other) { return new Set([...this].filter(one => !other.has(one))) },
    symmetricDifference(other) { return new Set([...[...this].filter(one => !other.has(one)), ...keys(other).filter(one => !this.has(one))]) },
    isSubsetOf(other) { return [...this].every(one => other.has(one)) },
    isSupersetOf(other) { return keys(other).every(one => this.has(one)) },
    isDisjointFrom(other) { return ![...this].some(one => other.has(one)) },
  })
}
