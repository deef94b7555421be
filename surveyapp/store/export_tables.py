"""The core tables of exports beside the exports themselves: options kept under a name, classes that were confirmed."""

from sqlalchemy import JSON, Column, Index, Table, UniqueConstraint

from surveyapp.store.columns import id_column, instant, metadata, owner, text_column

export_definitions = Table(
    "export_definitions",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    text_column("name"),
    Column("options", JSON, nullable=False),  # those that are not as usual
    text_column("made_by"),  # an actor, as the audit log names them
    instant("made_at"),
    UniqueConstraint("form_pk", "name"),
)

confirmed_protections = Table(
    "confirmed_protections",
    metadata,
    id_column(),
    owner("form_pk", "forms"),
    Column("content", JSON, nullable=False),
    text_column("confirmed_by"),
    instant("confirmed_at"),
    Index(None, "form_pk", "id"),  # the newest counts; the others stay
)
