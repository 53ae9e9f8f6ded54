"""Actions on the own sessions and screens."""

from collections.abc import Collection, Sequence

from cockpit.access import pages, shortcuts
from cockpit.access.policy import Can
from cockpit.actions.action import Actor, action
from cockpit.actions.items import reader
from data.areas.levels import end_of
from data.desk import preferences, saved_views
from data.desk.errors import Refused
from data.desk.identity import sessions
from data.desk.items.item import Item
from data.desk.items.lists import may_see
from data.desk.notifications import choices, subscriptions
from data.desk.notifications.choices import Choices
from data.desk.store import Desk

END = action("own.end_session", "logout", None)
END_OTHERS = action("own.end_other_sessions", "logout", None)
CHOOSE_COLUMNS = action("own.choose_columns", "settings", None)
SAVE_VIEW = action("own.save_view", "settings", None)
RENAME_VIEW = action("own.rename_view", "settings", None)
DELETE_VIEW = action("own.delete_view", "settings", None)
CHOOSE_NOTIFICATIONS = action("own.choose_notifications", "settings", None)
UNSUBSCRIBE = action("own.unsubscribe", "settings", None)
SUBSCRIBE = action("own.subscribe", "settings", Can.LOOK, "areas")
END_SUBSCRIPTION = action("own.end_subscription", "settings", None)
WATCH = action("own.watch", "settings", Can.ACT)
UNWATCH = action("own.unwatch", "settings", None)
SET_SHORTCUT = action("own.set_shortcut", "settings", None)
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


def save_view(desk: Desk, actor: Actor, account_id: int, name: str, address: str) -> int:
    """Save a screen under a name. Refused for an address that is none of our pages', and as `saved_views.add`."""
    own = pages.own_address(address)
    if not own:
        raise Refused("view.address", "only a page of the cockpit can be saved as a view")
    with SAVE_VIEW.by(desk, actor, "") as entry:
        id = saved_views.add(desk, account_id, name, own)
        entry.what = f"save view {id} of {own.partition('?')[0]}"  # neither its name nor what is searched for in it
    return id


def rename_view(desk: Desk, actor: Actor, account_id: int, id: int, name: str) -> None:
    """Rename one of the account's own views; refused as `saved_views.rename`."""
    with RENAME_VIEW.by(desk, actor, f"rename view {id}"):
        saved_views.rename(desk, account_id, id, name)


def delete_view(desk: Desk, actor: Actor, account_id: int, id: int) -> None:
    """Delete one of the account's own views. Refused if it has no such view."""
    with DELETE_VIEW.by(desk, actor, f"delete view {id}"):
        saved_views.remove(desk, account_id, id)


def choose_notifications(desk: Desk, actor: Actor, account_id: int, chosen: Choices, domains: Collection[str]) -> None:
    """Keep how an account is notified outside the cockpit; refused as `choices.write`."""
    with CHOOSE_NOTIFICATIONS.by(desk, actor, "choose notifications"):  # its mail address is nobody else's business
        choices.write(desk, account_id, chosen, domains)


def subscribe(
    desk: Desk, actor: Actor, account_id: int, metric: str, area: int, *, is_red: bool, by_mail: bool = True
) -> None:
    """Notify an account when a metric of an area turns red. by_mail: also by mail. Refused as `subscriptions.add`."""
    with SUBSCRIBE.by(desk, actor, f"subscribe to {metric} of {area}", ((area, end_of(area)),)):
        subscriptions.add(desk, account_id, metric, area, is_red=is_red, by_mail=by_mail)


def end_subscription(desk: Desk, actor: Actor, account_id: int, id: int) -> None:
    """End one of the account's own subscriptions. Refused if it has no such one."""
    with END_SUBSCRIPTION.by(desk, actor, f"end subscription {id}"):
        subscriptions.remove(desk, account_id, id)


def watch(desk: Desk, actor: Actor, account_id: int, item: Item, *, by_mail: bool = True) -> None:
    """Notify an account of the steps and deadlines of an item that it may see. Refused as `subscriptions.watch`."""
    with WATCH.by(desk, actor, f"subscribe to {item.number}"):
        if not may_see(reader(actor), item):
            raise Refused("item.unknown", "there is no item {number} that you may see", number=item.number)
        subscriptions.watch(desk, account_id, item.id, by_mail=by_mail)


def unwatch(desk: Desk, actor: Actor, account_id: int, item: Item) -> None:
    """End the account's own subscription to an item."""
    with UNWATCH.by(desk, actor, f"end subscription to {item.number}"):
        subscriptions.unwatch(desk, account_id, item.id)


def unsubscribe(desk: Desk, actor: Actor, account_id: int) -> None:
    """Send no more notifications by mail to an account."""
    with UNSUBSCRIBE.by(desk, actor, "no more notifications by mail"):
        choices.stop_mail(desk, account_id)


def set_shortcut(desk: Desk, actor: Actor, account_id: int, on: bool) -> None:
    """Set whether the key / opens the search on the screens of an account."""
    with SET_SHORTCUT.by(desk, actor, f"shortcut / {'on' if on else 'off'}"):
        preferences.write(desk, account_id, shortcuts.SLASH, None if on else False)


def choose_columns(desk: Desk, actor: Actor, account_id: int, kind: str, columns: Sequence[str]) -> None:
    """Keep which columns an account sees of rows of a kind; none returns to the usual ones."""
    with CHOOSE_COLUMNS.by(desk, actor, f"columns {kind}: {', '.join(columns) or 'the usual ones'}"):
        preferences.write(desk, account_id, f"rows.columns.{kind}", list(columns) or None)
