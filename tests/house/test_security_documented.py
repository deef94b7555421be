"""docs/security.md names tests and files as proof: they are there."""

import re

from tests.house.source import ROOT

PAGE = (ROOT / "docs/security.md").read_text()


def test_each_test_that_proves_something_is_there() -> None:
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 15
    assert not [name for name in named if f"def {name}(" not in written]


def test_each_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"`((?:[\w.]+/)*\w+\.py)`", PAGE))
    places = ("", "surveyapp/", "tests/doors/")
    assert len(named) > 8
    assert not [name for name in named if not any((ROOT / place / name).exists() for place in places)]
