"""A report is made completely or not at all, names its sources, and is byte-identical when made again."""

import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.access.policy import OPERATOR, Grants, Held
from cockpit.i18n import using
from cockpit.reports import make
from cockpit.reports.delivery import prove
from cockpit.reports.errors import ReportError
from cockpit.reports.kind import FORMATS
from cockpit.reports.model import Chart, Document, Form, Table
from cockpit.reports.model import Text as TextBlock
from cockpit.reports.request import Request, check, kinds_of
from cockpit.reports.sections import content
from cockpit.settings import Settings
from data.areas.levels import end_of
from data.desk import reports
from data.desk.reports import Report
from data.desk.store import Desk
from data.editions import files as edition_files
from data.editions.edition import current
from data.editions.publish import publish
from metrics.catalog import load as load_catalog
from metrics.period import Period
from metrics.scope import OutOfScope
from tests.asking import answer
from tests.cockpit.reports.conftest import FORMULA, november
from tests.factory import DISTRICT, TOWNS, VILLAGES
from tests.metrics.conftest import AS_OF

Make = Callable[..., tuple[Report, Path]]
KINDS = ("brief", "bulletin", "ledger", "sites", "notice", "monthly", "open_data", "cockpit")


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Faults are in the language of the user."""
    with using("en"):
        yield


@pytest.mark.parametrize("format", FORMATS)
def test_made_again_it_is_the_same_to_the_byte(config: Settings, report: Make, tmp_path: Path, format: str) -> None:
    done, file = report("monthly", format=format)
    assert make.again(config, done, tmp_path / "again") == done.sha256
    assert (tmp_path / "again").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_is_proved_by_its_id_and_hash(desk: Desk, report: Make, tmp_path: Path, format: str) -> None:
    done, file = report("brief", format=format)
    verdict = prove.verify(desk, file)
    assert (verdict.kind, verdict.id, verdict.sha256) == ("same", done.id, done.sha256)
    forged = tmp_path / "forged"
    forged.write_bytes(file.read_bytes() + b"\n")
    assert prove.named_in(forged) == done.id
    assert prove.verify(desk, forged).kind == "changed"
    forged.write_bytes(b"something else")
    assert prove.verify(desk, forged).kind == "unknown"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_kind_has_something_to_say(
    document: Callable[..., Document], config: Settings, kind: str, lang: str
) -> None:
    formats = kinds_of(config)[kind].formats
    made = document(kind, lang=lang, format=formats[0])
    said = [block for block in made.blocks if isinstance(block, (Table, Chart, Form))]
    assert said
    assert all(list(block.rows) for block in said if isinstance(block, Table))


def test_document_has_provenance(document: Callable[..., Document]) -> None:
    made = document("brief", lang="en", where={"category": "路灯照明"})
    provenance = dict(made.provenance.facts)
    assert provenance["Report"] == "R20261123-00000001"
    assert provenance["Areas"] == f"临江区（{DISTRICT}）"
    assert provenance["Period"].startswith("2026-11-01 to 2026-11-30 (known up to 2026-11-22 08:00)")
    assert provenance["Compared with"] == "2026-10-01 to 2026-10-22 08:00"
    assert provenance["Filters"] == "Category: 路灯照明"
    assert "Backlog v1" in provenance["Definitions"]
    assert (provenance["Made by"], provenance["Made at"]) == ("王镇长", "2026-11-23 08:30")


def test_the_numbers_are_those_of_the_query(config: Settings, document: Callable[..., Document]) -> None:
    """The workbook's cells of a table by town hold the query's values to the last digit."""
    period, names = Period(date(2026, 11, 1), date(2026, 12, 1)), ("intake", "on_time_rate", "satisfaction_rate")
    frame = answer(current(config.data), list(names), DISTRICT, period, by="town")
    made = document("monthly", lang="en")
    table = next(block for block in made.blocks if isinstance(block, Table) and block.name == "By area")
    headings = [column.text for column in table.columns]
    for row in frame.itertuples():
        place = next(line for line in table.rows if line[1].text == row.group)
        name = {
            "intake": "Intake (cases)",
            "on_time_rate": "On-time closure (%)",
            "satisfaction_rate": "Satisfaction (%)",
        }
        value = place[headings.index(name[row.metric])].value
        assert value == (None if row.quality == "no data" else row.value)


def test_filter_applies_to_every_section(document: Callable[..., Document]) -> None:
    unfiltered, some = document("cockpit", lang="en"), document("cockpit", lang="en", where={"category": "路灯照明"})
    first = lambda made: next(block for block in made.blocks if isinstance(block, Table))  # noqa: E731
    intake = lambda made: next(row for row in first(made).rows if row[0].text.startswith("Intake"))[1].value  # noqa: E731
    assert 0 < intake(some) < intake(unfiltered)


def test_notice_states_the_reply_deadline(document: Callable[..., Document]) -> None:
    lines_of = lambda **more: dict(next(b for b in document("notice", **more).blocks if isinstance(b, Form)).rows)  # noqa: E731
    assert lines_of()["办理期限"] == "2026年11月25日前"
    assert lines_of(deadline=date(2026, 12, 1))["办理期限"] == "2026年12月1日前"
    assert dict(document("notice").provenance.facts)["办理期限"].startswith("2026年11月25日前")


def test_a_deadline_passes_over_public_holidays_and_counts_make_up_days(config: Settings) -> None:
    """Two working days after 30 September 2025 are 9 and 10 October: 1 to 8 October are off."""
    checked = check(november("notice"), config, OPERATOR)
    made = content.build(checked, id="R20250930-00000001", who="x", made_at=datetime(2025, 9, 30, 9))
    assert dict(made.provenance.facts)["办理期限"] == "2025年10月10日前"


def test_age_is_measured_at_the_end_of_the_period(document: Callable[..., Document]) -> None:
    october = {"start": date(2026, 10, 1), "end": date(2026, 11, 1)}
    made = document("brief", lang="en", **october)
    table = next(b for b in made.blocks if isinstance(b, Table) and b.name == "Open longest")
    heads = [column.text for column in table.columns]
    days, opened = heads.index("Days open"), heads.index("Registered")
    ages = [(row[days].value, row[opened].value) for row in table.rows]
    assert ages
    assert [n for n, _at in ages] == [(datetime(2026, 11, 1) - at).days for _n, at in ages]
    assert [n for n, _at in ages] == sorted((n for n, _at in ages), reverse=True)
    said = lambda **more: next(b.text for b in document("brief", **more).blocks if isinstance(b, TextBlock))  # noqa: E731
    assert "截至2026年10月31日，积压" in said(**october)
    assert "截至2026年11月22日8时，积压" in said()


def test_small_counts_are_left_out_of_open_data(document: Callable[..., Document]) -> None:
    made = document("open_data", TOWNS[0], format="csv", lang="en", start=AS_OF.date() - timedelta(days=3))
    table = next(block for block in made.blocks if isinstance(block, Table) and block.name == "By category")
    numbers = [cell.value for row in list(table.rows)[:-1] for cell in row[1:3] if cell.value is not None]
    assert all(value == 0 or value >= 10 for value in numbers)
    assert any(cell.text == "left out" for row in table.rows for cell in row)


def test_edition_cited_by_a_report_is_not_deleted(config: Settings, report: Make) -> None:
    done, _file = report("brief")
    assert done.edition in edition_files.pinned(config.data)
    rollups = load_catalog().rollups()
    newest = publish(config.data, rollups, as_of=AS_OF - timedelta(minutes=5), keep=1)
    publish(config.data, rollups, as_of=AS_OF, keep=1)
    assert done.edition in edition_files.ids(config.data)
    assert newest.edition not in edition_files.ids(config.data)
    assert make.again(config, done, config.home / "again.docx") == done.sha256


def test_several_areas_each_have_a_part(document: Callable[..., Document]) -> None:
    made = document("brief", *TOWNS, lang="en")
    assert [part.area for part in made.parts] == ["北塘街道", "沙洲镇"]


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("brief", {"end": date(2026, 11, 1)}, "is empty"),
        ("brief", {"start": date(2030, 1, 1), "end": date(2030, 2, 1)}, "after the data's time"),
        ("brief", {"start": date(1990, 1, 1), "end": date(1990, 2, 1)}, "nothing is known of 临江区"),
        ("brief", {"edition": "20200101-000000-aaaa"}, "there is no edition"),
        ("brief", {"areas": (990101009000,)}, "is not in edition"),
        ("brief", {"metrics": ("backlog",)}, "has its own metrics"),
        ("ledger", {"metrics": ("backlgo",)}, 'Did you mean "backlog"'),
        ("brief", {"where": {"colour": "red"}}, "is not a filter"),
        ("bulletin", {"areas": (VILLAGES[0],)}, "is not made for a village"),
        ("open_data", {"format": "docx"}, "is not made as docx"),
        ("nothing", {}, "there is no kind of report"),
    ],
)
def test_invalid_request_is_refused_and_stores_nothing(
    config: Settings, desk: Desk, kind: str, more: dict[str, object], expected: str
) -> None:
    before = sorted(make.store(config).glob("*")), sorted(make.store(config).glob(".*"))
    requested = november(kind).model_copy(update=more)
    with pytest.raises(ReportError, match=expected):
        report, _told = make.ask(desk, config, requested, OPERATOR, "tester")
        make.make(desk, config, report)
    assert (sorted(make.store(config).glob("*")), sorted(make.store(config).glob(".*"))) == before


def test_a_writer_that_fails_leaves_no_half_file(config: Settings, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(document: Document, format: str, path: Path, config: Settings) -> None:
        path.write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(make, "write", broken)
    report, _told = make.ask(desk, config, november("brief"), OPERATOR, "tester")
    with pytest.raises(OSError, match="no space"):
        make.make(desk, config, report)
    assert [path for path in make.store(config).iterdir() if report.id in path.name] == []


@pytest.mark.parametrize("kind", ["brief", "ledger", "bulletin"])
def test_report_on_area_without_grant_is_refused(config: Settings, desk: Desk, kind: str) -> None:
    town = Grants((Held("inspector", TOWNS[0], end_of(TOWNS[0])),))
    make.ask(desk, config, november(kind, TOWNS[0]), town, "tester")
    for area in (DISTRICT, TOWNS[1], VILLAGES[2]):
        with pytest.raises((OutOfScope, ReportError)):
            make.ask(desk, config, november(kind, area), town, "tester")


def test_a_cadre_prints_the_own_village_but_no_ledger(config: Settings, desk: Desk) -> None:
    cadre = Grants((Held("cadre", VILLAGES[0], end_of(VILLAGES[0])),))
    report, _told = make.ask(desk, config, november("brief", VILLAGES[0], format="pdf"), cadre, "cadre")
    assert make.make(desk, config, report).made
    with pytest.raises(OutOfScope):
        make.ask(desk, config, november("ledger", VILLAGES[0]), cadre, "cadre")


def test_the_state_of_a_report_moves_forward(desk: Desk, report: Make) -> None:
    done, _file = report("brief")
    assert reports.move(desk, done.id, "final", "wang").status == "final"
    issued = reports.move(desk, done.id, "issued", "wang")
    assert (issued.status, issued.issued_by) == ("issued", "wang")
    with pytest.raises(Exception, match="cannot become draft"):
        reports.move(desk, done.id, "draft", "wang")


def test_a_package_has_a_dictionary_and_no_formula(report: Make) -> None:
    _done, file = report("ledger", format="csv")
    with zipfile.ZipFile(file) as pack:
        dictionary = json.loads(pack.read("dictionary.json"))
        texts = {entry["file"]: pack.read(entry["file"]).decode("utf-8-sig") for entry in dictionary["files"]}
    assert {metric["id"] for metric in dictionary["metrics"]} == {"backlog", "overdue_open"}
    assert all(
        len(text.splitlines()) - 1 == entry["rows"]
        for entry, text in zip(dictionary["files"], texts.values(), strict=True)
    )
    assert f"'{FORMULA}" in "".join(texts.values())
    assert f",{FORMULA}" not in "".join(texts.values())


def test_request_is_stored_unchanged(desk: Desk, report: Make) -> None:
    done, _file = report("brief", lang="en", vs="last_year")
    requested = Request.model_validate_json(reports.find(desk, done.id).asked)
    assert requested == november("brief", lang="en", vs="last_year", edition=done.edition)
