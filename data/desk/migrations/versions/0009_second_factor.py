"""Sessions say how they began; recovery codes; what a second administrator has to confirm."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for name in ("factor", "demo"):
        op.add_column("session", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    proved = "SELECT id FROM account WHERE totp_confirmed"
    op.execute(f"UPDATE session SET factor = true WHERE NOT by_provider AND account_id IN ({proved})")
    op.execute("UPDATE session SET demo = true WHERE account_id IN (SELECT id FROM account WHERE name LIKE 'demo-%')")
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("used_at", sa.DateTime()),
    )
    op.create_table(
        "pending_request",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("asked_by", sa.String(120), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("decided_by", sa.String(120), nullable=False),
        sa.Column("decided_at", sa.DateTime()),
    )
