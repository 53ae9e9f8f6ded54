"""Why a number changed: two periods compared, by the areas, units, categories and sources behind the change."""

from cockpit import view as views
from cockpit.components.navigation import actions, filters, header
from cockpit.i18n import _, language
from cockpit.labels import format
from cockpit.screens import shared
from cockpit.screens.comparison import why
from metrics.analysis.compare import so_far

view = views.current("why")
header.header(view)
filters.draw(view)

if shared.is_available(view, "why"):
    explanation = why.ask(view)
    period, against = format.period(so_far(view.period, view.as_of)), format.period(view.against)
    both = _("{period} against {against}", period=period, against=against)
    header.title(f"{view.area.name} · {view.metric.name[language()]}", note=both, level=1)
    shared.sentence(why.sentence(view, explanation))
    actions.actions(
        [(_("Passport"), view.href("passport")), (_("Rows"), view.href("rows")), (_("Cockpit"), view.href())],
        copy=view.permalink("why"),
    )
    parts = why.worth_telling(explanation)
    for by in parts:
        why.split(view, explanation, by)
    if not parts:
        why.both(view, explanation)
        if reason := why.unsplit(view, explanation):
            header.notice(reason)
    elif view.metric.is_rate:
        header.notice(_("Rate: the part did better or worse. Mix: its share of the whole grew or shrank."))
