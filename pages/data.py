"""Editions, sources, deliveries, rejects, and reconciliation."""

from cockpit.access import district_wide, guard
from cockpit.access.policy import Can
from cockpit.components.navigation import header
from cockpit.i18n import _
from cockpit.screens import shared
from cockpit.screens.admin import data, events, messages

if view := data.view_or_none():
    header.header(view)
    header.title(_("Data"), level=1)
    header.title(_("Sources"), note=_("As of the data's own time"))
    shared.sources_table(view)
    header.title(_("Editions"), note=_("Each is one unchanging version; opening one shows the cockpit as it was"))
    data.editions_table(view)

if view:
    events.section(view)
if data.operates():
    header.title(_("Load and publish"))
    data.how_to()
header.title(_("Deliveries"), note=_("Newest first"))
deliveries = data.batches()
if deliveries and district_wide.may(guard.enter().grants, Can.REJECTS):
    header.title(_("Refused rows"))
    data.rejects(deliveries)

messages.section()

if view:
    header.title(_("Do the numbers agree"), note=_("Reconciliations of this edition"))
    data.reconciliations(view)
