"""The page of the register: list, one asset with loaded and edited value, and the form of data officers."""

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.i18n import using
from cockpit.labels.wording import worded
from cockpit.screens.admin import registry as screen_of_registry
from data.desk import models
from data.desk.errors import Refused
from data.desk.register import edits
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import Screen, drawn, words


@pytest.fixture(autouse=True)
def _clean(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(screen_of_registry, "publish_decided_in_background", lambda: None)
    screen("data")
    yield
    with visitors.desk().begin() as session:
        session.query(models.AssetEdit).delete()


@pytest.fixture
def role(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Signs in as an account of a role."""

    def sign_in(name: str) -> None:
        monkeypatch.setattr(guard, "token", lambda: session_of(settings.current().desk_url, (name,)))

    return sign_in


def asset(screen: Screen) -> dict[str, str]:
    """The parameters of the first asset of the list."""
    (table,) = drawn(screen("registry"), "table")
    href = table["rows"][0][0]["href"]
    query = dict(part.split("=") for part in href.partition("?")[2].split("&"))
    return {name: query[name] for name in ("asset_source", "asset")}


def test_a_data_officer_edits_and_withdraws_and_the_page_says_what_applies(
    screen: Screen, role: Callable[[str], None]
) -> None:
    role("data_officer")
    chosen = asset(screen)
    page = screen("registry", **chosen)
    page.selectbox[0].set_value("vendor")
    page.text_input[0].set_value("江城软件")
    page.text_input[1].set_value("合同变更")
    page.button[0].click().run()
    assert "已保存" in words(page)
    (row,) = edits.listing(visitors.desk(), chosen["asset_source"], chosen["asset"])
    assert (row.field, row.value, row.reason) == ("vendor", "江城软件", "合同变更")
    assert "江城软件" in str(drawn(page, "table"))
    assert "尚未计入的修改" in words(page)
    page.button[1].click().run()
    assert "已撤回" in words(page)


def typed(page: AppTest, value: str, reason: str = "合同变更") -> AppTest:
    """The page after an edit of the vendor was typed and sent."""
    page.selectbox[0].set_value("vendor")
    page.text_input[0].set_value(value)
    page.text_input[1].set_value(reason)
    return page.button[0].click().run()


def test_of_two_who_edit_one_value_the_second_is_told_and_decides_on_what_she_then_sees(
    screen: Screen, role: Callable[[str], None]
) -> None:
    role("data_officer")
    chosen = asset(screen)
    first, second = screen("registry", **chosen), screen("registry", **chosen)
    assert "已保存" in words(typed(first, "江城软件"))
    refused = typed(second, "江北软件")
    assert "他人已先修改" in words(refused)
    assert "江城软件" in str(drawn(refused, "table")), "what the other has done is on the page"
    assert "已保存" in words(typed(refused, "江北软件"))
    made = edits.listing(visitors.desk(), chosen["asset_source"], chosen["asset"])
    assert [row.value for row in made] == ["江北软件", "江城软件"]
    listed = next(table for table in drawn(second, "table") if "江城软件 → 江北软件" in str(table))
    assert "已被较新的修改取代" in str(listed)


def test_the_end_of_an_edit_does_not_bring_back_the_one_that_it_replaced(
    screen: Screen, role: Callable[[str], None]
) -> None:
    role("data_officer")
    chosen = asset(screen)
    page = typed(typed(screen("registry", **chosen), "江城软件"), "江北软件", "更正")
    assert [option.partition(" · ")[0] for option in page.selectbox[1].options] == ["承建单位: 江北软件"]
    page.button[1].click().run()
    assert "已撤回" in words(page)
    assert edits.current(visitors.desk(), "Asia/Shanghai") == ()
    old = min(row.id for row in edits.listing(visitors.desk(), chosen["asset_source"], chosen["asset"]))
    with pytest.raises(Refused):
        edits.withdraw(visitors.desk(), old, "wang")


@pytest.mark.parametrize("name", edits.EDITABLE)
def test_a_refusal_names_the_field_in_the_language_of_the_page(name: str) -> None:
    column = edits.EDITABLE[name]
    with pytest.raises(Refused) as refused:
        edits.read_value(column, "一\x00二")
    for lang in ("zh", "en"):
        with using(lang):
            assert worded(refused.value).startswith(column.label[lang])


def test_others_see_the_register_without_forms(screen: Screen, role: Callable[[str], None]) -> None:
    role("inspector")
    page = screen("registry", **asset(screen))
    assert not page.text_input
    assert drawn(page, "table")
