"""The catalog is complete, and faults in a file are reported precisely."""

from pathlib import Path

import pytest
import yaml

from metrics.catalog import Catalog, load
from metrics.catalog.bind import sql_faults
from metrics.catalog.model import Bound, bound
from metrics.errors import MetricsError

EV = {
    "EV01": "intake", "EV02": "backlog", "EV03": "overdue_open", "EV04": "days_to_clear", "EV05": "oldest_open_days",
    "EV06": "sign_on_time_rate", "EV07": "first_response_median", "EV08": "response_rate", "EV09": "closure_rate",
    "EV10": "on_time_rate", "EV11": "urgent_p90", "EV12": "urgent_on_time_rate", "EV13": "rework_rate",
    "EV14": "bounce_rate", "EV15": "repeat_rate", "EV16": "solved_rate", "EV17": "satisfaction_rate",
    "EV18": "three_rate_score",
}  # fmt: skip
SU = {
    "SU01": "order_reply_rate", "SU02": "red_orders", "SU03": "escalation_rate", "SU04": "escalation_on_time_rate",
    "SU05": "alert_handling_rate", "SU06": "alert_precision", "SU07": "approval_hours",
    "SU08": "problem_clearing_rate", "SU09": "publication_rate", "SU10": "whistle_arrival_rate",
    "SU11": "wish_claim_rate", "SU12": "wish_done_rate",
}  # fmt: skip
WS = {
    "WS01": "site_pass_rate", "WS02": "site_health", "WS03": "site_down_share", "WS04": "home_page_age",
    "WS05": "stale_columns", "WS06": "blank_columns", "WS07": "guide_complete_rate", "WS08": "message_on_time_rate",
    "WS09": "functions_usable_rate",
}  # fmt: skip
SV = {
    "SV01": "waiting_now", "SV02": "mean_wait", "SV03": "window_satisfaction_rate", "SV04": "rating_coverage",
    "SV05": "bad_reviews_fixed_rate", "SV06": "once_rate", "SV07": "time_cut", "SV08": "items_cut_rate",
    "SV09": "instant_rate", "SV10": "fully_online_rate", "SV11": "ecert_accepted_rate", "SV12": "registered_share",
}  # fmt: skip
DT = {
    "DT01": "sharing_completion_rate", "DT02": "catalogue_mounted_rate", "DT03": "demand_met_rate",
    "DT04": "share_reply_rate", "DT05": "update_on_time_rate", "DT06": "return_flow_rate",
    "DT07": "return_demand_met_rate", "DT08": "oldest_open_dataset", "DT09": "open_reply_rate",
    "DT10": "machine_readable_rate", "DT11": "conflicts", "DT12": "repeated_fields",
}  # fmt: skip
VL = {
    "VL01": "villages_5g_rate", "VL02": "village_income", "VL03": "village_debt", "VL04": "village_forms",
}  # fmt: skip

METRIC = {
    "name": {"zh": "延期率", "en": "Extension rate"},
    "definition": {"zh": "延期过的件的比例。", "en": "Share of cases extended."},
    "numerator": "extended",
    "denominator": "every",
    "scale": 100,
    "unit": {"zh": "%", "en": "%"},
    "direction": "down",
    "levels": ["district"],
    "basis": "flow",
    "rollup": "ratio of sums",
}
MEASURES = {
    "extended": {"anchor": "registered_at", "where": "extended > 0"},
    "every": {"anchor": "registered_at"},
}
OWN = {
    "id": "own",
    "name": {"zh": "本区", "en": "Own"},
    "fact": "cases",
    "measures": MEASURES,
    "metrics": {"extension_rate": METRIC},
}


def with_file(folder: Path, content: object) -> Catalog:
    (folder / "own.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    load.cache_clear()
    return load(folder)


def changed(**fields: object) -> dict[str, object]:
    return {**OWN, "metrics": {"extension_rate": {**METRIC, **fields}}}


NO_RATE = {"numerator": None, "denominator": None, "rollup": "recompute"}
SHARE = {"of": "evry", "by": "category", "most": 10}


def measured(**measures: object) -> dict[str, object]:
    return {**OWN, "measures": {**MEASURES, **measures}}


def test_domain_indicators_have_their_ids() -> None:
    metrics = load().metrics
    assert {m.code: m.id for m in metrics.values() if m.code} == {**EV, **WS, **SV, **DT, **VL, **SU}
    assert {"closed", "due", "on_time_of_closed"} <= metrics.keys()


def test_every_metric_can_be_explained() -> None:
    for metric in load().metrics.values():
        assert metric.definition.zh.endswith("。"), metric.id
        assert metric.definition.en.endswith("."), metric.id
        if metric.thresholds:
            assert metric.thresholds.source, metric.id
        if metric.is_percent and metric.domain == "cases":
            assert metric.min_n == 10, f"{metric.id}: a rate is not ranked below ten"


def test_a_district_adds_a_metric_by_a_file_alone(tmp_path: Path) -> None:
    catalog = with_file(tmp_path, OWN)
    assert catalog.metrics["extension_rate"].file == "own.yaml"
    assert "daily_own" in {rollup.table for rollup in catalog.rollups()}


def test_weights_of_the_three_rates_are_a_setting() -> None:
    parts = load(None, (10, 45, 45)).metrics["three_rate_score"].composite or ()
    assert [part.weight for part in parts] == [10, 45, 45]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (">= 95", "≥ 95"), ("≥95", "≥ 95"), ("＞＝ ９５", "≥ 95"), ("≧ 95.50", "≥ 95.5"), ("⩽ 1", "≤ 1"),
        ("< -2.5", "< -2.5"), ("< −2.5", "< -2.5"), ("＜ 1234567", "< 1234567"), ("> 0.000001", "> 0.000001"),
    ],
)  # fmt: skip
def test_a_bound_is_read_as_people_write_it_and_as_it_is_shown(text: str, shown: str) -> None:
    assert str(Bound.model_validate(bound(text))) == shown
    assert bound(shown) == bound(text)


@pytest.mark.parametrize("text", ["95", "≥ NaN", "≥ inf", "> 1e999", "> " + "9" * 400, "≥ 95 %", "=> 5", "≥≥ 5", ""])
def test_what_is_no_operator_and_number_is_no_bound(text: str) -> None:
    with pytest.raises(ValueError, match="is not a bound"):
        bound(text)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (changed(numerator="extendet"), r'extension_rate: there is no measure "extendet"\. Did you mean "extended"'),
        (changed(levels=[]), r"own.yaml: metrics.extension_rate.levels"),
        (changed(rollup="sum"), r'metrics.extension_rate: rollup must be "ratio of sums"'),
        (changed(colour="red"), r"own.yaml: metrics.extension_rate.colour: no such field"),
        (changed(thresholds={"red": "5", "mark": "G", "source": "x"}), r'thresholds.red: "5" is not a bound'),
        (changed(value="every"), r"exactly one of value, numerator"),
        (changed(**NO_RATE, composite=[{"metric": "backlog", "weight": 1}]), r'"backlog" is not a rate'),
        (changed(**NO_RATE, concentration=SHARE), r'extension_rate: there is no measure "evry"\. Did you mean "every"'),
        (
            changed(**NO_RATE, concentration={**SHARE, "of": "every", "by": "categry"}),
            r'extension_rate.concentration.by: "categry" is not what cases can be split by\. Did you mean "category"',
        ),
        (changed(**NO_RATE, concentration={**SHARE, "most": 0}), r"metrics.extension_rate.concentration.most"),
        ({**OWN, "fact": "case"}, r'own.yaml: .*fact "case" is not one of cases, assets, checks, readings'),
        (measured(bad={"anchor": "registered"}), r'own.yaml: measures.bad.anchor: .*"registered"'),
        ({**OWN, "terms": {"late": "due_at <"}}, r"own.yaml: terms.late: not an SQL expression"),
        (measured(held={"adds": "every", "less": "gone", "until": "closed_at"}), r'held.less: "gone" is not a flow'),
        ({**OWN, "metrics": {"backlog": METRIC}}, r"metric backlog is already defined in cases.yaml"),
        ([1, 2], r"own.yaml: a catalog file needs id, name, fact and metrics"),
    ],
)  # fmt: skip
def test_catalog_fault_names_file_metric_and_field(tmp_path: Path, content: object, expected: str) -> None:
    with pytest.raises(MetricsError, match=expected):
        with_file(tmp_path, content)


def test_catalog_file_that_is_not_yaml_is_reported(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("id: [", "utf-8")
    load.cache_clear()
    with pytest.raises(MetricsError, match=r"own\.yaml: not readable as YAML"):
        load(tmp_path)


def test_missing_catalog_folder_is_reported() -> None:
    with pytest.raises(MetricsError, match="COCKPIT_CATALOG"):
        load(Path("nowhere"))


def test_every_expression_of_ours_binds() -> None:
    """What is not bound again at each start."""
    assert [fault for domain in load().domains for fault in sql_faults(domain)] == []


VIEW = "SELECT i, moment, source, key, area, area_then, name FROM instants JOIN assets ON registered_at < moment"


@pytest.mark.parametrize(
    ("view", "aggregate", "expected"),
    [
        (VIEW.replace("i, moment, ", ""), {"sum": "1"}, "own.yaml: view: gives no column i, moment: every view gives"),
        (VIEW.replace(", area_then", ""), {"sum": "1"}, "view: gives no column area_then"),
        (VIEW.replace("source, key, ", ""), {"sum": "1"}, "view: gives no column source, key"),
        (VIEW.replace("area, area_then", "name AS area, area_then"), {"sum": "1"}, "area is VARCHAR, not BIGINT"),
        (VIEW.replace("name", "nam"), {"sum": "1"}, 'own.yaml: view: .*"nam"'),
        (VIEW, {"sum": "lenght"}, r'own.yaml: metrics.extension_rate.aggregate.sum: .*"lenght"'),
        (VIEW, {"max": "moment"}, r"metrics.extension_rate.aggregate.max: gives TIMESTAMP, not a number"),
        (VIEW, {"sum": "1", "per": "name"}, r"metrics.extension_rate.aggregate.per: gives VARCHAR, not a number"),
    ],
)  # fmt: skip
def test_a_view_is_bound_when_the_catalog_is_loaded(
    tmp_path: Path, view: str, aggregate: dict[str, str], expected: str
) -> None:
    rollup = "ratio of sums" if "per" in aggregate else "max" if "max" in aggregate else "sum"
    metric = {k: v for k, v in METRIC.items() if k not in ("numerator", "denominator", "sides")}
    metric |= {"aggregate": aggregate, "rollup": rollup, "basis": "stock"}
    content = {"id": "own", "name": {"zh": "自", "en": "Own"}, "fact": "assets", "view": "own.sql"}
    (tmp_path / "own.sql").write_text(view, "utf-8")
    (tmp_path / "own.yaml").write_text(
        yaml.safe_dump({**content, "metrics": {"extension_rate": metric}}, allow_unicode=True), "utf-8"
    )
    with pytest.raises(MetricsError, match=expected):
        load(tmp_path)


@pytest.mark.parametrize("value", ["title", "closed_at - registered_at", "registered_at"])
def test_a_value_that_is_no_number_is_refused(tmp_path: Path, value: str) -> None:
    content = measured(bad={"anchor": "registered_at", "value": value})
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(MetricsError, match=r"own.yaml: measures.bad.value: gives \w+, not a number"):
        load(tmp_path)
