"""People, teams, sessions, the log of what they change; whose submission it is, and its state.

The log refuses to be changed: triggers on both databases.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
LIVE = sa.text("revoked_at IS NULL")
SCOPES = "read submit forms settings"
STATES = "'received', 'in_review', 'approved', 'has_issues', 'rejected', 'returned', 'corrected'"

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_log_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
        "CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_log_append_only()",
    ),
}


def upgrade() -> None:
    """Up."""
    _accounts_and_teams()
    _sessions_and_links()
    _audit_log()
    _devices_tokens_submissions()


def downgrade() -> None:
    """Down."""
    for columns in (["account_id"], ["team_id"], ["state"]):
        op.drop_index(f"ix_submissions_form_pk_{columns[0]}_id", table_name="submissions")
    with op.batch_alter_table("exports") as batch:
        batch.drop_column("asked_by")
        batch.drop_column("reach")
    with op.batch_alter_table("submissions") as batch:
        batch.drop_constraint(op.f("ck_submissions_state"), type_="check")
        for name in ("state", "account_id", "team_id"):
            batch.drop_column(name)
    with op.batch_alter_table("api_tokens") as batch:
        batch.drop_column("scopes")
        batch.drop_column("expires_at")
    op.drop_index("uq_devices_live_username", table_name="devices")
    with op.batch_alter_table("devices") as batch:
        for name in ("account_id", "team_id", "username", "ha1", "app", "submissions", "last_seen_at"):
            batch.drop_column(name)
    op.drop_table("audit_log")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_append_only()")
    for table in ("throttles", "one_time_links", "sessions", "team_members", "teams", "memberships", "accounts"):
        op.drop_table(table)


def _key(table: str, *columns: str) -> list[sa.Constraint]:
    """The primary key, and the foreign keys `<column>` of the tables that are named `<column>=<table>`."""
    keys: list[sa.Constraint] = [sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]
    for column, _, target in (pair.partition("=") for pair in columns):
        keys.append(sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}")))
    return keys


def _unique(table: str, *columns: str) -> sa.Constraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _accounts_and_teams() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="", nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("operator", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        *_key("accounts"),
        _unique("accounts", "login"),
    )
    op.create_table(
        "memberships",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("role IN ('enumerator', 'supervisor', 'admin')", name=op.f("ck_memberships_role")),
        *_key("memberships", "project_id=projects", "account_id=accounts"),
        _unique("memberships", "project_id", "account_id"),
    )
    op.create_index("ix_memberships_account_id", "memberships", ["account_id"])
    op.create_table(
        "teams",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        *_key("teams", "project_id=projects"),
        _unique("teams", "project_id", "name"),
    )
    op.create_table(
        "team_members",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("team_id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        *_key("team_members", "team_id=teams", "account_id=accounts"),
        _unique("team_members", "team_id", "account_id"),
    )
    op.create_index("ix_team_members_account_id", "team_members", ["account_id"])


def _sessions_and_links() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("user_agent", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        *_key("sessions", "account_id=accounts"),
        _unique("sessions", "token_hash"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_table(
        "one_time_links",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        *_key("one_time_links", "account_id=accounts"),
        _unique("one_time_links", "token_hash"),
    )
    op.create_index("ix_one_time_links_account_id", "one_time_links", ["account_id"])
    op.create_table(
        "throttles",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttles")),
    )


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("project", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        *_key("audit_log"),
        _unique("audit_log", "hash"),
    )
    op.create_index("ix_audit_log_project_id", "audit_log", ["project", "id"])
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def _devices_tokens_submissions() -> None:
    # Spelt out: SQLite adds a column with its constraint in one statement, and copies the table otherwise.
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for table in ("devices", "submissions"):
        for column, target in (("account_id", "accounts"), ("team_id", "teams")):
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {column} {number}"
                f" CONSTRAINT fk_{table}_{column} REFERENCES {target} (id)"
            )
    op.execute(
        "ALTER TABLE submissions ADD COLUMN state TEXT DEFAULT 'received' NOT NULL"
        f" CONSTRAINT ck_submissions_state CHECK (state IN ({STATES}))"
    )
    for name in ("state", "team_id", "account_id"):
        op.create_index(f"ix_submissions_form_pk_{name}_id", "submissions", ["form_pk", name, "id"])
    op.add_column("devices", sa.Column("username", sa.Text(), nullable=True))
    op.add_column("devices", sa.Column("ha1", sa.Text(), nullable=True))
    op.add_column("devices", sa.Column("app", sa.Text(), server_default="", nullable=False))
    op.add_column("devices", sa.Column("submissions", sa.Integer(), server_default="0", nullable=False))
    op.add_column("devices", sa.Column("last_seen_at", INSTANT, nullable=True))
    op.create_index(
        "uq_devices_live_username",
        "devices",
        ["username"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.add_column("api_tokens", sa.Column("scopes", sa.Text(), server_default=SCOPES, nullable=False))
    op.add_column("api_tokens", sa.Column("expires_at", INSTANT, nullable=True))
    op.add_column("exports", sa.Column("asked_by", sa.Text(), server_default="", nullable=False))
    op.add_column("exports", sa.Column("reach", sa.JSON(), nullable=True))
    # Phones that sent before their counter was there.
    op.execute(
        "UPDATE devices SET submissions = (SELECT count(*) FROM submission_versions"
        " WHERE submission_versions.device_id = devices.id)"
    )
