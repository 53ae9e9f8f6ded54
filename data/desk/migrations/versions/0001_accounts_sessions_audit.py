"""Accounts, grants, sessions, tokens, and the audit that is only ever added to."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME, DAY, CODE = sa.DateTime(), sa.Date(), sa.BigInteger()
REFUSAL = "the audit is append-only"


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(60), nullable=False, unique=True),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", TIME),
        sa.Column("totp_secret", sa.String(64)),
        sa.Column("totp_confirmed", sa.Boolean(), nullable=False),
        sa.Column("totp_step", CODE, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
    )
    op.create_table("old_password", *_of_account(), sa.Column("password", sa.Text(), nullable=False), _at("set_at"))
    op.create_table(
        "identity",
        *_of_account(),
        sa.Column("issuer", sa.String(300), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.UniqueConstraint("issuer", "subject"),
    )
    op.create_table(
        "role_grant",
        *_of_account(),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("area", CODE),
        sa.Column("first_day", DAY),
        sa.Column("last_day", DAY),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=False, index=True),
        sa.Column("address", sa.String(60), nullable=False),
        _at("started_at"),
        _at("seen_at"),
        sa.Column("ended_at", TIME),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("system", sa.String(60), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("area", CODE),
        _at("made_at"),
        _at("expires_at"),
        sa.Column("revoked_at", TIME),
    )
    _audit()


def _audit() -> None:
    texts = {"who": 120, "role": 200, "scope": 200, "event": 20, "what": None, "result": 20, "address": 60}
    op.create_table(
        "audit",
        sa.Column("id", CODE, primary_key=True, autoincrement=False),
        sa.Column("at", TIME, nullable=False, index=True),
        *(sa.Column(name, sa.String(size) if size else sa.Text(), nullable=False) for name, size in texts.items()),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("last_id", CODE, nullable=False),
        sa.Column("last_hash", sa.String(64), nullable=False),
        sa.Column("anchor_id", CODE, nullable=False),
        sa.Column("anchor_hash", sa.String(64), nullable=False),
        sa.Column("purging", sa.Boolean(), nullable=False),
    )
    op.execute("INSERT INTO audit_head VALUES (1, 0, '', 0, '', false)")
    if op.get_bind().dialect.name == "sqlite":
        raised = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        purging = "WHEN NOT (SELECT purging FROM audit_head)"
        op.execute(f"CREATE TRIGGER audit_kept BEFORE UPDATE ON audit {raised}")
        op.execute(f"CREATE TRIGGER audit_whole BEFORE DELETE ON audit {purging} {raised}")
        return
    op.execute(
        "CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND (SELECT purging FROM audit_head) THEN RETURN OLD; END IF; "
        f"RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuses()"
    )


def _of_account() -> tuple[sa.Column[int], sa.Column[int]]:
    return (
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("account.id"), nullable=False, index=True),
    )


def _at(name: str) -> sa.Column[datetime]:
    return sa.Column(name, TIME, nullable=False)
