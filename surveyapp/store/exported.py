"""Which submissions an export held, kept as bits by blocks of their numbers."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from surveyapp.store.review_tables import exported_blocks

# Submissions a block: a kilobyte of bits.
BLOCK: Final = 8_192

x = exported_blocks.c


@dataclass(frozen=True, slots=True)
class Exported:
    """An export that held a submission: who asked for it, what the file is called, and when it was written."""

    export_id: str
    actor: str
    file_name: str
    at: datetime.datetime


def add_exported(session: Session, form_pk: int, export: Exported, numbers: Iterable[int]) -> None:
    """Note which submissions an export holds."""
    blocks: dict[int, bytearray] = {}
    for number in numbers:
        block, bit = divmod(number, BLOCK)
        blocks.setdefault(block, bytearray(BLOCK // 8))[bit // 8] |= 1 << bit % 8
    same = {"form_pk": form_pk, "export_id": export.export_id, "actor": export.actor}
    same |= {"file_name": export.file_name}
    rows = [{**same, "at": export.at, "block": block, "bits": bytes(bits)} for block, bits in blocks.items()]
    if rows:
        session.execute(insert(exported_blocks), rows)


def list_exported(session: Session, form_pk: int, submission_id: int) -> list[Exported]:
    """The exports of a form that held a submission, oldest first."""
    block, bit = divmod(submission_id, BLOCK)
    rows = session.execute(
        select(x.export_id, x.actor, x.file_name, x.at, x.bits)
        .where(x.form_pk == form_pk, x.block == block)
        .order_by(x.at, x.id)
    )
    return [Exported(*row[:-1]) for row in rows if bytes(row.bits)[bit // 8] >> bit % 8 & 1]
