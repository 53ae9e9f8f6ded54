"""The golden numbers of the domain: printed figures of real districts, recomputed from single cases."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from data.home import Home
from metrics.analysis.fact_checks import agrees
from metrics.answer import NO_DATA
from metrics.period import Period
from tests.asking import answer
from tests.factory import DISTRICT, TOWNS, VILLAGES, areas, deliver, edition_of, published

AS_OF = datetime(2026, 11, 1)
OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1))
START = datetime(2026, 10, 5, 9)
DUE = datetime(2026, 10, 20, 9)


def due_cases(due: int, closed: int, on_time: int, **fields: Any) -> Iterator[dict[str, Any]]:
    """`due` cases with a deadline in October: some closed in time, some closed late, the rest open."""
    for i in range(due):
        late = timedelta(days=-1) if i < on_time else timedelta(days=1)
        yield {"registered_at": START, "due_at": DUE, "closed_at": DUE + late if i < closed else None, **fields}


def value(frame: pd.DataFrame, metric: str, group: str = "") -> float:
    return float(frame.set_index(["metric", "group"]).loc[(metric, group), "value"])


def test_tianmen_rates_have_the_due_cases_below_the_line(home: Home) -> None:
    accepted = {"accepted_at": START + timedelta(minutes=5)}
    cases = [
        *due_cases(972, 911, 737, **accepted),
        *({"registered_at": START, **accepted} for _ in range(996 - 972)),
        *({"registered_at": START} for _ in range(1054 - 996)),
    ]
    frame = answer(
        edition_of(home, cases, AS_OF), ["acceptance_rate", "closure_rate", "on_time_rate"], DISTRICT, OCTOBER
    )
    assert round(value(frame, "acceptance_rate"), 2) == 94.50
    assert round(value(frame, "closure_rate"), 2) == 93.72
    assert round(value(frame, "on_time_rate"), 2) == 75.82


def test_tianmen_total_is_the_ratio_of_sums_and_not_the_mean_of_its_parts(home: Home) -> None:
    cases = [*due_cases(956, 902, 800, category="事件"), *due_cases(16, 9, 9, category="部件")]
    edition = edition_of(home, cases, AS_OF)
    parts = answer(edition, ["closure_rate"], DISTRICT, OCTOBER, by="category")
    assert round(value(parts, "closure_rate", "事件"), 2) == 94.35
    assert round(value(parts, "closure_rate", "部件"), 2) == 56.25
    total = answer(edition, ["closure_rate"], DISTRICT, OCTOBER)
    assert (total["numerator"][0], total["denominator"][0]) == (911, 972)
    assert round(parts["value"].mean(), 2) == 75.30 != round(total["value"][0], 2)


@pytest.mark.parametrize(
    ("done", "requested", "rate"),
    [(112, 114, 98.25), (31, 38, 81.58), (97, 99, 97.98), (118, 122, 96.72), (160, 173, 92.49)],
)
def test_printed_completion_rates(home: Home, done: int, requested: int, rate: float) -> None:
    """Chengcheng's wishes, Hongsibu's proposals, Ankang's systems, Hainan's sites and accounts."""
    frame = answer(edition_of(home, list(due_cases(requested, done, done)), AS_OF), ["closure_rate"], DISTRICT, OCTOBER)
    assert round(value(frame, "closure_rate"), 2) == rate


def test_three_rate_score_weighs_30_35_35(home: Home) -> None:
    """9801 of 10000 answered in time, 9620 solved, 9599 satisfied: 96.67 points; here in a sample of 10000."""
    base = {"registered_at": START, "respond_due_at": DUE, "closed_at": DUE, "reached": True}
    cases = [
        {
            **base,
            "responded_at": DUE if i < 9801 else DUE + timedelta(hours=1),
            "solved": i < 9620,
            "satisfied": i < 9599,
        }
        for i in range(10_000)
    ]
    frame = answer(edition_of(home, cases, AS_OF), ["three_rate_score"], DISTRICT, OCTOBER)
    assert round(value(frame, "three_rate_score"), 2) == 96.67


def test_nothing_due_is_no_data_and_neither_0_nor_100(home: Home) -> None:
    frame = answer(edition_of(home, [{"registered_at": START}], AS_OF), ["on_time_rate"], DISTRICT, OCTOBER)
    assert frame["value"].isna().all()
    assert list(frame["quality"]) == [NO_DATA]


def test_deferred_and_cancelled_cases_leave_the_due_cases(home: Home) -> None:
    cases = [
        *due_cases(3, 2, 1),
        *due_cases(1, 0, 0, deferred=True),
        *due_cases(1, 1, 0, close_kind="void"),
    ]
    frame = answer(edition_of(home, cases, AS_OF), ["due", "closed", "cancelled", "backlog"], DISTRICT, OCTOBER)
    assert dict(zip(frame["metric"], frame["value"], strict=True)) == {
        "due": 3,
        "closed": 2,
        "cancelled": 1,
        "backlog": 2,
    }


def test_a_printed_rate_that_does_not_reconcile_is_flagged() -> None:
    """Qinghai's bulletin prints 94.3 % for 126 of 134 sites."""
    assert not agrees(126, 134, "94.3")
    assert agrees(126, 134, "94.0")
    assert agrees(118, 122, "96.7")
    assert agrees(97, 99, "97.9"), "cut instead of rounded is a known manner of printing"
    assert not agrees(0, 0, "100")


def test_861_villages_become_111_and_37_and_keep_their_history(home: Home) -> None:
    """Laixi merged 861 villages within one year: 111 heirs in spring, 37 more in autumn."""
    old = [TOWNS[0] + 1 + i for i in range(861)]
    heirs = [TOWNS[1] + 1 + i for i in range(148)]
    merged = {code: heirs[i % 148] for i, code in enumerate(old)}
    day = {heir: "2026-03-01" if i < 111 else "2026-09-01" for i, heir in enumerate(heirs)}
    places = [
        {"code": DISTRICT, "name": "临江区", "level": "district"},
        {"code": TOWNS[0], "name": "北塘街道", "level": "town"},
        {"code": TOWNS[1], "name": "沙洲镇", "level": "town"},
        *({"code": code, "name": f"旧村{code}", "level": "village", "valid_to": day[heir], "merged_into": heir}
          for code, heir in merged.items()),
        *({"code": heir, "name": f"新村{heir}", "level": "village", "valid_from": day[heir]} for heir in heirs),
    ]  # fmt: skip
    cases = [{"registered_at": datetime(2026, 2, 3), "area": code} for code in old]
    cases.append({"registered_at": datetime(2026, 10, 20), "area": heirs[0]})
    edition = edition_of(home, cases, AS_OF, places=places)
    year = Period(date(2026, 1, 1), date(2027, 1, 1))
    by_village = answer(edition, ["intake"], DISTRICT, year, by="village").set_index("group")["value"]
    assert len(by_village) == 148
    assert by_village.sum() == 862
    assert by_village[str(heirs[0])] == sum(heir == heirs[0] for heir in merged.values()) + 1
    assert answer(edition, ["intake"], old[0], year)["value"][0] == 1, "the old code is still answered"


def test_merged_villages_roll_up_into_the_new_code_and_the_old_code_still_answers(home: Home) -> None:
    """Two villages become one."""
    new = TOWNS[0] + 299
    places = [
        {"code": DISTRICT, "name": "临江区", "level": "district"},
        {"code": TOWNS[0], "name": "北塘街道", "level": "town"},
        {"code": VILLAGES[0], "name": "新河村", "level": "village", "valid_to": "2026-10-15", "merged_into": new},
        {"code": VILLAGES[1], "name": "东桥村", "level": "village", "valid_to": "2026-10-15", "merged_into": new},
        {"code": new, "name": "新桥村", "level": "village", "valid_from": "2026-10-15"},
    ]
    cases = [
        {"registered_at": datetime(2026, 10, 3), "area": VILLAGES[0]},
        {"registered_at": datetime(2026, 10, 4), "area": VILLAGES[1]},
        {"registered_at": datetime(2026, 10, 20), "area": new},
    ]
    edition = edition_of(home, cases, AS_OF, places=places)
    by_village = answer(edition, ["intake"], TOWNS[0], OCTOBER, by="village")
    assert dict(zip(by_village["group"], by_village["value"], strict=True)) == {str(new): 3}
    assert answer(edition, ["intake"], VILLAGES[0], OCTOBER)["value"][0] == 1
    assert answer(edition, ["intake", "backlog"], TOWNS[0], OCTOBER)["value"].tolist() == [3, 3]


def test_nanchangs_wishes_and_the_forms_of_villages_are_quotients_of_what_is_printed() -> None:
    """84,000 wishes for 62,000 members are 1.35 each; 127 forms after 204 are 37.75 % fewer."""
    assert agrees(84_000, 62_000, "135.48")
    assert round(84_000 / 62_000, 2) == 1.35
    assert round(100 * (127 - 204) / 204, 2) == -37.75


def test_forms_asked_of_a_village_fall_from_204_to_127(home: Home) -> None:
    areas(home)
    deliver(home, "readings", [
        {"key": str(year), "area": VILLAGES[0], "measure": "form_kinds", "measured_at": datetime(year, 1, 1),
         "value": value}
        for year, value in ((2025, 204), (2026, 127))
    ])  # fmt: skip
    edition = published(home, AS_OF)
    years = [Period(date(2025, 10, 1), date(2025, 11, 1)), OCTOBER]
    now = [float(answer(edition, ["village_forms"], DISTRICT, year)["value"][0]) for year in years]
    assert now == [204, 127]
    assert round(100 * (now[1] - now[0]) / now[0], 2) == -37.75


def test_xiaoshan_has_572_cockpits(home: Home) -> None:
    """One district, 22 towns and 549 villages."""
    first = 990101000000
    towns = [first + 1000 * i for i in range(1, 23)]
    villages = [town + 200 + i for i in range(25) for town in towns][:549]
    areas(home, [
        {"code": first, "name": "临江区", "level": "district"},
        *({"code": town, "name": f"第{i}镇", "level": "town"} for i, town in enumerate(towns)),
        *({"code": village, "name": f"第{i}村", "level": "village"} for i, village in enumerate(villages)),
    ])  # fmt: skip
    deliver(home, "cases", [{"key": "1", "area": villages[0], "registered_at": START}])
    live = "SELECT count(*) FROM areas WHERE holder = code"
    assert published(home, AS_OF).cursor().execute(live).fetchone() == (1 + 22 + 549,)


def test_861_villages_become_148_and_history_follows(home: Home) -> None:
    """Laixi: 861 villages into 111 new villages and 37 communities, in one year."""
    first, heirs = 990101000000, 148
    town = first + 1000
    old = [first + 1000 * (2 + i // 400) + i % 400 + 500 for i in range(861)]
    new = [town + 200 + i for i in range(heirs)]
    ended = {"level": "village", "valid_to": "2026-10-15"}
    towns = [
        {"code": code, "name": f"{code}镇", "level": "town"}
        for code in (town, *sorted({c // 1000 * 1000 for c in old}))
    ]
    areas(home, [
        {"code": first, "name": "临江区", "level": "district"}, *towns,
        *({"code": code, "name": f"旧{i}村", "merged_into": new[i % heirs], **ended} for i, code in enumerate(old)),
        *({"code": code, "name": f"新{i}村", "level": "village", "valid_from": "2026-10-15"}
          for i, code in enumerate(new)),
    ])  # fmt: skip
    cases = [{"key": str(code), "area": code, "registered_at": datetime(2026, 10, 3)} for code in old]
    deliver(home, "cases", cases)
    edition = published(home, AS_OF)
    by_village = answer(edition, ["intake"], DISTRICT, OCTOBER, by="village").set_index("group")["value"]
    assert by_village[by_village > 0].count() == heirs
    assert by_village.sum() == 861
    assert answer(edition, ["intake"], old[0], OCTOBER)["value"][0] == 1
