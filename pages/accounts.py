"""The accounts: who can sign in. For the system administrator."""

from cockpit.access import guard
from cockpit.components.navigation import header
from cockpit.screens.admin import accounts, desk

visitor = guard.open_page("accounts")
header.plain(visitor.grants, "accounts")

with desk.answering():
    if account := accounts.chosen():
        accounts.one(visitor, account)
    else:
        accounts.requested(visitor)
        accounts.listed()
        accounts.add(visitor)
