"""What finds submissions among a million: words of what they are called, marks of what was found in them."""

import sqlalchemy as sa
from alembic import op

# The words of records that are here must be those of records to come: the code that makes them is the same.
from surveyapp.store.search import list_words

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
AT_ONCE = 5_000


def upgrade() -> None:
    """Up."""
    op.create_table(
        "submission_words",
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("word", WORD, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.PrimaryKeyConstraint("submission_id", "word", name=op.f("pk_submission_words")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "submission_marks",
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("mark", WORD, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("form_pk", "mark", "submission_id", name=op.f("pk_submission_marks")),
        sqlite_with_rowid=False,
    )
    _fill_words()
    for finding in ("'severity:' || f.severity", "'check:' || f.check_id"):
        _fill_marks(finding)
    op.create_index(
        op.f("ix_submission_words_form_pk_word_submission_id"), "submission_words", ["form_pk", "word", "submission_id"]
    )
    op.create_index(op.f("ix_submission_marks_submission_id"), "submission_marks", ["submission_id"])


def downgrade() -> None:
    """Down."""
    op.drop_table("submission_marks")
    op.drop_table("submission_words")


def _fill_words() -> None:
    connection, after = op.get_bind(), 0
    read = sa.text(
        "SELECT s.id, s.form_pk, v.instance_name, v.instance_id FROM submissions s "
        "JOIN submission_versions v ON v.submission_id = s.id AND v.number = s.current_number "
        "WHERE s.id > :after ORDER BY s.id LIMIT :limit"
    )
    add = sa.text("INSERT INTO submission_words (submission_id, word, form_pk) VALUES (:number, :word, :form)")
    while rows := connection.execute(read, {"after": after, "limit": AT_ONCE}).all():
        words = [
            {"number": number, "word": word, "form": form}
            for number, form, name, instance_id in rows
            for word in list_words(name, instance_id)
        ]
        connection.execute(add, words)
        after = rows[-1][0]


def _fill_marks(mark: str) -> None:
    add = "INSERT INTO submission_marks (form_pk, mark, submission_id) SELECT DISTINCT"
    op.execute(
        f"{add} v.form_pk, {mark}, v.submission_id FROM findings f "
        "JOIN submission_versions v ON v.id = f.submission_version_id WHERE true ON CONFLICT DO NOTHING"
    )
    op.execute(
        f"{add} f.form_pk, {mark}, f.submission_id FROM quality_findings f "
        "WHERE f.submission_id IS NOT NULL ON CONFLICT DO NOTHING"
    )
