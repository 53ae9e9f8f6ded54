"""The role matrix, and the rights that several grants give together."""

from hypothesis import given
from hypothesis import strategies as st

from cockpit.access.policy import MATRIX, Can, Grants, Held

TOWN, VILLAGE = (990101100000, 990101101000), (990101100200, 990101100201)
ranges = st.lists(
    st.tuples(st.sampled_from(sorted(MATRIX)), st.integers(0, 40), st.integers(0, 8)).map(
        lambda h: Held(h[0], h[1], h[1] + h[2])
    ),
    max_size=8,
)


def test_a_leader_looks_and_exports_in_the_town_and_nowhere_else() -> None:
    grants = Grants((Held("leader", *TOWN),))
    assert grants.may(Can.LOOK, *TOWN)
    assert grants.may(Can.EXPORT, *VILLAGE)
    assert not grants.may(Can.LOOK, 990101000000, 990102000000)
    assert not grants.may(Can.LOOK, 990101200000, 990101201000)


def test_each_role_counts_where_it_is_held() -> None:
    grants = Grants((Held("official", *TOWN), Held("leader", *VILLAGE)))
    assert grants.may(Can.LOOK, *TOWN)
    assert grants.may(Can.EXPORT, *VILLAGE)
    assert not grants.may(Can.EXPORT, *TOWN)


def test_administrators_see_no_business_data() -> None:
    for role in ("system_admin", "security_admin", "audit_admin"):
        grants = Grants((Held(role, 0, 0),))
        assert not any(grants.may(what) for what in (Can.LOOK, Can.EXPORT, Can.DATA, Can.REJECTS))
        assert sum(grants.may(what) for what in Can) == 1


@given(ranges)
def test_the_scope_is_exactly_the_codes_that_some_grant_covers(held: list[Held]) -> None:
    grants = Grants(tuple(held))
    for what in Can:
        covered = {code for h in held if what in MATRIX[h.role] for code in range(h.first, h.end)}
        codes = [code for first, end in grants.scope(what) for code in range(first, end)]
        assert codes == sorted(covered)


@given(ranges, st.integers(0, 50), st.integers(1, 9))
def test_range_is_allowed_exactly_if_every_code_is(held: list[Held], first: int, size: int) -> None:
    grants = Grants(tuple(held))
    each = all(grants.may(Can.LOOK, code, code + 1) for code in range(first, first + size))
    assert grants.may(Can.LOOK, first, first + size) == each
