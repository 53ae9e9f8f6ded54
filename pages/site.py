"""One government site: verdict, calendar of visits, rules with evidence, and decisions."""

from cockpit import view as views
from cockpit.components.navigation import actions, header
from cockpit.i18n import _
from cockpit.screens.sitehealth import evidence, site

view = views.current("site")
header.header(view)

if row := site.find(view):
    site.top(view, row)
    checks = site.checks(view, row)
    evidence.shown(view, row, checks)
    site.lights(view, row)
    header.title(_("Visits"), note=_("The last 14 days, by the hour"))
    site.calendar(view, checks)
    header.title(_("Rules"), note=_("The newest check of each"), links=site.folding(view, row))
    site.rules(view, row, checks)
    site.decisions(view, row, checks)
    header.title(_("What changed"), note=_("The last 14 days"))
    site.changes(view, row, checks)
    header.title(_("Failed checks"), note=_("The last 14 days, the newest first"))
    site.history(view, row, checks)
    site.items(view, row)
    actions.actions([(_("All sites"), view.href("sites"))], copy=view.permalink("site", **evidence.key_of(row)))
