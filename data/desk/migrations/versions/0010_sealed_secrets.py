"""Secrets of second factors are encrypted, which takes more room; `sealing` encrypts those of before."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    with op.batch_alter_table("account") as table:
        table.alter_column("totp_secret", existing_type=sa.String(64), type_=sa.String(400), existing_nullable=True)
