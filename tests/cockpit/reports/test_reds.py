"""One list of what is red: screens, wall, reports and the API show the same; a notice holds a unit's part of it."""

import re
from collections.abc import Callable
from datetime import date

import pytest

from cockpit.panels import answers
from cockpit.reports.errors import ReportError
from cockpit.reports.model import Document, Form, Part, Table, Text
from cockpit.settings import Settings
from data.editions.edition import current
from metrics.analysis.reds import with_thresholds
from metrics.areas import area
from metrics.catalog import load as load_catalog
from metrics.period import Period
from tests.asking import answer, query_of, reds, rows, scoped
from tests.factory import DISTRICT, TOWNS, VILLAGES

NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
Made = Callable[..., Document]


def table(part: Part | Document, heading: str) -> Table:
    return next(block for block in part.blocks if isinstance(block, Table) and block.name == heading)


@pytest.mark.parametrize("code", [DISTRICT, TOWNS[0]])
@pytest.mark.parametrize(("kind", "heading"), [("monthly", "超过限值的指标"), ("cockpit", "预警")])
def test_a_report_lists_the_reds_of_the_screen(
    config: Settings, document: Made, code: int, kind: str, heading: str
) -> None:
    edition = current(config.data)
    shown = answers.reds(query_of(edition, (), code, NOVEMBER))
    assert shown == reds(edition, code, NOVEMBER)
    listed = table(document(kind, code), heading)
    assert [row[3].value for row in listed.rows] == [red.value for red in shown]
    brief = " ".join(block.text for block in document("brief", code).blocks if isinstance(block, Text))
    assert f"超过限值的共{len(shown)}项" in brief


def test_the_list_covers_every_level_unit_and_site(config: Settings) -> None:
    """The list has everything that is red in the area, and nothing else."""
    edition, catalog = current(config.data), load_catalog()
    problems = reds(edition, DISTRICT, NOVEMBER)
    assert {red.kind for red in problems} == {"own", "below", "unit", "site"}
    after_the_worst = [red.kind == "own" for red in problems[1:]]
    assert after_the_worst == sorted(after_the_worst, reverse=True), "the district's own come before those below"
    for name in with_thresholds(catalog):
        limits = catalog.metrics[name].thresholds
        assert limits
        for red in (red for red in problems if red.metric == name and red.kind in ("own", "below", "unit")):
            if limits.against == "value":
                assert limits.red.holds(red.value) or limits.also, red
    by_unit = answer(edition, ["on_time_rate"], DISTRICT, NOVEMBER, by="department")
    limit = catalog.metrics["on_time_rate"].thresholds.red  # type: ignore[union-attr]
    over = {row.group for row in by_unit.itertuples() if row.group and row.quality == "ok" and limit.holds(row.value)}
    assert {red.name for red in problems if red.kind == "unit" and red.metric == "on_time_rate"} == over


def test_a_village_has_reds_of_its_own(config: Settings) -> None:
    assert {red.kind for red in reds(current(config.data), VILLAGES[0], NOVEMBER)} <= {"own", "unit"}


@pytest.mark.parametrize("code", [DISTRICT, *TOWNS, VILLAGES[0]])
def test_notices_hold_every_case_once(config: Settings, document: Made, code: int) -> None:
    """One notice a unit with all its cases by number, and one to the area for those without a unit: none is lost."""
    edition = current(config.data)
    counted = rows(edition, "overdue_open", code, NOVEMBER)
    if counted.empty:
        with pytest.raises(ReportError, match="no notice is needed"):
            document("notice", code, lang="zh")
        return
    made = document("notice", code, lang="zh")
    without_unit = f"{area(edition, code).name}（未明确责任单位）"
    notices: dict[str, list[str]] = {}
    for part in made.parts:
        form = next(block for block in part.blocks if isinstance(block, Form))
        assert dict(form.rows)["督办对象"] == part.area
        assert part.area not in notices
        listed = table(part, "督办事项清单")
        notices[part.area] = [row[[c.text for c in listed.columns].index("编号")].text for row in listed.rows]
    expected: dict[str, list[str]] = {}
    for unit, key in zip(counted["unit"].fillna(""), counted["key"], strict=True):
        expected.setdefault(unit or without_unit, []).append(key)
    assert {to: sorted(keys) for to, keys in notices.items()} == {to: sorted(keys) for to, keys in expected.items()}
    assert sum(map(len, notices.values())) == len(counted)


def test_a_district_has_overdue_cases_without_a_unit(config: Settings, document: Made) -> None:
    """What the test above must not miss."""
    last = document("notice").parts[-1]
    assert last.area.endswith("（未明确责任单位）")
    matter = dict(next(b for b in last.blocks if isinstance(b, Form)).rows)["督办事项"]
    assert "未明确责任单位的事项" in matter
    assert "你单位" not in matter


def test_a_notice_names_the_limit_that_was_exceeded(document: Made) -> None:
    limit = load_catalog().metrics["on_time_rate"].thresholds.red  # type: ignore[union-attr]
    matter = dict(next(b for b in document("notice").parts[0].blocks if isinstance(b, Form)).rows)["督办事项"]
    assert f"限值{limit}%".replace(" ", "") in matter.replace(" ", "")
    assert "目标" not in matter


@pytest.mark.parametrize("kind", ["brief", "bulletin", "monthly", "notice", "sites", "ledger", "cockpit"])
def test_chinese_document_has_no_command_and_no_iso_date(document: Made, kind: str) -> None:
    made = document(kind)
    texts = [block.text for block in made.blocks if hasattr(block, "text")]
    texts += [cell.in_words for block in made.blocks if isinstance(block, Table) for row in block.rows for cell in row]
    texts += [text for block in made.blocks if isinstance(block, Form) for pair in block.rows for text in pair]
    texts += [text for pair in made.provenance.facts for text in pair]
    for text in texts:
        assert not re.search(r"\d{4}-\d\d-\d\d|python -m|待确认", text), text


def test_the_verdicts_of_the_report_are_those_of_the_page(config: Settings, document: Made) -> None:
    from cockpit.labels.site_verdicts import verdict
    from metrics.sites import sites

    shown = [(row["name"], verdict(row)[0]) for row in sites(scoped(current(config.data)), DISTRICT)]
    listed = next(
        b for b in document("sites").blocks if isinstance(b, Table) and b.columns[1].text == "网站"
    )  # fmt: skip
    heads = [column.text for column in listed.columns]
    assert [(row[1].text, row[heads.index("结论")].text) for row in listed.rows] == shown
    vetoed = {name for name, _text in shown if name == "网站2"}
    for name in vetoed:
        match = next(b for b in document("sites").blocks if isinstance(b, Table) and b.name == name)
        heads = [column.text for column in match.columns]
        assert "是" in {row[heads.index("否决")].text for row in match.rows}


def test_a_period_of_one_day_has_reds_without_a_yesterday(config: Settings) -> None:
    day = Period(NOVEMBER.start, NOVEMBER.start.replace(day=2))
    assert not any(red.new for red in reds(current(config.data), DISTRICT, day))
