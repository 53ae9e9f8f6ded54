"""The kinds of report: one YAML file each, ours and a district's own. No kind is code."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from cockpit.access.policy import Can
from cockpit.i18n import _
from cockpit.labels import words
from cockpit.labels.wording import worded
from cockpit.panels.layouts import Layout, Layouts
from cockpit.reports.errors import ReportError
from data import yamls
from data.areas.levels import LEVELS, expand_levels
from data.schema import FACTS
from metrics.catalog import Catalog, Metric
from metrics.catalog.model import Model, Name, Text
from metrics.engine.plan import AREAS, COLUMNS
from metrics.errors import did_you_mean, nearest
from metrics.rows import PARTS

HERE = Path(__file__).parent / "kinds"
FORMATS = ("docx", "pdf", "xlsx", "csv")
Format = Literal["docx", "pdf", "xlsx", "csv"]
Levels = Annotated[tuple[str, ...], AfterValidator(expand_levels)]
"""A list that names the district and no level above it means those above as well."""
BY = (*AREAS, "month", *COLUMNS)
"""Splits of a table: areas, months, or a column of the facts."""
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)(?:\.([a-z_]+))?\}")
WORDS = (
    "area",
    "unit",
    "to",
    "period",
    "against",
    "as_of",
    "at",
    "edition",
    "id",
    "made",
    "deadline",
    "reds",
    "worst",
    "sites_failing",
)
"""Placeholders that are no metric."""
OF_METRIC = ("change", "state", "before", "target", "limit")
"""Suffixes of a metric's id in a placeholder: {backlog.change}."""
MOST_FAULTS = 8


class _Section(Model):
    model_config = ConfigDict(extra="forbid", frozen=True)
    heading: Text | None = None
    level: Literal[1, 2, 3] = 1
    at: Levels = LEVELS
    """The levels of areas that have the section; it is left out elsewhere."""


class TextSection(_Section):
    """One sentence a line; a line that names a metric without data is left out."""

    type: Literal["text"]
    text: Text
    style: Literal["body", "note", "right", "plain"] = "body"


class Tiles(_Section):
    """Metrics of the area: now, before, change, state, target."""

    type: Literal["tiles"]
    metrics: tuple[Name, ...] = ()


def _splits(by: str) -> str:
    """The validator of a table's `by`."""
    if by not in BY:
        raise ValueError(_("it can be {known}", known=words.listed(BY)) + near(by, BY))
    return by


class TableBy(_Section):
    """Metrics by the areas below, by month or by a column of the facts.

    suppress: the least count that may be published; smaller ones, and what would give them away, are left out.
    """

    type: Literal["table"]
    by: Annotated[str, AfterValidator(_splits)] = "below"
    metrics: tuple[Name, ...] = ()
    most: int | None = Field(None, ge=1)
    suppress: int = Field(0, ge=0)


class Ranking(_Section):
    """One table a metric, worst first; too small samples are listed apart, without a rank."""

    type: Literal["ranking"]
    by: Literal[(*AREAS, "department")]  # type: ignore[valid-type]
    metrics: tuple[Name, ...] = ()
    most: int = Field(30, ge=1)


class Trend(_Section):
    """A line a metric: day by day against the period before and a year ago, or the last 13 months."""

    type: Literal["trend"]
    metrics: tuple[Name, ...] = Field(min_length=1)
    over: Literal["period", "months"] = "period"


class Ages(_Section):
    """A stock metric by age; the cockpit's by default."""

    type: Literal["ages"]
    metrics: tuple[Name, ...] = Field((), max_length=1)


class Cases(_Section):
    """The facts behind each metric, one table a metric."""

    type: Literal["cases"]
    metrics: tuple[Name, ...] = ()
    part: Literal["numerator", "denominator", "rest"] | None = None
    columns: tuple[str, ...] = Field(min_length=1)
    order: str | None = None
    most: int | None = Field(None, ge=1)


class Sites(_Section):
    """The verdict of each site, or what the checks of each found."""

    type: Literal["sites"]
    show: Literal["verdicts", "findings"] = "verdicts"
    only: Literal["failed", "all"] = "failed"


class Reds(_Section):
    """The list of what is red, the same as on the screens: with value, the limit exceeded, and since when.

    metrics: only what is red of these; without them all of it.
    """

    type: Literal["reds"]
    metrics: tuple[Name, ...] = ()
    most: int = Field(30, ge=1)


class FormSection(_Section):
    """Labels with texts, or with room to write."""

    type: Literal["form"]
    rows: tuple["FormRow", ...] = Field(min_length=1)


class FormRow(Model):
    label: Text
    text: Text | None = None
    lines: int = Field(1, ge=1, le=20)


Section = Annotated[
    TextSection | Tiles | TableBy | Ranking | Trend | Ages | Cases | Sites | Reds | FormSection,
    Field(discriminator="type"),
]


class Kind(Model):
    """One kind of report.

    metrics: of every section that names none; a request may choose others.
    without_rows: for those who may not export rows it is made without its sections of single cases; a kind with such a
    section that does not say this is not made for them.
    page: one page of paper an area, and no more.
    reply_days: working days until the reply is due, if the request has no deadline.
    each_unit: a metric of cases; the report has one part for each responsible unit for which it counts any, and one to
    the area for those without a unit. Each part is a document of its own, with provenance and imprint.
    """

    id: Name
    file: str
    version: int = Field(1, ge=1)
    name: Text
    title: Text
    about: Text
    levels: Levels = LEVELS
    formats: tuple[Format, ...] = Field(("docx", "pdf", "xlsx", "csv"), min_length=1)
    metrics: tuple[Name, ...] = Field(min_length=1)
    choose: bool = False
    without_rows: bool = False
    contents: bool = False
    define: bool = False
    landscape: bool = False
    imprint: bool = False
    page: bool = False
    each_unit: Name | None = None
    reply_days: int | None = Field(None, ge=1, le=90)
    sections: tuple[Section, ...] = Field(min_length=1)

    @property
    def rows(self) -> bool:
        """Whether it contains single cases."""
        return any(isinstance(section, Cases) for section in self.sections)

    @property
    def needs(self) -> Can:
        """The right without which it is not made at all."""
        return Can.EXPORT if self.rows and not self.without_rows else Can.REPORT

    def metrics_of(self, section: Any, chosen: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The metrics of a section."""
        return getattr(section, "metrics", ()) or chosen or self.metrics


@cache
def load(extra: Path | None, catalog: Catalog, layouts: Layouts) -> dict[str, Kind]:
    """Our kinds, one a topic, and those of the folder `extra`, by id; one of theirs replaces ours of the same id.

    Raises ReportError that lists the faults found, each with file and field.
    """
    if extra is not None and not extra.is_dir():
        raise ReportError(
            "kind.no_folder", "the folder {folder} does not exist: create it or clear COCKPIT_REPORTS", folder=extra
        )
    loaded: dict[str, Kind] = {}
    faults: list[str] = []
    for file in [*sorted(HERE.glob("*.yaml")), *(sorted(extra.glob("*.yaml")) if extra else [])]:
        try:
            kind = read(file)
        except ReportError as error:
            faults.append(worded(error))
            continue
        faults += _faults(kind, catalog)
        loaded[kind.id] = kind
    for kind in map(of_topic, layouts.topics()):  # last in the menu, and one of the same id replaces it
        loaded.setdefault(kind.id, kind)
    if faults:
        more = _(" and {n} more", n=len(faults) - MOST_FAULTS) if len(faults) > MOST_FAULTS else ""
        raise ReportError("kind.faults", "{faults}{more}", faults="; ".join(faults[:MOST_FAULTS]), more=more)
    return loaded


def of_topic(topic: Layout) -> Kind:
    """The kind of report that shows a topic: a section for each of its panels that paper has room for."""
    sections = [panel.section() for panel in topic.panels]
    headings = [{"heading": panel.title} if panel.title else {} for panel in topic.panels]
    about = {
        "zh": f"专题“{topic.name.zh}”的指标、下辖单位与趋势。",
        "en": f"The topic {topic.name.en}: metrics, areas below, trends.",
    }
    return Kind.model_validate(
        {
            "id": f"topic_{topic.id}", "file": topic.file, "name": topic.name, "about": about,
            "title": {
                "zh": f"{{area}}{topic.name.zh}专题（{{period}}）", "en": f"{{area}}: {topic.name.en}, {{period}}",
            },
            "levels": topic.levels,
            "metrics": topic.metrics, "define": True,
            "sections": [_filled(h, s, topic) for h, s in zip(headings, sections, strict=True) if s],
        }
    )  # fmt: skip


def _filled(heading: dict[str, Any], section: dict[str, Any], topic: Layout) -> dict[str, Any]:
    """A panel's section with its heading; one without metrics has the topic's, a trend the one chosen at first."""
    if section.get("metrics") != ():
        return {**heading, **section}
    return {**heading, **section, "metrics": (topic.metric,) if section["type"] == "trend" else topic.metrics}


def named(kinds: dict[str, Kind], id: str) -> Kind:
    """The kind of an id. ReportError with the nearest one if there is none."""
    try:
        return kinds[id]
    except KeyError:
        raise ReportError(
            "kind.unknown", 'there is no kind of report "{id}": there are {kinds}.{near}', id=id, kinds=tuple(kinds),
            near=did_you_mean(id, kinds),
        ) from None  # fmt: skip


def near(word: str, known: Iterable[str]) -> str:
    """A suggestion for a misspelt name; empty without a similar one."""
    suggestion = nearest(word, known)
    return _(' Did you mean "{word}"?', word=suggestion) if suggestion else ""


def read(file: Path) -> Kind:
    """One file. ReportError for each of its faults, with the field."""
    try:
        raw = yamls.parsed(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        why = " ".join(str(error).split())
        raise ReportError("kind.not_yaml", "{file}: not readable as YAML: {why}", file=file.name, why=why) from error
    if not isinstance(raw, dict):
        raise ReportError(
            "kind.not_a_mapping",
            "{file}: a kind of report needs id, name, title, about, metrics and sections",
            file=file.name,
        )
    try:
        return Kind.model_validate({**raw, "file": file.name})
    except ValidationError as error:
        faults = "; ".join(_describe(file.name, fault) for fault in error.errors())
        raise ReportError("kind.invalid", "{faults}", faults=faults) from error


def _describe(file: str, fault: Any) -> str:
    field = ".".join(str(step) for step in fault["loc"])
    if fault["type"] == "missing":
        return _("{file}: {field}: is missing", file=file, field=field)
    if fault["type"] == "extra_forbidden":
        return _("{file}: {field}: no such field", file=file, field=field)
    return f"{file}: {field}: {fault['msg'].removeprefix('Value error, ')}"


def _faults(kind: Kind, catalog: Catalog) -> Iterator[str]:
    yield from _unknown(f"{kind.file}: metrics", kind.metrics, catalog.metrics)
    yield from _disclosure_faults(kind, catalog)
    if kind.each_unit:
        yield from _unknown(f"{kind.file}: each_unit", (kind.each_unit,), catalog.metrics)
    for language in ("zh", "en"):
        yield from _placeholder_faults(f"{kind.file}: title.{language}", kind.title[language], catalog)
    for i, section in enumerate(kind.sections):
        at = f"{kind.file}: sections.{i}.{section.type}"
        yield from _unknown(f"{at}.metrics", getattr(section, "metrics", ()), catalog.metrics)
        for field, text in _texts(section):
            for language in ("zh", "en"):
                yield from _placeholder_faults(f"{at}.{field}.{language}", text[language], catalog)
        if isinstance(section, Cases):
            yield from _unknown(f"{at}.columns", section.columns, _case_columns())
            if section.part and section.part not in PARTS:
                yield _("{at}: it can be {known}", at=f"{at}.part", known=words.listed(PARTS))


def _disclosure_faults(kind: Kind, catalog: Catalog) -> Iterator[str]:
    """Faults of a kind that suppresses small counts but has other numbers, from which they could be derived."""
    guarded = {section.suppress for section in kind.sections if isinstance(section, TableBy) and section.suppress}
    if not guarded:
        return
    for i, section in enumerate(kind.sections):
        at = f"{kind.file}: sections.{i}.{section.type}"
        if isinstance(section, TableBy):
            if {section.suppress} != guarded:
                yield _("{at}.suppress: it must be the same number in every table of the file", at=at)
            for name in kind.metrics_of(section):
                if name in catalog.metrics and catalog.metrics[name].components:
                    yield _("{at}.metrics: {name} is made of other metrics, which it would give away", at=at, name=name)
        elif not isinstance(section, (TextSection, FormSection)):
            yield _("{at}: with tables that suppress, only tables, texts and forms are allowed", at=at)
        for field, text in (*_texts(section), ("title", kind.title)):
            placeholders = {name for language in ("zh", "en") for name, _of in PLACEHOLDER.findall(text[language])}
            for name in sorted(placeholders & ({"reds", "worst", "sites_failing"} | set(catalog.metrics))):
                yield _(
                    "{at}.{field}: {name} would give away what is suppressed", at=at, field=field, name=f"{{{name}}}"
                )


def _texts(section: Any) -> Iterator[tuple[str, Text]]:
    if section.heading:
        yield "heading", section.heading
    if isinstance(section, TextSection):
        yield "text", section.text
    if isinstance(section, FormSection):
        for i, row in enumerate(section.rows):
            if row.text:
                yield f"rows.{i}.text", row.text


def _placeholder_faults(at: str, text: str, catalog: Catalog) -> Iterator[str]:
    for name, of in PLACEHOLDER.findall(text):
        known = {**dict.fromkeys(WORDS), **catalog.metrics}
        if name not in known:
            fault = _(
                "{at}: {name} is neither a metric nor {words}.", at=at, name=f"{{{name}}}", words=words.listed(WORDS)
            )
            yield fault + near(name, known)
        elif of and (of not in OF_METRIC or not isinstance(known[name], Metric)):
            fault = words.listed(OF_METRIC)
            yield _("{at}: {name}: only {words} of a metric can be shown", at=at, name=f"{{{name}.{of}}}", words=fault)
    remainder = PLACEHOLDER.sub("", text)
    if "{" in remainder or "}" in remainder:
        example = "{area}, {backlog.change}"
        yield _("{at}: a brace stands alone: placeholders are {example}", at=at, example=example)


def _unknown(at: str, names: tuple[str, ...], known: Any) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield _('{at}: there is no "{name}".', at=at, name=name) + near(name, known)


def _case_columns() -> tuple[str, ...]:
    return ("no", "state", *LEVELS, "days", *(c.name for c in FACTS["cases"].exported))
