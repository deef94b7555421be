"""What comes in through a door, and what is answered: the two ends of receiving."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from surveyapp.answers import Node
from surveyapp.store.devices import Device
from surveyapp.store.files import KeptFile

Outcome: TypeAlias = Literal["new", "same", "files_added", "edit", "predecessor", "conflict", "stale_edit"]


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file that came along; its bytes are on disk."""

    name: str
    content_type: str
    kept: KeptFile


@dataclass(frozen=True, slots=True)
class Incoming:
    """What came through a door: the bytes of the record, its tree, its files, and who sent it with what."""

    content: bytes
    content_type: str
    record: Node
    files: Sequence[IncomingFile]
    received_at: datetime.datetime
    device: Device | None = None
    device_identifier: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of it. `differences` are paths of answers that differ from what we have, for the two kinds of
    copies; `lacking` are the files that it names and that have not arrived, for all others.
    """

    outcome: Outcome
    instance_id: str
    submission_id: int
    differences: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
