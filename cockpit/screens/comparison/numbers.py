"""The numbers of the comparison as tables: of its chart, and of all its metrics."""

from collections.abc import Mapping

from cockpit.i18n import _, language
from cockpit.panels.numbers import Cell, Number, Numbers, quantity
from cockpit.screens.comparison import compare, compared
from cockpit.screens.comparison.compare import MONTHS
from cockpit.screens.comparison.compared import Choice
from cockpit.view import BadParameter
from cockpit.view_state import View
from metrics.catalog import Metric
from metrics.scope import OutOfScope

CHART, TABLE = "compare-chart", "compare-table"
PANELS = (CHART, TABLE)


def choice_of(view: View, given: Mapping[str, str]) -> Choice:
    """The comparison in the address. BadParameter without one, OutOfScope for areas that the visitor may not see."""
    try:
        choice = compared.read(view, given, on_hidden=_refuse)
    except compared.Refused as fault:
        raise BadParameter("areas", given.get("areas") or given.get("units", ""), str(fault)) from None
    if not choice.is_enough:
        hint = _("Choose two to six areas of one level, or two to six units.")
        raise BadParameter("areas", given.get("areas", ""), hint)
    return choice


def numbers(view: View, given: Mapping[str, str], panel: str) -> Numbers:
    """The numbers of one of PANELS; raises as `choice_of`."""
    choice = choice_of(view, given)
    view = compared.narrowed(view, choice)
    shown = compare.offered(view, choice)
    if panel == TABLE:
        columns = (_("Metric"), *compare.headings(view, choice))
        return Numbers(_("All metrics of this cockpit"), columns, tuple(_row(view, choice, one) for one in shown))
    if not shown:
        return Numbers(_("Compare"), (_("First day"),), ())
    return _chart(view, choice, view.metric if view.metric in shown else shown[0], given.get("over") == MONTHS)


def _refuse(code: str) -> None:
    raise OutOfScope("rows.no_look", "{area} lies outside of what you may see", area=code)


def _row(view: View, choice: Choice, metric: Metric) -> tuple[Cell, ...]:
    parts_by_subject = compare.parts(view, choice, metric)
    values = [parts_by_subject.get(subject.id) for subject in choice.subjects]
    own = (quantity(metric, part.now.value) if part is not None and part.known else "" for part in values)
    return (
        metric.name[language()],
        *own,
        *(_typical(metric, value) for value in compare.typicals(view, choice, metric)),
    )


def _chart(view: View, choice: Choice, metric: Metric, months: bool) -> Numbers:
    lines = compare.chart_lines(view, choice, metric, months)
    days = [point.day for point in lines[0].points] if lines else []
    rows = tuple(
        (
            day,
            *(
                _typical(metric, line.points[at].value) if line.typical else quantity(metric, line.points[at].value)
                for line in lines
            ),
        )
        for at, day in enumerate(days)
    )
    return Numbers(metric.name[language()], (_("First day"), *(line.name for line in lines)), rows)


def _typical(metric: Metric, value: float | None) -> Cell:
    return "" if value is None else Number(compare.typical_text(metric, value), value)
