"""Area trees of three, five and six levels, and two that leave levels out, with a case or more in every area."""

from collections.abc import Mapping
from typing import Any

from data.areas.levels import end_of

AS_OF = "2026-11-22T08:00:00"

_DISTRICT = {
    "990101": "临江区",
    "990101001": "北塘街道",
    "990101001201": "新河村",
    "990101002": "沙洲镇",
    "990101002201": "苇塘村",
}
_CITY = {
    "9901": "江口市", **_DISTRICT,
    "990102": "山前县", "990102100": "石桥镇", "990102100201": "上石村", "990102100202": "下石村",
}  # fmt: skip
_PROVINCE = {
    "99": "江南省", **_CITY,
    "9902": "海门市", "990201": "港区", "990201001": "码头街道", "990201001001": "灯塔社区",
}  # fmt: skip
_NATION = {
    **_PROVINCE,
    "98": "江北省", "9801": "北口市", "980101": "河东区", "980101001": "桥头街道", "980101001001": "桥头社区",
}  # fmt: skip
_GAPS = {
    "99": "江南省", **_CITY,
    "9919": "莞城市",
    "991900003": "东城街道", "991900003001": "岗贝社区", "991900101": "石碣镇", "991900101201": "石碣村",
    "999004": "仙桃县", "999004001": "沙嘴街道", "999004001001": "沙嘴社区",
}  # fmt: skip
_MUNICIPALITY = {
    "11": "直辖市", "110101": "东城区", "110101001": "东华门街道", "110101001001": "多福巷社区",
    "110105": "朝阳区", "110105001": "建外街道", "110105001001": "永安里社区",
}  # fmt: skip

TREES: Mapping[str, Mapping[str, str]] = {
    "three": _DISTRICT, "five": _PROVINCE, "six": _NATION, "gaps": _GAPS, "municipality": _MUNICIPALITY,
}  # fmt: skip
"""Names by code. In `gaps` a city has towns and no districts, and a district (999004) lies directly below the province;
in `municipality` all districts do.
"""
ROOTS = {"three": 990101000000, "five": 99 * 10**10, "six": 0, "gaps": 99 * 10**10, "municipality": 11 * 10**10}
CHILDREN = {
    "three": {990101001000, 990101002000},
    "five": {990100000000, 990200000000},
    "six": {98 * 10**10, 99 * 10**10},
    "gaps": {990100000000, 991900000000, 999004000000},
    "municipality": {110101000000, 110105000000},
}
"""What lies right below the top of each tree."""


def places(tree: str) -> list[dict[str, Any]]:
    """The areas as rows of a list: code, name, population."""
    return [{"code": code, "name": name, "population": 10_000} for code, name in TREES[tree].items()]


def codes(tree: str) -> list[int]:
    return sorted({int(code.ljust(12, "0")) for code in TREES[tree]} | {ROOTS[tree]})


def around(tree: str, code: int) -> list[int]:
    """The areas that a grant of `code` must distinguish: what contains it, what it contains, the nearest others."""
    known = codes(tree)
    within = [other for other in known if code <= other < end_of(code)]
    above = [other for other in known if other < code < end_of(other)]
    others = [other for other in known if other not in {*within, *above}]
    before, after = [other for other in others if other < code], [other for other in others if other > code]
    return sorted({*within, *above, *before[-1:], *after[:1]})


def shapes(tree: str) -> list[int]:
    """One area of each kind that has areas below: kinds differ by level or by the levels right below."""
    known, by_code = codes(tree), {}
    for code in known:
        within = [other for other in known if code < other < end_of(code)]
        below = {end_of(o) - o for o in within if not any(code < other < o < end_of(other) for other in within)}
        if below:
            by_code.setdefault((end_of(code) - code, frozenset(below)), code)
    return list(by_code.values())


def cases(tree: str) -> list[dict[str, Any]]:
    """Cases of every area, own levels included, more of them in each area than in the one before."""
    made = []
    for n, code in enumerate(codes(tree), 1):
        for i in range(n):
            late = i % 3 == 0
            made.append(
                {
                    "key": f"{code}-{i}", "area": f"{code:012}", "registered_at": f"2026-11-{1 + i % 14:02}T09:00:00",
                    "due_at": f"2026-11-{3 + i % 14:02}T09:00:00", "category": ("路灯照明", "噪音")[i % 2],
                    "closed_at": None if i % 4 == 0 else f"2026-11-{(5 if late else 2) + i % 14:02}T09:00:00",
                }
            )  # fmt: skip
    return made
