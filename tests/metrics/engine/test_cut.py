"""What a roll-up counts differently at an earlier time is sought by the times of facts."""

import pytest

from data.editions.rollups import Measure
from data.schema import FACTS
from metrics.catalog import load
from metrics.engine.cut import _columns, _condition, _of_kinds

THEN, STOP = "TIMESTAMP '2026-10-30 08:00:00'", "TIMESTAMP '2026-10-31 00:00:00'"


@pytest.mark.parametrize(
    ("anchor", "is_a_time"),
    [
        ("closed_at", True),
        ("CASE WHEN due_at IS NOT NULL THEN greatest(due_at, registered_at) END", True),
        ("CASE WHEN kind = 'order' AND red_at IS NOT NULL THEN greatest(red_at, closed_at) END", True),
        ("case when urgency in ('urgent', 'critical') then due_at else coalesce(closed_at, red_at) end", True),
        ("closed_at + INTERVAL 1 DAY", False),
        ("CASE WHEN kind = 'order' THEN closed_at + INTERVAL 1 DAY END", False),
        ("CASE WHEN kind = 'order' THEN closed_at ELSE TIMESTAMP '2026-01-01' END", False),
        ("workday_deadline(registered_at, 15)", False),
    ],
)
def test_only_an_anchor_that_is_none_of_the_times_is_sought_by_itself(anchor: str, is_a_time: bool) -> None:
    condition = _condition((Measure("flow", anchor),), FACTS["cases"], THEN, STOP)
    assert (f"({anchor}) >= {THEN}" not in condition) == is_a_time
    assert f"closed_at >= {THEN}" in condition


def test_the_anchors_of_supervision_are_times() -> None:
    domain = next(domain for domain in load().domains if domain.id == "supervision")
    assert any("CASE" in flow.anchor for flow in domain.flows)
    assert "CASE" not in _condition(domain.flows, _columns(domain, domain.flows), THEN, STOP)


@pytest.mark.parametrize(
    ("flows", "beginning"),
    [
        ([("closed_at", "kind = 'problem' AND closed_at IS NOT NULL")], "kind IN ('problem') AND "),
        (
            [("closed_at", "kind = 'whistle'"), ("closed_at", "kind IN ('order', 'wish')")],
            "kind IN ('order', 'whistle', 'wish') AND ",
        ),
        ([("CASE WHEN kind = 'order' THEN red_at END", None)], "kind IN ('order') AND "),
        ([("closed_at", "kind = 'it''s'")], "kind IN ('it''s') AND "),
        ([("closed_at", "kind = 'order' AND kind = 'wish'")], "kind IN (NULL) AND "),
        ([("closed_at", "kind = 'problem'"), ("closed_at", None)], ""),
        ([("closed_at", "kind = 'problem' OR deferred")], ""),
        ([("closed_at", "kind <> 'problem'")], ""),
    ],
)
def test_only_facts_of_the_counted_kinds_are_sought(flows: list[tuple[str, str | None]], beginning: str) -> None:
    domain = next(domain for domain in load().domains if domain.id == "supervision")
    measures = tuple(Measure(f"flow{i}", anchor, where) for i, (anchor, where) in enumerate(flows))
    assert _of_kinds(domain, measures) == beginning


def test_a_fact_without_kinds_is_sought_by_its_times_alone() -> None:
    domain = next(domain for domain in load().domains if domain.fact == "readings" and not domain.view)
    assert _of_kinds(domain, domain.flows) == ""
