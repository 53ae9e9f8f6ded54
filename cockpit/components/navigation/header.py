"""The header of every screen: breadcrumb, data time, period and menus; and the headings below it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from cockpit import filters, settings
from cockpit.access import alerts, guard, notifications, pages, shortcuts
from cockpit.access.policy import Can, Grants
from cockpit.address import link
from cockpit.components.base import define, html, packed
from cockpit.components.navigation import panelmenu
from cockpit.i18n import LANGUAGES, _, language, ngettext
from cockpit.labels import format
from cockpit.labels.comparison import days as compared_days
from cockpit.labels.comparison import label
from cockpit.nav import DRAWN, here
from data.desk.saved_views import LONGEST_NAME
from metrics import areas
from metrics.availability.extent import default_period, extent
from metrics.availability.freshness import freshness
from metrics.period import DAY, Period, last_day, month_start, shift, this_month

if TYPE_CHECKING:
    from cockpit.view_state import View

_header = define("header")
LASTING = ("lang", "size")
"""Parameters that the desk's own pages keep in addresses."""


_SLASH = "header.slash"
VIEWS = "/views.json"
"""Address to read and change the account's saved views: `cockpit.screens.saved_views`."""


@dataclass(frozen=True)
class _Own:
    """Visitor state in the header: alerts to acknowledge, unread notifications, whether / opens the search."""

    firing: int
    unread: int
    slash: bool


def header(view: "View", *, searched: str = "", heading: str = "") -> None:
    """Draw the header; a wall screen has none, but its name and clock.

    searched: text of the search box. heading: first heading of the page, for screen readers, where no other is drawn.
    """
    place = view.area.name
    unit = filters.unit_of(view.query.where)
    st.set_page_config(page_title=f"{f'{unit} · ' if unit else ''}{place} · {_('Governance Cockpit')}")
    if view.wall:
        return
    parameters = tuple(st.query_params.to_dict().items())
    own = _own_of(view.grants)
    st.session_state[DRAWN] = True
    _header(key="header", data=_packed(view, parameters, view.newest, view.edition.fallback, searched, own, heading))
    if note := outside_the_data(view):
        notice(note)


def outside_the_data(view: "View") -> str:
    """A notice that the period has no data, or is not the current month; else empty."""
    days = extent(view.edition)
    if days is None:
        return ""
    if view.empty:
        first, last = (format.day(day) for day in days)
        return _("No data in this period: they reach from {first} to {last}", first=first, last=last)
    month = this_month(view.as_of)
    if "from" not in dict(view.given) and view.period.start < month.start < view.period.end:
        return _("{month} has no whole working day yet. Shown are the last 30 days.", month=format.month(month.start))
    if "from" not in dict(view.given) and view.period != month:
        requested, shown = format.month(month.start), format.month(view.period.start)
        return _("{month} has no data yet. Shown is {shown}, the newest month that has.", month=requested, shown=shown)
    return ""


@lru_cache(maxsize=512)
def _packed(
    view: "View",
    parameters: tuple[tuple[str, str], ...],
    newest: str,
    fallback: str | None,
    searched: str,
    own: _Own,
    heading: str,
) -> bytes:
    """Header data of a view: also depends on the address, the editions and the visitor."""
    looks = view.grants.may(Can.LOOK)
    wall = {"icon": "wall", "label": _("Wall screen"), "href": view.href("wall"), "apart": True}
    find = {
        "label": _("Area, case, unit, metric or site"),
        "url": view.href("search.json"),
        "page": view.href("search"),
        "value": searched,
        "slash": own.slash,
        "none": _("Nothing is found within what you may see."),
        "failed": _("The search does not answer. Try again."),
        "all": _("All results"),
    }
    data = {
        "product": _("Governance Cockpit"),
        "home": view.href(pages.landing(view.grants), area=None),
        "heading": heading,
        "crumbs": _crumbs(view),
        "demo": demo_mark(view.edition.demo),
        "other": _other_edition(view),
        "paper": _on_paper(view),
        "brief": _brief(view),
        "stamp": _("Data of {time}", time=format.stamp(view.as_of)),
        "fresh": freshness_in_words(view),
        "data": view.data_page(),
        "find": find if looks else None,
        "menus": [*_topics(view), _periods(view), _comparisons(view)],
        "views": _saved_views() if looks else None,
        "pages": [
            *_of_numbers(view, own.firing),
            *_pages(view.grants, dict(view.given), filters.parameters(view.query.where)),
        ],
        "bell": _bell(view.href("notifications"), own.unread),
        "switches": [*_switches(view.lang, view.size), *([wall] if looks else [])],
        "words": _words(),
    }
    return packed(data)


def plain(grants: Grants, page: str) -> None:
    """The header of a page that shows no data of the district and needs none published: the desk's own pages."""
    _without_data(_(pages.PAGES[page].title), grants, _pages(grants, st.query_params.to_dict()))


def of_a_problem(title: str, grants: Grants | None) -> None:
    """The header of a page that says why nothing is shown. grants: of the visitor; None for a stranger."""
    if grants is None:
        _without_data(title, None, [])
        return
    parameters = st.query_params.to_dict()
    lasting = _lasting(parameters)
    of_numbers = [{"text": _(p.title), "href": link(p.name, lasting)} for p in pages.in_menu("view", grants)]
    _without_data(title, grants, [*of_numbers, *_pages(grants, parameters)])


def _without_data(text: str, grants: Grants | None, shown: list[dict[str, str]]) -> None:
    """text: title of the page. shown: the links of the menu."""
    st.session_state[DRAWN] = True
    st.set_page_config(page_title=f"{text} · {_('Governance Cockpit')}")
    parameters = st.query_params.to_dict()
    home = pages.FIRST if grants is None else pages.landing(grants)
    data = {
        "product": _("Governance Cockpit"),
        "home": link(home, _lasting(parameters)),
        "heading": "",
        "crumbs": [],
        "demo": demo_mark(),
        "other": {},
        "paper": text,
        "brief": "",
        "stamp": "",
        "fresh": [],
        "data": "",
        "find": None,
        "menus": [],
        "views": None,
        "pages": shown,
        "bell": None if grants is None else _bell(link("notifications", _lasting(parameters)), _own_of(grants).unread),
        "switches": _switches(language(), parameters.get("size", "m")),
        "words": _words(),
    }
    _header(key="header", data=data)


def _of_numbers(view: "View", firing: int) -> list[dict[str, object]]:
    """The pages of the menu that keep the area. firing: alerts to acknowledge, a number behind their page."""
    badge = {"count": firing, "said": _("{n} to acknowledge", n=format.number(firing))} if firing else {}
    return [
        {"text": _(page.title), "href": view.href(page.name), **(badge if page.name == "alerts" else {})}
        for page in pages.in_menu("view", view.grants)
    ]


def _own_of(grants: Grants) -> _Own:
    """Of the visitor of this run; the shortcut is read once a session."""
    account_id = guard.enter().session.account_id
    if _SLASH not in st.session_state:
        st.session_state[_SLASH] = shortcuts.uses_slash(account_id)
    return _Own(alerts.firing(grants), notifications.unread(account_id), st.session_state[_SLASH])


def _bell(href: str, unread: int) -> dict[str, object]:
    """The link to the notifications with the number of those unread."""
    said = ngettext("{n} unread notification", "{n} unread notifications", unread) if unread else _("Notifications")
    return {"href": href, "count": unread, "said": said}


def _pages(grants: Grants, parameters: Mapping[str, str], where: dict[str, str] | None = None) -> list[dict[str, str]]:
    """The pages that these grants may open, besides those of the numbers. where: filters, for the reports."""
    further: dict[str, dict[str, object]] = {"reports": {**(where or {})}}
    shown = [
        {"text": _(p.title), "href": link(p.name, _lasting(parameters) | further.get(p.name, {}))}
        for p in pages.in_menu("work", grants)
    ]
    account = {"text": _("Account"), "href": link("account", {"lang": parameters.get("lang")})}
    return [*shown, *_feedback(), account]


def _lasting(parameters: Mapping[str, str]) -> dict[str, object]:
    """The parameters that links to other pages keep."""
    return {name: parameters[name] for name in LASTING if name in parameters}


def _words() -> dict[str, str]:
    return {
        "menu": _("Menu"),
        "pages": _("Main menu"),
        "crumbs": _("Area"),
        "dark": _("Dark"),
        "light": _("Light"),
        "print": _("Print"),
    }


def _crumbs(view: "View") -> list[dict[str, str]]:
    """The areas from the top down; areas above the visitor's own are named, not linked."""
    path = areas.path(view.edition, view.area)
    return [
        {"text": a.name, "href": view.href(area=a) if view.grants.may(Can.LOOK, a.code, a.end) else ""} for a in path
    ]


def demo_mark(data: bool = False) -> str:
    """The notice of a demonstration on every screen: demo data, and open sign-in."""
    marks = (_("Demo data") if data else "", _("Demo sign-in") if settings.current().demo else "")
    return " · ".join(filter(None, marks))


def freshness_in_words(view: "View") -> list[dict[str, str]]:
    """`● 11 源新鲜`, `▲ 1 源停更 2 天`, `1 源未定周期`: sources that deliver, are silent, or have no cycle."""
    sources = freshness(view.edition)
    silent = [source for source in sources if source.silent(view.as_of)]
    open_ended = [source for source in sources if not source.cycle_days]
    fresh = len(sources) - len(silent) - len(open_ended)
    lines = [{"state": "green", "text": ngettext("{n} source fresh", "{n} sources fresh", fresh)}] if fresh else []
    if silent:
        ages = [age for source in silent if (age := source.age(view.as_of)) is not None]
        text = ngettext("{n} source silent", "{n} sources silent", len(silent))
        lines.append({"state": "red", "text": f"{text} {format.age(max(ages))}" if ages else text})
    if open_ended:
        text = ngettext("{n} source without a cycle", "{n} sources without a cycle", len(open_ended))
        lines.append({"state": "none", "text": text})
    return lines


def _on_paper(view: "View") -> str:
    """The period, comparison and time of the data, for printed pages, which show no controls."""
    days = _("{start} to {end}", start=format.day(view.period.start), end=format.day(view.period.end - DAY))
    compared = label(view.period, view.compare, view.as_of, exact=True)
    return " · ".join((days, compared, _("Data of {time}", time=format.stamp(view.as_of))))


def _brief(view: "View") -> str:
    """The period and the time of the data, shown on a phone while the menu is closed."""
    stamp = _("Data of {time}", time=format.stamp(view.as_of))
    return f"{_period_name(view)} · {stamp}"


def _period_name(view: "View") -> str:
    """The name of an offered period, else its days."""
    offered = presets(view.as_of)
    return next((name for name, period in offered.items() if period == view.period), format.period(view.period))


def _other_edition(view: "View") -> dict[str, str]:
    """A badge when these are not the data that everybody else sees; it leads to those."""
    if view.edition.fallback:
        return {"text": _("The newest data cannot be read, these are older"), "href": view.data_page() or view.here()}
    if "edition" in dict(view.given) and view.edition.id != view.newest:
        return {"text": _("Edition {id}, not the newest", id=view.edition.id), "href": view.here(edition=None)}
    return {}


def presets(as_of: datetime) -> dict[str, Period]:
    """The periods offered by name. All end with the last day of which something is known."""
    end = last_day(as_of) + DAY
    month = month_start(end - DAY)
    quarter = month.replace(month=(month.month - 1) // 3 * 3 + 1)
    return {
        _("This month"): Period(month, end),
        _("Last month"): Period(shift(month, -1), month),
        _("Last 7 days"): Period(end - timedelta(days=7), end),
        _("Last 30 days"): Period(end - timedelta(days=30), end),
        _("Last 90 days"): Period(end - timedelta(days=90), end),
        _("This quarter"): Period(quarter, end),
        _("This year"): Period(month.replace(month=1), end),
    }


def _periods(view: "View") -> dict[str, Any]:
    offered, days = presets(view.as_of), extent(view.edition)
    last = days[1] if days else last_day(view.as_of)
    chosen = _period_name(view)
    default = default_period(view.edition)
    items = [
        {"text": name, "href": view.here(period=None if period == default else period), "chosen": name == chosen}
        for name, period in offered.items()
    ]
    custom = {
        "from": view.period.start.isoformat(),
        "to": min(view.period.end - DAY, last).isoformat(),
        "first": days[0].isoformat() if days else "",
        "last": last.isoformat(),
        "words": [_("First day"), _("Last day"), _("Show")],
        "href": view.here(period=Period(view.period.start, view.period.end)),
    }
    return {"label": _("Period"), "value": chosen, "items": items, "custom": custom}


def _topics(view: "View") -> list[dict[str, Any]]:
    """The menu of topics, with the cockpit first; none where there are no topics."""
    if not view.topics or not view.grants.may(Can.LOOK):
        return []
    items = [{"text": _("Cockpit"), "href": view.href(topic=None, metric=None), "chosen": not view.topic}]
    items += [
        {"text": t.name[language()], "href": view.href(topic=t.id, metric=None), "chosen": t.id == view.topic}
        for t in view.topics
    ]
    return [{"label": _("Topic"), "value": next(item["text"] for item in items if item["chosen"]), "items": items}]


def _saved_views() -> dict[str, Any]:
    """The menu of the account's own views; the browser asks for them when it is opened."""
    words = {
        "views": _("Views"),
        "name": _("Name of this view"),
        "save": _("Save this screen"),
        "rename": _("Rename {name}", name="{name}"),
        "remove": _("Delete {name}", name="{name}"),
        "sure": _("Delete?"),
        "new_name": _("New name"),
        "keep": _("Save"),
        "none": _("Nothing is saved yet."),
        "failed": _("The views do not load. Try again."),
    }
    return {"url": VIEWS, "most": LONGEST_NAME, "words": words}


def _comparisons(view: "View") -> dict[str, Any]:
    words = {"previous": _("The period before"), "last_year": _("Last year")}
    items = [
        {"text": word, "href": view.here(vs=None if name == "previous" else name), "chosen": name == view.compare}
        for name, word in words.items()
    ]
    days = compared_days(view.against, view.period, exact=True)
    return {"label": _("Compared with"), "value": f"{words[view.compare]} {days}", "items": items}


def _switches(lang: str, size: str) -> list[dict[str, Any]]:
    other = next(name for name in LANGUAGES if name != lang)
    large = size == "l"
    return [
        {"text": {"en": "EN", "zh": "中"}[other], "label": LANGUAGES[other], "href": here(lang=other)},
        {
            "text": "A−" if large else "A+",
            "label": _("Normal type") if large else _("Large type"),
            "href": here(size=None if large else "l"),
            "size": True,
        },
    ]


def _feedback() -> list[dict[str, str]]:
    where = getattr(settings.current(), "feedback", None)
    return [{"text": _("Feedback"), "href": where}] if where else []


@dataclass(frozen=True)
class Chip:
    """A filter that holds, and the address without it."""

    text: str
    remove: str = ""


Links = Iterable[tuple[str, str]]
"""Text and href."""


def title(text: str, *, note: str = "", links: Links = (), level: int = 2) -> None:
    """A heading that says in words what is shown; `note` in grey behind it, links at its end.

    A heading of the first level also names the page in the browser.
    """
    if level == 1:
        st.set_page_config(page_title=f"{text} · {_('Governance Cockpit')}")
    html(
        f'{panelmenu.take(text)}<div class="title"><h{level}>{escape(text)}</h{level}>'
        + (f'<span class="note">{escape(note)}</span>' if note else "")
        + _links(links)
        + "</div>"
    )


def chips(items: Sequence[Chip], *, label: str = "") -> None:
    """Filters that hold, each with a link that takes it away; `label` in front of them."""
    lead = f"<b>{escape(label)}</b>" if label else ""
    html(f'<div class="chips">{lead}{"".join(map(_chip, items))}</div>')


def _chip(chip: Chip) -> str:
    remove = escape(_("Remove {filter}", filter=chip.text))
    cross = f' <a href="{escape(chip.remove)}" aria-label="{remove}">×</a>' if chip.remove else ""
    return f'<span class="chip"><span title="{escape(chip.text)}">{escape(chip.text)}</span>{cross}</span>'


def notice(text: str, *, state: str = "none", links: Links = (), alert: bool = False) -> None:
    """One calm line: what is missing and why, or what to know before reading on.

    alert: read aloud when it appears, as what is red is.
    """
    shape, role = format.SHAPES[state], ' role="status"' if alert or state == "red" else ""
    html(
        f'<p class="notice {escape(state)}"{role}><span aria-hidden="true">{shape}</span> {escape(text)}'
        f"{_links(links)}</p>"
    )


def _links(links: Links) -> str:
    return "".join(f' <a href="{escape(href)}">{escape(text)}</a>' for text, href in links)
