"""Alerts, their events and silences."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("rule", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("area", sa.BigInteger, nullable=False),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("affected", sa.Integer, nullable=False),
        sa.Column("severity", sa.Float, nullable=False),
        sa.Column("first_at", sa.DateTime, nullable=False),
        sa.Column("last_at", sa.DateTime, nullable=False),
        sa.Column("fired_at", sa.DateTime, nullable=False),
        sa.Column("due_at", sa.DateTime),
        sa.Column("escalated", sa.Boolean, nullable=False),
        sa.Column("absent_since", sa.DateTime),
        sa.Column("over_at", sa.DateTime),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_alert_current", "alert", ["over_at", "area"])
    op.create_index("ix_alert_subject", "alert", ["subject"])
    op.create_index("ix_alert_due_at", "alert", ["due_at"])
    op.create_table(
        "alert_event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("alert_id", sa.Integer, sa.ForeignKey("alert.id"), nullable=False),
        sa.Column("what", sa.String(12), nullable=False),
        sa.Column("who", sa.String(120), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("value", sa.Float),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_index("ix_alert_event_alert_id", "alert_event", ["alert_id"])
    op.create_table(
        "silence",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("rule", sa.String(60), nullable=False),
        sa.Column("first_code", sa.BigInteger, nullable=False),
        sa.Column("end_code", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("who", sa.String(120), nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("until", sa.DateTime, nullable=False),
    )
    op.create_table(
        "alert_run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("edition", sa.String(40), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
    )
