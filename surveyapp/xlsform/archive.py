"""What kind of file a form came in, told from its bytes, and refusal of archives that would burst.

Nothing is unpacked here: only the directory of a zip file is read.
"""

import io
import zipfile
from pathlib import PurePath
from typing import Literal, TypeAlias

from surveyapp.sentences import say
from surveyapp.xlsform.faults import fault

SourceKind: TypeAlias = Literal["xlsx", "xls", "csv", "md", "xform"]

MAX_ENTRIES = 2_000
MAX_UNPACKED = 500 * 1024 * 1024
MAX_RATIO = 200
# Blank styled sheets of a few megabytes pack better than 200 : 1; below this size nothing can burst.
RATIO_MATTERS_ABOVE = 10 * 1024 * 1024

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_SAVE_AS = say("Save it as an Excel workbook (.xlsx) and upload that.")


def recognise(content: bytes, filename: str) -> SourceKind:
    """The kind of file, by content first and by name only where plain text leaves it open.

    Raises FormFaultsError where it is no kind that can hold a form.
    """
    if not content.strip(b"\0 \t\r\n"):
        raise fault("file-empty", say("The file is empty."), say("Upload the workbook again."))
    if content.startswith(b"PK"):
        return "xlsx"
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise fault(
                "file-encrypted", say("The workbook is protected with a password."), say("Save it without password.")
            )
        return "xls"
    start = _plain_start(content)
    if start.startswith("<"):
        return "xform"
    if not start or any(ord(character) < 9 for character in start):
        raise fault("file-unknown", say("The file is neither a workbook, nor text, nor XML."), _SAVE_AS)
    if PurePath(filename).suffix.lower() in (".md", ".csv"):
        return "md" if filename.lower().endswith(".md") else "csv"
    return "md" if start.startswith("|") else "csv"


def _plain_start(content: bytes) -> str:
    """The first characters of a text file in any encoding that a form may have, without mark and blanks."""
    head = content[:2_000]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace").strip("\ufeff \t\r\n")
    return head.decode("utf-8-sig", "replace").strip("\ufeff \t\r\n")


def check_archive(content: bytes) -> frozenset[str]:
    """The names in a zip file that is safe to open as a workbook.

    Raises FormFaultsError for bombs (more than 2,000 entries, 500 MB unpacked or 200 : 1), damaged files and other
    kinds of archives.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise fault(
            "file-damaged",
            say("The workbook is damaged or cut off."),
            say("Open it in Excel, save it and upload it again."),
        ) from None
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES:
        raise fault(
            "file-bomb",
            say(
                "The workbook holds {count:,} parts; {max_entries:,} are the limit.",
                count=len(entries),
                max_entries=MAX_ENTRIES,
            ),
            _SAVE_AS,
        )
    if unpacked > MAX_UNPACKED or (unpacked > RATIO_MATTERS_ABOVE and unpacked > MAX_RATIO * len(content)):
        raise fault(
            "file-bomb",
            say(
                "The workbook would unpack to {unpacked:,.0f} MB from {packed:,.1f} MB.",
                unpacked=unpacked / 1024**2,
                packed=len(content) / 1024**2,
            ),
            say("Delete empty formatted rows and columns, or copy the sheets into a new workbook."),
        )
    names = frozenset(entry.filename for entry in entries)
    _check_workbook(names)
    return names


def _check_workbook(names: frozenset[str]) -> None:
    lowered = {name.lower() for name in names}
    if "xl/workbook.xml" in lowered:
        return
    if "xl/workbook.bin" in lowered:
        raise fault("file-unknown", say("This is a binary workbook (.xlsb)."), _SAVE_AS)
    if "content.xml" in lowered:
        raise fault("file-unknown", say("This is an OpenDocument file (.ods)."), _SAVE_AS)
    raise fault("file-unknown", say("The archive is not an Excel workbook."), _SAVE_AS)
