"""What the columns of the core tables are made of."""

import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, ForeignKey, Integer, MetaData, Text, TypeDecorator

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


def id_column() -> Column[int]:
    """The row number."""
    return Column("id", Id, primary_key=True, autoincrement=True)


def owner(column: str, table: str, *, nullable: bool = False) -> Column[int]:
    """To which row of `table` a row belongs."""
    return Column(column, Id, ForeignKey(f"{table}.id"), nullable=nullable)


def instant(name: str, *, nullable: bool = False) -> Column[datetime.datetime]:
    """A moment."""
    return Column(name, Instant, nullable=nullable)


def text_column(name: str, **options: Any) -> Column[str]:
    """Text; never null unless said."""
    return Column(name, Text, nullable=options.pop("nullable", False), **options)
