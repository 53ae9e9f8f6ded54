"""Chains of repeats of an area and period: whom they tie, and that they hold nothing personal."""

import random
from dataclasses import fields
from datetime import date, datetime, timedelta

from data.home import Home
from metrics.cases.chain import chain
from metrics.cases.chains import LEAST, RepeatChain, chains, joined
from metrics.period import Period
from metrics.rows import fact
from tests.asking import query_of, rows, scoped
from tests.factory import DISTRICT, TOWNS, VILLAGES, edition_of

AS_OF = datetime(2026, 11, 22, 8)
YEAR = Period(date(2026, 1, 1), date(2027, 1, 1))


def test_chains_are_those_of_the_files_of_their_cases(home: Home) -> None:
    dice = random.Random(5)
    edition = edition_of(home, [
        {"key": str(i), "area": dice.choice(VILLAGES), "registered_at": AS_OF - timedelta(days=dice.randint(1, 300)),
         "reporter": dice.choice([None, *"abcdef"]), "place": dice.choice([None, *"1234"]),
         "category": dice.choice(["噪声扰民", "停车秩序"]), "repeat_of": dice.choice([None] * 20 + ["0", "7"])}
        for i in range(90)
    ], AS_OF)  # fmt: skip
    listed, every = chains(query_of(edition, "repeat_rate", DISTRICT, YEAR), most=100)
    assert every == len(listed) > 3
    assert [one.length for one in listed] == sorted((one.length for one in listed), reverse=True)
    tied = {key: set(one.cases) for one in listed for key in one.cases}
    for i in range(90):
        identity = ("hotline", str(i))
        case = fact(scoped(edition), "cases", *identity)
        assert case is not None
        file = chain(scoped(edition), case)
        if file.length >= LEAST and not file.cut:
            assert tied[identity] == {(row["source"], row["key"]) for row in file.cases}
        elif not file.cut:
            assert identity not in tied


def test_a_chain_names_its_topic_and_area_and_nothing_personal(home: Home) -> None:
    secret = {"reporter": "caller-hash", "place": "某路9号", "title": "张三的投诉", "description": "电话里说"}
    lamp = {"category": "路灯照明", "subcategory": "灯不亮", "area": VILLAGES[0], **secret}
    edition = edition_of(home, [
        {"registered_at": AS_OF - timedelta(days=day), "closed_at": closed, **lamp}
        for day, closed in ((9, AS_OF - timedelta(days=1)), (5, AS_OF - timedelta(days=1)), (2, None))
    ], AS_OF)  # fmt: skip
    query = query_of(edition, "repeat_rate", TOWNS[0], Period(date(2026, 11, 1), date(2026, 12, 1)))
    ((one,), every) = chains(query, most=5)
    assert (one.length, one.topic, one.area, one.open, every) == (3, ("路灯照明", "灯不亮"), VILLAGES[0], 1, 1)
    assert {field.name for field in fields(RepeatChain)} == {"cases", "area", "topic", "first", "last", "open"}
    assert not any(text in str(one) for text in secret.values())
    opened = rows(edition, "repeat_rate", TOWNS[0], query.period, only=one.cases)
    assert len(opened) == one.length
    assert chains(query_of(edition, "repeat_rate", TOWNS[1], query.period), most=5) == ((), 0)


def test_two_cases_are_a_repeat_and_no_chain(home: Home) -> None:
    pair = [{"registered_at": AS_OF - timedelta(days=day), "reporter": "a"} for day in (3, 1)]
    assert chains(query_of(edition_of(home, pair, AS_OF), "repeat_rate", DISTRICT, YEAR), most=5) == ((), 0)


def test_pairs_join_into_components() -> None:
    assert joined([(1, 2), (5, 4), (2, 3), (9, 4), (7, 8)]) == [[1, 2, 3], [4, 5, 9], [7, 8]]
    assert joined([]) == []
