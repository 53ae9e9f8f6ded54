"""District-wide permission, for data without an area, such as refused rows."""

from cockpit import editions, settings
from cockpit.access.policy import Can, Grants
from data.errors import DataError
from metrics import areas


def may(grants: Grants, what: Can) -> bool:
    """Whether `what` is allowed in the whole published district; before the first publication, anywhere."""
    try:
        top = areas.root(editions.current(settings.current()))
    except DataError:
        return grants.may(what)
    return grants.may(what, top.code, top.end)
