"""The grants of accounts and the tokens of systems. For the security administrator."""

from cockpit.access import guard
from cockpit.components.navigation import header
from cockpit.screens.admin import desk, grants, tokens

visitor = guard.open_page("grants")
header.plain(visitor.grants, "grants")

with desk.answering():
    if holder := grants.chosen():
        grants.one(visitor, holder)
    else:
        grants.listed()
        tokens.section(visitor)
