"""Schemes and assessments over HTTP: what each caller sees, and that every line's numbers are those of its rows."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from cockpit import settings
from cockpit.access import visitors
from data.desk import clock, models
from data.desk.assessing import assessments
from data.desk.assessing.assessments import Draft
from data.editions.edition import current
from data.editions.files import pin
from data.editions.scoped import EVERYTHING
from data.home import Home
from metrics.assessment import schemes
from metrics.assessment.score import packed, score
from metrics.catalog import load
from metrics.period import Period
from metrics.query import Query
from tests.cockpit.api import test_items
from tests.cockpit.api.test_items import Send
from tests.factory import DISTRICT, TOWNS, areas, deliver, published

_served, send = test_items._served, test_items.send
DUE = datetime(2026, 8, 20)
QUARTER = Period(date(2026, 7, 1), date(2026, 10, 1))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town with twenty cases, one with four."""
    home = Home(tmp_path_factory.mktemp("assessments"), memory="1GB")
    areas(home)
    deliver(home, "cases", [
        {"key": f"{town}-{i}", "area": town, "registered_at": DUE - timedelta(days=9), "due_at": DUE, "closed_at": DUE,
         "reached": True, "solved": True, "satisfied": i > 1, "reworked": 0}
        for town, count in zip(TOWNS, (20, 4), strict=False) for i in range(count)
    ])  # fmt: skip
    published(home, datetime(2026, 11, 22, 8))
    return home.root


def assessed() -> int:
    """An assessment that takes objections, with one that waits for its answer; the only one of its period."""
    home = settings.current().data
    edition = current(home)
    assert edition is not None
    scheme = schemes.load(load())["towns"]
    query = Query(edition.scoped(EVERYTHING), load(), (), DISTRICT, QUARTER)
    pin(home, edition.id)
    desk = visitors.desk()
    for other in assessments.listing(desk):
        if other.state in ("draft", "open"):
            assessments.withdraw(desk, other.id, "另行起草")
    made = Draft(scheme.model_dump(mode="json"), DISTRICT, QUARTER.start, QUARTER.end, edition.id,
                 packed(score(query, scheme)))  # fmt: skip
    id = assessments.add(desk, made, "qian")
    assessments.take_objections(desk, id)
    assessments.raise_objection(desk, id, TOWNS[0], "satisfaction_rate", "请核对", "li", now=clock.now())
    return id


def test_an_assessment_has_lines_whose_numbers_are_those_of_the_rows(send: Send) -> None:
    id = assessed()
    whole = send("GET", f"assessments/{id}", "leader").json()
    said = [whole[name] for name in ("scheme", "state", "from", "to")]
    assert said == ["towns", "open", "2026-07-01", "2026-10-01"]
    by_area = {area["area"]: area for area in whole["areas"]}
    full, few = (by_area[f"{town:012}"] for town in TOWNS[:2])
    assert full["place"] == 1
    assert (few["place"], few["total"]) == (None, None), "never below the minimum sample"
    assert {line["points"] for line in few["lines"]} == {None}
    for line in full["lines"]:
        when = {"from": whole["from"], "to": whole["to"], "edition": whole["edition"]}
        rows = send("GET", f"rows/{line['metric']}", "leader", TOWNS[0], **when).json()
        assert rows["total"] == line["denominator"], line["metric"]
    assert full["total"] == pytest.approx(sum(line["weight"] * line["points"] / 100 for line in full["lines"]))
    assert [(one["who"], one["accepted"]) for one in whole["objections"]] == [("li", None)]


def test_each_sees_the_own_areas_and_only_assessors_see_drafts(send: Send) -> None:
    id = assessed()
    own = send("GET", f"assessments/{id}", "official", TOWNS[1]).json()
    assert [area["area"] for area in own["areas"]] == [f"{TOWNS[1]:012}"]
    assert own["objections"] == [], "nor what another town objects to"
    with visitors.desk().begin() as session:
        session.get_one(models.Assessment, id).state = "draft"
    assert send("GET", f"assessments/{id}", "official", TOWNS[0]).status_code == 404
    assert id not in [one["id"] for one in send("GET", "assessments", "official", TOWNS[0]).json()]
    assert id in [one["id"] for one in send("GET", "assessments", "inspector").json()]
    assert send("GET", "assessments", "data_officer").status_code == 403
    assert send("GET", "schemes", "system_admin").status_code == 403


def test_schemes_in_force_have_their_lines(send: Send) -> None:
    found = {one["id"]: one for one in send("GET", "schemes", "official", TOWNS[0]).json()}
    assert set(found) == {"towns", "villages"}
    assert sum(line["weight"] for line in found["towns"]["lines"]) == 100
    assert found["towns"]["least"] == 10
