"""Answers to cases of other systems."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "case_answer",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("case_key", sa.String(200), nullable=False),
        sa.Column("area", sa.BigInteger, nullable=False),
        sa.Column("step", sa.String(12), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("who", sa.String(60), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("confirmed_at", sa.DateTime),
    )
    op.create_index("ix_case_answer_case", "case_answer", ["source", "case_key"])
    op.create_index("ix_case_answer_confirmed", "case_answer", ["confirmed_at"])
