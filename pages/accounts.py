"""The accounts: who can sign in. For the system administrator."""

from cockpit.access import guard
from cockpit.access.policy import Can
from cockpit.components import header
from cockpit.i18n import _
from cockpit.screens import accounts, desk

visitor = guard.enter(Can.ACCOUNTS)
header.plain(visitor.grants, _("Accounts"))

with desk.answering():
    if account := accounts.chosen():
        accounts.one(visitor, account)
    else:
        accounts.requested(visitor)
        accounts.listed()
        accounts.add(visitor)
