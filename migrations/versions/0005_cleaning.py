"""Cleaning: rulesets, imports of cleaning logs, the decisions of people."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Up."""
    op.create_table(
        "rulesets",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("hash", sa.Text(), server_default="", nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("published_by", sa.Text(), server_default="", nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        *_keys("rulesets", form_pk="forms"),
        sa.UniqueConstraint("form_pk", "number", name=op.f("uq_rulesets_form_pk_number")),
        sa.CheckConstraint("state IN ('draft', 'published')", name=op.f("ck_rulesets_state")),
    )
    op.create_table(
        "log_imports",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.Column("undone_by", sa.Text(), server_default="", nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        *_keys("log_imports", form_pk="forms"),
    )
    op.create_index("ix_log_imports_form_pk_id", "log_imports", ["form_pk", "id"])
    _decisions()


def _decisions() -> None:
    empty = ("form_version", "row_key", "path", "new_value", "missing_reason", "issue", "check_id", "binding", "reason")
    op.create_table(
        "cleaning_decisions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("import_id", ID, nullable=True),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("submission_no", ID, nullable=True),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in empty),
        sa.Column("change_type", sa.Text(), nullable=False),
        sa.Column("old_value", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("cascade", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("rejected", sa.Boolean(), server_default=sa.false(), nullable=False),
        *_keys("cleaning_decisions", form_pk="forms", import_id="log_imports"),
    )
    op.create_index("ix_cleaning_decisions_form_pk_id", "cleaning_decisions", ["form_pk", "id"])
    op.create_index("ix_cleaning_decisions_import_id", "cleaning_decisions", ["import_id"])


def downgrade() -> None:
    """Down."""
    for table in ("cleaning_decisions", "log_imports", "rulesets"):
        op.drop_table(table)


def _keys(table: str, **owners: str) -> list[sa.Constraint]:
    keys: list[sa.Constraint] = [sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]
    for column, target in owners.items():
        keys.append(sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")))
    return keys
