"""Search finds every part of a title or place and every beginning of a number, within the scope and never outside."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.editions.edition import AnyEdition, Edition, open_edition
from data.editions.publish import publish
from data.editions.scoped import EVERYTHING, ScopedEdition
from data.home import Home
from data.search import index
from data.search.folding import LONGEST, fold
from metrics.catalog import load
from metrics.errors import MetricsError
from metrics.search import SearchResults, search, warm
from tests.factory import DISTRICT, TOWNS, VILLAGES, deliver, edition_of

AS_OF = datetime(2026, 11, 22, 8)
TITLES = (
    "路灯不亮",
    "Street light 路燈 out",
    "井盖 缺失",
    "😀垃圾满溢",
    "100%_完成\\'\"",
    "下水道堵塞",
    "a",
    "重庆路口拥堵",
    None,
)
UNITS = ("区住建局", "区城管局", "镇综合执法队")
ALL = 10_000
CATALOG = load()


def cases(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Cases with texts of their own, spread over the villages."""
    return [
        {
            "key": f"WB{n % 7}-{2026000 + n}", "area": VILLAGES[n % 3], "unit": UNITS[n % 3],
            "registered_at": AS_OF - timedelta(hours=n % 900 + 1),
            "closed_at": None if n % 5 else AS_OF - timedelta(minutes=30),
            "title": None if (word := TITLES[n % len(TITLES)]) is None else f"{word}{n}",
            "place": f"新河路{n}号" if n % 4 else "",
        }
        for n in range(first, first + count)
    ]  # fmt: skip


SITES = [
    {"key": "s1", "kind": "site", "name": "临江区政府网站", "area": DISTRICT, "url": "http://www.linjiang.example/"},
    {"key": "s2", "kind": "site", "name": "沙洲镇网站", "area": TOWNS[1], "url": "http://shazhou.example/"},
    {"key": "c1", "kind": "column", "name": "沙洲镇通知公告", "area": TOWNS[1], "parent": "s2"},
]


@pytest.fixture(scope="module", params=["read", "indexed", "patched"])
def edition(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edition]:
    """The same cases without an index, with one of small stretches, and with one that was patched since."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "STRETCH", 16)
        patch.setattr(index, "STRETCHES_AT_ONCE", 5)
        if request.param != "read":
            patch.setattr(index, "LEAST", 100)
        yield _made(Home(tmp_path_factory.mktemp("search"), memory="1GB"), patched=request.param == "patched")


def _made(home: Home, *, patched: bool) -> Edition:
    if not patched:
        return edition_of(home, cases(600), AS_OF, assets=SITES)
    edition_of(
        home, [*cases(595), {**cases(1)[0], "title": "此前的标题", "place": "此前的地点"}][1:], AS_OF, assets=SITES
    )
    deliver(home, "cases", [*cases(1), *cases(5, 595)])
    report = publish(home, CATALOG.rollups(), as_of=AS_OF)
    assert report.kind == "incremental"
    return open_edition(home, report.edition)


def everywhere(edition: AnyEdition) -> ScopedEdition:
    return edition.scoped(EVERYTHING) if isinstance(edition, Edition) else edition


def found(edition: AnyEdition, text: str, limit: int = ALL) -> SearchResults:
    results = search(everywhere(edition), CATALOG, text, limit=limit, seconds=60)
    assert results.is_complete
    return results


def keys(edition: AnyEdition, text: str) -> set[str]:
    return {case.key for case in found(edition, text).cases}


def expected(text: str, villages: tuple[int, ...] = VILLAGES) -> set[str]:
    wanted = fold(text)
    return {
        case["key"]
        for case in cases(600)
        if case["area"] in villages
        and (
            fold(case["key"]).startswith(wanted) or any(wanted in fold(case[name] or "") for name in ("title", "place"))
        )
    }


@given(st.integers(0, 599), st.sampled_from(["title", "place", "key"]), st.integers(0, 20), st.integers(1, 20))
def test_any_part_of_a_text_finds_exactly_the_cases_that_hold_it(
    edition: Edition, n: int, column: str, at: int, length: int
) -> None:
    text = next(islice(cases(1, n), 1))[column] or ""
    part = text[:length] if column == "key" else text[at : at + length]
    wanted = expected(part) if fold(part) else set()
    assert keys(edition, part) == wanted
    own = edition.scoped(((VILLAGES[1], VILLAGES[1] + 1),))
    assert keys(own, part) == (expected(part, VILLAGES[1:2]) if fold(part) else set())


@given(st.text(max_size=12))
def test_any_text_at_all_finds_what_it_should(edition: Edition, text: str) -> None:
    assert keys(edition, text) == (expected(text) if fold(text) else set())


@pytest.mark.parametrize(
    ("text", "other"),
    [("路燈", "路灯"), ("ＷＢ１－２０２６", "wb1-2026"), ("井盖缺失", "井盖 缺失"), ("STREET LIGHT", "streetlight")],
)
def test_spellings_find_the_same(edition: Edition, text: str, other: str) -> None:
    assert keys(edition, text) == keys(edition, other) != set()


def test_a_changed_case_is_not_found_by_what_it_was(edition: Edition) -> None:
    assert keys(edition, "此前的") == set()


def test_nothing_of_other_areas_is_found(edition: Edition) -> None:
    own = edition.scoped(((TOWNS[0], TOWNS[0] + 1000),))
    results = found(own, "沙洲")
    assert (results.areas, results.sites, results.more) == ((), (), frozenset())
    assert found(own, "镇综合执法队").units == ()
    assert found(own, "szz").areas == ()
    assert found(edition.scoped(()), "新河").cases == found(edition.scoped(()), "新河").areas == ()


def test_each_kind_is_found_by_its_name_and_by_pinyin(edition: Edition) -> None:
    assert [place.area.code for place in found(edition, "szz").areas] == [TOWNS[1]]
    assert found(edition, "苇塘村").areas[0].above == ("临江区", "沙洲镇")
    assert [place.area.code for place in found(edition, str(VILLAGES[1])).areas] == [VILLAGES[1]]
    assert found(edition, "qzjj").units == ("区住建局",)
    assert [site.key for site in found(edition, "linjiang").sites] == ["s1"]
    assert [site.key for site in found(edition, "szzwz").sites] == ["s2"]
    assert "backlog" in {metric.id for metric in found(edition, "jy").metrics}
    assert found(edition, "backlog").metrics[0].id == "backlog"


def test_more_names_the_kinds_with_further_results(edition: Edition) -> None:
    results = found(edition, "新河", limit=3)
    assert len(results.cases) == 3
    assert "cases" in results.more
    assert "areas" not in results.more


def test_the_number_comes_first_and_then_what_is_open(edition: Edition) -> None:
    results = found(edition, "WB3-2026003", limit=5).cases
    assert results[0].key == "WB3-2026003"
    order = [(not case.is_open, -case.registered_at.timestamp()) for case in found(edition, "下水道").cases]
    assert order == sorted(order)


@pytest.mark.parametrize("text", ["", " ", "\0", "\u3000"])
def test_an_empty_search_finds_nothing(edition: Edition, text: str) -> None:
    assert found(edition, text) == SearchResults()


@pytest.mark.parametrize("text", ["%", "_", "\\", "'", '"', "😀", "100%_完成\\'"])
def test_signs_of_sql_mean_themselves(edition: Edition, text: str) -> None:
    assert keys(edition, text) == expected(text)
    assert 0 < len(keys(edition, text)) < 600


def test_a_text_that_is_too_long_is_refused(edition: Edition) -> None:
    search(everywhere(edition), CATALOG, "路" * LONGEST)
    with pytest.raises(MetricsError, match="at most 100 characters"):
        search(everywhere(edition), CATALOG, "路" * 10_000)


def test_search_out_of_time_is_incomplete(edition: Edition) -> None:
    warm(edition, CATALOG)
    results = search(everywhere(edition), CATALOG, "新河路", limit=ALL, seconds=-1)
    if index.indexed(edition.cursor()):
        assert not results.is_complete
        assert len(results.cases) < len(expected("新河路"))
    else:
        assert results.is_complete


def test_index_is_rebuilt_when_rows_have_moved(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "STRETCH", 16)
    monkeypatch.setattr(index, "LEAST", 100)
    edition_of(home, cases(600), AS_OF)
    deliver(home, "cases", cases(5, 600))
    monkeypatch.setattr(index, "_is_complete", lambda con: False)
    report = publish(home, CATALOG.rollups(), as_of=AS_OF)
    assert report.kind == "incremental"
    edition = open_edition(home, report.edition)
    assert index.indexed(edition.cursor()) == 605
    assert keys(edition, "WB") == {case["key"] for case in cases(605)}
