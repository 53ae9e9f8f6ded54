"""Limits of metrics as dated rows."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "metric_limit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("area", sa.BigInteger, nullable=False),
        sa.Column("category", sa.String(200), nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        sa.Column("green", sa.String(40), nullable=False),
        sa.Column("red", sa.String(40), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("proposed_by", sa.String(120), nullable=False),
        sa.Column("proposed_at", sa.DateTime, nullable=False),
        sa.Column("decided_by", sa.String(120), nullable=False),
        sa.Column("decided_at", sa.DateTime),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("ix_metric_limit_metric", "metric_limit", ["metric"])
    op.create_index("ix_metric_limit_state", "metric_limit", ["state"])
