"""Assessments by a scheme, and objections to them."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "assessment",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("scheme", sa.Text, nullable=False),
        sa.Column("area", sa.BigInteger, nullable=False),
        sa.Column("first", sa.Date, nullable=False),
        sa.Column("end", sa.Date, nullable=False),
        sa.Column("edition", sa.String(40), nullable=False),
        sa.Column("results", sa.Text, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("made_by", sa.String(120), nullable=False),
        sa.Column("made_at", sa.DateTime, nullable=False),
        sa.Column("open_until", sa.DateTime),
        sa.Column("approved_by", sa.String(120), nullable=False),
        sa.Column("approved_at", sa.DateTime),
        sa.Column("published_by", sa.String(120), nullable=False),
        sa.Column("published_at", sa.DateTime),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "objection",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("assessment", sa.Integer, sa.ForeignKey("assessment.id"), nullable=False),
        sa.Column("area", sa.BigInteger, nullable=False),
        sa.Column("metric", sa.String(60), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("who", sa.String(120), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("accepted", sa.Boolean),
        sa.Column("answered_by", sa.String(120), nullable=False),
        sa.Column("answered_at", sa.DateTime),
    )
    op.create_index("ix_objection_assessment", "objection", ["assessment"])
