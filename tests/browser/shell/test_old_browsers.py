"""The oldest Chromium that docs/serving.md names: every screen draws without what later ones have."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PageLog

pytestmark = pytest.mark.slow

Open = Callable[..., Page]
PAGES = ("", "rows", "compare", "start?kind=event", "reports", "map", "data", "inbox", "why")
WITHOUT = """() => {
  const none = (on, ...names) => { for (const name of names) if (on) delete on[name] }
  none(Array.prototype, "toSorted", "toReversed", "toSpliced", "with")
  none(Object.getPrototypeOf(Uint8Array.prototype), "toSorted", "toReversed", "with")
  none(Array, "fromAsync")
  none(Object, "groupBy")
  none(Map, "groupBy")
  none(Map.prototype, "getOrInsert", "getOrInsertComputed")
  none(WeakMap.prototype, "getOrInsert", "getOrInsertComputed")
  none(Promise, "withResolvers", "try")
  none(URL, "canParse", "parse")
  none(Set.prototype, "union", "intersection", "difference", "symmetricDifference")
  none(Set.prototype, "isSubsetOf", "isSupersetOf", "isDisjointFrom")
  none(String.prototype, "isWellFormed", "toWellFormed")
  none(ArrayBuffer.prototype, "transfer", "transferToFixedLength")
  none(RegExp, "escape")
  none(Error, "isError")
  none(Math, "f16round", "sumPrecise")
  none(Atomics, "waitAsync", "pause")
  none(Uint8Array, "fromBase64", "fromHex")
  none(Uint8Array.prototype, "toBase64", "toHex", "setFromBase64", "setFromHex")
  none(AbortSignal, "any")
  none(Response, "json")
  none(ReadableStream, "from")
  none(Document, "parseHTMLUnsafe")
  none(Document.prototype, "startViewTransition")
  none(Element.prototype, "setHTMLUnsafe", "getHTML", "setHTML", "moveBefore", "startViewTransition")
  none(HTMLElement.prototype, "showPopover", "hidePopover", "togglePopover")
  none(HTMLSelectElement.prototype, "showPicker")
  none(Intl, "DurationFormat")
  none(Intl.Locale?.prototype, "getWeekInfo", "getTextInfo")
  const helpers = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))
  none(helpers, "map", "filter", "take", "drop", "flatMap", "reduce", "toArray", "forEach", "some", "every", "find")
  none(globalThis, "Iterator", "Float16Array", "scheduler", "navigation", "CloseWatcher", "Observable")
}"""
"""A Chromium of today without what came after 109."""


def test_every_screen_draws_in_the_oldest_chromium(address: str, open_page: Open, page_log: PageLog) -> None:
    page = open_page("about:blank", alone=True, at=address)
    page.add_init_script(f"({WITHOUT})()")
    for name in PAGES:
        page.goto(f"{address}/{name}")
        page.locator(".crumbs b, header.plain").first.wait_for()
        expect(page.locator("html")).to_have_attribute("data-drawn", "whole")
        page.wait_for_load_state("networkidle")
        expect(page.get_by_test_id("stDialog")).to_have_count(0)
        expect(page.locator(".problem")).to_have_count(0)
        assert page_log.complaints == [], name


FILLED = """() => {
  const outcome = act => { try { return act() } catch (error) { return error.name } }
  const of = set => [...set].sort()
  const list = [3, 1, 2], set = new Set([1, 2, 3])
  return [
    list.toSorted(), list.toSorted((a, b) => b - a), list.toReversed(), list.toSpliced(1, 1, 7, 8), list.with(-1, 9),
    outcome(() => list.with(3, 1)), list, outcome(() => list.toSorted(7)),
    [...new Float32Array([2, -1]).toSorted()], [...new Uint8Array([2, 1]).with(0, 5)],
    Object.groupBy(list, (n, i) => i % 2 ? "odd" : "even"), [...Map.groupBy(list, n => n > 1)],
    URL.canParse("/a"), URL.canParse("/a", "https://a.example"), URL.parse("x:"),
    of(set.union(new Set([4]))), of(set.intersection(new Set([1, 9]))), of(set.difference(new Map([[1, 1]]))),
    of(set.symmetricDifference(new Set([3, 4]))),
    set.isSubsetOf(new Set([1, 2, 3, 4])), set.isSupersetOf(new Set([9])),
    set.isDisjointFrom(new Set([9])), (() => { for (const key in list) if (isNaN(key)) return key })() ?? null,
    Object.keys(Promise.withResolvers()).sort(),
  ]
}"""


def test_what_is_filled_in_acts_as_the_browsers_own(address: str, open_page: Open) -> None:
    page = open_page(f"{address}/dictionary", alone=True)
    own = page.evaluate(FILLED)
    page.add_init_script(f"({WITHOUT})()")
    page.reload()
    assert "native code" not in page.evaluate("Array.prototype.toSorted.toString()")
    assert page.evaluate(FILLED) == own
