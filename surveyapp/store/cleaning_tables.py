"""The core tables of cleaning: rulesets, imports of cleaning logs, and the decisions of people."""

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Index, Integer, Table, UniqueConstraint, false

from surveyapp.store.columns import Id, id_column, instant, metadata, owner, text_column

rulesets = Table(
    "rulesets",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    Column("number", Integer, nullable=False),
    text_column("state"),  # changes in place, once: a published ruleset is never changed
    Column("rules", JSON, nullable=False),  # changes in place while it is a draft
    text_column("hash", server_default=""),  # of what was published
    text_column("made_by"),  # actors, as the audit log names them
    instant("made_at"),  # changes in place with a draft
    text_column("published_by", server_default=""),
    instant("published_at", nullable=True),
    UniqueConstraint("form_pk", "number"),
    CheckConstraint("state IN ('draft', 'published')", name="state"),
)

log_imports = Table(
    "log_imports",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    text_column("file_name"),
    text_column("file_hash"),
    text_column("token"),  # of the dry run that was confirmed
    Column("decisions", Integer, nullable=False),
    text_column("imported_by"),
    instant("imported_at"),
    text_column("undone_by", server_default=""),  # changes in place, once
    instant("undone_at", nullable=True),
    Index(None, "form_pk", "id"),
)

cleaning_decisions = Table(
    "cleaning_decisions",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    owner("import_id", "log_imports", nullable=True),
    text_column("instance_id"),
    Column("submission_no", Id, nullable=True),
    text_column("form_version", server_default=""),
    text_column("row_key", server_default=""),
    text_column("path", server_default=""),
    text_column("change_type"),
    text_column("old_value", nullable=True),
    text_column("new_value", server_default=""),
    text_column("missing_reason", server_default=""),
    text_column("issue", server_default=""),
    text_column("check_id", server_default=""),
    text_column("binding", server_default=""),
    text_column("source"),
    text_column("reason", server_default=""),
    text_column("changed_by"),
    instant("changed_at"),
    Column("cascade", Boolean, nullable=False, server_default=false()),
    Column("rejected", Boolean, nullable=False, server_default=false()),  # changes in place when an import is undone
    Index(None, "form_pk", "id"),
    Index(None, "import_id"),
)
