"""Core tables.

Core tables only; answer tables belong to `surveyapp.store.answers`. Write the way down as well as the way up,
and look at the change on SQLite and PostgreSQL: the suite runs both.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Up."""
    op.create_table(
        "projects",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sa.UniqueConstraint("slug", name=op.f("uq_projects_slug")),
    )
    op.create_table(
        "api_tokens",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_api_tokens_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_table(
        "devices",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_devices_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_devices_token_hash")),
    )
    op.create_index(
        "uq_devices_live_name",
        "devices",
        ["project_id", "name"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "forms",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("answers_revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_forms_state")),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_forms_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forms")),
        sa.UniqueConstraint("project_id", "form_id", name=op.f("uq_forms_project_id_form_id")),
    )
    op.create_table(
        "indicator_settings",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("project_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=op.f("fk_indicator_settings_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_settings")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_indicator_settings_project_id_number")),
    )
    op.create_table(
        "answer_paths",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("column_path", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name=op.f("fk_answer_paths_form_pk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_paths")),
        sa.UniqueConstraint("form_pk", "path", name=op.f("uq_answer_paths_form_pk_path")),
    )
    op.create_table(
        "answer_tables",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("repeat_path", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name=op.f("fk_answer_tables_form_pk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_tables")),
        sa.UniqueConstraint("form_pk", "repeat_path", "part", name=op.f("uq_answer_tables_form_pk_repeat_path_part")),
        sa.UniqueConstraint("name", name=op.f("uq_answer_tables_name")),
    )
    op.create_table(
        "exports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("total", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("file_name", sa.Text(), server_default="", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_exports_state")
        ),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name=op.f("fk_exports_form_pk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_table(
        "form_versions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("xform", sa.LargeBinary(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("source", sa.LargeBinary(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name=op.f("fk_form_versions_form_pk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_versions")),
        sa.UniqueConstraint("form_pk", "ordinal", name=op.f("uq_form_versions_form_pk_ordinal")),
        sa.UniqueConstraint("form_pk", "version", name=op.f("uq_form_versions_form_pk_version")),
    )
    op.create_table(
        "indicator_parameters",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name=op.f("fk_indicator_parameters_form_pk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicator_parameters")),
        sa.UniqueConstraint("form_pk", "number", name=op.f("uq_indicator_parameters_form_pk_number")),
    )
    op.create_table(
        "submissions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("current_number", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name=op.f("fk_submissions_form_pk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
    )
    op.create_index(op.f("ix_submissions_form_pk_id"), "submissions", ["form_pk", "id"], unique=False)
    op.create_table(
        "answer_columns",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("answer_table_id", ID, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_table_id"], ["answer_tables.id"], name=op.f("fk_answer_columns_answer_table_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_columns")),
        sa.UniqueConstraint("answer_table_id", "name", name=op.f("uq_answer_columns_answer_table_id_name")),
        sa.UniqueConstraint(
            "answer_table_id", "path", "component", name=op.f("uq_answer_columns_answer_table_id_path_component")
        ),
    )
    op.create_table(
        "form_attachments",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("form_version_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_versions.id"], name=op.f("fk_form_attachments_form_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form_attachments")),
        sa.UniqueConstraint("form_version_id", "name", name=op.f("uq_form_attachments_form_version_id_name")),
    )
    op.create_table(
        "submission_versions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.Column("form_pk", ID, nullable=False),
        sa.Column("form_version_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.Text(), nullable=False),
        sa.Column("deprecated_id", sa.Text(), nullable=True),
        sa.Column("instance_name", sa.Text(), server_default="", nullable=False),
        sa.Column("form_version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("device_id", ID, nullable=True),
        sa.Column("device_identifier", sa.Text(), server_default="", nullable=False),
        sa.Column("user_agent", sa.Text(), server_default="", nullable=False),
        sa.Column("judged_by", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rules_ok", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rules_violated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rules_not_checkable", sa.Integer(), server_default="0", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('original', 'edit', 'predecessor', 'conflict', 'stale_edit')",
            name=op.f("ck_submission_versions_kind"),
        ),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_submission_versions_device_id")),
        sa.ForeignKeyConstraint(["form_pk"], ["forms.id"], name=op.f("fk_submission_versions_form_pk")),
        sa.ForeignKeyConstraint(
            ["form_version_id"], ["form_versions.id"], name=op.f("fk_submission_versions_form_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_submission_versions_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_versions")),
        sa.UniqueConstraint("submission_id", "number", name=op.f("uq_submission_versions_submission_id_number")),
    )
    op.create_index(
        "uq_submission_versions_copy",
        "submission_versions",
        ["form_pk", "instance_id", "sha256"],
        unique=True,
        sqlite_where=sa.text("kind IN ('conflict', 'stale_edit')"),
        postgresql_where=sa.text("kind IN ('conflict', 'stale_edit')"),
    )
    op.create_index(
        "uq_submission_versions_instance",
        "submission_versions",
        ["form_pk", "instance_id"],
        unique=True,
        sqlite_where=sa.text("kind IN ('original', 'edit', 'predecessor')"),
        postgresql_where=sa.text("kind IN ('original', 'edit', 'predecessor')"),
    )
    op.create_index(
        "uq_submission_versions_successor",
        "submission_versions",
        ["form_pk", "deprecated_id"],
        unique=True,
        sqlite_where=sa.text("kind IN ('original', 'edit', 'predecessor') AND deprecated_id IS NOT NULL"),
        postgresql_where=sa.text("kind IN ('original', 'edit', 'predecessor') AND deprecated_id IS NOT NULL"),
    )
    op.create_table(
        "findings",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("submission_version_id", ID, nullable=False),
        sa.Column("check_id", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_version_id"], ["submission_versions.id"], name=op.f("fk_findings_submission_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_submission_version_id"), "findings", ["submission_version_id"], unique=False)
    op.create_table(
        "submission_attachments",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("submission_version_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("conflict", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_version_id"],
            ["submission_versions.id"],
            name=op.f("fk_submission_attachments_submission_version_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission_attachments")),
        sa.UniqueConstraint(
            "submission_version_id",
            "name",
            "sha256",
            name=op.f("uq_submission_attachments_submission_version_id_name_sha256"),
        ),
    )
    op.create_index(
        "uq_submission_attachments_kept",
        "submission_attachments",
        ["submission_version_id", "name"],
        unique=True,
        sqlite_where=sa.text("NOT conflict"),
        postgresql_where=sa.text("NOT conflict"),
    )


def downgrade() -> None:
    """Down."""
    op.drop_index("uq_submission_attachments_kept", table_name="submission_attachments")
    op.drop_table("submission_attachments")
    op.drop_index(op.f("ix_findings_submission_version_id"), table_name="findings")
    op.drop_table("findings")
    op.drop_index("uq_submission_versions_successor", table_name="submission_versions")
    op.drop_index("uq_submission_versions_instance", table_name="submission_versions")
    op.drop_index("uq_submission_versions_copy", table_name="submission_versions")
    op.drop_table("submission_versions")
    op.drop_table("form_attachments")
    op.drop_table("answer_columns")
    op.drop_index(op.f("ix_submissions_form_pk_id"), table_name="submissions")
    op.drop_table("submissions")
    op.drop_table("indicator_parameters")
    op.drop_table("form_versions")
    op.drop_table("exports")
    op.drop_table("answer_tables")
    op.drop_table("answer_paths")
    op.drop_table("indicator_settings")
    op.drop_table("forms")
    op.drop_index("uq_devices_live_name", table_name="devices")
    op.drop_table("devices")
    op.drop_table("api_tokens")
    op.drop_table("projects")
