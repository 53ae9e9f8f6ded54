"""Subscriptions to items, and whether what one subscribed to is mailed as well."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("subscription", sa.Column("by_mail", sa.Boolean, nullable=False, server_default=sa.true()))
    op.create_table(
        "item_subscription",
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("item.id"), primary_key=True),
        sa.Column("by_mail", sa.Boolean, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_item_subscription_item", "item_subscription", ["item_id"])
