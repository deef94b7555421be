"""Review: who was named in a remark, and which submissions an export held."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Up."""
    op.create_table(
        "comment_mentions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_mentions")),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_comment_mentions_{column}"))
            for column, table in (
                ("submission_id", "submissions"),
                ("comment_id", "submission_comments"),
                ("account_id", "accounts"),
            )
        ),
        sa.UniqueConstraint("comment_id", "account_id", name=op.f("uq_comment_mentions_comment_id_account_id")),
    )
    op.create_index(op.f("ix_comment_mentions_account_id"), "comment_mentions", ["account_id"])
    op.create_table(
        "exported_blocks",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("export_id", "actor", "file_name")),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("block", sa.Integer(), nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exported_blocks")),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name=op.f("fk_exported_blocks_form_pk")),
        sa.UniqueConstraint("export_id", "block", name=op.f("uq_exported_blocks_export_id_block")),
    )
    op.create_index(op.f("ix_exported_blocks_form_pk_block"), "exported_blocks", ["form_pk", "block"])


def downgrade() -> None:
    """Down."""
    op.drop_table("exported_blocks")
    op.drop_table("comment_mentions")
