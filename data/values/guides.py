"""Elements of a service guide, delivered as a count, a list or a bit mask."""

from data.sources.deliveries import text

MOST = 8
"""Numbers up to this are counts; greater ones are bit masks of `data.probe.checks.contents.ELEMENTS`."""


def bits(plain: str, type: str) -> str:
    """SQL of the bits of a text: `8`, `申请条件、办理材料`, `["申请条件"]`, `1,2,5`; NULL if a word is no element."""
    from data.probe.checks.contents import ELEMENTS  # here, so that other loads start without the parsers of pages

    arms = "".join(
        f" WHEN {text(alias)} THEN {1 << bit}"
        for bit, (name, words) in enumerate(ELEMENTS.items())
        for alias in dict.fromkeys((name, *words, str(bit + 1)))
    )
    number = f"TRY_CAST({plain} AS DOUBLE)"
    as_number = f"CASE WHEN {number} = floor({number}) AND {number} BETWEEN 0 AND 255 THEN {number}::INTEGER END"
    bare = rf"regexp_replace({plain}, '[\[\]\s\x22\x27“”]', '', 'g')"
    words = f"list_filter(string_split_regex({bare}, '[,，、;；|/]+'), lambda word: word <> '')"
    each = f"list_transform({words}, lambda word: CASE word{arms} END)"
    listed = (
        f"CASE WHEN len(list_filter({each}, lambda bit: bit IS NULL)) = 0 THEN list_aggregate({each}, 'bit_or') END"
    )
    counted = f"CASE WHEN {as_number} <= {MOST} THEN (1 << {as_number}) - 1 ELSE {as_number} END"
    return f"CAST(CASE WHEN {number} IS NOT NULL THEN {counted} WHEN {plain} <> '' THEN {listed} END AS {type})"
