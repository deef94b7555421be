"""Tables of the checks across interviews: what they found, the summaries they compare, settings, drawn samples.

Whether a submission waits for its checks stands in `submissions.unchecked`.
"""

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, UniqueConstraint

from surveyapp.store.columns import id_column, instant, metadata, owner, text_column

# One row for each thing that was ever found; `identity` is the hash of what makes two findings the same one.
quality_findings = Table(
    "quality_findings",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    owner("submission_id", "submissions", nullable=True),  # NULL: about an enumerator or the form
    text_column("identity"),
    text_column("check_id"),
    text_column("kind"),
    Column("check_version", Integer, nullable=False),  # changes in place, as does all below, but where said
    text_column("severity"),
    text_column("message"),
    text_column("repeat_path"),
    text_column("row_key"),  # never changes
    text_column("subject"),  # never changes
    Column("questions", JSON, nullable=False),  # paths; never change
    text_column("observed"),  # never changes
    text_column("expected"),
    Column("arguments", JSON, nullable=False),
    Column("own_messages", JSON, nullable=False),  # the author's sentences by language
    text_column("binding"),
    text_column("suggestion"),
    text_column("enumerator", server_default=""),
    text_column("state", server_default="open"),
    instant("opened_at"),
    instant("closed_at", nullable=True),
    text_column("settled_by", server_default=""),  # who acknowledged it, as the log names them
    text_column("reason", server_default=""),
    instant("settled_at", nullable=True),
    UniqueConstraint("form_pk", "identity"),
    CheckConstraint("state IN ('open', 'acknowledged', 'closed')", name="state"),
    CheckConstraint("severity IN ('error', 'warning', 'info')", name="severity"),
    Index(None, "submission_id"),
    Index(None, "form_pk", "state", "check_id"),
)

# What the others need to know of an interview; made again at each check of it.
quality_summaries = Table(
    "quality_summaries",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    owner("submission_id", "submissions"),
    Column("content", JSON, nullable=False),
    Column("codes", LargeBinary, nullable=False),  # its row of the matrix of codes
    instant("checked_at"),
    UniqueConstraint("submission_id"),
    Index(None, "form_pk", "checked_at"),
)

quality_settings = Table(
    "quality_settings",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    Column("number", Integer, nullable=False),
    Column("content", JSON, nullable=False),
    text_column("hash"),
    instant("created_at"),
    UniqueConstraint("form_pk", "number"),
)

backcheck_samples = Table(
    "backcheck_samples",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    Column("seed", BigInteger, nullable=False),
    Column("share", Integer, nullable=False),  # percent
    Column("instance_ids", JSON, nullable=False),
    instant("drawn_at"),
)
