// What the map uses of deck.gl, and nothing else.
export { Deck, MapView, log as deckLog } from "@deck.gl/core"
export { log as lumaLog } from "@luma.gl/core"
export { ColumnLayer, PathLayer, PolygonLayer, ScatterplotLayer, SolidPolygonLayer } from "@deck.gl/layers"
export { JSONConverter } from "@deck.gl/json"
