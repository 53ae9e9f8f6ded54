"""An overdue item has a shape and a colour of its own wherever it is listed, also before a rule gives it a colour."""

import asyncio
import csv
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from cockpit import settings
from cockpit.access import gate, visitors
from cockpit.access.visitors import COOKIE
from cockpit.screens.work import ledger
from cockpit.workflows.desk_source import rules
from data.desk import clock
from data.desk.items import store
from data.desk.items.item import Item
from data.desk.items.store import Beginning
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import Screen, drawn, lines
from tests.factory import DISTRICT, TOWNS, VILLAGES

FAR = date.today() + timedelta(days=90)
BEGUN: dict[str, tuple[str, timedelta, dict[str, Any], str]] = {
    "uncoloured": ("problem", timedelta(days=9), {"matter": "x", "unit": "执法队", "due": FAR}, "amber"),
    "yellow": ("whistle", timedelta(hours=30), {"matter": "x", "unit": "执法队", "kind": "hard"}, "amber"),
    "red": ("event", timedelta(days=60), {"category": "lighting", "urgency": "urgent"}, "red"),
    "on time": ("pairing", timedelta(), {"matter": "x", "unit": "执法队"}, "none"),
}
"""Kind, time since the beginning, fields and the mark that is expected."""


@pytest.fixture
def items(screen: Screen) -> dict[str, Item]:
    screen("inbox")
    known, now = rules(settings.current()), clock.now()
    return {
        name: store.start(
            visitors.desk(), known, Beginning(kind, f"件 {name}", VILLAGES[0], fields, TOWNS[0]),
            key=f"{name} {now}", actor="li", now=now - ago,
        ).item
        for name, (kind, ago, fields, _mark) in BEGUN.items()
    }  # fmt: skip


def test_an_overdue_item_is_marked_on_inbox_board_card_and_ledger(screen: Screen, items: dict[str, Item]) -> None:
    (inbox,) = drawn(screen("inbox", show="all", q="件 ", lang="en"), "todo")
    cards = {card["title"]: card for card in inbox["cards"]}
    rows = {row["Number"]: row for row in ledger_rows()}
    for name, item in items.items():
        kind, _ago, _fields, mark = BEGUN[name]
        overdue = name != "on time"
        card = cards[item.title]
        assert (card["state"], "overdue" in card["clock"]) == (mark, overdue), name
        (cell,) = (
            cell for cell in drawn(screen("board", kind=kind, lang="en"), "table")[-1]["rows"][0][1:-1] if cell["href"]
        )
        assert (cell["state"], "overdue" in cell["note"]) == ("" if mark == "none" else mark, overdue), name
        deadline = lines(screen("item", item=item.number, lang="en"))["Deadline"]
        assert (deadline["state"], "overdue" in deadline["note"]) == ("" if mark == "none" else mark, overdue), name
        assert rows[item.number]["Overdue"] == ("Yes" if overdue else "No"), name
    assert "Red" in cards[items["red"].title]["facts"]


def test_a_mark_of_an_overdue_item_is_no_empty_circle() -> None:
    shapes = (Path(__file__).parents[4] / "cockpit/components/shared.js").read_text("utf-8").splitlines()[1]
    assert 'amber: "◆"' in shapes
    assert 'none: "○"' in shapes


def ledger_rows() -> list[dict[str, str]]:
    token = session_of(settings.current().desk_url, ("inspector",), DISTRICT)

    async def fetch() -> httpx.Response:
        served = Starlette(routes=[*ledger.ROUTES], middleware=[Middleware(gate.Gate)])
        transport = httpx.ASGITransport(served, client=("10.1.2.3", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(f"{ledger.PATH}?show=all&lang=en", headers={"cookie": f"{COOKIE}={token}"})

    return list(csv.DictReader(StringIO(asyncio.run(fetch()).text.lstrip("\ufeff"))))
