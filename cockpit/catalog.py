"""The metrics of this installation: ours, the district's own files, and the weights it has chosen."""

from functools import lru_cache
from pathlib import Path

from cockpit.settings import Settings
from metrics.catalog import Catalog, Domain, load

THREE_RATES = "three_rate_score"


def catalog_of(settings: Settings) -> Catalog:
    """The same object for the same settings, so that it may key a cache. Raises MetricsError for a wrong definition."""
    return _catalog(settings.catalog, settings.three_rate_weights)


@lru_cache(maxsize=4)
def _catalog(extra: Path | None, weights: tuple[float, ...]) -> Catalog:
    return Catalog(tuple(_weighted(domain, weights) for domain in load(extra).domains))


def _weighted(domain: Domain, weights: tuple[float, ...]) -> Domain:
    """The domain with the parts of its three-rate score weighted anew, in their order."""
    metrics = tuple(
        metric.model_copy(
            update={
                "composite": tuple(
                    part.model_copy(update={"weight": weight})
                    for part, weight in zip(metric.composite, weights, strict=True)
                )
            }
        )
        if metric.id == THREE_RATES and metric.composite
        else metric
        for metric in domain.metrics
    )
    return domain.model_copy(update={"metrics": metrics})
