"""Two exports told apart by their codebooks."""

from pathlib import Path
from typing import Any

import pytest

from surveyapp.export.codebook_changes import CodebookChange, compare_codebooks, read_codebook
from surveyapp.export.options import ENDINGS, ExportOptions
from surveyapp.export.run import write_export
from surveyapp.problems import Problem
from tests.export.memory_source import MemorySource, publish
from tests.export.test_export_merge import form

OLD = form(
    "1",
    "| | integer | age | Age | |\n| | select_one s | sex | Sex | |\n| | text | gone | Gone | |",
    "| | s | f | Woman |",
)
NEW = form(
    "2",
    "| | decimal | age | Age, years | |\n| | select_one s | sex | Sex | |\n| | text | fresh | Fresh | |",
    "| | s | o | Other |\n| | s | f | Woman |",
)


def export(source: MemorySource, path: Path, **options: Any) -> Path:
    return write_export(source, ExportOptions(**options), path).path


@pytest.mark.parametrize("file_format", ["xlsx", "csv", "sav"])
def test_every_change_of_columns_and_choices_is_told(tmp_path: Path, file_format: Any) -> None:
    ending = ENDINGS[file_format]
    old, new = publish(OLD), publish(NEW)
    first = read_codebook(export(MemorySource([old]), tmp_path / f"a{ending}", format=file_format, delimiter=";"))
    second = read_codebook(export(MemorySource([new]), tmp_path / f"b{ending}", format=file_format))
    changes = list(compare_codebooks(first, second))
    assert {(change.where, change.what) for change in changes} >= {
        ("data.age", "type"),
        ("data.age", "label"),
        ("data.gone", "column"),
        ("data.fresh", "column"),
        ("data.sex", "values"),
        ("s: o", "choice"),
    }
    assert CodebookChange("data.age", "label", "Age", "Age, years") in changes
    assert (CodebookChange("s: f", "export code", "1", "2") in changes) == (file_format == "sav")
    assert list(compare_codebooks(first, first)) == []


def test_file_without_codebook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no zip")
    path = export(MemorySource([publish(OLD)]), tmp_path / "b.media.zip", format="media")
    for wrong in (tmp_path / "a.zip", path, tmp_path / "nothing.xlsx"):
        with pytest.raises(Problem, match="holds no codebook"):
            read_codebook(wrong)
