"""Source files: the location of a delivery, and the mapping of its columns.

`docs/sources.md` shows how one is written.
"""

import hashlib
import json
import os
import re
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

import yaml
from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)

from data import vault, yamls
from data.errors import DataError
from data.ingest.snapshots import ENDED
from data.passwords import holds_password
from data.schema import FACTS, Fact
from data.sources.expressions import Expression, parse, suggest
from data.sources.parts import Csv, Names, Place, Point, Sql, Strict, Watermark
from data.sources.strict_yaml import UniqueKeys
from data.system_errors import line_of, of_os
from data.values.crs import CRS
from data.values.zones import zone_names

Format = Literal["csv", "ndjson", "parquet", "xlsx"]
FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xlsb": "xlsx",
    ".xls": "xlsx",
    ".et": "xlsx",
    ".ods": "xlsx",
}
"""Format of a file by its suffix, `.gz` aside."""


def _places(value: Any) -> list[Any]:
    ways = value if isinstance(value, list) else [value]
    return [place if isinstance(place, dict | Place) else {"code": place} for place in ways]


def _list(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else [value]


def _words(value: Any) -> list[str]:
    """Words as YAML gives them: a plain `null` is the word, and so is a number."""
    words = []
    for name in _list(value):
        if isinstance(name, bool):
            raise ValueError(f'write {str(name).lower()} as text, in quotes: "{"yes" if name else "no"}"')
        words += ["null", "NULL"] if name is None else [str(name)]
    return words


def _header_row(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _watermark(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


_LAST = re.compile(r"(?<![:\w\\]):last\b(?!:)")
_NAME = r"(?:\w+|\"[^\"]+\"|`[^`]+`|\[[^\]]+\])"
_COMPARED = re.compile(
    rf"(?is)(?P<before>\b(?:where|and|or|on)\s+|\(\s*){_NAME}(?:\.{_NAME})*\s*>=?\s*:last\b"
    r"(?=\s*(?:\)|;|--|$|\b(?:and|or|group|order|limit|fetch|offset|union|having|for)\b))"
)
"""A comparison of a column with `:last` that a condition may do without."""


def _names(value: Any) -> Any:
    return {"zh": value, "en": value} if isinstance(value, str) else value


class Source(Strict):
    """A validated source file. file: relative to the source file. area: ways to resolve the area, in order.

    sheet: of a workbook, its name or its number from 0; None: the first visible one with the columns that are read.
    header_row: number of the header's row on a sheet, from 1, or two that are joined. fill_down: columns whose empty
    cells repeat the one above. nulls: words of an empty cell. where: only rows for which it is true are facts.

    crs: coordinate system of its longitudes and latitudes, which are stored in WGS-84.
    push: rows come only through the HTTP API; sources with a file or a query accept pushes too.
    mode: snapshot: each delivery is full, and missing rows are ended.
    """

    _path: Path = PrivateAttr(Path("source.yaml"))
    source: str
    name: Annotated[Names, BeforeValidator(_names)]
    fact: Literal["cases", "assets", "checks", "readings", "steps"]
    file: str | None = None
    url: str | None = None
    query: str | None = None
    watermark: Annotated[Watermark, BeforeValidator(_watermark)] | None = None
    push: Literal[True] | None = None
    format: Format | None = None
    csv: Csv = Csv()
    sheet: str | Annotated[int, Field(ge=0)] | None = None
    header_row: Annotated[
        Literal["auto"] | Annotated[int, Field(ge=1)] | tuple[Annotated[int, Field(ge=1)], ...],
        BeforeValidator(_header_row),
    ] = "auto"
    fill_down: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    nulls: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    where: Sql | None = None
    zone: str
    dates: Literal["mdy", "dmy"] | None = None
    crs: CRS = "wgs84"
    cycle_days: float | None = Field(None, gt=0)
    mode: Literal["changes", "snapshot"] = "changes"
    key: Sql
    area: Annotated[tuple[Place, ...], BeforeValidator(_places)] = ()
    columns: dict[str, Sql]

    @model_validator(mode="before")
    @classmethod
    def _nulls_of_csv(cls, content: Any) -> Any:
        """`csv.nulls`, as older source files have it, are `nulls`."""
        if isinstance(content, dict) and isinstance(content.get("csv"), dict) and "nulls" in content["csv"]:
            csv = dict(content["csv"])
            content = {**content, "nulls": [*_words(csv.pop("nulls")), *_words(content.get("nulls", []))], "csv": csv}
        return content

    @field_validator("source")
    @classmethod
    def _plain_word(cls, source: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", source):
            raise ValueError("must be a short word of a-z, 0-9 and _ that begins with a letter")
        return source

    @field_validator("url")
    @classmethod
    def _no_password(cls, url: str | None) -> str | None:
        if url and holds_password(url):
            raise ValueError(
                "holds a password in clear text: keep it with `python -m cockpit secret set NAME`, and write "
                "${secret:NAME} in its place, or ${NAME} for an environment variable"
            )
        return url

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in zone_names():
            raise ValueError(f"there is no time zone {zone}{suggest(zone, zone_names())}")
        return zone

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        if [self.file, self.url, self.push].count(None) != 2:
            raise ValueError("give one of file, url (with query) and push: true")
        if (self.url is None) != (self.query is None):
            raise ValueError("url and query belong together")
        self._check_watermark()
        if not parse(self.key).columns:
            raise ValueError(f"key: {self.key} reads no column, so all rows would have one key; name the column")
        if self.mode == "snapshot" and (self.push or self.fact not in ENDED):
            raise ValueError("mode: snapshot is for files and queries of cases or assets: nothing else can end")
        if self.mode == "snapshot" and self.watermark:
            raise ValueError("mode: snapshot is for full deliveries; a query with a watermark gives what is new alone")
        if self.mode == "snapshot" and self.watermark is not None:
            raise ValueError("mode: snapshot needs all rows each time: leave out watermark")
        mapped = [column.name for column in self.contract.delivered if column.name not in ("key", "area")]
        for name in self.columns:
            if name in ("key", "area"):
                raise ValueError(f"columns.{name}: belongs next to columns, not in it")
            if name not in mapped:
                raise ValueError(f"columns.{name}: is no column of {self.fact}{suggest(name, mapped)}")
            self._check_word(name)
        for column in self.contract.delivered:
            if column.required and column.name in mapped and column.name not in self.columns:
                raise ValueError(f"columns.{column.name}: is missing; {self.fact} need it")
        if self.contract["area"].required and not self.area:
            raise ValueError(f"area: is missing; {self.fact} need it")
        return self

    def _check_word(self, name: str) -> None:
        """A constant of a coded column is one of its words."""
        column, constant = self.contract[name], re.fullmatch(r"\s*'([^']*)'\s*", self.columns[name])
        if column.words and constant and constant[1].strip() not in {*column.words, *column.words.values()}:
            raise ValueError(f"columns.{name}: {constant[1]} is none of {column.allowed}")

    def _check_watermark(self) -> None:
        uses = len(_LAST.findall(self.query or ""))
        if self.watermark is None:
            if uses:
                raise ValueError("query: has :last; name in watermark the column whose greatest value it is")
            return
        if not uses:
            raise ValueError("watermark: is for a query with :last in it, like WHERE updated_at >= :last")
        if self.watermark.first is None and _LAST.search(self.first_query):
            raise ValueError(
                "watermark.first: is missing: in the first run it is the value of :last; only a plain comparison like "
                "updated_at >= :last needs none"
            )

    @property
    def first_query(self) -> str:
        """The query of the first run, in which nothing is compared with `:last`."""
        return _COMPARED.sub(r"\g<before>1 = 1", self.query or "")

    @property
    def reading(self) -> str:
        """A hash of the query and its mapping. A watermark is valid for one hash only."""
        return hashlib.sha256(f"{self.definition_hash} {self.url} {self.query}".encode()).hexdigest()

    @property
    def path(self) -> Path:
        """The source file itself."""
        return self._path

    @property
    def contract(self) -> Fact:
        return FACTS[self.fact]

    @property
    def location(self) -> Path | None:
        """The file it names, if it does."""
        return self.path.parent / self.file if self.file is not None else None

    @property
    def expressions(self) -> dict[str, Expression]:
        """Every expression by its key in the file."""
        by_name = {"key": self.key}
        for number, place in enumerate(self.area):
            at = "area" if len(self.area) == 1 else f"area[{number + 1}]"
            if place.code is not None:
                by_name[at] = place.code
            if place.path is not None:
                by_name[f"{at}.path"] = place.path
            if place.point is not None:
                by_name |= {f"{at}.point.lon": place.point.lon, f"{at}.point.lat": place.point.lat}
        by_name |= {f"columns.{name}": sql for name, sql in self.columns.items()}
        if self.where is not None:
            by_name["where"] = self.where
        return {key: parse(sql) for key, sql in by_name.items()}

    @property
    def columns_read(self) -> tuple[str, ...]:
        """The delivery's own columns that the expressions name, in their order."""
        return tuple(dict.fromkeys(name for expression in self.expressions.values() for name in expression.columns))

    @property
    def definition(self) -> str:
        """The source file as canonical JSON, without the values of environment variables."""
        return json.dumps(self.model_dump(mode="json", exclude_none=True), ensure_ascii=False, sort_keys=True)

    @property
    def definition_hash(self) -> str:
        """A hash of the mapping, without name and location."""
        aside = {"name", "file", "url", "query", "push", "cycle_days", "mode"}
        reading = self.model_dump(mode="json", exclude=aside)
        if self.dates is None:
            del reading["dates"]  # keeps hashes of releases without this key
        if self.crs == "wgs84":
            del reading["crs"]  # likewise
        return hashlib.sha256(json.dumps(reading, sort_keys=True).encode()).hexdigest()

    def pushed_as(self, format: Format) -> Self:
        """The source for a push: UTF-8 and the format of the push."""
        return self.model_copy(update={"format": format, "csv": self.csv.model_copy(update={"encoding": "utf-8"})})

    def database(self, keys: Path | None = None) -> str:
        """The URL with `${NAME}` from the environment and `${secret:NAME}` from the secrets of the home in their
        places; a value inside a longer URL is quoted for it. keys: folder of the home's keys. Raises DataError.
        """

        def value(match: re.Match[str]) -> str:
            if match[1] not in os.environ:
                raise DataError(
                    "source.no_variable",
                    "{path}: url: the environment variable {name} is not set; set it and try again",
                    path=self.path,
                    name=match[1],
                )
            variable = os.environ[match[1]]
            return variable if match[0] == self.url else quote(variable, safe="")

        url = re.sub(r"\$\{(\w+)\}", value, self.url or "")
        try:
            return vault.filled(keys, url, partial(quote, safe="")) if keys else url
        except DataError as error:
            raise DataError("source.secret", "{path}: url: {why}", path=self.path, why=error.message) from None


def read_source(path: Path) -> Source:
    """The source file at `path`. Raises DataError with file, key and remedy; all faults in one line."""
    try:
        content = yamls.parsed(path.read_text(encoding="utf-8"), UniqueKeys)
    except FileNotFoundError as error:
        raise DataError("file.none", "{path}: there is no such file", path=path) from error
    except OSError as error:
        raise DataError("file.unreadable", "{path}: cannot be read: {why}", path=path, why=of_os(error)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError("file.not_yaml", "{path}: is not YAML: {why}", path=path, why=line_of(error)) from error
    if not isinstance(content, dict):
        raise DataError(
            "source.not_a_mapping",
            "{path}: must be a mapping with the keys source, name, fact, file, zone, key, area and columns",
            path=path,
        )
    try:
        source = Source(**{str(key): value for key, value in content.items()})
    except ValidationError as error:
        faults = [_fault(fault) for fault in error.errors(include_context=False)]
    else:
        source._path = path
        return source
    # Raised here and not above: an exception that holds pydantic's is never freed.
    raise DataError("source.invalid", "{path}: {faults}", path=path, faults="; ".join(faults))


def _fault(fault: Any) -> str:
    at = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).removeprefix(".")
    if fault["type"] == "extra_forbidden":
        keys = {key for model in (Source, Csv, Place, Point, Names, Watermark) for key in model.model_fields}
        return f"{at}: there is no such key{suggest(str(fault['loc'][-1]), keys)}"
    if fault["type"] == "missing":
        return f"{at}: is missing"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{at}: {message}" if at else message
