"""Drafts: what is typed into a form stays on the device until it has been sent, also while there is no connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from cockpit.components.base import define
from cockpit.i18n import _

_drafts = define("drafts")
DAYS = 7
"""How long a draft that was not sent stays on the device."""
_SENT = "drafts.sent"


def drafts(account: int, *, key: str = "drafts") -> None:
    """Keep the texts of this page's drafts in the browser's storage, restore them, and delete those that were sent.

    account: whose drafts; those of another account on the same device are neither shown nor restored.
    """
    import streamlit as st

    words = {
        "restored": _("Your text of {time} is restored; it is only on this device. Choose again what you had chosen."),
        "discard": _("Discard it"),
    }
    data = {"key": key_of(account), "sent": st.session_state.pop(_SENT, []), "days": DAYS, "words": words}
    _drafts(key=key, data=data)


@contextmanager
def draft(name: str) -> Iterator[None]:
    """A part of the page whose texts are a draft until `delete` is called for this name."""
    import streamlit as st

    with st.container(key=f"draft-{name}"):
        yield


def delete(name: str) -> None:
    """Delete a draft with the next run of the page, as after its form was sent."""
    import streamlit as st

    st.session_state.setdefault(_SENT, []).append(name)


def key_of(account: int) -> str:
    """The key that the browser's storage has an account's drafts under. Signing out removes it."""
    return "cockpit.drafts." + name("account", account)


def name(*parts: object) -> str:
    """The name of a draft: a hash, since it stands in the page and in the browser's storage."""
    return sha256("\0".join(map(str, parts)).encode()).hexdigest()[:20]
