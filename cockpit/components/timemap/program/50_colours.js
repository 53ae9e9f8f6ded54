// The palette of the product, as numbers for WebGL and as text for Canvas.
const GROUPS = {
  light: ["#0b57a4", "#b85c00", "#1b7f5a", "#8c3d8c", "#3a9bd1", "#8a6d00", "#c2476b", "#5d7a1f", "#6b7682"],
  dark: ["#6cb0f5", "#f0a04b", "#5fd0a5", "#d69bd6", "#9fd8ff", "#e0c45c", "#ff9db8", "#b9d97a", "#a9b4bf"],
}

function paletteOf(root) {
  const style = getComputedStyle(root), read = name => style.getPropertyValue(name).trim(), dark = root.classList.contains("dark")
  const fills = Object.fromEntries(["red", "amber", "green", "step0", "step1", "step2", "step3", "step4"].map(name => [name, read(`--${name}-fill`)]))
  return {
    ink: read("--st-text-color") || "#1b2430", ground: read("--st-background-color") || "#fff", line: read("--line") || "#ccd", blue: read("--st-primary-color") || "#0b57a4",
    grey: read("--grey"), marks: { none: read("--grey"), green: read("--green"), amber: read("--amber"), red: read("--red") },
    fills: { ...fills, none: read("--st-secondary-background-color") || "#eee", small: "", absent: "" }, groups: GROUPS[dark ? "dark" : "light"], dark,
  }
}

const rgb = text => {
  const hex = /^#([\da-f]{6})/i.exec(text)?.[1]
  if (hex) return [0, 2, 4].map(at => parseInt(hex.slice(at, at + 2), 16))
  return (text.match(/[\d.]+/g) ?? [128, 128, 128]).slice(0, 3).map(Number)
}

// The colour of each mark's key: state or group.
const keyOf = (layer, i, k) => layer.about.colour === "group" ? layer.marks.group[i] : STATES[layer.marks.state[k]]
const colourOf = (palette, key) => typeof key === "number" ? palette.groups[key % palette.groups.length] : palette.marks[key]
const radiusOf = (layer, i) => layer.about.size || Math.min(34, 4 + 2.6 * Math.sqrt(Math.max(0, layer.marks.value?.[i] ?? 1) * layer.perValue))
