"""The core tables of review: what happened to a submission, what was said of it, and by which policy its form goes.

The state of a submission and its tombstone are columns of the table submissions.
"""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, UniqueConstraint

from surveyapp.store.columns import Id, id_column, instant, metadata, owner, text_column

# Append-only: the migration lays triggers that refuse UPDATE and DELETE. Each row is bound to the one before it of the
# same submission by its hash.
submission_events = Table(
    "submission_events",
    metadata,
    id_column(),
    owner("submission_id", "submissions"),
    Column("number", Integer, nullable=False),  # from 1, without gaps
    instant("at"),
    text_column("actor"),  # as in audit_log
    text_column("channel"),  # office, api, command, system
    text_column("kind"),
    text_column("reason", server_default=""),
    Column("detail", JSON, nullable=False),
    text_column("previous_hash"),
    text_column("hash"),
    UniqueConstraint("submission_id", "number"),
)

submission_comments = Table(
    "submission_comments",
    metadata,
    id_column(),
    owner("submission_id", "submissions"),
    text_column("path", server_default=""),  # of the question, with repeat indices; '' for the whole submission
    text_column("content"),
    text_column("author"),
    Column("for_field", Boolean, nullable=False),  # whether the enumerator reads it, when it is returned
    instant("at"),
    text_column("resolved_by", server_default=""),  # changes in place, as does all below
    instant("resolved_at", nullable=True),
    text_column("struck_by", server_default=""),
    instant("struck_at", nullable=True),
    Index(None, "submission_id"),
)

# Who was named in a remark, by @ and the sign-in name.
comment_mentions = Table(
    "comment_mentions",
    metadata,
    id_column(),
    owner("submission_id", "submissions"),
    owner("comment_id", "submission_comments"),
    owner("account_id", "accounts"),
    UniqueConstraint("comment_id", "account_id"),
    Index(None, "account_id"),
)

# Which submissions an export held: a bit for each, by blocks of their numbers, so that neither an export nor a
# submission has many rows. It stays when the file is gone.
exported_blocks = Table(
    "exported_blocks",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    text_column("export_id"),
    text_column("actor"),  # who asked for it, as in audit_log
    text_column("file_name"),
    instant("at"),
    Column("block", Integer, nullable=False),
    Column("bits", LargeBinary, nullable=False),
    UniqueConstraint("export_id", "block"),
    Index(None, "form_pk", "block"),
)

# A finding that somebody has looked at: silent for as long as the value is the same.
acknowledgements = Table(
    "acknowledgements",
    metadata,
    id_column(),
    owner("submission_id", "submissions"),
    text_column("check_id"),
    text_column("path"),
    text_column("value"),
    text_column("fingerprint"),  # SHA-256 of check, path and value: values are too long for an index
    text_column("reason"),
    text_column("actor"),
    instant("at"),
    UniqueConstraint("submission_id", "fingerprint"),
)

review_leases = Table(
    "review_leases",
    metadata,
    Column("submission_id", Id, ForeignKey("submissions.id"), primary_key=True, autoincrement=False),
    text_column("actor"),  # changes in place, as does all below
    instant("until"),
)

review_policies = Table(
    "review_policies",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    Column("number", Integer, nullable=False),
    Column("content", JSON, nullable=False),
    text_column("actor"),
    instant("created_at"),
    UniqueConstraint("form_pk", "number"),
)

bulk_reviews = Table(
    "bulk_reviews",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    Column("asked", JSON, nullable=False),  # the filter and the decision
    text_column("actor"),
    instant("at"),
    instant("undone_at", nullable=True),  # changes in place, once
)

bulk_review_items = Table(
    "bulk_review_items",
    metadata,
    id_column(),
    owner("bulk_review_id", "bulk_reviews"),
    owner("submission_id", "submissions"),
    text_column("former"),  # the state before
    text_column("former_reviewer", server_default=""),
    instant("former_reviewed_at", nullable=True),
    Column("event_number", Integer, nullable=False),  # the event that it made of this submission
    UniqueConstraint("bulk_review_id", "submission_id"),
)
