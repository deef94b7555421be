"""A de-identified export: which columns go out at all, and what becomes of their values.

Rows pass twice: first they are looked at (tails, rare codes, middles of villages) and kept on disk, then they come out
changed, in the order of their pseudonyms, so that the order of receipt joins them to no other file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from surveyapp.disclosure.protection import SMALLEST_GROUP, Protection
from surveyapp.disclosure.pseudonyms import pseudonym
from surveyapp.disclosure.risk import Key, RiskCounter, RiskFigures
from surveyapp.export.cells import Row
from surveyapp.export.coarser import Coarser, Learned
from surveyapp.export.columns import Column, Feed, TableLayout
from surveyapp.export.layout import Layout
from surveyapp.export.merge import MergedQuestion, MergedTable
from surveyapp.export.pii import require_confirmation
from surveyapp.export.spool import Spool
from surveyapp.problems import DISCLOSURE_RISK, EXPORT_OPTION, Problem
from surveyapp.sentences import say

# What we know of a submission and never give out: it leads back to it, or holds what was typed.
_WITHHELD: Final = frozenset({"_submission_no", "_reviewed_by", "_device", "_extra"})
_NEVER: Final = frozenset({"file", "geotrace", "geoshape"})
_KEY_TYPES: Final = frozenset({"select_one", "integer", "decimal", "date", "datetime"})


class Guard:
    """The protection of one export. `layout` has the columns that go out; `secret` is that of the project."""

    def __init__(self, layout: Layout, secret: bytes, folder: Path) -> None:
        self.protection = require_confirmation(layout)
        if not secret:
            raise ValueError("a de-identified export needs the secret of the project")
        self._secret = secret
        self._folder = folder
        if sum(1 for table in layout.tables if not table.path) > 1:
            raise Problem(EXPORT_OPTION, "The form is too wide to be de-identified.", remedy="Choose some columns.")
        self._sources = {table.title: _shown(table, self.protection) for table in layout.tables}
        self._learned = Learned()
        self._coarser = {title: self._make_coarser(table) for title, table in self._sources.items()}
        tables = tuple(self._coarser[table.title].protected(table) for table in self._sources.values())
        self.layout = replace(layout, tables=tables, merged=_without_names(layout, self.protection))
        self.dropped = _list_dropped(layout, tables)
        self.risks: dict[str, RiskFigures] = {}
        self._household_keys: dict[str, Key] = {}
        self._places: dict[str, tuple[int, ...]] = {}
        self._check_places()

    def source_table(self, table: TableLayout) -> TableLayout:
        """The table whose rows `rows` takes, for a table of `layout`."""
        return self._sources[table.title]

    def rows(self, table: TableLayout, rows: Iterator[Row], count: int) -> Iterator[Row]:
        """The rows of `table` as they may go out; `count` is how many there are."""
        source, coarser = self._sources[table.title], self._coarser[table.title]
        place = _find(source, "_instance_id")
        coarser.expect(count)
        risk = RiskCounter()
        with Spool(self._folder) as spool:
            for row in rows:
                coarser.learn(row)
                spool.add(pseudonym(self._secret, row[place]), row)
            coarser.settle()
            for who, row in spool.sorted_rows():
                ready = coarser.apply(row)
                self._count(risk, table, who, row, ready)
                yield ready
        self.risks[table.title] = risk.figures()

    def check(self) -> None:
        """Refuse where a household could be known again.

        Raises:
            Problem: DISCLOSURE_RISK, unless the admin said why the file is given out all the same.
        """
        figures = self.risks[self.layout.tables[0].title]
        small = figures.below(SMALLEST_GROUP)
        if small and not self.protection.accept_risk:
            names = ", ".join(self.key_names) or "no question"
            told = say(
                "{small:,} of {records:,} households share {names} with fewer than two others (k < 3).",
                small=small,
                records=figures.records,
                names=names,
            )
            raise Problem(DISCLOSURE_RISK, told)

    @property
    def key_names(self) -> list[str]:
        """The columns that an attacker is taken to know of a household."""
        main = self.layout.tables[0]
        return [main.columns[place].name for place in self._key_places(main)]

    def member_key_names(self, table: TableLayout) -> list[str]:
        """The columns that an attacker is taken to know of a member, besides those of the household."""
        return [table.columns[place].name for place in self._key_places(table)]

    def measures(self) -> Iterator[tuple[str, str, str]]:
        """(sheet, column, what was done to it) for each column that was changed."""
        for title, coarser in self._coarser.items():
            for name, words in coarser.measures():
                yield title, name, words

    def _count(self, risk: RiskCounter, table: TableLayout, who: str, row: Row, ready: Row) -> None:
        key = tuple(ready[place] for place in self._key_places(table))
        if table.path:
            risk.add_member((*self._household_keys.get(who, ()), *key), who)
            return
        self._household_keys[who] = key
        source = self._sources[table.title]
        weight = row[_find_question(source, self.protection.weight)] if self.protection.weight else 1.0
        told = bool(self.protection.sensitive)
        sensitive = ready[_find_question(table, self.protection.sensitive)] if told else None
        risk.add(key, float(weight or 1.0), sensitive, told=told)

    def _key_places(self, table: TableLayout) -> tuple[int, ...]:
        if table.title not in self._places:
            wanted = self.protection.keys if not table.path else ()
            places: dict[str, int] = {}
            for place, column in enumerate(table.columns):
                question = column.question
                if question is None or column.role != "answer":
                    continue
                if question.path in wanted if wanted else self._is_usual_key(question):
                    # Further columns of a question, as the offset of an instant, tell nothing more.
                    places.setdefault(f"{question.path} {column.choice}", place)
            self._places[table.title] = tuple(places.values())
        return self._places[table.title]

    def _is_usual_key(self, question: MergedQuestion) -> bool:
        """What an attacker may know where the admin does not say it; not what the phone wrote by itself."""
        indirect = self.protection.classes[question.path] == "indirect"
        return indirect and question.type in _KEY_TYPES and not question.newest.rules.preload

    def _make_coarser(self, table: TableLayout) -> Coarser:
        return Coarser(table, self.protection, self._secret, self._learned)

    def _check_places(self) -> None:
        """Say at once where the protection names a question that is not in the file."""
        main = self.layout.tables[0]
        source = self._sources[main.title]
        named = [self.protection.village, self.protection.weight, self.protection.sensitive, *self.protection.keys]
        named += [self.protection.urban[0]] if self.protection.urban else []
        for path in filter(None, named):
            _find_question(source, path)


def _shown(table: TableLayout, protection: Protection) -> TableLayout:
    """The table without what may not go out."""

    def shown(feeds: tuple[Feed, ...]) -> tuple[Feed, ...]:
        return tuple(feed for feed in feeds if _is_shown(feed, protection, bool(table.path)))

    keys = shown(table.feeds[: table.keys])
    feeds = (*keys, *shown(table.feeds[table.keys :]))
    carried, reasons = shown(table.carried), shown(table.reasons)
    return replace(table, feeds=feeds, keys=len(keys), carried=carried, reasons=reasons, beside=())


def _is_shown(feed: Feed, protection: Protection, in_repeat: bool) -> bool:
    column: Column = feed.columns[0]
    question = column.question
    if question is None:
        return column.known not in _WITHHELD
    if question.type in _NEVER:
        return False
    if question.type == "geopoint":
        by_village = protection.places == "centroid" and in_repeat
        return protection.places != "drop" and not by_village and feed.asks[0].part in ("lat", "lon")
    if protection.classes[question.path] == "direct":
        return question.path in protection.pseudonyms and column.role != "reason" and not column.choice
    return column.kind != "text" or question.path in protection.keep_text


def _without_names(layout: Layout, protection: Protection) -> tuple[MergedTable, ...]:
    """The questions without the choices of direct ones: a list of people would go out with the sheet choices."""

    def nameless(question: MergedQuestion) -> MergedQuestion:
        return replace(question, choices=()) if protection.classes[question.path] == "direct" else question

    return tuple(replace(table, questions=tuple(map(nameless, table.questions))) for table in layout.merged)


def _list_dropped(layout: Layout, tables: tuple[TableLayout, ...]) -> list[tuple[str, str]]:
    """(sheet, question) of what does not go out."""
    kept: Mapping[str, set[str]] = {
        table.title: {column.question.path for column in table.columns if column.question} for table in tables
    }
    found = {
        (table.title, column.question.newest.name): None
        for table in layout.tables
        for column in table.columns
        if column.question is not None and column.question.path not in kept[table.title]
    }
    return list(found)


def _find(table: TableLayout, known: str) -> int:
    return next(place for place, column in enumerate(table.columns) if column.known == known)


def _find_question(table: TableLayout, path: str) -> int:
    for place, column in enumerate(table.columns):
        if column.question is not None and column.question.path == path and column.role != "reason":
            return place
    remedy = say("Name a question of the main sheet that is not dropped.")
    raise Problem(
        EXPORT_OPTION, say("The protection names {path!r}, which is not in the file.", path=path), remedy=remedy
    )
