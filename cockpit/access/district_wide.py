"""What is told of the whole district or not at all, such as refused rows: they have no area to tell whose they are."""

from cockpit import editions, settings
from cockpit.access.policy import Can, Grants
from data.errors import DataError
from metrics import areas


def may(grants: Grants, what: Can) -> bool:
    """Whether it may be done in all that is published; before anything is, wherever."""
    try:
        top = areas.root(editions.current(settings.current()))
    except DataError:
        return grants.may(what)
    return grants.may(what, top.code, top.end)
