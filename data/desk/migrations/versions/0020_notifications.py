"""Notifications of accounts, and how far their producers have come."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("link", sa.String(500), nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False, index=True),
        sa.Column("read_at", sa.DateTime),
        sa.UniqueConstraint("account_id", "key", name="uq_notification_account_id"),
    )
    op.create_index("ix_notification_unread", "notification", ["account_id", "read_at", "id"])
    op.create_table(
        "notification_run",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
    )
