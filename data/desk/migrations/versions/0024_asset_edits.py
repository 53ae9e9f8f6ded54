"""Corrections of registered assets."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "asset_edit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("source", sa.String(60), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("field", sa.String(60), nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("loaded", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("who", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("withdrawn_by", sa.String(120), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime),
    )
    op.create_index("ix_asset_edit_key", "asset_edit", ["key"])
