"""The page of gaming checks: rates that are clearly higher in one area or unit than in all others, with their rows."""

from dataclasses import replace
from typing import Any

from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _, language
from cockpit.labels import format, words
from cockpit.labels.movers import group_name
from cockpit.panels.labels import rows_link
from cockpit.single_flight import single_flight_cache
from cockpit.view_state import View
from data.areas.levels import is_above
from metrics import areas
from metrics.analysis.gaming import LARGE, LEAST, MEDIUM, Compared, Sign, compare

UNIT = "department"


def draw(view: View) -> None:
    """The checks by unit, and by the areas below."""
    header.title(_("Gaming checks"), note=format.period(view.period), level=1)
    header.notice(
        _(
            "A sign, no proof: each rate is compared with that of all others together. Listed is what is higher by at "
            "least a small effect (h ≥ 0.2) whose 99 % interval lies above zero, from samples of {n} and more. "
            "People are never compared.",
            n=LEAST,
        )
    )
    for by in (*_levels(view), UNIT):
        _section(view, by)
    _checks(view)


def _levels(view: View) -> list[str]:
    """The level right below, if areas of it have areas of their own or are compared at all."""
    return [level for level in areas.lower_levels(view.edition, view.area) if is_above(view.area.level, level)][:1]


@single_flight_cache(maxsize=256)
def compared(view: View, by: str) -> Compared:
    """The comparison of a breakdown. Cached: views are values."""
    return compare(replace(view.query, by=None), by, view.area.level)


def _section(view: View, by: str) -> None:
    result = compared(view, by)
    title = _("Units") if by == UNIT else words.level_heading(by, 2)
    header.title(title, note=_("{n} compared, {small} with too small a sample", n=format.number(result.compared),
                               small=format.number(result.small)))  # fmt: skip
    if not result.signs:
        header.notice(_("No sign found."))
        return
    columns = [
        Column(_("Unit") if by == UNIT else _("Area"), lead=True),
        Column(_("Check")),
        Column(_("Share"), number=True),
        Column(_("All others"), number=True),
        Column(_("Difference, 99 % interval"), number=True),
        Column(_("Size of the effect")),
        Column(_("Rows"), number=True),
    ]
    table(columns, [_row(view, sign) for sign in result.signs], key=f"gaming-{by}")


def _row(view: View, sign: Sign) -> list[Cell | str]:
    metric = sign.metric
    where: dict[str, Any] = {UNIT: sign.group} if sign.by == UNIT else {"area": sign.group}
    rows = rows_link(view, metric, part="numerator", **where)
    gap = f"{sign.difference:+.1f} ({sign.low:+.1f} … {sign.high:+.1f})"
    return [
        Cell(group_name(view, sign.by, sign.group), view.href("cockpit", **where)),
        Cell(
            metric.name[language()],
            view.href("passport", metric=metric),
            note=metric.gaming[language()] if metric.gaming else "",
        ),
        format.quantity(metric, sign.share),
        format.quantity(metric, sign.others),
        gap,
        Cell(_effect(sign), note=f"h = {sign.effect:.2f}"),
        Cell(_("{hits} of {n}", hits=format.number(sign.hits), n=format.number(sign.n)), rows),
    ]


def _effect(sign: Sign) -> str:
    return _("large") if sign.effect >= LARGE else _("medium") if sign.effect >= MEDIUM else _("small")


def _checks(view: View) -> None:
    """What each check hints at."""
    header.title(_("The checks"))
    table(
        [Column(_("Check"), lead=True), Column(_("What it counts")), Column(_("Why it is looked at"))],
        [
            [
                Cell(metric.name[language()], view.href("passport", metric=metric)),
                metric.definition[language()],
                metric.gaming[language()] if metric.gaming else "",
            ]
            for metric in view.catalog.gaming
        ],
        key="gaming-checks",
    )
