"""How an item of each kind may begin in tests."""

from data.desk.items.links import Link
from data.desk.items.store import Beginning
from data.workflow.model import Workflow
from tests.factory import TOWNS, VILLAGES


def beginning(kind: str, flow: Workflow, fields: dict[str, object]) -> Beginning:
    """An item begun freely, or from an area where its kind is always about something."""
    origin = "free" if "free" in flow.origins else "area"
    links = () if origin == "free" else (Link("area", str(VILLAGES[0])),)
    return Beginning(kind, "标题", VILLAGES[0], fields, TOWNS[0], origin, links)
