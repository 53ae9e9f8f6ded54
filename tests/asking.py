"""Short queries for tests: over all areas unless the edition is scoped, with the built-in catalog."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd

from data.editions.edition import AnyEdition
from data.editions.scoped import EVERYTHING, ScopedEdition
from metrics import answer as answers
from metrics import rows as facts
from metrics import thresholds
from metrics.analysis import ageing as ages
from metrics.analysis import reds as red_list
from metrics.analysis import why as explanations
from metrics.analysis.reds import Red
from metrics.analysis.why import Explanation
from metrics.catalog import Catalog, load
from metrics.period import Period
from metrics.query import Query
from metrics.rows import Selection


def scoped(edition: AnyEdition) -> ScopedEdition:
    """The edition itself if it is narrowed, else as it is for who may see everything."""
    return edition if isinstance(edition, ScopedEdition) else edition.scoped(EVERYTHING)


def query_of(
    edition: AnyEdition, metrics: str | Sequence[str], area: int, period: Period, *, by: str | None = None,
    where: Mapping[str, str] | None = None, as_of: datetime | None = None, catalog: Catalog | None = None,
) -> Query:  # fmt: skip
    ids = (metrics,) if isinstance(metrics, str) else tuple(metrics)
    filters = tuple((where or {}).items())
    return Query(scoped(edition), catalog or load(), ids, area, period, by=by, where=filters, as_of=as_of)


def answer(
    edition: AnyEdition, metrics: Sequence[str], area: int, period: Period, *,
    periods: Sequence[Period] = (), rolled: bool = True, **options: object,
) -> pd.DataFrame:  # fmt: skip
    """options: as `query_of` takes them."""
    query = query_of(edition, metrics, area, period, **options)  # type: ignore[arg-type]
    return answers.answer(query, periods=periods, rolled=rolled)


def rows(
    edition: AnyEdition, metric: str, area: int, period: Period, *,
    limit: int | None = None, offset: int = 0, catalog: Catalog | None = None, **selection: object,
) -> pd.DataFrame:  # fmt: skip
    """selection: the fields of `metrics.rows.Selection`."""
    query = query_of(edition, metric, area, period, catalog=catalog)
    return facts.rows(query, Selection(**selection), limit=limit, offset=offset)  # type: ignore[arg-type]


def count_rows(
    edition: AnyEdition, metric: str, area: int, period: Period, *,
    where: Mapping[str, str] | None = None, as_of: datetime | None = None, catalog: Catalog | None = None,
    **selection: object,
) -> int:  # fmt: skip
    query = query_of(edition, metric, area, period, where=where, as_of=as_of, catalog=catalog)
    return facts.count_rows(query, Selection(**selection))  # type: ignore[arg-type]


def states(
    edition: AnyEdition, frame: pd.DataFrame, period: Period, *, by: str | None = None, catalog: Catalog | None = None
) -> list[str]:
    """The states of an answer over `period` and `by`."""
    area = int(frame["area"].iloc[0])
    return thresholds.states(query_of(edition, frame["metric"].unique(), area, period, by=by, catalog=catalog), frame)


def reds(
    edition: AnyEdition, area: int, period: Period, *, names: Sequence[str] = (), catalog: Catalog | None = None
) -> list[Red]:
    return red_list.reds(query_of(edition, names, area, period, catalog=catalog))


def ageing(edition: AnyEdition, metric: str, area: int, period: Period) -> pd.DataFrame:
    return ages.ageing(query_of(edition, metric, area, period))


def why(
    edition: AnyEdition, metric: str, area: int, period: Period, against: Period, *, catalog: Catalog | None = None
) -> Explanation:
    return explanations.why(query_of(edition, metric, area, period, catalog=catalog), against)
