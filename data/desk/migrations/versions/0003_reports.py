"""Reports: the request, its state, and the hash that proves the file."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TIME = sa.DateTime()


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("id", sa.String(20), primary_key=True),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("edition", sa.String(40), nullable=False, index=True),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("who", sa.String(120), nullable=False),
        sa.Column("asked_at", TIME, nullable=False, index=True),
        sa.Column("status", sa.String(12), nullable=False, index=True),
        sa.Column("step", sa.String(200), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("worker", sa.String(200), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("seen_at", TIME),
        sa.Column("done_at", TIME),
        sa.Column("issued_at", TIME),
        sa.Column("issued_by", sa.String(120), nullable=False),
        sa.Column("file", sa.String(300), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, index=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("definitions", sa.Text(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("plan", sa.String(60)),
        sa.Column("slot", sa.String(20)),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("mailed_at", TIME),
        sa.Column("mail_fault", sa.Text(), nullable=False),
        sa.UniqueConstraint("plan", "slot"),
    )
