"""The declarative base and the vocabulary of columns every model is written in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, Date, DateTime, ForeignKey, Integer, MetaData, String, Text, orm
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

from registry.core.engines import PREFIX_TEXT

# A list of ids in one statement; both engines take this many parameters.
CHUNK = 10_000
# The largest number that a column of ids holds on either engine.
LARGEST_ID = 2**31 - 1


class UtcStamp(TypeDecorator[datetime]):
    """A moment, stored in UTC without a zone on both engines and read back as aware UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


# One counter numbers the records of all tables (see write.py), so an id is never reused and a
# restored database has no sequence to reset.
Pk = Annotated[int, mapped_column(Integer, primary_key=True, autoincrement=False)]
Name = Annotated[str, mapped_column(String(120))]
SearchText = Annotated[str, mapped_column(PREFIX_TEXT)]
Code = Annotated[str, mapped_column(String(40))]
LongText = Annotated[str, mapped_column(Text)]
Fen = Annotated[int, mapped_column(Integer)]
Stamp = Annotated[datetime, mapped_column(UtcStamp)]
Json = Annotated[Any, mapped_column(JSON)]


class Base(DeclarativeBase):
    """Every table. Class attributes tell the journal, the reach and the figures what a row is about."""

    registry = orm.registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={str: String(120), date: Date(), datetime: UtcStamp()},
    )
    # False for what is derived from records or runs the site: it has no journal lines.
    __journalled__: ClassVar[bool] = True
    # The column that holds the person whose key encrypts this row's personal values in the journal.
    __person__: ClassVar[str | None] = None
    # (person column, unit column) of a fact that brings the person within the unit's reach.
    __reach__: ClassVar[tuple[str, str] | None] = None
    # Whether such a fact still does so when it was voided, because it stays listed with the person's name.
    __reach_when_void__: ClassVar[bool] = False
    # Whether the rows are a catalogue: units and types, which change rarely and are offered as choices.
    __catalogue__: ClassVar[bool] = False
    # Rows are never changed or deleted; the database refuses it as well.
    __insert_only__: ClassVar[bool] = False


def ref(target: str, *, index: bool = True, **options: Any) -> MappedColumn[Any]:
    """A foreign key, checked at commit so that the order of inserts within one write does not matter."""
    return mapped_column(ForeignKey(target, deferrable=True, initially="DEFERRED"), index=index, **options)


# Flags for mapped_column(info=…): how the journal treats a column.
PERSONAL = {"personal": True}  # Encrypted under the person's key.
HIDDEN = {"hidden": True}  # Only that it changed is told.

db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"expire_on_commit": False})
