"""`asset`: list, edit, see the edits, withdraw; `publish` brings an edit to the figures."""

import json
from datetime import datetime

from data.editions.edition import current
from data.home import Home
from metrics.register import edited_columns
from tests.cockpit.commands.test_limit import run
from tests.factory import DISTRICT, areas, deliver, published

IDENTITY = ("systems", "s-1")


def test_an_edited_value_applies_from_the_next_edition_until_it_is_withdrawn(home: Home) -> None:
    areas(home)
    system = {"key": "s-1", "area": DISTRICT, "kind": "system", "name": "审批系统", "vendor": "甲"}
    deliver(home, "assets", [system], source="systems")
    published(home, datetime(2026, 11, 22, 8))
    (row,) = json.loads(run(home, "asset", "list", "--kind", "system", "--format", "json"))
    assert (row["key"], row["name"]) == ("s-1", "审批系统")
    assert "saved" in run(home, "asset", "edit", *IDENTITY, "vendor", "乙", "--reason", "续签")
    (edit,) = json.loads(run(home, "asset", "edits", *IDENTITY, "--format", "json"))
    assert (edit["field"], edit["loaded"], edit["value"], edit["who"]) == ("vendor", "甲", "乙", "operator")
    run(home, "publish")
    edition = current(home)
    assert edition is not None
    assert edited_columns(edition, *IDENTITY) == ("vendor",)
    assert "withdrawn" in run(home, "asset", "withdraw", *IDENTITY, str(edit["id"]))
    assert "no edit" in run(home, "asset", "withdraw", *IDENTITY, str(edit["id"] + 1))
    assert "corrected by its source" in run(home, "asset", "edit", *IDENTITY, "area", "1", "--reason", "x")
    assert "no asset" in run(home, "asset", "edit", "systems", "none", "vendor", "乙", "--reason", "x")
