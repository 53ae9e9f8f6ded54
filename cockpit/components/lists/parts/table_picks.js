// Selecting rows: a box a row, and a bar with what can be done with the selected ones. What is selected stays while
// the list is paged or sorted.
const lists = (window.cockpitPicks ??= new Map())
const pickedOf = picks => lists.get(picks.list) ?? lists.set(picks.list, new Map()).get(picks.list)

const pickHead = d => d.picks ? `<th role="columnheader" scope="col" class="pick"><label><input type="checkbox" data-all aria-label="${esc(d.picks.words.all)}"></label></th>` : ""
const pickCell = (d, row, i) => !d.picks ? "" : `<td role="cell" class="pick" data-label=""><label><input type="checkbox" data-pick="${esc(d.picks.ids[i])}" data-href="${esc(row.find(c => c.href)?.href ?? "")}" aria-label="${esc(d.picks.words.one.replace("{name}", () => row[0]?.text ?? ""))}"></label></td>`
const pickBar = d => d.picks ? `<div class="picked" hidden><output aria-live="polite"></output>${d.picks.actions.map((a, i) => a.kind === "file"
  ? `<a class="button" data-action="${i}" download href="#">${esc(a.text)}</a>` : `<button type="button" class="button" data-action="${i}">${esc(a.text)}</button>`).join("")}
  <button type="button" class="button" data-none>${esc(d.picks.words.none)}</button><input readonly hidden aria-label="${esc(d.picks.words.by_hand)}"></div>` : ""

function withPick(address, ids) {
  const url = new URL(address, location.origin)
  url.searchParams.delete("page")
  url.searchParams.set("pick", ids.join(","))
  return url
}

// The page of the first selected row, whose list is that of the selected ones.
function walk(address, chosen) {
  const [ids, hrefs] = [[...chosen.keys()], [...chosen.values()]], first = hrefs.find(Boolean)
  if (!first) return null
  const url = new URL(first, location.origin), list = new URLSearchParams(url.searchParams.get("list") ?? new URL(address, location.origin).search)
  list.delete("page")
  list.set("pick", ids.join(","))
  url.searchParams.set("list", list.toString())
  return url
}

function picking(root, { picks }) {
  const chosen = pickedOf(picks), bar = root.querySelector(".picked"), output = bar.querySelector("output"), boxes = [...root.querySelectorAll("[data-pick]")], all = root.querySelector("[data-all]")
  const update = text => {
    for (const box of boxes) box.checked = chosen.has(box.dataset.pick)
    const here = boxes.filter(box => box.checked).length
    all.checked = here > 0 && here === boxes.length
    all.indeterminate = here > 0 && here < boxes.length
    bar.hidden = !chosen.size
    output.textContent = text ?? picks.words.count.replace("{n}", chosen.size)
    bar.querySelector("input").hidden = true
    for (const link of bar.querySelectorAll("a[download]")) {
      const url = withPick(picks.actions[link.dataset.action].href, [...chosen.keys()])
      link.href = url.pathname + url.search
    }
    const can = [...chosen.values()].some(Boolean)
    picks.actions.forEach((a, i) => { if (a.kind === "walk") bar.querySelector(`[data-action="${i}"]`).hidden = !can })
  }
  const pick = (box, on) => {
    if (!on) return chosen.delete(box.dataset.pick)
    if (chosen.size >= picks.most && !chosen.has(box.dataset.pick)) return false
    return chosen.set(box.dataset.pick, box.dataset.href)
  }
  root.onchange = event => {
    const { target } = event
    const fits = "all" in target.dataset ? boxes.map(box => pick(box, target.checked)).every(Boolean) || !target.checked : "pick" in target.dataset ? pick(target, target.checked) : null
    if (fits !== null) update(fits || !target.checked ? undefined : picks.words.full.replace("{n}", picks.most))
    else if ("all" in target.dataset || "pick" in target.dataset) update()
  }
  bar.onclick = async event => {
    if (event.target.closest("[data-none]")) { chosen.clear(); update(); all.focus(); return }
    const action = picks.actions[event.target.closest("[data-action]")?.dataset.action]
    if (!action || action.kind === "file") return
    const url = action.kind === "walk" ? walk(action.href, chosen) : withPick(action.href, [...chosen.keys()])
    if (!url) return
    if (action.kind !== "copy") { window.cockpit.go(url.pathname + url.search); return }
    if (await copied(url.href)) { update(picks.words.copied); return }
    const input = bar.querySelector("input")
    update(picks.words.by_hand)
    Object.assign(input, { value: url.href, hidden: false }).select()
  }
  update()
}
