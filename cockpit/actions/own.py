"""Actions of everybody on the own sessions and screens."""

from collections.abc import Sequence

from cockpit.actions.action import Actor, action
from data.desk import preferences
from data.desk.identity import sessions
from data.desk.store import Desk

END = action("own.end_session", "logout", None)
END_OTHERS = action("own.end_other_sessions", "logout", None)
CHOOSE_TILES = action("own.choose_tiles", "settings", None)


def end_session(desk: Desk, actor: Actor, account_id: int, id: str) -> None:
    """End one session of an account, by its id in the list. Refused if the account has no such session."""
    with END.by(desk, actor, f"end session {id}"):
        sessions.end_one(desk, account_id, id)


def end_other_sessions(desk: Desk, actor: Actor, account_id: int, token: str) -> int:
    """End all sessions of an account but the one of a token. Returns how many."""
    with END_OTHERS.by(desk, actor, "end other sessions") as entry:
        count = sessions.end_others(desk, account_id, token)
        entry.what = f"end {count} other sessions"
    return count


def choose_tiles(desk: Desk, actor: Actor, account_id: int, layout: str, metrics: Sequence[str]) -> None:
    """Keep which metrics an account sees as tiles on a layout, in order; none returns to those of the layout."""
    with CHOOSE_TILES.by(desk, actor, f"tiles {layout}: {', '.join(metrics) or 'as the layout has them'}"):
        preferences.write(desk, account_id, f"tiles.{layout}", list(metrics) or None)
