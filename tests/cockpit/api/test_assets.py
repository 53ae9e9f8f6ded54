"""The register of assets over HTTP: who reads it, who edits it, and what an edit does."""

from datetime import datetime
from pathlib import Path

import pytest

from cockpit.access import visitors
from data.desk.auditing import audit
from data.home import Home
from tests.cockpit.api import test_items
from tests.cockpit.api.test_items import Send
from tests.factory import DISTRICT, TOWNS, areas, deliver, published

_served, send = test_items._served, test_items.send
EDIT = {"field": "unit", "value": "区教育局", "reason": "划转"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(tmp_path_factory.mktemp("assets"), memory="1GB")
    areas(home)
    shared = {"kind": "dataset", "unit": "区数据局", "registered_at": datetime(2026, 3, 1)}
    sets = [
        {"key": "d/1", "area": DISTRICT, "name": "学籍目录", **shared},
        {"key": "d-2", "area": TOWNS[0], "name": "低保目录", **shared},
        {"key": "s-1", "area": TOWNS[1], "name": "镇系统", **shared, "kind": "system"},
    ]
    deliver(home, "assets", sets, source="registry")
    published(home, datetime(2026, 11, 22, 8))
    return home.root


def test_the_register_lists_what_the_officer_manages(send: Send) -> None:
    listed = send("GET", "assets", "data_officer").json()
    assert (listed["total"], {row["key"] for row in listed["assets"]}) == (3, {"d/1", "d-2", "s-1"})
    assert {row["key"] for row in send("GET", "assets", "data_officer", kind="dataset").json()["assets"]} == {
        "d/1", "d-2",
    }  # fmt: skip
    page = send("GET", "assets", "data_officer", q="目录", limit=1, offset=1).json()
    assert (page["total"], len(page["assets"])) == (2, 1)
    town = send("GET", "assets", "data_officer", TOWNS[0]).json()
    assert [row["key"] for row in town["assets"]] == ["d-2"]
    assert town["assets"][0]["area"] == str(TOWNS[0])
    assert town["assets"][0]["registered_at"].startswith("2026-03-01T00:00:00+")


def test_an_edit_is_kept_once_and_can_be_withdrawn(send: Send) -> None:
    made = send("POST", "assets/registry/d/1/edits", "data_officer", body=EDIT)
    assert made.status_code == 201, made.text
    (edit,) = made.json()["edits"]
    assert (edit["field"], edit["value"], edit["loaded"], edit["reason"]) == ("unit", "区教育局", "区数据局", "划转")
    assert send("POST", "assets/registry/d/1/edits", "data_officer", body=EDIT).json()["edits"] == [edit]
    values = {value["field"]: value for value in send("GET", "assets/registry/d/1", "data_officer").json()["values"]}
    assert (values["unit"]["value"], values["unit"]["edited"], values["unit"]["editable"]) == ("区数据局", False, True)
    withdrawn = send("POST", f"assets/registry/d/1/edits/{edit['id']}/withdrawal", "data_officer")
    assert withdrawn.json()["edits"][0]["withdrawn_at"]
    again = send("POST", f"assets/registry/d/1/edits/{edit['id']}/withdrawal", "data_officer")
    assert (again.status_code, again.json()["code"]) == (404, "edit.unknown")
    with visitors.desk().read() as session:
        whats = [row.what for row in audit.rows(session)]
    assert any("unit = 区教育局" in what for what in whats)
    assert any("withdrawn" in what for what in whats)


def test_an_edit_of_what_others_have_changed_is_refused(send: Send) -> None:
    path = "assets/registry/d-2/edits"
    made = send("POST", path, "data_officer", body={**EDIT, "seen": 0})
    assert made.status_code == 201
    seen = made.json()["edits"][0]["id"]
    other = {**EDIT, "value": "区民政局"}
    refused = send("POST", path, "data_officer", body={**other, "seen": 0})
    assert (refused.status_code, refused.json()["code"]) == (400, "edit.changed")
    (newest, _before) = send("POST", path, "data_officer", body={**other, "seen": seen}).json()["edits"]
    assert newest["value"] == "区民政局"
    assert send("POST", f"{path}/{newest['id']}/withdrawal", "data_officer").status_code == 200


@pytest.mark.parametrize(("change", "code"), [
    ({"field": "area", "value": "1"}, "edit.field"), ({"field": "rows", "value": "many"}, "edit.number"),
    ({"field": "name", "value": ""}, "edit.required"), ({"reason": " "}, "edit.reason"),
], ids=str)  # fmt: skip
def test_what_cannot_be_edited_says_why(send: Send, change: dict[str, str], code: str) -> None:
    refused = send("POST", "assets/registry/d-2/edits", "data_officer", body=EDIT | change)
    assert (refused.status_code, refused.json()["code"]) == (400, code)


@pytest.mark.parametrize(("role", "reads"), [
    ("leader", 200), ("inspector", 200), ("official", 403), ("cadre", 403),
])  # fmt: skip
def test_only_data_officers_edit(send: Send, role: str, reads: int) -> None:
    assert send("GET", "assets", role).status_code == send("GET", "assets/registry/d-2", role).status_code == reads
    for path, body in (("assets/registry/d-2/edits", EDIT), ("assets/registry/d-2/edits/1/withdrawal", None)):
        assert send("POST", path, role, body=body).status_code == 403, path


def test_an_officer_of_a_town_reaches_no_asset_of_another(send: Send) -> None:
    for path in ("assets/registry/s-1", "assets/registry/d/1", "assets/registry/none", "assets/other/d-2"):
        assert send("GET", path, "data_officer", TOWNS[0]).status_code == 404
    assert send("POST", "assets/registry/s-1/edits", "data_officer", TOWNS[0], body=EDIT).status_code == 404
