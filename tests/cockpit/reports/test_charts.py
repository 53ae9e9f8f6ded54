"""Charts for paper: texts stay inside the picture, and unfinished periods are drawn differently."""

from xml.etree import ElementTree

import pytest

from cockpit.reports.model import Chart, Series
from cockpit.reports.sections.charts import SIZE, UNFINISHED, WIDTH, draw, wide

SVG = "{http://www.w3.org/2000/svg}"
MONTHS = [f"{2025 + i // 12}年{i % 12 + 1}月" for i in range(10, 23)]


def drawn(names: list[str], *, kind: str = "line", unfinished: bool = False) -> ElementTree.Element:
    values = [95.0 + i % 3 for i in range(len(names))]
    return ElementTree.fromstring(
        draw(Chart("率", kind, names, [Series("率", values, unfinished=unfinished)], "%", "", "0.0"))  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("kind", ["line", "bar"])
@pytest.mark.parametrize("names", [MONTHS, MONTHS[:1], [f"11月{i}日" for i in range(1, 31)], ["二〇二六年十一月"] * 7])
def test_the_labels_of_an_axis_stay_within_the_picture(names: list[str], kind: str) -> None:
    for text in drawn(names, kind=kind).iter(f"{SVG}text"):
        x, length = float(text.attrib["x"]), wide(text.text or "") * SIZE
        left = {"middle": x - length / 2, "end": x - length}.get(text.attrib["text-anchor"], x)
        assert left >= -1, text.text
        assert left + length <= WIDTH + 1, text.text


@pytest.mark.parametrize("unfinished", [True, False])
def test_only_an_unfinished_value_is_reached_by_dots(unfinished: bool) -> None:
    dashes = [line.attrib["stroke-dasharray"] for line in drawn(MONTHS, unfinished=unfinished).iter(f"{SVG}polyline")]
    assert dashes == (["", UNFINISHED] if unfinished else [""])
