"""公示单: the cases of a village closed in the period, to print and post. No titles, no places: nothing personal."""

from typing import Literal

from cockpit.i18n import _, language, ngettext
from cockpit.labels import format
from cockpit.panels import answers
from cockpit.panels.answers import Row
from cockpit.panels.base import Panel
from cockpit.view_state import View
from data.schema import CLOSE_KINDS
from data.values.zones import elapsed
from metrics.catalog import Metric
from metrics.engine.frames import each

MOST_ROWS = 500


class PublicityPanel(Panel):
    """The way to the publicity list. Its metric counts what was closed."""

    kind: Literal["publicity"]

    has_menu = False

    def subject(self, view: View) -> Metric | None:
        return self.at(view).metric

    def draw(self, view: View, *, leads: bool) -> None:
        from cockpit.components.base import unprinted
        from cockpit.components.navigation import header

        with unprinted("publicity"):
            text = self.title[language()] if self.title else _("Publicity list")
            header.title(text, links=[(_("Show and print"), view.here(sheet="publicity"))])


def of(view: View) -> PublicityPanel | None:
    """The panel of this view's layout, if it has one: without it there is no list."""
    return next((panel for panel in view.layout.panels if isinstance(panel, PublicityPanel)), None)


def sheet(view: View, panel: PublicityPanel) -> None:
    """The list, with the way back."""
    from cockpit.components.lists import table
    from cockpit.components.lists.table import Column
    from cockpit.components.navigation.filters import in_words
    from cockpit.components.navigation.header import notice, title

    view = panel.at(view)
    frame = answers.closed_cases(view.query, MOST_ROWS)
    place, period = view.area.name, format.period(view.period)
    title(
        _("Publicity list of {area}", area=place),
        note=" · ".join(filter(None, (in_words(view), period))),
        links=[(_("Back"), view.here(sheet=None))],
        level=1,
    )
    if frame.empty:
        notice(_("No case was closed in this period."))
        return
    names = (_("No."), _("Matter"), _("Registered"), _("Closed"), _("Took"), _("Unit"), _("Result"))
    rows = [[format.number(i), *cells(row, view.edition.zone)] for i, row in enumerate(each(frame), 1)]
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
    """The cells of one case; times are local to `zone`."""
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
