"""公示单: the cases of a village closed in the period, to print and post. No titles, no places: nothing personal."""

from cockpit import format
from cockpit.components import table
from cockpit.components.header import notice, title
from cockpit.components.table import Column
from cockpit.i18n import _, language, ngettext
from cockpit.layouts import answers
from cockpit.layouts.answers import Row
from cockpit.layouts.words import ask
from cockpit.seen import View
from data.schema import CLOSE_KINDS
from data.values.zones import elapsed
from metrics.frames import each

MOST_ROWS = 500


def draw(view: View) -> None:
    """The list, with the way back."""
    found = answers.closed_cases(ask(view), MOST_ROWS)
    place, period = view.area.name, format.period(view.period)
    title(_("Publicity list of {area}", area=place), note=period, links=[(_("Back"), view.here(sheet=None))], level=1)
    if found.empty:
        notice(_("No case was closed in this period."))
        return
    names = (_("No."), _("Matter"), _("Registered"), _("Closed"), _("Took"), _("Unit"), _("Result"))
    rows = [[format.number(i), *cells(row, view.edition.zone)] for i, row in enumerate(each(found), 1)]
    table.table([Column(name) for name in names], rows, key="publicity")
    notice(
        ngettext(
            "{n} case. Data of {time}. Without names, addresses and wording of the callers.",
            "{n} cases. Data of {time}. Without names, addresses and wording of the callers.",
            len(rows),
            time=format.stamp(view.as_of),
        )
    )


def cells(row: Row, zone: str) -> list[str]:
    """What the list tells of one case; its times are local to `zone`."""
    matter = " · ".join(text for text in (row.category, row.subcategory) if isinstance(text, str) and text)
    done = row.close_kind if isinstance(row.close_kind, str) else "done"
    return [
        matter or _("Not given"),
        format.day(row.registered_at),
        format.day(row.closed_at),
        format.age(elapsed(row.registered_at, row.closed_at, zone)),
        row.unit if isinstance(row.unit, str) else "",
        CLOSE_KINDS[done] if language() == "zh" else _("done") if done == "done" else done,
    ]
