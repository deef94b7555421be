"""The manifest beside each export: what was asked for, of which data, what is in the file."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from surveyapp.export.options import ExportOptions
from surveyapp.export.sheets import Written
from surveyapp.export.source import ExportSource

_CHUNK: Final = 1 << 20
# Raised when the same data and options give other files than before.
_MAKE: Final = 2


def hash_inputs(source: ExportSource, options: ExportOptions) -> str:
    """SHA-256 over all that decides what is in the file: the form, its data, the options, this software."""
    told = {"make": _MAKE, "source": source.fingerprint, "options": options.to_json()}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def manifest_path(file: Path) -> Path:
    """Where the manifest of a file lies."""
    return file.with_name(f"{file.name}.manifest.json")


def describe_export(
    source: ExportSource, options: ExportOptions, sheets: Sequence[Written], warnings: Sequence[str], **hashes: str
) -> dict[str, Any]:
    """The manifest as JSON values; `hashes` are those of the inputs, the content, the file and the like."""
    month = options.kind == "deidentified"
    received = source.cut_off.received_at
    cut_off: Mapping[str, Any] = {
        "submission_no": None if month else source.cut_off.submission_no,
        "received_at": f"{received:%Y-%m}" if month else received.isoformat(),
    }
    return {
        "form_id": source.form_id,
        "options": options.to_json(),
        "versions": [published.definition.version for published in source.versions],
        "cut_off": cut_off,
        "sheets": [{"title": written.title, "rows": written.rows} for written in sheets],
        "warnings": list(warnings),
        **hashes,
    }


def release(unfinished: Path, target: Path, manifest: Mapping[str, Any]) -> Path:
    """Give a finished file its name, with its manifest beside it; the path of the manifest."""
    beside, draft = manifest_path(target), unfinished.with_suffix(".json")
    draft.write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    os.replace(unfinished, target)
    os.replace(draft, beside)
    return beside


def find_same(inputs_hash: str, candidates: Iterable[Path]) -> Path | None:
    """The first of the files that was made of the same inputs and is still whole; None where there is none."""
    for path in candidates:
        try:
            told = json.loads(manifest_path(path).read_text(encoding="utf-8"))
            if told.get("inputs_hash") == inputs_hash and told.get("sha256") == hash_file(path):
                return path
        except (OSError, ValueError, AttributeError):
            continue
    return None


def reuse(same: Path, target: Path) -> None:
    """Give an earlier export, with its manifest, to the name `target`; no second copy on the disk where it can be."""
    if same.resolve() == target.resolve():
        return
    for old, new in ((same, target), (manifest_path(same), manifest_path(target))):
        draft = new.with_name(f".{new.name}.part")
        draft.unlink(missing_ok=True)
        try:
            draft.hardlink_to(old)
        except OSError:
            shutil.copyfile(old, draft)
        os.replace(draft, new)
