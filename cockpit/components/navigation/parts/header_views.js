// The menu of saved views. What is in it comes from the server when it is opened, and after each change.
const views = ({ words }) => `<details class="menu views"><summary>${esc(words.views)}</summary><div class="sheet" aria-live="polite"></div></details>`

const savedView = (v, words) => `<li data-id="${v.id}"><a href="${esc(v.address)}">${esc(v.name)}</a>
  <button type="button" data-rename title="${esc(words.rename.replace("{name}", () => v.name))}" aria-label="${esc(words.rename.replace("{name}", () => v.name))}">✎</button>
  <button type="button" data-remove title="${esc(words.remove.replace("{name}", () => v.name))}" aria-label="${esc(words.remove.replace("{name}", () => v.name))}">✕</button></li>`

const nameForm = (id, label, button, value, most) => `<form class="name" ${id ? `data-id="${id}"` : ""}><label>${esc(label)} <input name="name" maxlength="${most}" required autocomplete="off" value="${esc(value)}"></label><button>${esc(button)}</button></form>`

const savedViews = (list, { words, most }, fault) => `${list.length ? `<ul class="saved">${list.map(v => savedView(v, words)).join("")}</ul>` : `<p class="grey">${esc(words.none)}</p>`}
  ${fault ? `<p class="red" role="alert">${esc(fault)}</p>` : ""}${nameForm("", words.name, words.save, "", most)}`

// The screen as it stands, without what belongs to this browser.
function screenAddress() {
  const url = new URL(location.href)
  for (const name of ["embed", "embed_options", "wall", "panel"]) url.searchParams.delete(name)
  return url.pathname + url.search
}

function viewsMenu(menu, data) {
  const sheet = menu.querySelector(".sheet"), url = `${data.url}?lang=${document.documentElement.lang.startsWith("zh") ? "zh" : "en"}`
  let list = []
  const draw = fault => { sheet.innerHTML = savedViews(list, data, fault) }
  async function ask(change) {
    const how = change ? { method: "POST", body: new URLSearchParams(change) } : { cache: "no-store" }
    const answer = await fetch(url, how).then(r => r.json()).catch(() => ({ detail: data.words.failed }))
    list = answer.views ?? list
    draw(answer.detail)
    if (change && answer.detail) sheet.querySelector("form:last-child input").focus()
  }
  menu.addEventListener("toggle", () => { if (menu.open) ask() })
  sheet.onsubmit = event => {
    event.preventDefault()
    const { id } = event.target.dataset, { name } = Object.fromEntries(new FormData(event.target))
    ask(id ? { do: "rename", id, name } : { do: "save", name, address: screenAddress() })
  }
  sheet.onclick = event => {
    const button = event.target.closest("button"), item = event.target.closest("li")
    if (event.target.closest("a")) menu.open = false
    if (!button || !item) return
    if ("remove" in button.dataset) {
      if (button.dataset.sure) { ask({ do: "delete", id: item.dataset.id }).then(() => menu.querySelector("summary").focus()); return }
      button.dataset.sure = "1"
      button.textContent = data.words.sure
    } else if ("rename" in button.dataset) {
      const saved = list.find(v => String(v.id) === item.dataset.id)
      item.innerHTML = nameForm(saved.id, data.words.new_name, data.words.keep, saved.name, data.most)
      item.querySelector("input").select()
    }
  }
}
