"""Friendly pages for what cannot be shown: what was requested, what is similar, where to go. Never a traceback."""

import contextlib
import logging
from collections.abc import Sequence
from html import escape
from urllib.parse import urlencode

import streamlit as st

from cockpit import settings
from cockpit.access import visitors
from cockpit.access.policy import Can, Grants
from cockpit.address import link
from cockpit.i18n import LANGUAGES, _
from cockpit.labels.wording import worded
from cockpit.nav import DRAWN
from data.errors import Damaged, DataError, TooSlow
from data.system_errors import FULL, is_no_room
from metrics.errors import MetricsError
from metrics.scope import OutOfScope

log = logging.getLogger(__name__)

KEPT = {"lang": tuple(LANGUAGES), "size": ("l",)}
COMMANDS = ("python -m cockpit demo", "python -m cockpit serve")


def bad_parameter(name: str, value: str, hint: str, near: Sequence[tuple[str, str]] = ()) -> None:
    """The URL names something that is not there. near: text and href of what may have been meant."""
    kinds = {
        "area": _("No such area"), "metric": _("No such metric"),
        "topic": _("No such topic"), "edition": _("No such edition of the data"),
        "from": _("Not a period"), "to": _("Not a period"),
    }  # fmt: skip
    _page(kinds.get(name, _("The address cannot be read")), f"{name}={value}", hint, near)


def no_edition(detail: str) -> None:
    """Nothing is published yet. The commands that publish are for those who load data or run the server."""
    grants = _grants()
    if not grants or not (grants.may(Can.REJECTS) or grants.may(Can.ACCOUNTS)):
        _page(
            _("No data are published yet"),
            "",
            _("The data officer publishes them; this page then shows them."),
            home=False,
        )
        return
    commands = "".join(f"<pre>{command}</pre>" for command in COMMANDS)
    hint = _("Load the district's data and publish them, or build the demo district, then serve:")
    _page(_("No data are published yet"), "", f"{detail}\n{hint}", extra=commands, home=False)


def unanswerable(detail: str) -> None:
    """A question that the metrics refuse."""
    _page(_("This cannot be shown"), "", detail)


def too_slow() -> None:
    """A question that was stopped at the limit."""
    limit = f"{settings.current().query_seconds:g}"
    hint = _(
        "The question took longer than {seconds} seconds and was stopped. "
        "Choose a smaller area or a shorter period, or try again later.",
        seconds=limit,
    )
    _page(_("This took too long"), "", hint)


def damaged() -> None:
    """The edition on the screen turned out to be damaged just now; the next run shows an older one."""
    hint = _("Older data are shown from now on, until new ones are published. Open the screen again.")
    _page(_("These data can no longer be read"), "", hint)


def signed_out() -> None:
    """The session has ended, or there never was one."""
    where = link("login", {})
    _page(
        _("Sign in first"),
        "",
        _("Your session has ended, or you have not signed in."),
        [(_("Sign in"), where)],
        home=False,
    )


def refused(home: str = "cockpit") -> None:
    """Somebody signed in asks for what is not theirs. home: the page where they begin."""
    hint = _("Your roles do not reach this. Whoever manages grants can change that.")
    near = [(_("Account"), link("account", {}))]
    if home != "account":
        near.append((_("To the first screen"), link(home, {})))
    _page(_("Not yours to see"), "", hint, near, home=False)


def log_once() -> None:
    """Leave the log of what ends a run to `of_a_run`: Streamlit writes a trace of each, handled or not."""
    logging.getLogger("streamlit.error_util").addFilter(_is_not_of_a_run)


def _is_not_of_a_run(record: logging.LogRecord) -> bool:
    return record.getMessage() != "Uncaught app execution"


def of_a_run(error: Exception) -> bool:
    """Show the failure of a page run: for `streamlit.App(on_script_error=…)`."""
    if isinstance(error, OutOfScope):
        refused()
    elif isinstance(error, TooSlow):
        log.warning("%s", one_line(error))
        too_slow()
    elif isinstance(error, Damaged):
        damaged()
    elif isinstance(error, MetricsError | DataError):
        log.warning("%s", one_line(error))
        unanswerable(worded(error))
    elif is_no_room(error):
        log.error("%s", one_line(error))
        unanswerable(worded(FULL))
    else:
        log.error("a page failed", exc_info=error)
        _page(_("Something went wrong on our side"), "", _("It has been noted in the server's log. Try again."))
    return True


def one_line(error: Exception) -> str:
    """The message of an error for the log."""
    return " ".join(str(error).split())


def _page(
    title: str, value: str, hint: str, near: Sequence[tuple[str, str]] = (), *, extra: str = "", home: bool = True
) -> None:
    links = [*near, *([(_("To the first screen"), link("cockpit", {}))] if home else [])]
    if not st.session_state.get(DRAWN) and st.query_params.get("wall") != "1":
        from cockpit.components.navigation import header  # imports the guard, which imports this module

        header.of_a_problem(title, _grants())
    st.html(
        f'<section class="problem" role="alert"><h1>{escape(title)}</h1>'
        + (f"<p><code>{escape(value)}</code></p>" if value else "")
        + "".join(f"<p>{escape(line)}</p>" for line in hint.splitlines())
        + extra
        + f'<p class="links">{"".join(_link(text, href) for text, href in links)}</p></section>'
    )


def _grants() -> Grants | None:
    """The visitor's grants; None for strangers, and while the desk does not answer."""
    from cockpit.access import guard  # imports this module

    with contextlib.suppress(DataError):
        visitor = visitors.known.of(guard.token())
        return visitor.grants if visitor else None
    return None


def _link(text: str, href: str) -> str:
    """A link that keeps language and size, which is all that can be kept of an address that names nothing."""
    given = st.query_params
    lasting = {name: given[name] for name, known in KEPT.items() if given.get(name) in known}
    suffix = f"{'&' if '?' in href else '?'}{urlencode(lasting)}" if lasting else ""
    return f'<a href="{escape(href + suffix)}">{escape(text)}</a>'
