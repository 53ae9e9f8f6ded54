"""The causes of a change in words: names of splits and groups, and the largest movers of a split."""

from cockpit.i18n import _
from cockpit.labels import format, words
from cockpit.labels.names import area_name, source_name
from cockpit.labels.words import NOT_GIVEN
from cockpit.view_state import View
from metrics.analysis.why import Explanation
from metrics.catalog import Metric
from metrics.engine.plan import AREAS


def named_movers(view: View, explanation: Explanation) -> str:
    """`按镇街 沙洲镇 −0.6，青埠镇 +0.3`: the largest movers down and up, of one split; empty where none moved."""
    by, places = explanation.leading, decimals_of(view.catalog.metrics[explanation.metric])
    if by is None:
        return ""
    parts = [
        f"{group_name(view, by, move.group)} {format.signed(effect, places)}"
        for move in explanation.movers()
        if (effect := round(move.effect, places))
    ]
    return _("{split} {parts}", split=split_title(by), parts=_(", ").join(parts)) if parts else ""


def decimals_of(metric: Metric) -> int:
    """A change of a rate is shown to a tenth of a point."""
    return max(1, metric.decimals) if metric.is_rate else metric.decimals


def split_title(by: str) -> str:
    if by in AREAS:
        return _("By {level}", level=words.level(by))
    return _("By {column}", column=words.column(by).lower())


def group_name(view: View, by: str, group: str) -> str:
    if by in AREAS:
        own = group == str(view.area.code)
        return _("{area}, own level", area=view.area.name) if own else area_name(view.edition, group)
    if group in ("", NOT_GIVEN):
        return _("not given")
    return source_name(view.edition, group) if by == "source" else words.value(by, group)
