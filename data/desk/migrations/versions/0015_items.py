"""Work items and their append-only events."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER item_event_{verb} BEFORE {verb} ON item_event "
        "BEGIN SELECT RAISE(ABORT, 'events of items are append-only'); END"
    ),
    "postgresql": (
        "CREATE TRIGGER item_event_{verb} BEFORE {verb} ON item_event "
        "FOR EACH ROW EXECUTE FUNCTION item_event_is_kept()"
    ),
}
FUNCTION = (
    "CREATE FUNCTION item_event_is_kept() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'events of items are append-only'; END $$"
)


def upgrade() -> None:
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("number", sa.String(40), nullable=False, unique=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("area", sa.BigInteger, nullable=False),
        sa.Column("unit", sa.String(200)),
        sa.Column("unit_area", sa.BigInteger),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("turn", sa.String(12), nullable=False),
        sa.Column("origin", sa.String(12), nullable=False),
        sa.Column("reference", sa.String(300), nullable=False),
        sa.Column("author", sa.String(60), nullable=False),
        sa.Column("holder", sa.String(60)),
        sa.Column("opened_at", sa.DateTime, nullable=False),
        sa.Column("changed_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("clock", sa.String(40)),
        sa.Column("blue_at", sa.DateTime),
        sa.Column("yellow_at", sa.DateTime),
        sa.Column("red_at", sa.DateTime),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_item_holder", "item", ["is_open", "turn", "holder", "due_at"])
    op.create_index("ix_item_own", "item", ["is_open", "turn", "author", "due_at"])
    op.create_index("ix_item_author", "item", ["is_open", "author", "due_at"])
    op.create_index("ix_item_unit", "item", ["is_open", "turn", "unit_area", "due_at"])
    op.create_index("ix_item_due", "item", ["is_open", "due_at", "area"])
    op.create_index("ix_item_turn", "item", ["is_open", "turn", "due_at", "area"])
    op.create_index("ix_item_area", "item", ["is_open", "area", "due_at"])
    op.create_index("ix_item_changed_at", "item", ["changed_at"])
    op.create_table(
        "item_event",
        sa.Column("item_id", sa.Integer, sa.ForeignKey("item.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("transition", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("actor", sa.String(60), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("unit_area", sa.BigInteger),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(FUNCTION)
    for verb in ("UPDATE", "DELETE"):
        op.execute(APPEND_ONLY[dialect].format(verb=verb))
