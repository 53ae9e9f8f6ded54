"""Actions on the files of work items: add one, and give one away."""

from cockpit.access.policy import Can
from cockpit.actions.action import Actor, action
from cockpit.actions.items import reader
from data.desk.errors import Refused
from data.desk.items import attachments, content, store
from data.desk.items.attachments import Attachment
from data.desk.items.item import Item
from data.desk.items.lists import may_see
from data.desk.store import Desk
from data.home import Home

ATTACH = action("items.attach", "act", Can.ACT)
READ = action("items.read_file", "export", Can.ACT)


def attach(desk: Desk, home: Home, actor: Actor, number: str, data: bytes) -> Attachment:
    """Add a file to an open item that the actor may see. Refused for content that is not taken."""
    with ATTACH.by(desk, actor, f"{number} attach") as entry:
        item = _item(desk, actor, number)
        if not item.is_open:
            raise Refused("file.closed", "the item is closed: files are added while it is open")
        checked = content.checked(data)
        added = attachments.add(desk, home, item.id, number, checked, actor.name)
        entry.what = f"{number} attach {added.name} sha256:{added.sha256}"
        return added


def read(desk: Desk, home: Home, actor: Actor, number: str, id: int) -> tuple[Attachment, bytes]:
    """A file of an item and its content, once the audit says so."""
    with READ.by(desk, actor, f"{number} file {id}"):
        item = _item(desk, actor, number)
        attachment = attachments.find(desk, id)
        if attachment is None or attachment.item_id != item.id:
            raise Refused("file.unknown", "the item has no file {id}", id=id)
        return attachment, attachments.read(home, attachment)


def _item(desk: Desk, actor: Actor, number: str) -> Item:
    item = store.find(desk, number)
    if item is None or not may_see(reader(actor), item):
        raise Refused("item.unknown", "there is no item {number} that you may see", number=number)
    return item
