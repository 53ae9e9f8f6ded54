"""One government site: its verdict, the calendar of its visits, every rule with evidence, and what was decided."""

from cockpit import view as views
from cockpit.components.navigation import actions, header
from cockpit.i18n import _
from cockpit.screens.sitehealth import evidence, site

view = views.current("site")
header.header(view)

if found := site.find(view):
    site.top(view, found)
    told = site.checks(view, found)
    evidence.shown(view, found, told)
    site.lights(view, found)
    header.title(_("Visits"), note=_("The last 14 days, by the hour"))
    site.calendar(view, told)
    header.title(_("Rules"), note=_("The newest check of each"), links=site.folding(view, found))
    site.rules(view, found, told)
    site.decisions(view, found, told)
    header.title(_("What changed"), note=_("The last 14 days"))
    site.changes(view, found, told)
    header.title(_("Failed checks"), note=_("The last 14 days, the newest first"))
    site.history(view, found, told)
    actions.actions([(_("All sites"), view.href("sites"))], copy=view.permalink("site", **evidence.key_of(found)))
