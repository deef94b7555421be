"""What changed between the codebooks of two exports: columns, types, labels, choices."""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from openpyxl import load_workbook

from surveyapp.problems import EXPORT_OPTION, Problem
from surveyapp.sentences import say

Lines: TypeAlias = Sequence[Mapping[str, str]]

# What a program that reads the columns by name would stumble over, and what a reader would take for something else.
_COMPARED: Final = ("question", "type", "values", "note", "missing codes")


@dataclass(frozen=True, slots=True)
class Codebook:
    """The sheets codebook and choices of an export, a mapping of heading to text for each line."""

    columns: Lines
    choices: Lines


@dataclass(frozen=True, slots=True)
class CodebookChange:
    """One difference. `where` is `sheet.column` or `list: code`; what is '' is not there."""

    where: str
    what: str
    before: str
    after: str


def read_codebook(path: Path) -> Codebook:
    """The codebook in an export of any format with tables: a workbook, or a zip with codebook.csv.

    Raises:
        Problem: EXPORT_OPTION for a file that holds none.
    """
    try:
        read = _from_workbook if path.suffix.lower() == ".xlsx" else _from_zip
        return Codebook(read(path, "codebook"), read(path, "choices"))
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        remedy = say("Name an export of format xlsx, csv, sav, dta, parquet, geojson or jsonl.")
        raise Problem(EXPORT_OPTION, say("{path} holds no codebook.", path=path), remedy=remedy) from error


def _from_workbook(path: Path, title: str) -> Lines:
    workbook = load_workbook(path, read_only=True)
    try:
        names, *rows = workbook[title].iter_rows(values_only=True)
        return [dict(zip(map(str, names), map(_text, row), strict=True)) for row in rows]
    finally:
        workbook.close()


def _from_zip(path: Path, title: str) -> Lines:
    with zipfile.ZipFile(path) as package:
        text = package.read(f"{title}.csv").decode("utf-8-sig")
    delimiter = csv.Sniffer().sniff(text.partition("\n")[0], ",;\t").delimiter
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def compare_codebooks(old: Codebook, new: Codebook) -> Iterator[CodebookChange]:
    """Every difference that matters to who reads the data: columns first, then choices; order does not matter."""
    before = {f"{line['sheet']}.{line['name']}": line for line in old.columns}
    after = {f"{line['sheet']}.{line['name']}": line for line in new.columns}
    yield from _compare(before, after, "column", _COMPARED)
    codes_before = {f"{line['list']}: {line['code']}": line for line in old.choices}
    codes_after = {f"{line['list']}: {line['code']}": line for line in new.choices}
    yield from _compare(codes_before, codes_after, "choice", ("export code",))


def _compare(
    before: Mapping[str, Mapping[str, str]],
    after: Mapping[str, Mapping[str, str]],
    what: str,
    compared: Sequence[str],
) -> Iterator[CodebookChange]:
    for where in dict.fromkeys((*before, *after)):
        if where not in after:
            yield CodebookChange(where, what, _name(before[where]), "")
        elif where not in before:
            yield CodebookChange(where, what, "", _name(after[where]))
        else:
            old, new = before[where], after[where]
            labels = [name for name in dict.fromkeys((*old, *new)) if name == "label" or name.startswith("label::")]
            for name in (*compared, *labels):
                if (first := old.get(name, "")) != (second := new.get(name, "")):
                    yield CodebookChange(where, name, first, second)


def _name(line: Mapping[str, str]) -> str:
    return line.get("name") or line["code"]
