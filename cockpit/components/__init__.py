"""What a screen is made of. Each component is a small function over plain, already worded data.

A module holds the Python side; its JavaScript and CSS are next to it (`base.define`).
Folders: charts, lists, navigation, status.
Everything that can be opened is an ordinary link: an `href` made by `view.href(page, **changes)`. No component
calls back into Python; `cockpit.nav` takes the clicks over. An empty href leaves the thing without a link.

    header.header(view)                                         # every page, right after view.current(); none on a wall
    header.title(text, *, note="", links=(), level=2)           # what is shown, in words; links: (text, href)
    header.chips(chips)                                         # filters: Chip(text, remove="href without it")
    header.notice(text, *, state="none", links=())              # one calm line: no data, stale, not at this level
    wall.wall(view, area, *, turn=20)                           # in the fragment that turns a wall screen

    tiles.tiles(tiles, *, key="tiles")                          # eight in a row, 2 x 4 or 4 x 2, by width
    tiles.tile(view, metric, row, *, state="none", before=None, trend=(), href="", passport="", chosen=False) -> Tile
        # row, before: one row (metrics.engine.frames.each) of metrics.answer.answer; state: of thresholds.states;
        # words the value, the change against `before`, state and limit, basis, and what is wrong with the quality

    areamap.areamap(view, areas, *, parent, steps=(), points=(), own=False, title="", height=420, key="map")
        MapArea(code, name, value, href="", step=None, state="none", mark=False)     # mark: one of the worst three
        MapPoint(lon, lat, text, href="", state="none")
        # own=True draws the outline of `parent` itself (a village) under the points
    areamap.steps(metric, values) -> (list[Step], list[int | None])                  # legend, and each value's colour
    areamap.drawable(view, parent, *, own=False) -> bool        # lay out without a map where there is no geometry

    ranking.ranking(rows, *, title="", height=460, key="ranking")                    # too small samples listed apart
    ranking.row(view, metric, answer, *, name, state="none", before=None, href="", largest=0.0) -> RankingRow

    bars.bars(items, *, key)                                    # category, source, department: name, bar, value, link
    bars.waterfall(steps, *, start, end, key)                   # from the last period to this one
        Bar(name, value, text, href="", state="none", note="")  # value of a step is signed

    timeline.timeline(stages, *, key="timeline")                # a case's line of stages
        Stage(name, when="", state="todo", note="", limit="")   # state: done | late | now | overdue | todo
    todo.todo(cards, *, counts=(), empty="", key="todo")        # a village's open cases by the next clock
        Card(title, href="", source="", state="none", clock="", facts=(), stages=()); Count(text, n, state, href)

    charts.trend(metric, days, lines, *, hrefs=(), mean=None) -> Chart      # Line(name, values, style="now")
    linechart.linechart(chart, *, key, label, height=240)        # each day is a link and says what all lines have there

    table.table(columns, rows, *, pages=(), total=(), caption="", key)               # cards on a phone
        Column(text, sort="href", sorted="", lead=False, number=False, short=False)  # lead: names the row
        Cell(text, href="", state="", note="", code=False) or a plain text;  Page(text, href="")
    record.record(items, *, key)                                # label and text, one a line; empty ones left out
        Item(label, text, href="", state="", note="", links=(), fold=False)
    actions.actions(links, *, copy="", key="actions")           # (text, href) as buttons, and `Copy link`
    searchbox.searchbox(label, href, *, value="", name="q", key="searchbox")         # its answer is an address
    glossary.glossary(sections, *, opened=None, key="glossary") # definitions, narrowed as one types

Words of a state: "red" | "amber" | "green" | "none"; `cockpit.labels.format.STATES` has its shape and word.
Texts: English in the code, `_("…")` of cockpit.i18n, the Chinese in cockpit/locale/zh.po (append there).
"""
