"""The data page: editions, deliveries, rejects, pending pushes."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.access import guard
from cockpit.i18n import using
from cockpit.labels import words as spoken
from cockpit.screens.admin import data, desk
from cockpit.view import View
from data.editions.files import ROLLED_BACK
from data.formats.csv_tables import SWALLOWED
from data.home import Home
from data.ingest.validation_sql import DUPLICATE, ERROR_CELL, LONG_NUMBER, REMEDY, UNREADABLE_ROW
from data.push.intake import Intake, Limits
from data.push.metadata import FOREIGN, OUTSIDE
from data.push.publisher import Publisher
from data.push.spool import Sender, Spool
from metrics.catalog import load as load_catalog
from tests.cockpit.api.conftest import declare, row
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import (
    Screen,
    tables,
    texts,
    words,
)
from tests.factory import TOWNS, VILLAGES, areas, deliver


def test_data_page_shows_editions_sources_and_deliveries(screen: Screen, view: Callable[..., View]) -> None:
    page = screen("data")
    shown = tables(page)
    assert texts(shown["版本"], "版本") == [view().edition.id]
    fresh = {row[0]["text"]: row[1]["state"] for row in shown["来源"]["rows"]}
    assert (fresh["hotline"], fresh["probe"]) == ("red", "none")
    assert texts(shown["批次"], "来源") == ["grid", "probe", "log", "directory", "register", "hotline"]
    states = [row[1]["state"] for row in shown["核对项"]["rows"]]
    assert states
    assert set(states) <= {"green", "red", "none"}


def test_a_held_delivery_says_how_to_let_it_in(screen: Screen) -> None:
    page = screen("data")
    assert "grid 第 6 批待处理：83.3 % 的行被拒收" in words(page)
    assert "python -m cockpit load SOURCE.yaml --force" in words(page)
    held = tables(page)["批次"]["rows"][0]
    assert (held[2]["text"], held[2]["state"]) == ("待处理", "amber")


def test_waiting_and_held_pushes_are_shown(screen: Screen, tmp_path: Path) -> None:
    fresh = Home(tmp_path, memory="1GB")
    areas(fresh)
    declare(fresh.root)
    spool = Spool(fresh)
    for area in (VILLAGES[0], 1):
        body = Intake(spool.incoming_path(), "json", Limits(10_000, 10))
        body.feed(json.dumps([row(str(n), village_code=str(area)) for n in range(5)]).encode())
        body.close()
        spool.accept(body, Sender(1, "tickets", None), "tickets", None)
    data.delivered.clear()
    assert "2 次推送等待发布" in words(screen("data", root=fresh.root))
    publisher = Publisher(fresh, fresh.root / "sources", load_catalog().rollups())
    while publisher.turn():
        pass
    data.delivered.clear()
    text = words(screen("data", root=fresh.root))
    assert "等待发布" not in text
    assert "1 次推送因拒收行过多待处理" in text
    assert "python -m cockpit pushes --state held" in text
    (fresh.editions / ROLLED_BACK).touch()
    spool.again(spool.newest(1)[0])
    data.delivered.clear()
    assert "当前已退回旧版本" in words(screen("data", root=fresh.root))


SPOKEN = [DUPLICATE, UNREADABLE_ROW, SWALLOWED, f"{LONG_NUMBER}: key{REMEDY}", f"{ERROR_CELL}: title"]


@pytest.mark.parametrize("reason", [OUTSIDE, FOREIGN, *SPOKEN])
def test_reason_is_shown_in_the_reader_s_language(reason: str) -> None:
    with using("zh"):
        assert spoken.reason(reason) != reason
        assert "推送" in spoken.reason(reason) or reason in SPOKEN


def test_refused_rows_are_counted_by_reason_and_masked(screen: Screen) -> None:
    page = screen("data", batch=6)
    shown = tables(page)
    assert texts(shown["原因"], "行数")[0] == "5"
    raw = " ".join(texts(shown["行号"], "原始内容"))
    assert "138****5678" in raw
    assert "13812345678" not in raw
    assert "没有第 99 批" in words(screen("data", batch=99))


def test_all_refused_rows_are_listed_by_pages_with_their_case_numbers(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "AT_ONCE", 2)
    data.refused.clear()
    numbers = []
    for page in (1, 2, 3):
        numbers += texts(tables(screen("data", batch=6, page=page))["行号"], "编号")
    data.refused.clear()
    assert len(set(numbers)) == len(numbers) == 5
    assert "*" not in "".join(numbers)


def test_while_a_load_runs_the_rest_of_the_page_works(screen: Screen, home: Home, tmp_path: Path) -> None:
    keep = f"import duckdb; c = duckdb.connect({str(home.store)!r}); print('open', flush=True); input()"
    data.delivered.clear()
    other = subprocess.Popen([sys.executable, "-c", keep], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        page = screen("data")
        other.communicate("\n")
    data.delivered.clear()
    assert "数据库正忙" in words(page)
    assert {"版本", "来源", "核对项"} <= set(tables(page))


def test_data_page_shows_deliveries_before_the_first_publication(screen: Screen, tmp_path: Path) -> None:
    fresh = Home(tmp_path, memory="1GB")
    page = screen("data", root=fresh.root)
    assert "尚无数据入库" in words(page)
    assert not fresh.store.exists(), "a reader makes no file"
    areas(fresh)
    deliver(fresh, "cases", [{"key": "1", "area": VILLAGES[0], "registered_at": datetime(2026, 11, 1)}])
    data.delivered.clear()
    assert texts(tables(screen("data", root=fresh.root))["批次"], "来源") == ["hotline"]


def test_delivery_counts_require_district_wide_permission(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of the district learns when deliveries came, and no number of rows beyond its own."""
    all_of_it = tables(screen("data"))
    of_town = session_of(settings.current().desk_url, ("leader",), TOWNS[0])
    monkeypatch.setattr(guard, "token", lambda: of_town)
    page = screen("data", area=TOWNS[0])
    part = tables(page)
    assert "待处理" in {row[2]["text"] for row in part["批次"]["rows"]}
    assert "行被拒收" not in words(page)
    for name, shown in (("版本", 4), ("批次", 5)):
        own, all_columns = (
            [column["text"] for column in page_tables[name]["columns"]] for page_tables in (part, all_of_it)
        )
        assert (own, len(own)) == (all_columns[:shown], shown)
        assert len(all_columns) > len(own)
        assert {len(row) for row in part[name]["rows"]} == {len(own)}
    assert {len(row) for row in part["核对项"]["rows"]} == {2}, "whether it holds, without numbers"
