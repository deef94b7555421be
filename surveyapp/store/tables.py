"""The core tables. Answer tables are made from the forms, by `surveyapp.store.answers`.

Times are UTC. Rows are added; what changes in place is said at the column.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Time,
    UniqueConstraint,
    text,
)

from surveyapp.store.columns import Id, Instant, id_column, instant, metadata, owner, text_column

forms = Table(
    "forms",
    metadata,
    id_column(),
    owner("project_id", "projects"),
    text_column("form_id"),
    text_column("title"),  # of the newest version; changes in place
    text_column("state", server_default="open"),  # changes in place
    Column("answers_revision", Integer, nullable=False, server_default="0"),  # counts changes of the answer tables
    instant("created_at"),
    UniqueConstraint("project_id", "form_id"),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
)

form_versions = Table(
    "form_versions",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    text_column("version"),
    Column("ordinal", Integer, nullable=False),
    Column("xform", LargeBinary, nullable=False),
    text_column("md5"),
    Column("source", LargeBinary, nullable=False),
    text_column("source_name"),
    Column("findings", JSON, nullable=False),
    instant("published_at"),
    UniqueConstraint("form_pk", "version"),
    UniqueConstraint("form_pk", "ordinal"),
)

form_attachments = Table(
    "form_attachments",
    metadata,
    id_column(),
    owner("form_version_id", "form_versions"),
    text_column("name"),
    text_column("sha256"),
    text_column("md5"),
    Column("size", BigInteger, nullable=False),
    UniqueConstraint("form_version_id", "name"),
)

answer_tables = Table(
    "answer_tables",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    text_column("repeat_path"),  # '' for the main table
    Column("part", Integer, nullable=False),  # 0, and 1.. for side tables of wide forms
    text_column("name", unique=True),
    UniqueConstraint("form_pk", "repeat_path", "part"),
)

answer_columns = Table(
    "answer_columns",
    metadata,
    id_column(),
    owner("answer_table_id", "answer_tables"),
    text_column("path"),  # as the version that brought it had it
    text_column("component"),  # '' the value; lat, lon, alt, acc of a position; tz of an instant
    text_column("name"),
    text_column("kind"),  # integer, decimal, text ...; widened in place
    UniqueConstraint("answer_table_id", "name"),
    UniqueConstraint("answer_table_id", "path", "component"),
)

answer_paths = Table(
    "answer_paths",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    text_column("path"),  # where a later version has the question or repeat
    text_column("column_path"),  # where the version that brought it had it
    UniqueConstraint("form_pk", "path"),
)

submissions = Table(
    "submissions",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    text_column("instance_id"),  # of the first version
    Column("current_number", Integer, nullable=False),  # changes in place with an edit
    text_column("state", server_default="received"),  # changes in place with a review
    owner("account_id", "accounts", nullable=True),  # the person who had the phone
    owner("team_id", "teams", nullable=True),  # the team of the phone then
    instant("received_at"),
    text_column("reviewed_by", server_default=""),  # who decided last; changes in place, as does all below
    instant("reviewed_at", nullable=True),
    text_column("approved_once_by", server_default=""),  # where the form's policy wants two approvals
    text_column("deleted_by", server_default=""),  # a tombstone: everything stays until it is purged
    text_column("delete_reason", server_default=""),
    instant("deleted_at", nullable=True),
    instant("purged_at", nullable=True),
    # How often it was sent or changed since its checks across interviews were last run; changes in place.
    Column("unchecked", Integer, nullable=False, server_default="1"),
    CheckConstraint(
        "state IN ('received', 'in_review', 'approved', 'has_issues', 'rejected', 'returned', 'corrected')",
        name="state",
    ),
    Index(None, "form_pk", "id"),
    Index(None, "form_pk", "state", "deleted_at", "id"),
    Index(None, "form_pk", "team_id", "id"),
    Index(None, "form_pk", "account_id", "id"),
    Index(
        "ix_submissions_unchecked",
        "id",
        sqlite_where=text("unchecked > 0"),
        postgresql_where=text("unchecked > 0"),
    ),
)

submission_versions = Table(
    "submission_versions",
    metadata,
    id_column(),
    owner("submission_id", "submissions"),
    owner("form_pk", "forms"),
    Column("form_version_id", Id, ForeignKey("form_versions.id"), nullable=False),  # by which it is judged
    Column("number", Integer, nullable=False),
    text_column("kind"),
    text_column("instance_id"),
    text_column("deprecated_id", nullable=True),
    text_column("instance_name", server_default=""),
    text_column("form_version"),  # as the record says
    text_column("sha256"),
    text_column("content_type"),
    Column("content", LargeBinary, nullable=False),
    Column("device_id", Id, ForeignKey("devices.id"), nullable=True),
    text_column("device_identifier", server_default=""),
    text_column("user_agent", server_default=""),
    Column("judged_by", Integer, nullable=False, server_default="0"),  # version of the rule engine; changes in place
    Column("rules_ok", Integer, nullable=False, server_default="0"),
    Column("rules_violated", Integer, nullable=False, server_default="0"),
    Column("rules_not_checkable", Integer, nullable=False, server_default="0"),
    instant("received_at"),
    UniqueConstraint("submission_id", "number"),
    CheckConstraint("kind IN ('original', 'edit', 'predecessor', 'conflict', 'stale_edit')", name="kind"),
    Index(
        "uq_submission_versions_copy",
        "form_pk",
        "instance_id",
        "sha256",
        unique=True,
        sqlite_where=text("kind IN ('conflict', 'stale_edit')"),
        postgresql_where=text("kind IN ('conflict', 'stale_edit')"),
    ),
    # One record an instance id, one successor a record; what clashes with that is kept as a conflict copy.
    Index(
        "uq_submission_versions_instance",
        "form_pk",
        "instance_id",
        unique=True,
        sqlite_where=text("kind IN ('original', 'edit', 'predecessor')"),
        postgresql_where=text("kind IN ('original', 'edit', 'predecessor')"),
    ),
    Index(
        "uq_submission_versions_successor",
        "form_pk",
        "deprecated_id",
        unique=True,
        sqlite_where=text("kind IN ('original', 'edit', 'predecessor') AND deprecated_id IS NOT NULL"),
        postgresql_where=text("kind IN ('original', 'edit', 'predecessor') AND deprecated_id IS NOT NULL"),
    ),
)

submission_attachments = Table(
    "submission_attachments",
    metadata,
    id_column(),
    owner("submission_version_id", "submission_versions"),
    text_column("name"),
    text_column("sha256"),
    Column("size", BigInteger, nullable=False),
    text_column("content_type"),
    Column("conflict", Boolean, nullable=False),
    instant("received_at"),
    UniqueConstraint("submission_version_id", "name", "sha256"),
    Index(
        "uq_submission_attachments_kept",
        "submission_version_id",
        "name",
        unique=True,
        sqlite_where=text("NOT conflict"),
        postgresql_where=text("NOT conflict"),
    ),
)

findings = Table(
    "findings",
    metadata,
    id_column(),
    owner("submission_version_id", "submission_versions"),
    text_column("check_id"),
    text_column("severity"),
    text_column("outcome"),
    text_column("path"),
    text_column("question"),
    text_column("value"),
    text_column("rule"),
    text_column("message"),
    Index(None, "submission_version_id"),
)

indicator_settings = Table(
    "indicator_settings",
    metadata,
    id_column(),
    owner("project_id", "projects"),
    Column("number", Integer, nullable=False),
    Column("content", JSON, nullable=False),
    text_column("hash"),
    instant("created_at"),
    UniqueConstraint("project_id", "number"),
)

indicator_parameters = Table(
    "indicator_parameters",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    Column("number", Integer, nullable=False),
    Column("content", JSON, nullable=False),
    text_column("hash"),
    instant("created_at"),
    UniqueConstraint("form_pk", "number"),
)

exports = Table(
    "exports",
    metadata,
    text_column("id", primary_key=True),
    owner("form_pk", "forms"),
    Column("options", JSON, nullable=False),
    text_column("asked_by", server_default=""),
    Column("reach", JSON(none_as_null=True), nullable=True),  # whose submissions it holds; NULL: all
    text_column("state"),  # changes in place, as does all below
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger, nullable=False, server_default="0"),
    text_column("file_name", server_default=""),
    text_column("error", server_default=""),
    instant("created_at"),
    instant("finished_at", nullable=True),
    CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state"),
)

# What an answer column may hold; the width order integer < decimal < text is that of `surveyapp.store.answers`.
ANSWER_TYPES: dict[str, Any] = {
    "integer": BigInteger,
    "decimal": Float(53),
    "text": Text,
    "boolean": Boolean,
    "date": Date,
    "time": Time,
    "datetime": Instant,
}
