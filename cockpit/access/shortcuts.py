"""Whether the key / opens the search for an account: single-key shortcuts can be switched off (WCAG 2.1.4)."""

from cockpit.access import visitors
from data.desk import preferences
from data.errors import DataError

SLASH = "shortcut.slash"
"""Name of the preference; not set: the shortcut is on."""


def uses_slash(account_id: int) -> bool:
    """Whether the shortcut is on; it is while the desk does not answer."""
    try:
        return preferences.read(visitors.desk(), account_id, SLASH) is not False
    except DataError:
        return True
