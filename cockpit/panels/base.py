"""The base of panels: place in a layout, queries, drawing, and block of a report.

Streamlit is imported where a panel is drawn: reports read layouts without it.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from pydantic import Field, field_validator

from cockpit.drawing.row import WIDEST
from data.areas.levels import LEVELS, expand_levels
from metrics.catalog.model import Model, Name, Text

if TYPE_CHECKING:
    from cockpit.panels.numbers import Numbers
    from cockpit.view_state import View
    from metrics.catalog import Metric

Call = Callable[[], object]


class Panel(Model):
    """One block of a screen. A kind is a subclass with `kind: Literal["its name"]`, in any module of this folder.

    The fields here are those of every kind.

    width: share of the row, in proportion to the other panels of it.
    levels: the levels of area where it is shown; all by default. A list that names the district and no level above it
        means those above as well.
    metrics: what it shows; the chosen metric of the screen, or the metrics of the layout, by default.
    """

    kind: str
    title: Text | None = None
    width: int = Field(1, ge=1, le=WIDEST)
    levels: tuple[str, ...] = LEVELS
    metrics: tuple[Name, ...] = ()

    has_menu: ClassVar[bool] = True
    """Whether it has a menu: table, full screen, picture, file, link."""
    queries_last: ClassVar[bool] = False
    """Whether its queries profit from the answers of the others."""

    @field_validator("levels")
    @classmethod
    def _known_levels(cls, levels: tuple[str, ...]) -> tuple[str, ...]:
        return expand_levels(levels)

    @property
    def splits(self) -> tuple[str, ...]:
        """The columns by which it breaks a metric down."""
        return ()

    @property
    def grouped(self) -> tuple[Name, ...]:
        """The metrics of its groups, which are queried together with those of the layout."""
        return ()

    def at(self, view: "View") -> "View":
        """The view with the panel's own metric as the chosen one, if it names any."""
        return view.asking(metrics=self.metrics[:1]) if self.metrics else view

    def key(self, view: "View") -> str:
        """A name that no other panel of the layout has, for its component."""
        return view.layout.names.get(id(self), self.kind)

    def subject(self, view: "View") -> "Metric | None":
        """The one metric that all of it is about, if there is one. It is not drawn under a filter that this lacks."""
        return None

    def shown(self, view: "View") -> bool:
        """Whether it has something to say of this view; if not, its place goes to the others of the row."""
        return True

    def queries(self, view: "View") -> Sequence[Call]:
        """The queries of this panel, as calls that may run in parallel; their answers are cached."""
        return ()

    def prepare(self, view: "View") -> None:
        """Make what `draw` caches, outside of a run."""

    def draw(self, view: "View", *, leads: bool) -> None:
        """Draw it into the current container. leads: it is the first of its row."""
        raise NotImplementedError

    def said(self, view: "View") -> str:
        """What it shows where its heading, seen alone, does not say it; for pictures and screen readers."""
        return ""

    def numbers(self, view: "View") -> "Numbers | None":
        """Its numbers as a table; None for a panel that has none of its own."""
        return None

    def has_numbers(self, view: "View") -> bool:
        """Whether its menu offers them."""
        return type(self).numbers is not Panel.numbers

    def section(self) -> dict[str, Any] | None:
        """Its block of a report, as a section of `cockpit.reports.kind`; None if paper has none."""
        return None


def classes() -> dict[str, type[Panel]]:
    """The class of every kind that is imported, by name."""
    named: dict[str, type[Panel]] = {}
    pending = Panel.__subclasses__()
    while pending:
        panel = pending.pop(0)
        pending += panel.__subclasses__()
        for name in get_args(panel.model_fields["kind"].annotation):
            if name in named:
                raise TypeError(f"two panels are of kind {name}: {named[name].__name__} and {panel.__name__}")
            named[name] = panel
    return named
