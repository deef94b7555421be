"""Review: who decided when, tombstones, the history of each submission, comments, policies, bulk changes.

The history refuses to be changed: triggers on both databases.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
TEXTS = ("reviewed_by", "approved_once_by", "deleted_by", "delete_reason")
INSTANTS = ("reviewed_at", "deleted_at", "purged_at")
TABLES = (
    *("bulk_review_items", "bulk_reviews", "review_policies", "review_leases", "acknowledgements"),
    *("submission_comments", "submission_events"),
)

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER submission_events_no_update BEFORE UPDATE ON submission_events"
        " BEGIN SELECT RAISE(ABORT, 'the history of a submission is append-only'); END",
        "CREATE TRIGGER submission_events_no_delete BEFORE DELETE ON submission_events"
        " BEGIN SELECT RAISE(ABORT, 'the history of a submission is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION submission_events_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the history of a submission is append-only'; END $$",
        "CREATE TRIGGER submission_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON submission_events"
        " FOR EACH STATEMENT EXECUTE FUNCTION submission_events_append_only()",
    ),
}


def upgrade() -> None:
    """Up."""
    for name in TEXTS:
        op.add_column("submissions", sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name in INSTANTS:
        op.add_column("submissions", sa.Column(name, INSTANT, nullable=True))
    op.drop_index("ix_submissions_form_pk_state_id", table_name="submissions")
    op.create_index(
        "ix_submissions_form_pk_state_deleted_at_id", "submissions", ["form_pk", "state", "deleted_at", "id"]
    )
    _history()
    _what_was_said()
    _policies_and_bulk()


def downgrade() -> None:
    """Down."""
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION submission_events_append_only()")
    op.drop_index("ix_submissions_form_pk_state_deleted_at_id", table_name="submissions")
    op.create_index("ix_submissions_form_pk_state_id", "submissions", ["form_pk", "state", "id"])
    with op.batch_alter_table("submissions") as batch:
        for name in (*TEXTS, *INSTANTS):
            batch.drop_column(name)


def _id() -> sa.Column[int]:
    return sa.Column("id", ID, autoincrement=True, nullable=False)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _keys(table: str, *columns: str) -> list[sa.Constraint]:
    """The primary key, and the foreign keys `<column>` of the tables that are named `<column>=<table>`."""
    keys: list[sa.Constraint] = [sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]
    for column, _, target in (pair.partition("=") for pair in columns):
        keys.append(sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")))
    return keys


def _unique(table: str, *columns: str) -> sa.Constraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _history() -> None:
    op.create_table(
        "submission_events",
        _id(),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        _text("actor"),
        _text("channel"),
        _text("kind"),
        _text("reason", ""),
        sa.Column("detail", sa.JSON(), nullable=False),
        _text("previous_hash"),
        _text("hash"),
        *_keys("submission_events", "submission_id=submissions"),
        _unique("submission_events", "submission_id", "number"),
    )
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def _what_was_said() -> None:
    op.create_table(
        "submission_comments",
        _id(),
        sa.Column("submission_id", ID, nullable=False),
        _text("path", ""),
        _text("content"),
        _text("author"),
        sa.Column("for_field", sa.Boolean(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        _text("resolved_by", ""),
        sa.Column("resolved_at", INSTANT, nullable=True),
        _text("struck_by", ""),
        sa.Column("struck_at", INSTANT, nullable=True),
        *_keys("submission_comments", "submission_id=submissions"),
    )
    op.create_index("ix_submission_comments_submission_id", "submission_comments", ["submission_id"])
    op.create_table(
        "acknowledgements",
        _id(),
        sa.Column("submission_id", ID, nullable=False),
        *(_text(name) for name in ("check_id", "path", "value", "fingerprint", "reason", "actor")),
        sa.Column("at", INSTANT, nullable=False),
        *_keys("acknowledgements", "submission_id=submissions"),
        _unique("acknowledgements", "submission_id", "fingerprint"),
    )
    op.create_table(
        "review_leases",
        sa.Column("submission_id", ID, autoincrement=False, nullable=False),
        _text("actor"),
        sa.Column("until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_review_leases")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_review_leases_submission_id")),
    )


def _policies_and_bulk() -> None:
    op.create_table(
        "review_policies",
        _id(),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        _text("actor"),
        sa.Column("created_at", INSTANT, nullable=False),
        *_keys("review_policies", "form_pk=forms"),
        _unique("review_policies", "form_pk", "number"),
    )
    op.create_table(
        "bulk_reviews",
        _id(),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        _text("actor"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        *_keys("bulk_reviews", "form_pk=forms"),
    )
    op.create_table(
        "bulk_review_items",
        _id(),
        sa.Column("bulk_review_id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        _text("former"),
        _text("former_reviewer", ""),
        sa.Column("former_reviewed_at", INSTANT, nullable=True),
        sa.Column("event_number", sa.Integer(), nullable=False),
        *_keys("bulk_review_items", "bulk_review_id=bulk_reviews", "submission_id=submissions"),
        _unique("bulk_review_items", "bulk_review_id", "submission_id"),
    )
