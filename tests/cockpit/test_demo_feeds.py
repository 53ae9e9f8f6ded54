"""The demo district shows every metric: some source of each fact maps all that the metric reads."""

from datetime import date
from pathlib import Path

from cockpit.commands.check import fed_by
from data.demo import build
from metrics.catalog import load

OF_THE_DESK = {"handled_at", "published_at", "red_at"}
"""Columns of cases that only the desk feeds, which is a source of its own."""


def test_every_metric_of_the_demo_district_has_a_source(tmp_path: Path) -> None:
    made = build(tmp_path, cases=2000, today=date(2026, 11, 22))
    catalog = load()
    fed = {
        metric
        for _source, metric, _name, _is_fed, missing in fed_by(catalog, tuple(made.sources))
        if set(filter(None, missing.split(", "))) <= OF_THE_DESK
    }
    over_views = {metric.id for domain in catalog.domains if domain.view for metric in domain.metrics}
    assert set(catalog.metrics) - over_views <= fed
