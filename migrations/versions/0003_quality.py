"""The checks across interviews: which submissions wait for them, what they found, what they compare."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
WAITING = sa.text("unchecked > 0")


def upgrade() -> None:
    """Up."""
    op.add_column("submissions", sa.Column("unchecked", sa.Integer(), nullable=False, server_default="1"))
    op.create_index("ix_submissions_unchecked", "submissions", ["id"], sqlite_where=WAITING, postgresql_where=WAITING)
    _findings()
    _summaries()
    _settings_and_samples()


def downgrade() -> None:
    """Down."""
    for table in ("backcheck_samples", "quality_settings", "quality_summaries", "quality_findings"):
        op.drop_table(table)
    op.drop_index("ix_submissions_unchecked", table_name="submissions")
    op.drop_column("submissions", "unchecked")


def _keys(table: str, **owners: str) -> list[sa.Constraint]:
    keys: list[sa.Constraint] = [sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]
    for column, target in owners.items():
        keys.append(sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")))
    return keys


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _findings() -> None:
    table = "quality_findings"
    op.create_table(
        table,
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=True),
        *_texts("identity", "check_id", "kind"),
        sa.Column("check_version", sa.Integer(), nullable=False),
        *_texts("severity", "message", "repeat_path", "row_key", "subject"),
        sa.Column("questions", sa.JSON(), nullable=False),
        *_texts("observed", "expected"),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("own_messages", sa.JSON(), nullable=False),
        *_texts("binding", "suggestion"),
        sa.Column("enumerator", sa.Text(), nullable=False, server_default=""),
        sa.Column("state", sa.Text(), nullable=False, server_default="open"),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=False, server_default=""),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("settled_at", INSTANT, nullable=True),
        *_keys(table, form_pk="forms", submission_id="submissions"),
        sa.UniqueConstraint("form_pk", "identity", name=op.f(f"uq_{table}_form_pk_identity")),
        sa.CheckConstraint("state IN ('open', 'acknowledged', 'closed')", name=op.f(f"ck_{table}_state")),
        sa.CheckConstraint("severity IN ('error', 'warning', 'info')", name=op.f(f"ck_{table}_severity")),
    )
    op.create_index(op.f(f"ix_{table}_submission_id"), table, ["submission_id"])
    op.create_index(op.f(f"ix_{table}_form_pk_state_check_id"), table, ["form_pk", "state", "check_id"])


def _summaries() -> None:
    table = "quality_summaries"
    op.create_table(
        table,
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("codes", sa.LargeBinary(), nullable=False),
        sa.Column("checked_at", INSTANT, nullable=False),
        *_keys(table, form_pk="forms", submission_id="submissions"),
        sa.UniqueConstraint("submission_id", name=op.f(f"uq_{table}_submission_id")),
    )
    op.create_index(op.f(f"ix_{table}_form_pk_checked_at"), table, ["form_pk", "checked_at"])


def _settings_and_samples() -> None:
    op.create_table(
        "quality_settings",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        *_keys("quality_settings", form_pk="forms"),
        sa.UniqueConstraint("form_pk", "number", name=op.f("uq_quality_settings_form_pk_number")),
    )
    op.create_table(
        "backcheck_samples",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("instance_ids", sa.JSON(), nullable=False),
        sa.Column("drawn_at", INSTANT, nullable=False),
        *_keys("backcheck_samples", form_pk="forms"),
    )
