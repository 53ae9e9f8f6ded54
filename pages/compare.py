"""Two to six areas or units side by side, with the mean of all and the median of their kind."""

import streamlit as st

from cockpit import view as views
from cockpit.components.navigation import header, panelmenu
from cockpit.i18n import _
from cockpit.labels import format
from cockpit.screens.comparison import compare, compared

view = views.current("compare")
header.header(view)

header.title(_("Compare"), note=format.period(view.period), level=1)
given = st.query_params.to_dict()
try:
    choice = compared.read(view, given)
except compared.Refused as fault:
    header.notice(str(fault), state="red")
    choice = compared.Choice("units" if given.get("units") else "areas", (), "", None)
compared.chooser(view, choice, given.get("add", ""))
if choice.is_enough:
    compare.draw(view, choice, given.get("over", ""))
    own = {name: given.get(name) for name in ("areas", "units", "over")}
    panelmenu.menus(
        link=view.permalink("compare", **own),
        place=" · ".join((compared.names(choice), format.period(view.period))),
        stamp=_("Data of {time}", time=format.stamp(view.as_of)),
        demo=_("Demo data") if view.edition.demo else "",
        export=compared.may_export(view, choice),
    )
else:
    header.notice(_("Choose two to six areas of one level, or two to six units."))
