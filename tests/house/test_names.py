"""Names that say what is inside, and files that can be read at a sitting."""

import re

from tests.house.source import all_sources, package_sources

DRAWERS = {
    *("util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "service", "services"),
    *("handler", "handlers", "base", "core", "data", "process"),
}
LONGEST = 400
# Spelt apart, so that this file is not its own first find.
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b|raise NotImplemented" + "Error")


def test_no_file_or_folder_is_a_drawer() -> None:
    drawers = [
        str(source)
        for source in all_sources()
        if {part.removesuffix(".py").strip("_") for part in str(source).split("/")} & DRAWERS
    ]
    assert not drawers, "Name the file after the thing or the duty that it holds."


def test_no_file_is_too_long_to_read_at_a_sitting() -> None:
    lengths = {str(source): source.text.count("\n") for source in all_sources()}
    assert not {name: length for name, length in lengths.items() if length > LONGEST}, "Split it by subject."


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{source}:{number} {match[0]}"
        for source in all_sources()
        for number, line in enumerate(source.text.splitlines(), 1)
        if (match := UNFINISHED.search(line))
    ]
    assert not found


def test_every_room_opens_with_a_docstring() -> None:
    silent = [
        str(source)
        for source in package_sources()
        if source.path.name != "__init__.py" and not source.text.startswith('"""')
    ]
    assert not silent, "The first line says what the room is for."
