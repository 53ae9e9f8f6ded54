"""The page of reports, and the address that opens a report's view again."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access import guard
from cockpit.access.policy import OPERATOR, Grants, Held
from cockpit.reports import worker
from cockpit.settings import Settings
from cockpit.view import BadParameter, read
from data.desk import reports
from data.desk.models import Report as Stored
from data.desk.reports import Report
from data.desk.store import Desk
from data.publish import publish
from data.schema import end_of
from metrics.catalog import load as load_catalog
from tests.cockpit.conftest import session_of
from tests.factory import DISTRICT, TOWNS

ROOT = Path(__file__).parents[3]
Open = Callable[..., AppTest]


def said(page: AppTest) -> str:
    drawn = [json.loads(element.proto.bytes or element.proto.json) for element in page.get("bidi_component")]
    html = [element.proto.body for element in page.get("html")]
    return " ".join([*html, *(json.dumps(told, ensure_ascii=False) for told in drawn)])


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


def test_one_is_asked_for_followed_and_found(opened: Open, desk: Desk, config: Settings) -> None:
    page = opened()
    page.selectbox(key="kind").select("bulletin").run()
    button(page, "生成报告")
    assert [report.kind for report in reports.listing(desk)] == ["bulletin"]
    assert "可以离开本页" in said(page)
    assert worker.once(desk, config)
    told = said(page.run())
    done = reports.listing(desk)[0]
    assert done.id in told
    assert f"/files/report/{done.id}" in told


def test_the_preview_shows_the_document_and_makes_nothing(opened: Open, desk: Desk) -> None:
    page = opened(kind="monthly")
    button(page, "预览")
    told = said(page)
    assert "临江区治理运行月报" in told
    assert "data:image/svg+xml" in told
    assert reports.listing(desk) == []


def test_a_cadre_is_offered_what_holds_no_cases(opened: Open) -> None:
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


def test_a_report_of_others_is_not_there(opened: Open, desk: Desk, config: Settings) -> None:
    button(opened(area=TOWNS[1]), "生成报告")
    id = reports.listing(desk)[0].id
    page = opened(area=TOWNS[0], report=id)
    assert "不在您的权限范围内" in said(page)


def test_its_address_opens_the_same_view_on_the_same_edition(
    config: Settings, report: Callable[..., tuple[Report, Path]]
) -> None:
    done, _file = report("brief", TOWNS[0], vs="last_year")
    publish(config.data, load_catalog().rollups())
    view = read({"report": done.id}, config, OPERATOR)
    assert (view.edition.id, view.area.code, view.compare) == (done.edition, TOWNS[0], "last_year")
    assert (str(view.period.start), str(view.period.end)) == ("2026-11-01", "2026-12-01")
    assert view.newest != view.edition.id
    changed = read({"report": done.id, "vs": "previous"}, config, OPERATOR)
    assert changed.compare == "previous"
    other = Grants((Held("official", TOWNS[1], end_of(TOWNS[1])),))
    assert read({"report": done.id}, config, other).edition.scope == ((TOWNS[1], end_of(TOWNS[1])),)


def test_an_unknown_report_says_so(config: Settings) -> None:
    with pytest.raises(BadParameter, match="R20261126-00000000"):
        read({"report": "R20261126-00000000"}, config, OPERATOR)
