"""The desk as a source of the next edition: what changed there is loaded before an edition is published."""

import logging

from cockpit.settings import Settings
from cockpit.workflows import definitions
from data.desk.items import deliver as delivery
from data.desk.items.store import Rules
from data.desk.register import edits, limits
from data.desk.store import made_desk
from data.editions.from_desk import FromDesk
from data.errors import DataError
from data.values.calendar import calendar

log = logging.getLogger(__name__)


def rules(config: Settings) -> Rules:
    """The rules of items under these settings."""
    return Rules(definitions.of(config), calendar(config.calendar), config.zone)


def deliver(config: Settings) -> None:
    """Load the changed items; nothing where no desk was made yet. Raises DataError if desk or store fail."""
    desk = made_desk(config.desk_url, config.custody)
    if desk is None:
        return
    try:
        delivery.deliver(config.data, desk, rules(config))
    finally:
        desk.close()


def decided(config: Settings) -> FromDesk | None:
    """What was decided at the desk, for the next edition; None if it cannot be read: the last decisions then stay."""
    try:
        desk = made_desk(config.desk_url, config.custody)
        if desk is None:
            return None
        try:
            return FromDesk(limits.approved(desk), edits.current(desk, config.zone))
        finally:
            desk.close()
    except DataError as error:
        log.warning("limits are left as they are: %s", error)
        return None


def deliver_if_possible(config: Settings) -> str:
    """Like `deliver`, but a failure is logged and returned: the edition is published without the items."""
    try:
        deliver(config)
    except DataError as error:
        log.warning("work items are not delivered: %s", error)
        return str(error)
    return ""
