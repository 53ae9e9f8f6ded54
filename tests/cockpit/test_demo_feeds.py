"""The demo district shows every metric: some source of each fact maps all that the metric reads."""

from datetime import date
from pathlib import Path

from cockpit.commands.check import fed_by
from data.demo import build
from metrics.catalog import load


def test_every_metric_of_the_demo_district_has_a_source(tmp_path: Path) -> None:
    made = build(tmp_path, cases=2000, today=date(2026, 11, 22))
    catalog = load()
    fed = {metric for _source, metric, _name, is_fed, _missing in fed_by(catalog, tuple(made.sources)) if is_fed}
    over_views = {metric.id for domain in catalog.domains if domain.view for metric in domain.metrics}
    assert set(catalog.metrics) - over_views <= fed
