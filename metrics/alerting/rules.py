"""Alert rules: what is watched, where, when it fires and when it is over. YAML files, ours and a district's own."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from data import yamls
from data.areas.levels import LEVELS, end_of, expand_levels
from data.desk.identity.roles import BUSINESS
from data.system_errors import line_of
from metrics.catalog import Catalog
from metrics.catalog.model import Bound, Model, Name, Text, bound
from metrics.engine.plan import exists_at, filters
from metrics.errors import MetricsError, did_you_mean

MOST_FAULTS = 8
Over = Literal["areas", "units", "sites", "sources", "items"]
Condition = Literal["red", "value", "rise", "fall", "silent", "veto", "near_veto", "due"]
CONDITIONS: dict[Over, tuple[Condition, ...]] = {
    "areas": ("red", "value", "rise", "fall"),
    "units": ("red", "value", "rise", "fall"),
    "sites": ("veto", "near_veto"),
    "sources": ("silent",),
    "items": ("due",),
}


class Recipients(Model):
    """Who is notified of the alerts of a rule.

    roles: of the alert's area, or the nearest area above where somebody has one. units: accounts of these units.
    accounts: by name. Who may not see the numbers of the alert's area is not notified.
    """

    roles: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _somebody(self) -> "Recipients":
        if not (self.roles or self.units or self.accounts):
            raise ValueError("name at least one of roles, units and accounts")
        for role in self.roles:
            if role not in BUSINESS:
                raise ValueError(f"roles: there is no role {role} that sees numbers: use {', '.join(BUSINESS)}")
        for name in (*self.units, *self.accounts):
            if not name.strip() or name != name.strip():
                raise ValueError("units, accounts: a name is not empty, and has no blank around it")
        return self


class Rule(Model):
    """One rule. It fires once for each area, unit, site, source or work item that it is true of.

    over: what it looks at. metrics: ids; all with thresholds where `when` is red and none is named. levels: of areas;
    units are those of the areas of these levels.
    when: red: beyond the limit of the catalog; value: beyond `limit`; rise, fall: changed by `limit` percent or more
    against the day before; silent: no delivery for two cycles; veto, near_veto: of a site;
    due: an item whose deadline is less than `ahead_hours` ahead, or over. Deadlines are looked at every minute.
    kinds: of items; all by default.
    at_least: cases, or whatever the metric counts, that must be affected. days: for so many days on end.
    clear_hours: it is over when it was not true for so long, so that a number that swings about its limit fires once.
    acknowledge_hours: then it goes to the area above as well; 0: never.
    hold_hours: it fires once it was true for so long on end, from edition to edition.
    within: codes of areas: only alerts of these and all below them. names: of units, sites or sources; all by default.
    recipients: who is notified; by default who may acknowledge the alert, of its unit or area.
    """

    id: Name
    file: str = ""
    name: Text
    over: Over
    when: Condition
    metrics: tuple[Name, ...] = ()
    levels: Annotated[tuple[str, ...], AfterValidator(expand_levels)] = LEVELS
    limit: Annotated[Bound, BeforeValidator(bound)] | None = None
    at_least: int = Field(1, ge=1)
    days: int = Field(0, ge=0, le=28)
    kinds: tuple[Name, ...] = ()
    ahead_hours: float = Field(0, ge=0, le=24 * 31)
    clear_hours: float = Field(24, ge=0, le=24 * 31)
    acknowledge_hours: float = Field(24, ge=0, le=24 * 31)
    hold_hours: float = Field(0, ge=0, le=24 * 31)
    within: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    recipients: Recipients | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _fits(self) -> "Rule":
        if self.when not in CONDITIONS[self.over]:
            raise ValueError(f"when: {self.over} can be {', '.join(CONDITIONS[self.over])}, not {self.when}")
        needs_limit = self.when in ("value", "rise", "fall")
        if needs_limit != (self.limit is not None):
            raise ValueError(f"limit: {'missing' if needs_limit else 'not used'} where `when` is {self.when}")
        if needs_limit and not self.metrics:
            raise ValueError(f"metrics: at least one is needed where `when` is {self.when}")
        if self.over in ("sites", "sources", "items") and self.metrics:
            raise ValueError(f"metrics: not used over {self.over}")
        if (self.kinds or self.ahead_hours) and self.over != "items":
            raise ValueError("kinds, ahead_hours: used over items only")
        if self.names and self.over not in ("units", "sites", "sources"):
            raise ValueError("names: used over units, sites and sources only")
        if self.days and self.when != "red":
            raise ValueError("days: used where `when` is red only")
        return self

    def covers(self, area: int, name: str = "") -> bool:
        """Whether it concerns an area, or a unit, site or source there."""
        inside = not self.within or any(code <= area < end_of(code) for code in self.within)
        return inside and (not self.names or name in self.names)

    def watched(self, catalog: Catalog, level: str) -> tuple[str, ...]:
        """The metrics that it looks at in areas of a level, or in units there."""
        named = self.metrics or tuple(metric.id for metric in catalog.metrics.values() if metric.thresholds)
        metrics = (catalog.metrics[name] for name in named)
        there = (metric for metric in metrics if exists_at(metric, level))
        if self.over == "areas":
            return tuple(metric.id for metric in there)
        return tuple(
            metric.id for metric in there
            if "department" in filters(catalog, metric)
            and (self.when != "red" or (metric.thresholds and metric.thresholds.against == "value"))
        )  # fmt: skip


class RuleFile(Model):
    """A file of rules."""

    rules: tuple[Rule, ...] = Field(min_length=1)


@lru_cache(maxsize=8)
def load(catalog: Catalog, ours: Path, own: Path | None = None) -> dict[str, Rule]:
    """The rules of the YAML files of two folders, by id; an own rule replaces ours of the same id.

    Raises MetricsError that lists the faults, each with file, rule and field.
    """
    if own is not None and not own.is_dir():
        raise MetricsError(
            "alerts.no_folder", "the folder of alert rules {folder} does not exist: create it or clear COCKPIT_ALERTS",
            folder=own,
        )  # fmt: skip
    rules: dict[str, Rule] = {}
    faults: list[str] = []
    for folder in filter(None, (ours, own)):
        read: dict[str, Rule] = {}
        for file in sorted(folder.glob("*.yaml")):
            try:
                rules_of_file = _read(file)
            except MetricsError as error:
                faults.append(str(error))
                continue
            faults += list(_clashes(read, rules_of_file))
            faults += [fault for rule in rules_of_file for fault in _faults(rule, catalog)]
            read |= {rule.id: rule for rule in rules_of_file}
        rules |= read
    if faults:
        more = f" (and {len(faults) - MOST_FAULTS} more)" if len(faults) > MOST_FAULTS else ""
        raise MetricsError("alerts.faults", "{faults}{more}", faults="; ".join(faults[:MOST_FAULTS]), more=more)
    return {id: rule for id, rule in rules.items() if rule.enabled}


def _read(file: Path) -> tuple[Rule, ...]:
    try:
        raw = yamls.parsed(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MetricsError(
            "alerts.not_yaml", "{file}: not readable as YAML: {why}", file=file.name, why=line_of(error)
        ) from error
    try:
        return tuple(rule.model_copy(update={"file": file.name}) for rule in RuleFile.model_validate(raw).rules)
    except ValidationError as error:
        faults = "; ".join(_located(fault, raw) for fault in error.errors()[:MOST_FAULTS])
        raise MetricsError("alerts.invalid", "{file}: {faults}", file=file.name, faults=faults) from None


def _located(fault: Any, raw: Any) -> str:
    """A fault with the id of its rule in place of its position."""
    path = [str(part) for part in fault["loc"]]
    if len(path) > 1 and path[0] == "rules" and path[1].isdigit():
        rule = raw["rules"][int(path[1])]
        named = rule.get("id") if isinstance(rule, dict) else None
        path[1] = str(named or f"rule {int(path[1]) + 1}")
    return f"{'.'.join(path[1:] or path)}: {fault['msg'].removeprefix('Value error, ')}"


def _clashes(read: dict[str, Rule], added: Iterable[Rule]) -> Iterator[str]:
    ids = dict(read)
    for rule in added:
        if rule.id in ids:
            yield f"{rule.file}: rules.{rule.id}: the id is used in {ids[rule.id].file} already"
        ids[rule.id] = rule


def _faults(rule: Rule, catalog: Catalog) -> Iterator[str]:
    at = f"{rule.file}: rules.{rule.id}"
    for name in rule.metrics:
        metric = catalog.metrics.get(name)
        if metric is None:
            yield f'{at}.metrics: there is no metric "{name}"{did_you_mean(name, catalog.metrics)}'
        elif rule.when == "red" and metric.thresholds is None:
            yield f'{at}.metrics: "{name}" has no thresholds: give a limit instead'
        elif not any(exists_at(metric, level) for level in rule.levels):
            yield f'{at}.metrics: "{name}" exists at none of the levels {", ".join(rule.levels)}'
