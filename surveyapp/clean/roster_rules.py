"""Stage 8: rows of repeats taken out, merged, moved, numbered and put right. Rows are named by their permanent key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from surveyapp.clean.drafts import Author, Draft
from surveyapp.clean.language import describe
from surveyapp.clean.making import Making, Unusable, Work
from surveyapp.clean.records import Row
from surveyapp.expressions.errors import ExpressionError
from surveyapp.sentences import say


@dataclass(frozen=True, slots=True)
class Move:
    """A row that goes to another household: `parent` is the key of the row around it there, '' for none."""

    row_key: str
    instance_id: str
    target: str
    parent: str


def find_repeat(making: Making, name: str) -> str:
    """The kept path of the repeat that a rule names.

    Raises:
        Unusable: the form has none of that name.
    """
    path = making.form.find_repeat(name)
    if path is None:
        raise Unusable("parameters.repeat", say("“{name}” is no repeat of the form.", name=name), say("Name a repeat."))
    return path


def make_drop_row(making: Making) -> Work:
    """Rows by key, or those of `repeat` for which `when` holds."""
    keys, repeat, when = frozenset(making.given["row_keys"]), making.given["repeat"], making.rule.when
    if bool(keys) is bool(repeat and when):
        raise Unusable(
            "parameters.row_keys", say("Either row keys, or repeat and when, are needed."), say("Give one of them.")
        )
    path = find_repeat(making, repeat) if repeat else ""
    formula = making.formula(when, path, "when") if path else None

    def work(draft: Draft, author: Author) -> None:
        if formula is None:
            wanted = [row for row in draft.rows if row.key in keys]
        else:
            wanted = [row for row in draft.list_rows(path) if _holds(draft, row, formula)]
        for row in wanted:
            if draft.find_row(row.key) is not None:
                draft.take_out(row, "remove_row", author)

    return work


def _holds(draft: Draft, row: Row, formula: Any) -> bool:
    try:
        return bool(formula.is_true(draft.tree(), row.key, ""))
    except ExpressionError as error:
        draft.report("rule-not-evaluated", row, None, describe(error, None))
        return False


def make_merge_rows(making: Making) -> Work:
    """The row `drop` fills what is empty in `keep`, gives it the rows inside, and is gone."""
    keep_key, drop_key = making.given["keep"], making.given["drop"]
    if keep_key == drop_key:
        raise Unusable("parameters.drop", say("A row cannot be merged with itself."), say("Name two rows."))

    def work(draft: Draft, author: Author) -> None:
        keep, drop = draft.find_row(keep_key), draft.find_row(drop_key)
        if keep is None or drop is None or keep.repeat != drop.repeat or not keep.repeat:
            return
        for path, value in drop.values.items():
            known = draft.form.fields.get(path)
            if value is not None and known is not None and keep.values.get(path) is None:
                draft.put(keep, known, value, author)
        for row in draft.rows:
            if row.parent == drop_key and row.repeat:
                row.parent = keep_key
        draft.take_out(drop, "merge_row", author, keep_key)

    return work


def read_move(making: Making) -> Move:
    """A row of one household that belongs to another."""
    given = making.given
    if given["instance"] == given["to"]:
        raise Unusable("parameters.to", say("The row is already there."), say("Name another household."))
    return Move(given["row_key"], given["instance"], given["to"], given["to_parent"])


def make_renumber(making: Making) -> Work:
    """Numbers the rows of a repeat 1, 2, ... within the row around them, into the rule's question."""
    known = making.field(making.given["question"], "parameters.question")
    if not known.repeat or known.type != "integer":
        raise Unusable(
            "parameters.question",
            say("{name} is no whole number in a repeat.", name=known.name),
            say("Name one that is."),
        )

    def work(draft: Draft, author: Author) -> None:
        counts: dict[str, int] = {}
        for row in draft.list_rows(known.repeat):
            counts[row.parent] = counts.get(row.parent, 0) + 1
            draft.put(row, known, counts[row.parent], author)

    return work


def make_fix_relation(making: Making) -> Work:
    """Gives rows, by key, another relation."""
    known = making.field(making.given["question"], "parameters.question")
    if not known.repeat:
        raise Unusable(
            "parameters.question", say("{name} does not lie in a repeat.", name=known.name), say("Name one that does.")
        )
    values: Mapping[str, Any] = {
        key: making.typed(known, value, "parameters.values") for key, value in making.given["values"].items()
    }

    def work(draft: Draft, author: Author) -> None:
        for row in draft.list_rows(known.repeat):
            if row.key in values:
                draft.put(row, known, values[row.key], author)

    return work
