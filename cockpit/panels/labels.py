"""Texts and addresses shared by panels."""

from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.panels.answers import source_names
from cockpit.view_state import View
from metrics import areas
from metrics.areas import Area
from metrics.catalog import Metric
from metrics.period import Period


def area_name(view: View, code: int) -> str:
    """The name of an area below; the view's own code means facts of no area below."""
    return own_level(view.area) if code == view.area.code else areas.area(view.edition, code).name


def own_level(area: Area) -> str:
    """`区本级`, `街道本级`: what belongs to the area but to none below it."""
    if language() != "zh":
        return _("Own level")
    kind = area.kind if area.kind and not area.kind.isascii() else level(area.level)
    return f"{kind}本级"


def source_name(view: View, source: str) -> str:
    return source_names(view.edition).get(source, {}).get(language(), source)


def level(name: str) -> str:
    return words.level(name)


def how_many(level: str, n: int) -> str:
    """`22 个镇街`"""
    return _("{n} {areas}", n=format.number(n), areas=words.level(level, n))


def rows_link(view: View, metric: Metric, *, period: Period | None = None, part: str = "", **filters: str) -> str:
    """The rows behind a number; a metric made of others has none of its own.

    part: numerator, denominator or rest of a ratio. filters: by column; empty: those without a value.
    """
    if metric.components:
        return ""
    where = {name: value or words.NOT_GIVEN for name, value in filters.items()}
    return view.href(
        "rows", metric=metric, **({"period": period} if period else {}), **({"part": part} if part else {}), **where
    )
