"""What finds submissions among a million: indexes that we keep ourselves, and that can be made again from the records.

No foreign keys: each would be looked up for every word of every record that comes.
"""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from surveyapp.store.columns import Id, metadata

# In the order of the bytes, whatever language the database sorts by: what begins with a text is then one stretch of it.
WORD = Text().with_variant(Text(collation="C"), "postgresql")

# What a submission is called now, in words.
submission_words = Table(
    "submission_words",
    metadata,
    Column("submission_id", Id, nullable=False),
    Column("word", WORD, nullable=False),
    Column("form_pk", Id, nullable=False),
    PrimaryKeyConstraint("submission_id", "word"),
    Index(None, "form_pk", "word", "submission_id"),
    sqlite_with_rowid=False,
)

# Which severities and checks a submission ever had a finding of: 'severity:error', 'check:constraint-violated'. Whether
# it still has one is said by the findings; the marks only lead to them.
submission_marks = Table(
    "submission_marks",
    metadata,
    Column("form_pk", Id, nullable=False),
    Column("mark", WORD, nullable=False),
    Column("submission_id", Id, nullable=False),
    PrimaryKeyConstraint("form_pk", "mark", "submission_id"),
    Index(None, "submission_id"),
    sqlite_with_rowid=False,
)
