"""The register of pages: name, title, right and place in the menu. A page is one file of `pages/` and one row here.

Navigation, menu, landing page, the guard of each page and the tests of rights are derived from it.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from cockpit.access.policy import Can, Grants
from cockpit.address import link
from cockpit.i18n import N_


@dataclass(frozen=True)
class Page:
    """One page at the path of its name.

    right: what a visitor must be allowed to do somewhere; None: any account with a role.
    menu: "view" for pages that keep area and period, "work" for the others, "" for pages that only links lead to.
    landing: whether it may be the first page after signing in.
    """

    name: str
    title: str
    right: Can | None
    menu: Literal["view", "work", ""] = ""
    landing: bool = False


PAGES = {
    page.name: page
    for page in (
        Page("cockpit", N_("Cockpit"), Can.LOOK, landing=True),
        Page("alerts", N_("Alerts"), Can.LOOK, "view"),
        Page("map", N_("Time-and-space map"), Can.LOOK, "view"),
        Page("compare", N_("Compare"), Can.LOOK, "view"),
        Page("sites", N_("Sites"), Can.LOOK, "view"),
        Page("gaming", N_("Gaming checks"), Can.ASSESS, "view"),
        Page("dictionary", N_("Definitions"), None, "view"),
        Page("inbox", N_("Work items"), Can.ACT, "work"),
        Page("assessments", N_("Assessments"), Can.LOOK, "work"),
        Page("reports", N_("Reports"), Can.REPORT, "work"),
        Page("data", N_("Data"), Can.DATA, "work", landing=True),
        Page("limits", N_("Limits"), Can.DATA, "work"),
        Page("registry", N_("Register of assets"), Can.DATA, "work"),
        Page("accounts", N_("Accounts"), Can.ACCOUNTS, "work", landing=True),
        Page("grants", N_("Grants"), Can.GRANTS, "work", landing=True),
        Page("audit", N_("Audit"), Can.AUDIT, "work", landing=True),
        Page("rows", N_("Rows"), Can.LOOK),
        Page("search", N_("Search"), Can.LOOK),
        Page("why", N_("Why"), Can.LOOK),
        Page("passport", N_("Passport"), Can.LOOK),
        Page("case", N_("Case"), Can.LOOK),
        Page("item", N_("Work item"), Can.ACT),
        Page("board", N_("Board of work items"), Can.ACT),
        Page("start", N_("Begin an item"), Can.ACT),
        Page("site", N_("Site"), Can.LOOK),
        Page("schemes", N_("Assessment schemes"), Can.DATA),
        Page("deductions", N_("Deductions"), Can.LOOK),
        Page("tiles", N_("Choose metrics"), Can.LOOK),
        Page("notifications", N_("Notifications"), None),
    )
}
"""By name, in the order of the menu."""
FIRST = "cockpit"
"""The page at the root path."""
ACCOUNT = "account"
"""Landing page of an account without roles: its own page, served without Streamlit."""


MOST_PARAMETERS = 60
OF_BROWSER = ("embed", "embed_options", "wall", "panel")
"""Parameters that say how a browser shows a page, not what is on it."""


def may_open(page: Page, grants: Grants) -> bool:
    """Whether a visitor with these grants may open the page, at least for some area."""
    return page.right is None or grants.may(page.right)


def in_menu(menu: str, grants: Grants) -> list[Page]:
    """The pages of a menu group that these grants may open."""
    return [page for page in PAGES.values() if page.menu == menu and may_open(page, grants)]


def landing(grants: Grants) -> str:
    """The name of the page where a visitor with these grants begins."""
    return next((page.name for page in PAGES.values() if page.landing and may_open(page, grants)), ACCOUNT)


def own_address(text: str) -> str:
    """The address of one of our pages, relative and normalized; empty for any other text.

    What belongs to the browser alone, such as whether it is embedded, is left out.
    """
    if not text.startswith("/") or text.startswith("//") or "\\" in text or not text.isprintable():
        return ""
    try:
        parts = urlsplit(text)
        given = dict(parse_qsl(parts.query, max_num_fields=MOST_PARAMETERS))
    except ValueError:
        return ""
    name = parts.path.removeprefix("/") or FIRST
    if parts.scheme or parts.netloc or parts.fragment or name not in PAGES:
        return ""
    return link(name, {key: value for key, value in given.items() if key not in OF_BROWSER})
