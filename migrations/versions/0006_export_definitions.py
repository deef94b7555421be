"""Exports: options kept under a name, and what an admin confirmed about what answers give away."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Up."""
    op.create_table(
        "export_definitions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        *_keys("export_definitions"),
        sa.UniqueConstraint("form_pk", "name", name=op.f("uq_export_definitions_form_pk_name")),
    )
    op.create_table(
        "confirmed_protections",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=False),
        *_keys("confirmed_protections"),
    )
    op.create_index(op.f("ix_confirmed_protections_form_pk_id"), "confirmed_protections", ["form_pk", "id"])


def downgrade() -> None:
    """Down."""
    op.drop_table("confirmed_protections")
    op.drop_table("export_definitions")


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name=op.f(f"fk_{table}_form_pk")),
    ]
