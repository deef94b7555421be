"""The stairs: who may import whom."""

import ast
import graphlib
import re
from collections import defaultdict
from typing import TypeGuard

from tests.house.floors import APART, FLOORS, ROOMS, floor_of
from tests.house.source import PACKAGE, ROOT, find_module, package_sources

# Doors at which people, phones and programs knock: they read from the store and leave what changes to a job. The worker
# is a door too, but the book that it keeps of the exports is its own.
KNOCKED_AT = {"web", "cli"}
READING = ("get_", "find_", "list_", "count_")
# What of the store they may use beside names that read.
DOORS_MAY_USE = {"surveyapp.store.database", "surveyapp.store.migrations"}
TRANSACTIONS = {"begin", "reading", "write"}

SOURCES = package_sources()
EXISTING = {source.room for source in SOURCES} - {""}
HOUSE = (ROOT / "docs/house.md").read_text()


def test_every_room_has_a_floor() -> None:
    unknown = EXISTING - ROOMS
    assert not unknown, "Give these rooms a floor in FLOORS, and a paragraph in docs/house.md."


def test_every_room_is_in_the_map_of_the_house() -> None:
    described = set(re.findall(r"^\*\*`(\w+)", HOUSE, re.MULTILINE))
    assert EXISTING - described == set(), "docs/house.md lacks a paragraph that starts with **`room`**."
    assert described - ROOMS == set(), "docs/house.md describes rooms that no floor has."


def test_the_map_shows_each_room_on_its_floor() -> None:
    for floor, row in re.findall(r"^\| (\d) \w+ \| ([^|]+) \|", HOUSE, re.MULTILINE):
        shown = set(re.findall(r"`(\w+)/?`", row))
        assert shown <= FLOORS[int(floor)]
        assert FLOORS[int(floor)] & EXISTING <= shown


def test_imports_point_only_downward() -> None:
    wrong = []
    for source in SOURCES:
        here = floor_of(source.room)
        for imported in source.imports:
            if imported.library != "surveyapp":
                continue
            room = imported.room
            there = floor_of(room)
            if room != source.room and (there > here or (there == here and here in APART)):
                wrong.append(f"{source}:{imported.line} (floor {here}) imports {imported.module} (floor {there})")
    assert not wrong


def test_files_do_not_import_in_circles() -> None:
    needs = defaultdict(set)
    for source in SOURCES:
        for imported in source.imports:
            home = find_module(f"{imported.module}.{imported.name}") or find_module(imported.module)
            if imported.library == "surveyapp" and home and not imported.for_types:
                needs[str(source)].add(str(home))
    graphlib.TopologicalSorter(needs).prepare()


def test_imports_are_absolute_and_at_the_top_of_the_file() -> None:
    wrong = [
        f"{source}:{imported.line} {imported.module}"
        for source in SOURCES
        for imported in source.imports
        if imported.module.startswith(".") or (imported.inside_function and imported.library == "surveyapp")
    ]
    assert not wrong


def test_an_import_names_the_file_where_the_thing_lives() -> None:
    wrong = []
    for source in SOURCES:
        for imported in source.imports:
            if imported.library != "surveyapp" or not imported.name:
                continue
            home = find_module(imported.module)
            is_module = find_module(f"{imported.module}.{imported.name}") is not None
            if home is None or not (is_module or imported.name in home.defined):
                wrong.append(f"{source}:{imported.line} {imported.name} is not defined in {imported.module}")
    assert not wrong


def test_doors_only_read_from_the_store() -> None:
    wrong = []
    for source in SOURCES:
        if source.room not in KNOCKED_AT:
            continue
        for imported in source.imports:
            if not imported.module.startswith("surveyapp.store") or imported.module in DOORS_MAY_USE:
                continue
            if imported.module == "surveyapp.store":
                used = {node.attr for node in ast.walk(source.tree) if _is_attribute_of(node, imported.name)}
            else:
                used = {imported.name}
            if f"{imported.module}.{imported.name}" in DOORS_MAY_USE:
                continue
            changing = sorted(name for name in used if name[0].islower() and not name.startswith(READING))
            wrong += [f"{source}:{imported.line} {imported.module} {name}" for name in changing]
    assert not wrong, f"What changes goes through a job of floor 4; what reads starts with {', '.join(READING)}."


def test_transactions_begin_at_the_doors() -> None:
    wrong = [
        f"{source}:{node.lineno}"
        for source in SOURCES
        if floor_of(source.room) != 5 and source.inside != "store/database.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in TRANSACTIONS and _last_name(node.value).endswith("database")
    ]
    assert not wrong, "A job takes a session; database.begin(), reading() and write() are called on floor 5."


def test_nothing_commits_but_the_database() -> None:
    wrong = [
        f"{source}:{node.lineno}"
        for source in SOURCES
        if source.inside != "store/database.py"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]
    assert not wrong, "Leaving `with database.begin()` commits; nothing else does."


def test_rooms_are_two_levels_deep_at_most() -> None:
    deep = [str(source) for source in SOURCES if len(source.path.relative_to(PACKAGE).parts) > 2]
    assert not deep


def _is_attribute_of(node: ast.AST, name: str) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
