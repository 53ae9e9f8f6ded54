"""Where somebody begins: the page of what they came for."""

from cockpit.access.policy import Can, Grants

PAGES = (
    (Can.LOOK, "cockpit"),
    (Can.DATA, "data"),
    (Can.ACCOUNTS, "accounts"),
    (Can.GRANTS, "grants"),
    (Can.AUDIT, "audit"),
)
"""In this order, the first that may be done."""


def page(grants: Grants) -> str:
    """The name of the first page for whoever holds these grants; one's own account for who holds none."""
    return next((page for can, page in PAGES if grants.may(can)), "account")
