"""Area names as people write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.areas.aliases import load_aliases
from data.areas.levels import LOWEST, ROLLED
from data.areas.names import AreaNames, Named, segments
from data.errors import DataError
from data.home import Home
from data.ingest import ledger
from data.ingest.revalidate import revalidate, unmatched
from data.ingest.unload import unload
from tests.data.hotline import ENDED, VILLAGE, deliver, facts, rejects, row, settle

EVER = (date.min, date.max)
DAY = date(2026, 1, 5)
DISTRICT = 990102000000
TREE = {
    DISTRICT: ("district", "示例区"),
    990102001000: ("town", "北塘街道"),
    990102001001: ("village", "大坪村委会"),
    990102001002: ("village", "后泉社区居委会"),
    990102001003: ("village", "双河村"),
    990102001004: ("village", "双河社区"),
    990102001005: ("village", "张村"),
    990102002000: ("town", "沙洲镇"),
    990102002001: ("village", "大坪村委会"),
    990102002002: ("village", "沙洲村"),
    990102002003: ("village", "新河村"),
}


def names_of(tree: dict[int, tuple[str, str]], *more: Named) -> AreaNames:
    return AreaNames([*(Named(code, level, name, *EVER) for code, (level, name) in tree.items()), *more])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("北塘街道/大坪村委会", 990102001001),
        ("北塘街道/大坪村", 990102001001),
        ("北塘街道／大坪", 990102001001),
        ("北塘街道大坪村民委员会", 990102001001),
        ("北塘街道 大坪社区", 990102001001),
        ("北塘镇/大坪村", 990102001001),
        ("北塘街道办事处·后泉居委会", 990102001002),
        ("示例区/北塘街道/后泉", 990102001002),
        ("浙江省 杭州市 示例区 北塘街道 后泉社区", 990102001002),
        ("浙江省杭州市北塘街道后泉社区", 990102001002),
        ("北塘街道/北塘街道后泉社区", 990102001002),
        ("北塘街道/示例区北塘街道（后泉社区）", 990102001002),
        ("示例区/新河村", 990102002003),
        ("新河村委会", 990102002003),
        ("新　河 村", 990102002003),
        ("北塘街道/双河村委会", 990102001003),
        ("北塘街道/双河居委会", 990102001004),
        ("北塘街道/张村村委会", 990102001005),
        ("沙洲乡", 990102002000),
        ("沙洲镇/", 990102002000),
        ("沙洲镇/沙洲", 990102002002),
        ("示例区", DISTRICT),
        ("示例", DISTRICT),
    ],
)
def test_name_variants_are_resolved(text: str, code: int) -> None:
    assert names_of(TREE).find(text, DAY) == (code,)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("大坪村", (990102001001, 990102002001)),
        ("示例区大坪村", (990102001001, 990102002001)),
        ("北塘街道/双河", (990102001003, 990102001004)),
        ("沙洲", (990102002000, 990102002002)),
        ("北塘街道/大村", ()),
        ("北塘街道/新河村", ()),
        ("别的区/沙洲镇/新河村", ()),
        ("北塘街道/沙洲镇新河村", ()),
        ("中心菜市新河村", ()),
        ("新河村三组", ()),
        ("张", ()),
        ("村", ()),
        ("/", ()),
        ("", ()),
    ],
)
def test_an_ambiguous_or_unknown_name_is_not_guessed(text: str, codes: tuple[int, ...]) -> None:
    assert names_of(TREE).find(text, DAY) == codes


def test_nearest_candidates_are_in_named_town() -> None:
    names = names_of(TREE)
    assert names.nearest("沙洲镇/大村", DAY)[0] == 990102002001
    assert names.nearest("北塘街道/后村社区", DAY)[0] == 990102001002
    assert names.nearest("毫不相干", DAY) == []


STEMS = st.lists(st.text("甲乙丙丁戊己庚辛壬癸子丑寅卯", min_size=2, max_size=3), min_size=4, max_size=10, unique=True)
VILLAGE_ENDINGS = [ending for kind in LOWEST.endings.values() for ending in kind]
TOWN_ENDINGS = [ending for kind in ROLLED.endings.values() for ending in kind]


@given(STEMS, st.data())
def test_every_name_variant_finds_its_area_or_is_ambiguous(stems: list[str], data: st.DataObject) -> None:
    tree = {990102000000: ("district", "示例区")}
    for number, stem in enumerate(stems):
        town = 990102000000 + (number % 2 + 1) * 1000
        tree.setdefault(town, ("town", ("天山镇", "地水街道")[number % 2]))
        tree[town + number + 1] = ("village", stem + data.draw(st.sampled_from(("村", "社区", "村委会"))))
    names = names_of(tree)
    code = data.draw(st.sampled_from([code for code in tree if code % 1000]))
    town, village = tree[code // 1000 * 1000][1], tree[code][1]
    stem = village.removesuffix("委会").removesuffix("村").removesuffix("社区")
    prefix = data.draw(st.sampled_from(("", "示例区", "示例区/", "某某省某某市示例区 ", "某某市")))
    written_town = town.removesuffix("镇").removesuffix("街道") + data.draw(st.sampled_from(TOWN_ENDINGS))
    written = stem + data.draw(st.sampled_from(["", *VILLAGE_ENDINGS]))
    separator = data.draw(st.sampled_from(("", "/", " / ", "／", "　", ">", "、")))
    assert names.find(prefix + written_town + separator + written, DAY) == (code,)
    codes = names.find(written, DAY)
    assert code in codes


@given(st.text("甲乙丙村镇社区/ 北塘大坪双河", max_size=12))
def test_any_text_terminates_and_finds_only_areas(text: str) -> None:
    names = names_of(TREE)
    assert set(names.find(text, DAY)) <= TREE.keys()
    assert not segments(text) or isinstance(names.nearest(text, DAY), list)


@pytest.fixture
def home(home: Home) -> Home:
    return settle(home)


def alias(home: Home, *rows: str, header: str = "code,name,from,to") -> bool:
    path = home.root / "aliases.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return load_aliases(home, path).changed


def send(home: Home, *rows: str) -> None:
    columns = {"kind": "'event'", "registered_at": "registered"}
    deliver(home, *rows, header="id,p,registered", area={"path": "p"}, columns=columns)


def test_alias_is_valid_on_its_days_only(home: Home) -> None:
    assert alias(home, "990101001201,老河大队,,2026-01-01", "990101001202,老河大队,2026-01-01,")
    send(home, "1,老河大队,2025-12-31", "2,北塘街道老河大队,2026-01-01", "3,老河大队,2026-03-01")
    assert facts(home, "key, area") == [("1", VILLAGE), ("2", ENDED)]
    assert rejects(home) == [(4, "3", ["unknown area: 老河大队"])]


def test_an_alias_decides_between_two_areas(home: Home) -> None:
    alias(home, "990101001201,沙洲/开发区,,")
    send(home, "1,沙洲／开发区,2026-01-01", "2,北塘街道/开发区,2026-01-01")
    assert facts(home, "key, area") == [("1", VILLAGE)]


def test_a_list_of_aliases_replaces_those_of_the_codes_it_names(home: Home) -> None:
    assert alias(home, "990101001201,甲,,", "990101001202,乙,,")
    assert not alias(home, "990101001201,甲,,")
    assert alias(home, "990101001201,,,", header="代码,别名,起,止")
    send(home, "1,甲,2026-01-01", "2,乙,2026-01-01")
    assert facts(home, "key") == [("2",)]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("1,甲,,", "row 2: there is no area 1"),
        ("990199001201,甲,,", "row 2: there is no area 990199001201"),
        (",甲,,", "row 2: code is missing"),
        ("990101001201,甲,昨天,", "row 2: 昨天 is no date"),
        ("990101001201,甲,2026-01-02,2026-01-02", "row 2: to is not after from"),
        ("990101001201,东 桥村,,2026-01-01", "row 2: 东 桥村 is a name of 990101001202 北塘街道/东桥村 as well"),
        ("990101001201,－,,", "row 2: － holds no letter"),
    ],
)
def test_a_wrong_alias_is_refused_with_its_row(home: Home, row: str, fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        alias(home, row)


def test_new_alias_accepts_stored_rejects(home: Home) -> None:
    send(home, "1,老河大队,2026-01-01", "2,老河 大队,2026-01-02", "3,别处,2026-01-01")
    assert facts(home, "key") == []
    alias(home, "990101001201,老河大队,,")
    assert [(batch.parent, batch.batch, batch.rows) for batch in revalidate(home)] == [(1, 2, 2)]
    assert facts(home, "key, area, batch") == [("1", VILLAGE, 2), ("2", VILLAGE, 2)]
    assert revalidate(home) == []
    assert [(each.key, each.fixed_by) for each in ledger.rejects(home, 1)] == [("1", 2), ("2", 2), ("3", None)]
    assert [(each.name, each.rows) for each in unmatched(home)] == [("别处", 1)]


def test_later_delivery_wins_over_row_accepted_afterwards(home: Home) -> None:
    columns = {"kind": "'event'", "registered_at": "registered", "title": "title"}
    more = {"header": "id,p,registered,title", "area": {"path": "p"}, "columns": columns}
    deliver(home, "1,老河大队,2026-01-01,旧", "2,老河大队,2026-01-01,旧", **more)
    deliver(home, "1,新河村,2026-01-01,新", **more)
    alias(home, "990101001201,老河大队,,")
    revalidate(home)
    assert facts(home, "key, title") == [("1", "新"), ("2", "旧")]


def test_accepted_rejects_are_unloaded_with_their_delivery(home: Home) -> None:
    send(home, "1,老河大队,2026-01-01", "2,新河村,2026-01-02")
    alias(home, "990101001201,老河大队,,")
    revalidate(home)
    unload(home, 2)
    assert facts(home, "key") == [("2",)]
    assert [batch.rows for batch in revalidate(home)] == [1]
    assert unload(home, 1).batches == (1, 3)
    assert (facts(home, "key"), rejects(home)) == ([], [])


def test_stored_reject_is_masked_and_reporter_hashed(home: Home) -> None:
    deliver(home, row(area="老河大队", title="回电13812345678"), area={"path": "area"})
    alias(home, "990101001201,老河大队,,")
    revalidate(home)
    ((title, reporter),) = facts(home, "title, reporter")
    assert title == "回电138****5678"
    assert len(reporter) == 32
    assert b"13812345678" not in home.store.read_bytes()


def test_rejected_names_are_listed_with_counts_and_the_nearest_areas(home: Home) -> None:
    send(home, "1,北塘街道/新洞村,2026-01-01", "2,北塘街道/新洞村,2026-01-01", "3,不相干,2026-01-01")
    first, second = unmatched(home, "hotline")
    assert (first.name, first.rows, first.nearest[0]) == ("北塘街道/新洞村", 2, "990101001201 北塘街道/新河村")
    assert (second.name, second.rows, second.nearest) == ("不相干", 1, ())
