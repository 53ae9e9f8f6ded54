"""What was decided at the desk of the demo: dated limits, edits of assets, and assessments in every state."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import data.demo.stories as stories
from data.demo import decisions
from data.desk.assessing import assessments
from data.desk.assessing import schemes as proposed
from data.desk.register import edits, limits
from data.desk.register.edits import Wanted
from data.desk.store import Desk
from data.editions.files import pin
from data.editions.scoped import EVERYTHING
from data.home import Home
from data.store import read_store
from metrics.assessment import schemes
from metrics.assessment.score import packed, score
from metrics.period import Period, month_start
from metrics.query import Query

if TYPE_CHECKING:
    from data.editions.edition import Edition
    from metrics.catalog import Catalog

OFFICER, LEADER, INSPECTOR = "demo-officer", "demo-leader", "demo-inspector"


def decide(desk: Desk, home: Home, today: date, now: datetime) -> None:
    """Dated limits and edits of assets, which the next edition has; nothing where the desk has some. now: UTC."""
    if limits.listing(desk):
        return
    with desk.begin():
        for proposal in decisions.approved_limits(today):
            limits.decide(desk, limits.propose(desk, proposal, OFFICER), LEADER, approve=True)
        limits.propose(desk, decisions.proposed_limit(today), OFFICER)
        proposed.propose(desk, decisions.proposed_scheme(today), OFFICER)
        made = [edits.edit(desk, wanted, OFFICER, now=now - timedelta(days=2)) for wanted in _wanted(home)]
        for id in made[1:]:
            edits.withdraw(desk, id, OFFICER)


def _wanted(home: Home) -> list[Wanted]:
    """The edits with the values that the sources have loaded."""
    with read_store(home) as store:
        return [
            Wanted(source, key, field, value, loaded and str(loaded), reason)
            for source, key, field, value, reason in decisions.EDITS
            for (loaded,) in store.execute(
                f"SELECT {field} FROM assets WHERE source = $1 AND key = $2", [source, key]
            ).fetchall()
        ]


def assess(desk: Desk, home: Home, edition: "Edition", catalog: "Catalog", now: datetime) -> None:
    """Three assessments of towns: one published, one with objections, one drafted; none where the desk has some.

    now: UTC.
    """
    if assessments.listing(desk):
        return
    scheme = schemes.load(catalog)["towns"]
    pin(home, edition.id)
    with desk.begin():
        complete = quarters(edition.as_of.date(), 4)[:-1]
        for period, steps in zip(complete, (_publish, _object, None), strict=True):
            query = Query(edition.scoped(EVERYTHING), catalog, (), stories.DISTRICT, period)
            results = packed(score(query, scheme))
            draft = assessments.Draft(
                scheme.model_dump(mode="json"), query.area, period.start, period.end, edition.id, results
            )
            id = assessments.add(desk, draft, INSPECTOR, now=now - timedelta(days=9))
            if steps:
                steps(desk, id, now)


def quarters(day: date, count: int) -> Sequence[Period]:
    """The running quarter and those before it, oldest first."""
    starts = [month_start(day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1))]
    while len(starts) <= count:
        before = starts[-1] - timedelta(days=1)
        starts.append(before.replace(day=1, month=(before.month - 1) // 3 * 3 + 1))
    ends = [_next_quarter(starts[0]), *starts]
    return [Period(start, end) for start, end in zip(starts[:count], ends, strict=False)][::-1]


def _next_quarter(start: date) -> date:
    return date(start.year + start.month // 10, (start.month + 2) % 12 + 1, 1)


def _publish(desk: Desk, id: int, now: datetime) -> None:
    """Objected to once, answered, approved by somebody else and published."""
    assessments.take_objections(desk, id, now=now - timedelta(days=8))
    town, metric, words = decisions.ANSWERED_OBJECTION
    objection = assessments.raise_objection(
        desk, id, town, metric, words, f"official-{town // 1000}", now=now - timedelta(days=7)
    )
    words = "过渡期标准已于上年底到期，本期按统一标准计分。"
    assessments.answer(desk, objection, words, False, INSPECTOR, now=now - timedelta(days=6))
    assessments.approve(desk, id, LEADER, now=now - timedelta(days=2))
    assessments.publish(desk, id, LEADER, now=now - timedelta(days=1))


def _object(desk: Desk, id: int, now: datetime) -> None:
    """Open: one objection is answered, another is not."""
    assessments.take_objections(desk, id, now=now - timedelta(days=2))
    objections = [
        assessments.raise_objection(
            desk, id, town, metric, words, f"official-{town // 1000}", now=now - timedelta(days=1)
        )
        for town, metric, words in decisions.OPEN_OBJECTIONS
    ]
    words = "经抽查，回访样本均为来电人本人，维持原结果。"
    assessments.answer(desk, objections[0], words, False, INSPECTOR, now=now)
