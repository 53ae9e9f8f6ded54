"""The parts of a source file: names, CSV format, ways to an area, watermark."""

import json
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from data.errors import DataError
from data.sources.expressions import parse


def _sql(value: Any) -> str:
    """An expression as YAML gives it: `1` and `false` are SQL too."""
    text = json.dumps(value) if isinstance(value, bool | int | float) else value
    if not isinstance(text, str):
        raise ValueError("must be an SQL expression, in quotes if it has a colon in it")
    try:
        parse(text)
    except DataError as error:
        raise ValueError(str(error)) from error
    return text


Sql = Annotated[str, BeforeValidator(_sql)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Names(Strict):
    """Display names of the source."""

    zh: str
    en: str


class Csv(Strict):
    """The format of a CSV file. Without `delimiter` it is detected from the header.

    line_breaks: quoted values may contain lines that look like rows; otherwise such a quote counts as unclosed.
    """

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    quote: Annotated[str, Field(max_length=1)] = '"'
    encoding: str = "utf-8"
    line_breaks: bool = False

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, encoding: str) -> str:
        try:
            "".encode(encoding)
        except LookupError as error:
            raise ValueError(f"there is no encoding {encoding}; Chinese files are mostly utf-8 or gb18030") from error
        return encoding


class Point(Strict):
    """Longitude and latitude in degrees, in the source's `crs`."""

    lon: Sql
    lat: Sql


class Place(Strict):
    """One way to an area: exactly one of its code, its path of names, or a point inside it."""

    code: Sql | None = None
    path: Sql | None = None
    point: Point | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("give one of code, path and point; several ways in order are a list")
        return self


class Watermark(Strict):
    """`:last` in a query is the greatest value of `column` that was accepted before; `first` in the first run."""

    column: str
    first: datetime | date | int | float | str | None = None
