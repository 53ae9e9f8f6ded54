"""The audit: who did what, and whether the chain is intact. For the audit administrator."""

from cockpit.access import guard
from cockpit.components.navigation import header
from cockpit.i18n import _
from cockpit.screens.admin import audit, desk

visitor = guard.open_page("audit")
header.plain(visitor.grants, "audit")

header.title(_("Audit"), note=_("Who did what; kept 180 days at least, and no number is made of it"), level=1)

with desk.answering():
    audit.filters()
    audit.listed()
    audit.proof(visitor)
