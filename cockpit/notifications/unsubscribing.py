"""The link in a mail that ends these mails without signing in: a token that only our key can make."""

import json

from cockpit.address import link
from cockpit.settings import Settings
from data import vault
from data.errors import DataError

PATH = "unsubscribe"
PURPOSE = "unsubscribe"


def path(config: Settings, account: int) -> str:
    """The relative address of the link for an account."""
    token = vault.encrypt(config.data.keys, json.dumps({"for": PURPOSE, "account": account}))
    return link(PATH, {"token": token})


def account_of(config: Settings, token: str) -> int | None:
    """The account that a token was made for; None for any other text."""
    try:
        content = json.loads(vault.decrypt(config.data.keys, token))
        return int(content["account"]) if content.get("for") == PURPOSE else None
    except (DataError, ValueError, KeyError, TypeError, AttributeError):
        return None
