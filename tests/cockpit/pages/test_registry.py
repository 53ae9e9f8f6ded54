"""The page of the register: list, one asset with loaded and edited value, and the form of data officers."""

from collections.abc import Callable, Iterator

import pytest

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.screens.admin import registry as screen_of_registry
from data.desk import models
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


def test_others_see_the_register_without_forms(screen: Screen, role: Callable[[str], None]) -> None:
    role("inspector")
    page = screen("registry", **asset(screen))
    assert not page.text_input
    assert drawn(page, "table")
