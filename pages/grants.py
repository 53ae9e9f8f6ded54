"""The grants: who holds which role where. For the security administrator."""

from cockpit.access import guard
from cockpit.access.policy import Can
from cockpit.components import header
from cockpit.i18n import _
from cockpit.screens import desk, grants

visitor = guard.enter(Can.GRANTS)
header.plain(visitor.grants, _("Grants"))

with desk.answering():
    if holder := grants.chosen():
        grants.one(visitor, holder)
    else:
        grants.listed()
