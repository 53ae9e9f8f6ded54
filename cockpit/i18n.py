"""The screens' two languages. English stands in the code as `_("…")`; the Chinese is in locale/zh.po.

The language of a text is the visitor's (`?lang=`), else the setting's. Code that words something for nobody
in particular, a report say, wraps itself in `using(language)`.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from cockpit import settings

LANGUAGES = {"zh": "中文", "en": "English"}
LOCALE = Path(__file__).parent / "locale"

_chosen: ContextVar[str | None] = ContextVar("language", default=None)


def language() -> str:
    """The language to speak now: chosen by `using`, or the visitor's, or the setting's."""
    if chosen := _chosen.get():
        return chosen
    # a command runs no page and does without Streamlit
    wanted = _of_visitor()() if "streamlit" in sys.modules else None
    return wanted if wanted in LANGUAGES else settings.current().language


@cache
def _of_visitor() -> Callable[[], str | None]:
    """A function that returns the `lang` of the address of the page that runs, None outside a page."""
    import streamlit as st
    from streamlit.runtime.scriptrunner_utils.script_run_context import get_script_run_ctx

    return lambda: st.query_params.get("lang") if get_script_run_ctx(suppress_warning=True) else None


@contextmanager
def using(wanted: str) -> Iterator[None]:
    """Speak `wanted` inside."""
    token = _chosen.set(wanted)
    try:
        yield
    finally:
        _chosen.reset(token)


def _(text: str, /, **values: object) -> str:
    """The text in the language spoken, its {placeholders} filled in."""
    translated = _translations(language()).gettext(text) if text else ""
    return translated.format(**values) if values else translated


def pgettext(context: str, text: str, /) -> str:
    """The text in the language spoken, where one English word has several meanings: context says which."""
    return _translations(language()).pgettext(context, text)


def N_(text: str, /) -> str:
    """Mark a text for the catalogue that is translated where it is shown."""
    return text


def ngettext(singular: str, plural: str, count: float, /, **values: object) -> str:
    """The text for a count; {n} is the count with thousands separators. Chinese has one form for both."""
    text = _translations(language()).ngettext(singular, plural, 1 if count == 1 else 2)
    return text.format(n=f"{count:,}", **values)


@cache
def _translations(wanted: str) -> NullTranslations:
    """The translations of a language: English stands in the code."""
    if wanted == "en":
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, catalogue(wanted))
    compiled.seek(0)
    return GNUTranslations(compiled)


def catalogue(wanted: str) -> Catalog:
    """The catalogue of a language, from locale/."""
    with (LOCALE / f"{wanted}.po").open("rb") as file:
        return read_po(file, locale=wanted)
