"""A count of facts by the asset that they name: which data set is reused, which item is applied for."""

from dataclasses import dataclass

from data.schema import FACTS, known, narrowed
from metrics.errors import MetricsError
from metrics.query import Query
from metrics.rows import relation


@dataclass(frozen=True)
class AssetCount:
    """An asset by its key, its name in the register (empty if it is not there), its unit, and its number of facts."""

    key: str
    name: str
    unit: str
    count: int


def by_asset(query: Query, kind: str, most: int) -> tuple[tuple[AssetCount, ...], int, int]:
    """The assets of a kind that most facts of the query's metric name; how many are named; facts that name none.

    Raises MetricsError for a metric of facts that name no asset.
    """
    domain = query.catalog.domain(query.catalog.metrics[query.metric])
    if domain.view or "asset" not in FACTS[domain.fact].by_name:
        raise MetricsError("metric.no_asset", "{metric} counts nothing that names an asset", metric=query.metric)
    facts, values = relation(query, ("asset",))
    assets = known(
        narrowed(FACTS["assets"], ("key", "name", "unit", "kind", "area")),
        f"TIMESTAMP '{query.known_at.isoformat(sep=' ')}'",
    )
    scope = query.edition.scope_sql("area")
    sql = (
        f"WITH facts AS (SELECT asset, count(*) AS n FROM ({facts}) GROUP BY asset), "
        f"named AS (SELECT key, any_value(name) AS name, any_value(unit) AS unit FROM ({assets}) "
        f"WHERE kind = ${len(values) + 1} AND {scope} GROUP BY key) "
        "SELECT asset, coalesce(name, ''), coalesce(unit, ''), n FROM facts LEFT JOIN named ON asset = named.key "
        "ORDER BY n DESC, asset"
    )
    rows = query.edition.unscoped.cursor().execute(sql, [*values, kind]).fetchall()
    counts = [AssetCount(*row) for row in rows if row[0] is not None]
    return tuple(counts[:most]), len(counts), sum(row[3] for row in rows if row[0] is None)
