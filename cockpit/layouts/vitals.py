"""The row of tiles: which metrics of the area, and what they say."""

from dataclasses import replace

from cockpit import format
from cockpit.components import header, tiles
from cockpit.components.tiles import Tile
from cockpit.i18n import _, language
from cockpit.kept import kept
from cockpit.layouts import answers
from cockpit.layouts.answers import Vital
from cockpit.layouts.words import ask
from cockpit.seen import View
from metrics.today import Today

VITALS = (
    "backlog", "overdue_open", "closure_rate", "on_time_rate", "satisfaction_rate", "first_response_median",
    "three_rate_score", "site_health",
)  # fmt: skip
"""The metrics of a district and a town. One that no source feeds gives its place to the next of SPARE."""
SPARE = ("intake", "days_to_clear", "closed", "repeat_rate", "acceptance_rate", "sign_on_time_rate")
HONEST, FLATTERING = "on_time_rate", "on_time_of_closed"
ASKED = (*VITALS, *SPARE, FLATTERING)
"""What is asked of the area in one question."""
APART = 5.0
"""Points by which the two on-time rates must differ before the second is told as well."""
TILES = 8


def vital_signs(view: View, *, most: int = TILES) -> None:
    """The tiles, and one line that names what no source feeds."""
    tiles.tiles(vital_tiles(view)[:most])
    if missing := unfed(view):
        header.notice(_("No source delivers these yet: {names}", names=_(", ").join(missing)))


@kept(maxsize=512)
def vital_tiles(view: View) -> tuple[Tile, ...]:
    """The tiles of the area, at most TILES."""
    found = _found(view)
    fed = [found[name] for name in (*VITALS, *SPARE) if name in found and found[name].ever]
    return tuple(tile(view, vital, found) for vital in fed[:TILES])


def fed_metrics(view: View) -> tuple[str, ...]:
    """The ids of VITALS that have data in this area."""
    return tuple(name for name, vital in _found(view).items() if name in VITALS and vital.ever)


def to_look_at(view: View) -> Today:
    """What needs attention beside the reds, among the metrics that have data."""
    return answers.today(ask(view), fed_metrics(view), ASKED)


def unfed(view: View) -> list[str]:
    """The names of VITALS that exist at this level and never had a value."""
    return [vital.metric.name[language()] for name, vital in _found(view).items() if name in VITALS and not vital.ever]


def tile(view: View, vital: Vital, found: dict[str, Vital]) -> Tile:
    """One metric in words; choosing it makes it the metric of the screen, its number opens the passport."""
    metric = vital.metric
    made = tiles.tile(
        view,
        metric,
        vital.now,
        state=vital.state,
        before=vital.before,
        trend=vital.trend,
        href=view.href(metric=metric),
        passport=view.href("passport", metric=metric),
        chosen=metric.id == view.metric.id,
    )
    beside = _flattering(vital, found.get(FLATTERING)) if metric.id == HONEST else ""
    return replace(made, note=_("; ").join(filter(None, (made.note, beside)))) if beside else made


def _found(view: View) -> dict[str, Vital]:
    return answers.vitals(ask(view), ASKED)


def _flattering(honest: Vital, other: Vital | None) -> str:
    """The rate that hides what is late and still open, where it parts from the honest one."""
    if other is None or format.missing(honest.now.value) or format.missing(other.now.value):
        return ""
    if abs(other.now.value - honest.now.value) <= APART:
        return ""
    return _(
        "Of closed cases {rate}; late open ones left out",
        rate=format.quantity(other.metric, other.now.value),
    )
