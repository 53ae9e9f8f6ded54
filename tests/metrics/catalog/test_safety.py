"""SQL of a catalog file cannot write, read files, or query anything but the facts."""

from pathlib import Path

import pytest
import yaml

from data.schema import FACTS
from data.sources.selects import check
from metrics.catalog import load
from metrics.catalog.safety import VIEW_TABLES, unsafe
from metrics.errors import MetricsError

METRIC = {
    "name": {"zh": "自定义", "en": "Own"}, "definition": {"zh": "自定义", "en": "Own"},
    "unit": {"zh": "件", "en": "cases"},
    "direction": "down", "levels": ["district"], "basis": "flow",
}  # fmt: skip
EVIL = (
    "1); COPY (SELECT 42) TO '{file}'; SELECT (1",
    "1) FROM facts; COPY (SELECT 42) TO '{file}'; --",
    "(SELECT count(*) FROM read_text('/etc/passwd'))",
    "(SELECT 1 FROM duckdb_settings() LIMIT 1)",
    "current_setting('memory_limit') = ''",
    "getvariable('pepper') IS NULL",
    "registered_at < now()",
    "registered_at < today() - 1",
    "registered_at < current_date",
    "registered_at < Current_Timestamp - INTERVAL 1 DAY",
    "registered_at < ago(INTERVAL 1 DAY)",
    "age(registered_at) > INTERVAL 1 DAY",
    "txid_current() > 1",
    "current_connection_id() > 1",
    "pg_get_viewdef(1) IS NULL",
    "setval('s', 1) > 1",
    "count(*) > 1",
    "row_number() OVER () > 1",
)


def catalog(folder: Path, **changes: object) -> Path:
    """A district's own catalog file, a count by default, with changes."""
    domain = {
        "id": "own", "name": {"zh": "自定义", "en": "Own"}, "fact": "cases",
        "measures": {"all": {"anchor": "registered_at"}},
        "metrics": {"own_count": {**METRIC, "value": "all", "rollup": "sum"}},
    }  # fmt: skip
    (folder / "own.yaml").write_text(yaml.safe_dump(domain | changes, allow_unicode=True), "utf-8")
    return folder


QUANTILE = {"anchor": "registered_at", "value": "returned", "q": 0.5}
FIELDS = {
    "terms": lambda sql: {"terms": {"own": sql}},
    "anchor": lambda sql: {"measures": {"all": {"anchor": sql}}},
    "where": lambda sql: {"measures": {"all": {"anchor": "registered_at", "where": sql}}},
    "value": lambda sql: {"measures": {"all": {"anchor": "registered_at", "value": sql}}},
    "until": lambda sql: {
        "measures": {
            "all": {"anchor": "registered_at"}, "gone": {"anchor": "closed_at"},
            "open": {"adds": "all", "less": "gone", "until": sql},
        }
    },
    "quantile": lambda sql: {
        "metrics": {"own": {**METRIC, "quantile": QUANTILE | {"where": sql}, "rollup": "recompute"}}
    },
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("sql", EVIL)
def test_an_expression_that_does_more_than_read_its_row_is_refused(tmp_path: Path, field: str, sql: str) -> None:
    written = tmp_path / "written.csv"
    folder = tmp_path / "catalog"
    folder.mkdir()
    with pytest.raises(MetricsError, match=rf"own\.yaml: .*{field}"):
        load(catalog(folder, **FIELDS[field](sql.format(file=written))))
    assert not written.exists()


@pytest.mark.parametrize(
    "view",
    [
        "COPY (SELECT 42) TO '{file}'",
        "SELECT 1; COPY (SELECT 42) TO '{file}'",
        "SELECT *, now() AS at FROM cases",
        "SELECT * FROM cases WHERE registered_at < current_date",
        "SELECT * FROM cases ORDER BY age(registered_at)",
        "SELECT * FROM cases WHERE txid_current() > 1",
        "SELECT pg_get_viewdef(1) FROM cases",
        "SELECT * FROM '{file}'",
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM cases JOIN glob('/*') g ON true",
        "WITH a AS (FROM read_text('/etc/passwd')) SELECT * FROM a",
        "SELECT * FROM unnest((SELECT list(c) FROM read_csv('{file}') t(c)))",
        "SELECT * FROM cases UNION ALL SELECT * FROM query_table('sources')",
        "SELECT * FROM cases ORDER BY (SELECT 1 FROM duckdb_settings())",
        "SELECT * FROM main.cases",
        "SELECT * FROM batches",
        "SELECT * FROM (DESCRIBE cases)",
        "SELECT getvariable('pepper') FROM cases",
        "ATTACH '{file}'",
    ],
)
def test_a_view_reads_facts_and_areas_alone(tmp_path: Path, view: str) -> None:
    folder = tmp_path / "catalog"
    folder.mkdir()
    (folder / "own.sql").write_text(view.format(file=tmp_path / "written.csv"), "utf-8")
    own = {**METRIC, "aggregate": {"sum": "passed"}, "rollup": "sum", "basis": "stock"}
    with pytest.raises(MetricsError, match=r"own\.yaml: view"):
        load(catalog(folder, view="own.sql", measures={}, metrics={"own": own}))
    assert not (tmp_path / "written.csv").exists()


def test_our_own_catalog_keeps_the_same_rules() -> None:
    assert [fault for domain in load().domains for fault in unsafe(domain)] == []


@pytest.mark.parametrize(
    "view",
    [
        "SELECT i, moment, area FROM checks JOIN instants ON checked_at < moment",
        "WITH newest AS (SELECT asset, max(checked_at) AS at FROM checks GROUP BY ALL) SELECT * FROM newest, areas",
        "SELECT count(*) FILTER (passed), list(rule ORDER BY rule), row_number() OVER () FROM checks GROUP BY ALL",
        "SELECT * FROM (VALUES (1), (2)) v(x), unnest([1, 2]) u(y), range(3) WHERE EXISTS (SELECT 1 FROM assets)",
    ],
)  # fmt: skip
def test_view_may_use_allowed_sql(view: str) -> None:
    check(view, VIEW_TABLES)
    assert set(FACTS) < set(VIEW_TABLES)
