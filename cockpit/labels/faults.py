"""Evidence of the prober in words: class of failure, event, missing parts, and barriers."""

import re

from cockpit.i18n import _, language
from data.probe.evidence import ID
from data.probe.network.details import chinese
from data.probe.network.failures import Failure, Words

MISSING = "缺："
COUNTED, ALL_COUNTED = re.compile(r"([\w-]+)×(\d+)"), re.compile(r"(?:[\w-]+×\d+ ?)+")


def texts(evidence: str) -> list[str]:
    """The evidence of a check without its id, one text a part."""
    parts = (part.strip() for part in ID.sub("", evidence).split(" · "))
    return [_part(part) for part in parts if part]


def _part(part: str) -> str:
    first, _space, rest = part.partition(" ")
    if first in set(Failure):
        cause = named(Failure(first))
        return _("{text} ({why})", text=cause, why=detail(rest)) if rest else cause
    if part.startswith(MISSING):
        between = "、" if language() == "zh" else ", "
        return _("Missing: {names}", names=between.join(_name(one) for one in part.removeprefix(MISSING).split("、")))
    if ALL_COUNTED.fullmatch(part):
        between = "；" if language() == "zh" else "; "
        return between.join(f"{fault(name)} ×{count}" for name, count in COUNTED.findall(part))
    return detail(part)


def detail(stored: str) -> str:
    """The outcome of a request, in words."""
    return chinese(stored) if language() == "zh" else stored


def named(failure: Failure) -> str:
    return spoken(failure.name_words)


def remedy(failure: Failure) -> str:
    return spoken(failure.remedy)


def spoken(words: Words) -> str:
    return words.zh if language() == "zh" else words.en


def _name(name: str) -> str:
    """The label of a required element; names that a district defined stay unchanged."""
    return {
        "事项名称": _("name of the service"), "设定依据": _("legal basis"), "申请条件": _("conditions"),
        "办理材料": _("papers"), "办理地点": _("place"), "办理时间": _("hours"), "联系电话": _("telephone"),
        "办理流程": _("steps"), "网站标识码": _("site code"), "ICP备案": _("ICP record"),
        "公网安备": _("police record"), "联系我们": _("contact"), "我为政府网站找错": _("link to report errors"),
    }.get(name, name)  # fmt: skip


def fault(name: str) -> str:
    """A fault of accessibility: of the basics, or a rule of axe-core. One without words keeps its name."""
    known = {
        "lang": _("no language of the page"), "html-has-lang": _("no language of the page"),
        "html-lang-valid": _("unknown language of the page"), "valid-lang": _("unknown language of a part"),
        "alt": _("picture without words"), "image-alt": _("picture without words"),
        "input-image-alt": _("picture without words"), "role-img-alt": _("picture without words"),
        "svg-img-alt": _("picture without words"), "area-alt": _("area of a picture without words"),
        "object-alt": _("embedded object without words"),
        "label": _("field without a label"), "select-name": _("field without a label"),
        "aria-input-field-name": _("field without a label"), "aria-toggle-field-name": _("field without a label"),
        "form-field-multiple-labels": _("field with several labels"),
        "link": _("link without words"), "link-name": _("link without words"),
        "button-name": _("button without words"), "input-button-name": _("button without words"),
        "aria-command-name": _("button without words"), "summary-name": _("button without words"),
        "color-contrast": _("too little contrast"), "link-in-text-block": _("link known by its colour alone"),
        "document-title": _("no title of the page"), "bypass": _("no way past the menus"),
        "frame-title": _("frame without a name"), "frame-title-unique": _("frames of one name"),
        "list": _("list put together wrongly"), "listitem": _("list put together wrongly"),
        "definition-list": _("list put together wrongly"), "dlitem": _("list put together wrongly"),
        "td-headers-attr": _("table put together wrongly"), "th-has-data-cells": _("table put together wrongly"),
        "meta-viewport": _("page cannot be enlarged"), "meta-refresh": _("page loads itself again"),
        "scrollable-region-focusable": _("part that the keyboard does not reach"),
        "frame-focusable-content": _("part that the keyboard does not reach"),
        "nested-interactive": _("button inside a button"), "blink": _("blinking text"), "marquee": _("running text"),
        "video-caption": _("video without captions"), "no-autoplay-audio": _("sound that starts by itself"),
        "server-side-image-map": _("picture that only a mouse can use"),
        "duplicate-id-aria": _("two elements of one id"),
    }.get(name)  # fmt: skip
    return known or (_("role or state said wrongly") if name.startswith("aria-") else name)
