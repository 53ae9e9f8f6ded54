"""A file is taken while a page offers it, of who may, into one's own session, few and small."""

from typing import Any

import pytest

from cockpit.access.policy import Can, Grants, Held
from cockpit.serving import uploads
from cockpit.serving.uploads import Offer, Offers

MAY, MAY_NOT = Grants((Held("data_officer", 0, 10**12),)), Grants((Held("cadre", 0, 10**12),))
OFFER = Offer(Can.REJECTS, most_bytes=1000, most_files=2, types=("csv",))


def upload(
    offers: Offers, session: str = "s", file: str = "f", size: str | None = "900", token: str | None = "own",
    grants: Grants = MAY, method: str = "PUT",
) -> int:  # fmt: skip
    """The status of the refusal; 0 for none."""
    headers = [] if size is None else [(b"content-length", size.encode())]
    scope: Any = {"path": f"{uploads.PATH}{session}/{file}", "method": method, "headers": headers, "type": "http"}
    refusal = offers.refusal(scope, token, grants)
    return refusal[0] if refusal else 0


@pytest.fixture
def offers() -> Offers:
    offers = Offers()
    offers.open("s", "own", OFFER)
    return offers


def test_upload_without_an_offer_is_refused() -> None:
    assert upload(Offers()) == 404


def test_only_while_the_page_is_shown(offers: Offers) -> None:
    with offers.one_run("s"):
        offers.open("s", "own", OFFER)
    assert upload(offers) == 0
    with offers.one_run("s"):
        pass
    assert upload(offers) == 404


def test_upload_requires_own_session_and_right(offers: Offers) -> None:
    assert upload(offers, token="other") == 403
    assert upload(offers, token=None) == 403
    assert upload(offers, session="t") == 404
    assert upload(offers, grants=MAY_NOT) == 403
    assert upload(offers, grants=Grants()) == 403
    assert upload(offers) == 0


@pytest.mark.parametrize(
    ("size", "status"),
    [
        ("900", 0), ("5000", 0), ("5001", 413), ("9" * 30, 413),
        (None, 411), ("", 411), ("-1", 411), ("1e3", 411), ("x", 411),
    ],
)  # fmt: skip
def test_size_is_said_and_limited(offers: Offers, size: str | None, status: int) -> None:
    assert upload(offers, size=size) == status


def test_number_is_limited_over_runs_and_a_file_may_be_sent_again_or_taken_back(offers: Offers) -> None:
    assert [upload(offers, file=name) for name in ("a", "b", "c", "a")] == [0, 0, 413, 0]
    with offers.one_run("s"):
        offers.open("s", "own", OFFER)
    assert upload(offers, file="c") == 413
    assert upload(offers, file="a", method="DELETE") == 0
    assert upload(offers, file="c") == 0


def test_only_what_a_browser_does_with_a_file(offers: Offers) -> None:
    for method in ("POST", "GET", "OPTIONS", "PATCH"):
        assert upload(offers, method=method) == 404
    assert upload(offers, file="") == 404


def test_all_files_of_the_process_together_are_limited(monkeypatch: pytest.MonkeyPatch, offers: Offers) -> None:
    monkeypatch.setattr(uploads, "MOST_BYTES", 1500)
    offers.open("t", "other", OFFER)
    assert upload(offers) == 0
    assert upload(offers, session="t", token="other") == 503
