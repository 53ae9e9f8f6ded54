"""The page of reports, and the address that reopens a report's view."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access import guard
from cockpit.access.policy import MATRIX, OPERATOR, Grants, Held
from cockpit.reports import worker
from cockpit.settings import Settings
from cockpit.view import BadParameter, read
from data.areas.levels import end_of
from data.desk import reports
from data.desk.models import Report as Stored
from data.desk.reports import Report
from data.desk.store import Desk
from data.editions.publish import publish
from metrics.catalog import load as load_catalog
from tests.cockpit.conftest import session_of
from tests.drawn import text as said
from tests.factory import DISTRICT, TOWNS
from tests.metrics.conftest import AS_OF

ROOT = Path(__file__).parents[3]
Open = Callable[..., AppTest]
UNKNOWN = "R20261126-00000000"


@pytest.fixture
def opened(config: Settings, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """The page as a role sees it; the queue is empty."""
    with desk.begin() as session:
        session.query(Stored).delete()

    def run(role: str = "inspector", area: int = DISTRICT, **parameters: str) -> AppTest:
        monkeypatch.setattr(guard, "token", lambda: session_of(config.desk_url, (role,), area))
        page = AppTest.from_file(str(ROOT / "cockpit" / "main.py"), default_timeout=60)
        page.switch_page("../pages/reports.py")
        for name, value in parameters.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception
        return page

    yield run
    settings.current.cache_clear()


def button(page: AppTest, text: str) -> None:
    next(one for one in page.button if one.label == text).click().run()
    assert not page.exception


def test_report_can_be_requested_followed_and_opened(opened: Open, desk: Desk, config: Settings) -> None:
    page = opened()
    page.selectbox(key="kind").select("bulletin").run()
    button(page, "生成报告")
    assert [report.kind for report in reports.listing(desk)] == ["bulletin"]
    assert "可以离开本页" in said(page)
    assert worker.once(desk, config)
    text = said(page.run())
    done = reports.listing(desk)[0]
    assert done.id in text
    assert f"/files/report/{done.id}" in text


def test_the_preview_shows_the_document_and_makes_nothing(opened: Open, desk: Desk) -> None:
    page = opened(kind="monthly")
    button(page, "预览")
    text = said(page)
    assert "临江区治理运行月报" in text
    assert "data:image/svg+xml" in text
    assert reports.listing(desk) == []


def test_cadre_is_offered_reports_without_cases(opened: Open) -> None:
    offered = set(opened("cadre", TOWNS[0]).selectbox(key="kind").options)
    assert "情况专报" in offered
    assert "台账" not in offered
    assert "台账" in opened("inspector").selectbox(key="kind").options


def test_a_report_is_made_final_and_issued(opened: Open, desk: Desk, config: Settings) -> None:
    button(opened(), "生成报告")
    worker.once(desk, config)
    id = reports.listing(desk)[0].id
    page = opened(report=id)
    assert id in said(page)
    button(page, "定稿")
    button(page, "标为已印发")
    assert reports.find(desk, id).status == "issued"
    assert [one.label for one in page.button] == []


def test_report_of_another_account_is_404(opened: Open, desk: Desk, config: Settings) -> None:
    button(opened(area=TOWNS[1]), "生成报告")
    id = reports.listing(desk)[0].id
    others, unknown = opened(area=TOWNS[0], report=id), opened(area=TOWNS[0], report=UNKNOWN)
    assert said(others) == said(unknown).replace(UNKNOWN, id)
    assert "没有您可以查看的这个编号的报告" in said(others)


@pytest.mark.parametrize("role", MATRIX)
def test_address_does_not_reveal_whether_a_report_of_others_exists(
    opened: Open, desk: Desk, config: Settings, role: str
) -> None:
    """Every page and every file reads the report of its address in one place."""
    button(opened(area=TOWNS[1]), "生成报告")
    id = reports.listing(desk)[0].id
    grants = Grants((Held(role, TOWNS[0], end_of(TOWNS[0])),))
    faults = []
    for id_asked in (id, UNKNOWN):
        with pytest.raises(BadParameter) as fault:
            read({"report": id_asked}, config, grants)
        faults.append(str(fault.value).replace(id_asked, ""))
    assert faults[0] == faults[1]


def test_its_address_opens_the_same_view_on_the_same_edition(
    config: Settings, report: Callable[..., tuple[Report, Path]]
) -> None:
    done, _file = report("brief", TOWNS[0], vs="last_year")
    publish(config.data, load_catalog().rollups(), as_of=AS_OF + timedelta(minutes=1))
    view = read({"report": done.id}, config, OPERATOR)
    assert (view.edition.id, view.area.code, view.compare) == (done.edition, TOWNS[0], "last_year")
    assert (str(view.period.start), str(view.period.end)) == ("2026-11-01", "2026-12-01")
    assert view.newest != view.edition.id
    changed = read({"report": done.id, "vs": "previous"}, config, OPERATOR)
    assert changed.compare == "previous"
    own = Grants((Held("inspector", TOWNS[0], end_of(TOWNS[0])),))
    assert read({"report": done.id}, config, own).edition.scope == ((TOWNS[0], end_of(TOWNS[0])),)


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"from": "2026-11-01", "to": "2026-11-01"}, "周期不含末日"),
        ({"edition": "20200101-000000-aaaa"}, "没有这个数据版本"),
    ],
)
def test_invalid_url_shows_a_chinese_message(opened: Open, parameters: dict[str, str], expected: str) -> None:
    page = opened(**parameters)
    assert expected in said(page)
    assert not page.button


def test_report_without_data_is_refused_with_a_message(opened: Open, desk: Desk, config: Settings) -> None:
    nowhere = {"from": "1990-01-01", "to": "1990-02-01"}
    page = opened(**nowhere)
    button(page, "预览")
    assert "没有任何数据：请换区划、周期或筛选" in said(page)
    button(page, "生成报告")
    worker.once(desk, config)
    text = said(opened(**nowhere))
    assert "未能制作" in text
    assert "没有任何数据：请换区划、周期或筛选" in text
    assert "/files/report/" not in text


def test_a_template_with_a_missing_field_is_one_line(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lamps.yaml").write_text("id: lamps\nname: {zh: 路灯, en: Lamps}\n", "utf-8")
    monkeypatch.setenv("COCKPIT_REPORTS", str(tmp_path))
    settings.current.cache_clear()
    page = opened()
    assert "lamps.yaml：缺少字段title" in said(page)
    assert not page.button


def test_filters_are_part_of_the_request(opened: Open, desk: Desk) -> None:
    page = opened(kind="brief")
    next(box for box in page.selectbox if box.label == "类别").select("路灯照明").run()
    button(page, "生成报告")
    id = reports.listing(desk)[0].id
    assert json.loads(reports.find(desk, id).asked)["where"] == {"category": "路灯照明"}
    assert "类别: 路灯照明" in said(opened(report=id))
    assert "类别" not in {box.label for box in opened(kind="sites").selectbox}


def test_unknown_report_id_shows_a_message(config: Settings) -> None:
    with pytest.raises(BadParameter, match="R20261126-00000000"):
        read({"report": "R20261126-00000000"}, config, OPERATOR)
