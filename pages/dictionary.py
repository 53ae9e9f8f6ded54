"""The metric dictionary: the meaning of every number, and the sources of its thresholds."""

from cockpit import view as views
from cockpit.components.lists import glossary
from cockpit.components.lists.record import record
from cockpit.components.navigation import header
from cockpit.i18n import _
from cockpit.screens import dictionary

view = views.current("dictionary")
header.header(view)

header.title(_("Definitions"), note=_("One number, one definition, one place"), level=1)
glossary.glossary(dictionary.sections(view), opened=dictionary.opened())
header.title(_("Source marks"), level=2)
record(dictionary.marks(), key="marks")
