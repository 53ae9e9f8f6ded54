"""Failures are counted by account and place, in place of a lock of the whole account; places are known by sign-ins."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.drop_table("failure")
    op.create_table(
        "failure",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False, index=True),
        sa.Column("address", sa.String(64), nullable=False, index=True),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("known", sa.Boolean(), nullable=False),
        sa.Column("code", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False, index=True),
    )
    op.create_table(
        "known_place",
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("place", sa.String(64), primary_key=True, index=True),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
    )
    op.drop_column("account", "failures")
    op.drop_column("account", "locked_until")
