"""Reads the catalog's YAML and checks all of it: every fault is reported with file, name and field."""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from data import yamls
from data.errors import DataError
from data.schema import FACTS
from data.site_rules import site_rules
from data.sources.expressions import parse
from data.system_errors import line_of
from metrics.catalog import generated
from metrics.catalog.bind import sql_faults
from metrics.catalog.model import Catalog, Domain, Flow, Metric, Stock, Trailing
from metrics.catalog.safety import unsafe
from metrics.errors import MetricsError, did_you_mean

HERE = Path(__file__).parent
MOST_FAULTS = 8


@lru_cache(maxsize=8)
def load(extra: Path | None = None, weights: tuple[float, ...] | None = None) -> Catalog:
    """The built-in catalog, with the files of the folder `extra` added to it.

    weights: of the parts of the three-rate score, in place of the catalog's own.
    Raises MetricsError that lists the faults found, each with file, metric and field.
    """
    if extra is not None and not extra.is_dir():
        raise MetricsError(
            "catalog.no_folder",
            "the catalog folder {folder} does not exist: create it or clear COCKPIT_CATALOG",
            folder=extra,
        )
    files = [*sorted(HERE.glob("*.yaml")), *(sorted(extra.glob("*.yaml")) if extra else [])]
    domains, custom, faults = [], [], []
    for file in files:
        try:
            domains.append(_domain(file))
        except MetricsError as error:
            faults.append(str(error))
        else:
            custom += domains[-1:] if file.parent != HERE else []
    if not faults:
        faults = [*_clashes(domains), *(fault for domain in domains for fault in _faults(domain, domains))]
        for domain in custom:
            faults += list(unsafe(domain)) or list(sql_faults(domain))
    if faults:
        more = f" (and {len(faults) - MOST_FAULTS} more)" if len(faults) > MOST_FAULTS else ""
        raise MetricsError("catalog.faults", "{faults}{more}", faults="; ".join(faults[:MOST_FAULTS]), more=more)
    return _catalog(domains, weights)


def _catalog(domains: Iterable[Domain], weights: tuple[float, ...] | None) -> Catalog:
    return Catalog(tuple(_weighted(domain, weights) if weights else domain for domain in domains))


@lru_cache(maxsize=8)
def load_usable(extra: Path | None = None, weights: tuple[float, ...] | None = None) -> tuple[Catalog, tuple[str, ...]]:
    """The catalog as `load` gives it but without the broken files of the folder `extra`, and their faults."""
    domains = [_domain(file) for file in sorted(HERE.glob("*.yaml"))]
    usable: list[Domain] = []
    faults: list[str] = []
    for file in sorted(extra.glob("*.yaml")) if extra and extra.is_dir() else ():
        try:
            usable.append(_domain(file))
        except MetricsError as error:
            faults.append(str(error))
    broken: list[str] = [""]
    while broken:  # a file may need another one that is left out
        broken = []
        for domain in list(usable):
            others = [*domains, *usable[: usable.index(domain)]]
            problems = [fault for fault in _clashes([*others, domain]) if fault.startswith(f"{domain.file}:")]
            problems += _faults(domain, [*domains, *usable])
            if problems := problems or list(unsafe(domain)) or list(sql_faults(domain)):
                usable.remove(domain)
                broken += problems
        faults += broken
    domains += usable
    return Catalog(tuple(_weighted(domain, weights) for domain in domains) if weights else tuple(domains)), tuple(
        faults
    )


def _weighted(domain: Domain, weights: tuple[float, ...]) -> Domain:
    metrics = []
    for metric in domain.metrics:
        if metric.role == "weighted_score" and metric.composite:
            parts = zip(metric.composite, weights, strict=True)
            weighed = tuple(part.model_copy(update={"weight": weight}) for part, weight in parts)
            metric = metric.model_copy(update={"composite": weighed})
        metrics.append(metric)
    return domain.model_copy(update={"metrics": tuple(metrics)})


def _domain(file: Path) -> Domain:
    try:
        raw = yamls.parsed(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MetricsError(
            "catalog.not_yaml", "{file}: not readable as YAML: {why}", file=file.name, why=line_of(error)
        ) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("metrics"), dict):
        raise MetricsError(
            "catalog.not_a_mapping", "{file}: a catalog file needs id, name, fact and metrics", file=file.name
        )
    defaults = {"file": file.name, "domain": raw.get("id")}
    body = dict(raw, file=file.name)
    for key, fields in raw["metrics"].items():
        if not isinstance(fields, dict):
            raise MetricsError(
                "catalog.no_fields", "{file}: metrics.{metric}: a metric has name, definition, unit and so on",
                file=file.name, metric=str(key)[:60],
            )  # fmt: skip
    body["metrics"] = [{**defaults, "id": key, **fields} for key, fields in raw["metrics"].items()]
    if (view := _generated(raw)) is not None:
        body["view"] = view
    elif view := raw.get("view"):
        body["view"] = site_rules().sql(_view(file, str(view)))
    try:
        return Domain.model_validate(body)
    except ValidationError as error:
        faults = "; ".join(_describe(file.name, body, fault) for fault in error.errors())
        raise MetricsError("catalog.invalid", "{faults}", faults=faults) from error


def _generated(raw: Mapping[str, Any]) -> str | None:
    """The view of a file with `snapshot` or `latest`; None for others, and where the model will refuse the fields."""
    columns, valid = raw.get("snapshot"), raw.get("latest")
    where, terms = raw.get("where"), raw.get("terms") or {}
    if not isinstance(terms, dict) or not isinstance(where, (str, type(None))):
        return None
    if isinstance(columns, list) and columns:
        return generated.snapshot_sql([str(name) for name in columns], where, terms)
    if isinstance(valid, dict) and valid:
        traits = raw.get("traits")
        return generated.latest_sql(valid, where, terms, traits if isinstance(traits, list) else ())
    return None


def _view(file: Path, name: str) -> str:
    """The SQL of the view that a catalog file names: a file of its own folder, and no other."""
    try:
        if Path(name).name != name:
            raise FileNotFoundError(name)
        return file.with_name(name).read_text("utf-8")
    except (OSError, ValueError):
        raise MetricsError(
            "catalog.no_view", "{file}: view {view} is not in its folder", file=file.name, view=name[:60]
        ) from None


def _describe(file: str, body: dict[str, Any], fault: Any) -> str:
    """One pydantic fault in words: file, metric or measure, field, what is wrong."""
    where = list(fault["loc"])
    if len(where) > 1 and where[0] == "metrics" and isinstance(where[1], int):
        where[1] = body["metrics"][where[1]]["id"]
    if fault["type"] == "extra_forbidden":
        return f"{file}: {'.'.join(map(str, where))}: no such field.{did_you_mean(str(where[-1]), Metric.model_fields)}"
    return f"{file}: {'.'.join(map(str, where))}: {fault['msg'].removeprefix('Value error, ')}"


def _clashes(domains: Iterable[Domain]) -> Iterator[str]:
    files: dict[str, str] = {}
    for domain in domains:
        for name in (f"domain {domain.id}", *(f"metric {metric.id}" for metric in domain.metrics)):
            if name in files:
                yield f"{domain.file}: {name} is already defined in {files[name]}: choose another id"
            files[name] = domain.file
        for metric in domain.metrics:
            if metric.role and (other := files.setdefault(f"role {metric.role}", domain.file)) != domain.file:
                yield f"{domain.file}: metrics.{metric.id}.role: {metric.role} is the role of a metric of {other}"


def _faults(domain: Domain, domains: list[Domain]) -> Iterator[str]:
    yield from _where_faults(domain)
    yield from _measure_faults(domain)
    own = {metric.id for metric in domain.metrics if metric.value}
    for name in domain.presence:
        if name not in own:
            yield f'{domain.file}: presence: "{name}" is not a count of this file.{did_you_mean(name, own)}'
    flows = {flow.name for flow in domain.flows}
    for name in (name for chain in domain.chains for name in chain):
        if name not in flows:
            yield f'{domain.file}: chains: "{name}" is not a counted measure of this file.{did_you_mean(name, flows)}'
    yield from _metric_faults(domain, {m.id: m for d in domains for m in d.metrics})


def _where_faults(domain: Domain) -> Iterator[str]:
    """`where` is applied to stored rows, so that its columns must be known from the beginning."""
    if not domain.where or domain.view:
        return
    fact = FACTS[domain.fact]
    try:
        columns = parse(domain.where).columns
    except DataError as error:
        yield f"{domain.file}: where: {error}"
        return
    for name in columns:
        column = fact.by_name.get(name.lower())
        if column is None:
            yield f"{domain.file}: where: {fact.name} has no column {name}.{did_you_mean(name, fact.by_name)}"
        elif column.known_at not in (None, fact.time):
            yield f"{domain.file}: where: {name} becomes known later: use it in the `where` of a measure"


def _measure_faults(domain: Domain) -> Iterator[str]:
    for name, measure in domain.measures.items():
        parts = {Stock: ("adds", "less"), Trailing: ("of",)}.get(type(measure), ())
        for part in parts:
            other = getattr(measure, part)
            if not isinstance(domain.measures.get(other), Flow):
                near = did_you_mean(other, domain.measures)
                yield f'{domain.file}: measures.{name}.{part}: "{other}" is not a flow.{near}'


def _metric_faults(domain: Domain, metrics: dict[str, Metric]) -> Iterator[str]:
    for metric in domain.metrics:
        at = f"{domain.file}: metrics.{metric.id}"
        for name in metric.measures:
            if name not in domain.measures:
                yield f'{at}: there is no measure "{name}".{did_you_mean(name, domain.measures)}'
        if metric.oldest and not isinstance(domain.measures.get(metric.oldest.stock), Stock):
            yield f"{at}.oldest: {metric.oldest.stock} is not a stock"
        if metric.aggregate and not domain.view:
            yield f"{at}.aggregate: goes with a view; use value or numerator and denominator"
        if metric.concentration and domain.view:
            yield f"{at}.concentration: goes with the measures of a fact, not with a view"
        if (share := metric.concentration) and share.by not in FACTS[domain.fact].splits:
            near = did_you_mean(share.by, FACTS[domain.fact].splits)
            yield f'{at}.concentration.by: "{share.by}" is not what {domain.fact} can be split by.{near}'
        if metric.aggregate and metric.aggregate.existing and not domain.latest:
            yield f"{at}.aggregate.existing: goes with latest"
        for part in metric.composite or ():
            other = metrics.get(part.metric)
            if other is None or other.numerator is None:
                yield f'{at}.composite: "{part.metric}" is not a rate.{did_you_mean(part.metric, metrics)}'
        if metric.quotient:
            for name in metric.components:
                other = metrics.get(name)
                if other is None or not other.is_additive or not set(metric.levels) <= set(other.levels):
                    near = did_you_mean(name, metrics)
                    yield f'{at}.quotient: "{name}" is not a metric that adds up at the same levels.{near}'
        if metric.counterpart and metric.counterpart.metric not in metrics:
            near = did_you_mean(metric.counterpart.metric, metrics)
            yield f'{at}.counterpart: there is no metric "{metric.counterpart.metric}".{near}'
        also = metric.thresholds.also if metric.thresholds else None
        if also and not _can_follow(metrics.get(also), metric):
            yield f'{at}.thresholds.also: "{also}" is not a metric with thresholds for its own value at the same levels'


def _can_follow(other: Metric | None, metric: Metric) -> bool:
    """Whether the state of `other` can be held against that of `metric` wherever the latter exists."""
    limits = other.thresholds if other else None
    return bool(
        other and limits and limits.against == "value" and not limits.also and set(metric.levels) <= set(other.levels)
    )
