"""The core tables. Answer tables are made from the forms, by `surveyapp.store.answers`.

Times are UTC. Rows are added; what changes in place is said at the column.
"""

import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Time,
    TypeDecorator,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime.datetime]):
    """An aware time, kept and given back in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """To UTC; SQLite keeps no offset."""
        if value is None:
            return None
        utc = value.astimezone(datetime.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """As aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=datetime.UTC) if dialect.name == "sqlite" else value.astimezone(datetime.UTC)


# SQLite counts rows by itself only in a column of type INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _owner(column: str, table: str) -> Column[int]:
    return Column(column, Id, ForeignKey(f"{table}.id"), nullable=False)


def _at(name: str, *, nullable: bool = False) -> Column[datetime.datetime]:
    return Column(name, Instant, nullable=nullable)


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=options.pop("nullable", False), **options)


projects = Table(
    "projects",
    metadata,
    _id(),
    _text("slug", unique=True),
    _text("name"),
    _text("timezone", server_default=""),  # changes in place
    _at("created_at"),
)

devices = Table(
    "devices",
    metadata,
    _id(),
    _owner("project_id", "projects"),
    _text("name"),
    _text("token_hash", unique=True),
    _at("created_at"),
    _at("revoked_at", nullable=True),  # changes in place, once
    Index(
        "uq_devices_live_name",
        "project_id",
        "name",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    _id(),
    _owner("project_id", "projects"),
    _text("name"),
    _text("token_hash", unique=True),
    _at("created_at"),
    _at("revoked_at", nullable=True),  # changes in place, once
)

forms = Table(
    "forms",
    metadata,
    _id(),
    _owner("project_id", "projects"),
    _text("form_id"),
    _text("title"),  # of the newest version; changes in place
    _text("state", server_default="open"),  # changes in place
    Column("answers_revision", Integer, nullable=False, server_default="0"),  # counts changes of the answer tables
    _at("created_at"),
    UniqueConstraint("project_id", "form_id"),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
)

form_versions = Table(
    "form_versions",
    metadata,
    _id(),
    _owner("form_pk", "forms"),
    _text("version"),
    Column("ordinal", Integer, nullable=False),
    Column("xform", LargeBinary, nullable=False),
    _text("md5"),
    Column("source", LargeBinary, nullable=False),
    _text("source_name"),
    Column("findings", JSON, nullable=False),
    _at("published_at"),
    UniqueConstraint("form_pk", "version"),
    UniqueConstraint("form_pk", "ordinal"),
)

form_attachments = Table(
    "form_attachments",
    metadata,
    _id(),
    _owner("form_version_id", "form_versions"),
    _text("name"),
    _text("sha256"),
    _text("md5"),
    Column("size", BigInteger, nullable=False),
    UniqueConstraint("form_version_id", "name"),
)

answer_tables = Table(
    "answer_tables",
    metadata,
    _id(),
    _owner("form_pk", "forms"),
    _text("repeat_path"),  # '' for the main table
    Column("part", Integer, nullable=False),  # 0, and 1.. for side tables of wide forms
    _text("name", unique=True),
    UniqueConstraint("form_pk", "repeat_path", "part"),
)

answer_columns = Table(
    "answer_columns",
    metadata,
    _id(),
    _owner("answer_table_id", "answer_tables"),
    _text("path"),  # as the version that brought it had it
    _text("component"),  # '' the value; lat, lon, alt, acc of a position; tz of an instant
    _text("name"),
    _text("kind"),  # integer, decimal, text ...; widened in place
    UniqueConstraint("answer_table_id", "name"),
    UniqueConstraint("answer_table_id", "path", "component"),
)

answer_paths = Table(
    "answer_paths",
    metadata,
    _id(),
    _owner("form_pk", "forms"),
    _text("path"),  # where a later version has the question or repeat
    _text("column_path"),  # where the version that brought it had it
    UniqueConstraint("form_pk", "path"),
)

submissions = Table(
    "submissions",
    metadata,
    _id(),
    _owner("form_pk", "forms"),
    _text("instance_id"),  # of the first version
    Column("current_number", Integer, nullable=False),  # changes in place with an edit
    _at("received_at"),
    Index(None, "form_pk", "id"),
)

submission_versions = Table(
    "submission_versions",
    metadata,
    _id(),
    _owner("submission_id", "submissions"),
    _owner("form_pk", "forms"),
    Column("form_version_id", Id, ForeignKey("form_versions.id"), nullable=False),  # by which it is judged
    Column("number", Integer, nullable=False),
    _text("kind"),
    _text("instance_id"),
    _text("deprecated_id", nullable=True),
    _text("instance_name", server_default=""),
    _text("form_version"),  # as the record says
    _text("sha256"),
    _text("content_type"),
    Column("content", LargeBinary, nullable=False),
    Column("device_id", Id, ForeignKey("devices.id"), nullable=True),
    _text("device_identifier", server_default=""),
    _text("user_agent", server_default=""),
    Column("judged_by", Integer, nullable=False, server_default="0"),  # version of the rule engine; changes in place
    Column("rules_ok", Integer, nullable=False, server_default="0"),
    Column("rules_violated", Integer, nullable=False, server_default="0"),
    Column("rules_not_checkable", Integer, nullable=False, server_default="0"),
    _at("received_at"),
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
    _id(),
    _owner("submission_version_id", "submission_versions"),
    _text("name"),
    _text("sha256"),
    Column("size", BigInteger, nullable=False),
    _text("content_type"),
    Column("conflict", Boolean, nullable=False),
    _at("received_at"),
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
    _id(),
    _owner("submission_version_id", "submission_versions"),
    _text("check_id"),
    _text("severity"),
    _text("outcome"),
    _text("path"),
    _text("question"),
    _text("value"),
    _text("rule"),
    _text("message"),
    Index(None, "submission_version_id"),
)

indicator_settings = Table(
    "indicator_settings",
    metadata,
    _id(),
    _owner("project_id", "projects"),
    Column("number", Integer, nullable=False),
    Column("content", JSON, nullable=False),
    _text("hash"),
    _at("created_at"),
    UniqueConstraint("project_id", "number"),
)

indicator_parameters = Table(
    "indicator_parameters",
    metadata,
    _id(),
    _owner("form_pk", "forms"),
    Column("number", Integer, nullable=False),
    Column("content", JSON, nullable=False),
    _text("hash"),
    _at("created_at"),
    UniqueConstraint("form_pk", "number"),
)

exports = Table(
    "exports",
    metadata,
    _text("id", primary_key=True),
    _owner("form_pk", "forms"),
    Column("options", JSON, nullable=False),
    _text("state"),  # changes in place, as does all below
    Column("done", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger, nullable=False, server_default="0"),
    _text("file_name", server_default=""),
    _text("error", server_default=""),
    _at("created_at"),
    _at("finished_at", nullable=True),
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
