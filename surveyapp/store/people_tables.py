"""The core tables of projects, people, teams, phones and programs, and the log of what they changed.

Of passwords, tokens and links only hashes are kept; of a phone's password what Digest authentication needs (HA1).
"""

from typing import Final

from sqlalchemy import JSON, BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table, UniqueConstraint, text

from surveyapp.store.columns import id_column, instant, metadata, owner, text_column

ALL_SCOPES: Final = "read submit forms settings"

projects = Table(
    "projects",
    metadata,
    id_column(),
    text_column("slug", unique=True),
    text_column("name"),  # changes in place
    text_column("timezone", server_default=""),  # changes in place
    instant("created_at"),
)

accounts = Table(
    "accounts",
    metadata,
    id_column(),
    text_column("login", unique=True),  # in lower case
    text_column("name"),  # changes in place, as does all below
    text_column("email", server_default=""),
    text_column("language", server_default=""),
    text_column("password_hash", nullable=True),
    text_column("totp_secret", nullable=True),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),  # the last one used: a code counts once
    Column("operator", Boolean, nullable=False),
    instant("created_at"),
    instant("disabled_at", nullable=True),
)

memberships = Table(
    "memberships",
    metadata,
    id_column(),
    owner("project_id", "projects"),
    owner("account_id", "accounts"),
    text_column("role"),  # changes in place
    UniqueConstraint("project_id", "account_id"),
    CheckConstraint("role IN ('enumerator', 'supervisor', 'admin')", name="role"),
    Index(None, "account_id"),
)

teams = Table(
    "teams",
    metadata,
    id_column(),
    owner("project_id", "projects"),
    text_column("name"),  # changes in place
    UniqueConstraint("project_id", "name"),
)

team_members = Table(
    "team_members",
    metadata,
    id_column(),
    owner("team_id", "teams"),
    owner("account_id", "accounts"),
    UniqueConstraint("team_id", "account_id"),
    Index(None, "account_id"),
)

devices = Table(
    "devices",
    metadata,
    id_column(),
    owner("project_id", "projects"),
    text_column("name"),
    text_column("token_hash", unique=True),  # changes in place when a phone was lost
    owner("account_id", "accounts", nullable=True),  # changes in place, as does all below
    owner("team_id", "teams", nullable=True),
    text_column("username", nullable=True),
    text_column("ha1", nullable=True),  # MD5 of username:realm:password, RFC 7616
    text_column("app", server_default=""),
    Column("submissions", Integer, nullable=False, server_default="0"),
    instant("last_seen_at", nullable=True),
    instant("created_at"),
    instant("revoked_at", nullable=True),
    Index(
        "uq_devices_live_name",
        "project_id",
        "name",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
    Index(
        "uq_devices_live_username",
        "username",
        unique=True,
        sqlite_where=text("revoked_at IS NULL"),
        postgresql_where=text("revoked_at IS NULL"),
    ),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    id_column(),
    owner("project_id", "projects"),
    text_column("name"),
    text_column("token_hash", unique=True),
    text_column("scopes", server_default=ALL_SCOPES),  # words with a space between
    instant("created_at"),
    instant("expires_at", nullable=True),
    instant("revoked_at", nullable=True),  # changes in place, once
)

sessions = Table(
    "sessions",
    metadata,
    id_column(),
    text_column("token_hash", unique=True),
    owner("account_id", "accounts"),
    text_column("address", server_default=""),
    text_column("user_agent", server_default=""),
    instant("created_at"),
    instant("seen_at"),  # changes in place, some minutes behind
    instant("ended_at", nullable=True),  # changes in place, once
    Index(None, "account_id"),
)

one_time_links = Table(
    "one_time_links",
    metadata,
    id_column(),
    text_column("token_hash", unique=True),
    owner("account_id", "accounts"),
    instant("created_at"),
    instant("expires_at"),
    instant("used_at", nullable=True),  # changes in place, once
    Index(None, "account_id"),
)

throttles = Table(
    "throttles",
    metadata,
    text_column("key", primary_key=True),  # account:<login> or address:<address>
    Column("failures", Integer, nullable=False),  # changes in place, as does all below
    instant("failed_at"),
)

# Append-only: the migration lays triggers that refuse UPDATE and DELETE.
audit_log = Table(
    "audit_log",
    metadata,
    id_column(),
    instant("at"),
    text_column("actor"),  # person:<login>, program:<name>, phone:<name>, command:<user of the machine>
    text_column("address", server_default=""),
    text_column("action"),
    text_column("project", server_default=""),
    text_column("subject", server_default=""),
    Column("detail", JSON, nullable=False),
    text_column("previous_hash"),
    text_column("hash", unique=True),
    Index(None, "project", "id"),
)
