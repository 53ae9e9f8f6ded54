// The position is taken when the button is pressed, and never watched.
export default ({ data, parentElement, setStateValue }) => {
  const root = parentElement.querySelector(".root"), { words } = data
  const draw = (note, point) => show(root, `<div class="locate"><span>${esc(data.label)}</span>
    <button type="button" data-take>${esc(point ? words.again : words.take)}</button>
    ${point ? `<span class="point">${esc(point)}</span><button type="button" data-clear>${esc(words.clear)}</button>` : ""}
    <span class="grey" role="status">${esc(note)}</span></div>`)
  const give = (point, note = "") => { root.point = point; setStateValue("point", point); draw(note, point) }
  draw("", root.point ?? "")
  root.onclick = event => {
    if (event.target.closest("[data-clear]")) give("")
    if (!event.target.closest("[data-take]")) return
    if (!isSecureContext || !navigator.geolocation) return draw(words.insecure, "")
    draw(words.asking, root.point)
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => give(`${coords.longitude.toFixed(6)},${coords.latitude.toFixed(6)}`),
      () => give("", words.denied), { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 })
  }
}
