"""Definitions that bind and fail on the facts: the metric is named, the others answered, no value of a row shown."""

from datetime import date, datetime

import pytest

from data.editions.edition import Edition
from data.editions.publish import publish
from data.home import Home
from metrics.analysis.trials import trials
from metrics.answer import FAILED
from metrics.engine.failures import Uncomputable
from metrics.engine.plan import splits
from metrics.period import Period
from tests import failing
from tests.asking import answer, count_rows, reds, rows, why
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, published

CATALOG = failing.catalog()
AS_OF = datetime(2026, 11, 22, 8)
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
BEFORE = Period(date(2026, 10, 1), date(2026, 11, 1))
SECRET = "张三家漏水"


def cases(first: int = 0, count: int = 40) -> list[dict[str, object]]:
    return [
        {
            "key": str(i), "area": VILLAGES[i % 3], "registered_at": datetime(2026, 11, 1 + i % 20, 9), "title": SECRET,
            "category": ("供水", "路灯照明")[i % 2], "extended": 0,
        }
        for i in range(first, first + count)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("failing"), memory="1GB")
    areas(home)
    deliver(home, "cases", cases())
    published(home, AS_OF, CATALOG)
    return home


@pytest.fixture(scope="module")
def edition(home: Home) -> Edition:
    return published(home, AS_OF, CATALOG)


@pytest.mark.parametrize("metric", failing.FAILING)
@pytest.mark.parametrize("place", [DISTRICT, TOWNS[0], VILLAGES[0]])
def test_failing_metric_is_named_in_every_query(edition: Edition, metric: str, place: int) -> None:
    for by in (None, "day", "category", *(by for by in ("village",) if place != VILLAGES[0])):
        if by and by not in splits(CATALOG, CATALOG.metrics[metric]):
            continue
        with pytest.raises(Uncomputable, match=f"^{metric} cannot be computed: ") as caught:
            answer(edition, [metric], place, MONTH, by=by, catalog=CATALOG)
        assert SECRET not in f"{caught.value} {caught.value.database}"
    with pytest.raises(Uncomputable, match=f"^{metric} "):
        answer(edition, [metric], place, MONTH, as_of=datetime(2026, 11, 10), catalog=CATALOG)
    with pytest.raises(Uncomputable, match=f"^{metric} "):
        why(edition, metric, place, MONTH, BEFORE, catalog=CATALOG)


def test_the_others_of_a_question_are_answered(edition: Edition) -> None:
    names = [*failing.FAILING, *failing.SOUND, "intake"]
    for by in (None, "town", "village"):
        frame = answer(edition, names, DISTRICT, MONTH, by=by, catalog=CATALOG)
        failed = frame["quality"] == FAILED
        assert set(frame.loc[failed, "metric"]) == set(failing.FAILING)
        assert frame.loc[failed, "value"].isna().all()
        for name in ("sound_count", "view_sound", "intake"):
            assert frame.loc[frame["metric"] == name, "value"].sum() == 40


def test_rows_of_what_fails_name_the_metric(edition: Edition) -> None:
    for metric in ("fails_by_pattern", "fails_by_anchor", "fails_by_term", "fails_in_a_quantile", "fails_by_cast"):
        with pytest.raises(Uncomputable, match=f"^{metric} "):
            rows(edition, metric, DISTRICT, MONTH, catalog=CATALOG)
        with pytest.raises(Uncomputable, match=f"^{metric} "):
            count_rows(edition, metric, DISTRICT, MONTH, catalog=CATALOG)


def test_failing_metric_does_not_remove_other_reds(edition: Edition) -> None:
    assert "sound_count" in {red.metric for red in reds(edition, DISTRICT, MONTH, catalog=CATALOG)}


def test_trials_find_each_and_the_field_to_blame(edition: Edition) -> None:
    tried, faults = trials(edition, CATALOG)
    assert {fault.metric: fault.field for fault in faults} == failing.FAILING
    assert tried == len(CATALOG.metrics)
    assert all(SECRET not in str(fault) and "Error: " in str(fault) for fault in faults)
    assert {fault.file for fault in faults} == {"failing.yaml", "failing_view.yaml"}


def test_patched_edition_equals_a_full_one(home: Home) -> None:
    deliver(home, "cases", cases(100, 2))
    report = publish(home, CATALOG.rollups(), as_of=datetime(2026, 11, 22, 9))
    edition = published(home, datetime(2026, 11, 22, 9), CATALOG)
    assert report.cases == 42
    tables = {row[0] for row in edition.cursor().execute("SELECT DISTINCT rollup FROM rollups").fetchall()}
    assert "daily_cases" in tables
    assert not {table for table in tables if table.startswith("daily_failing")}
    frame = answer(edition, ["intake", "sound_count"], DISTRICT, MONTH, catalog=CATALOG)
    assert list(frame["value"]) == [42, 42]
