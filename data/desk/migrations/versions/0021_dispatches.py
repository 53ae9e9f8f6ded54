"""Messages to be sent outside, and subscriptions."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "dispatch",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column("channel", sa.String(60), nullable=False),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id")),
        sa.Column("sequence", sa.String(300), nullable=False),
        sa.Column("batch", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("fault", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime, nullable=False),
        sa.Column("leased_until", sa.DateTime),
        sa.Column("sent_at", sa.DateTime),
    )
    op.create_index("ix_dispatch_due", "dispatch", ["state", "channel", "due_at"])
    op.create_index("ix_dispatch_sequence", "dispatch", ["sequence", "state", "id"])
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.Integer, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("area", sa.BigInteger, nullable=False),
        sa.Column("was_red", sa.Boolean, nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("account_id", "metric", "area", name="uq_subscription_account_id"),
    )
    op.create_index("ix_subscription_metric", "subscription", ["metric"])
