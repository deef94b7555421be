"""Which answer columns a form version needs: pure, so that it can be looked at before a database is touched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from surveyapp.xform.definition import FormDefinition, Question, QuestionType

ColumnKind: TypeAlias = Literal["integer", "decimal", "text", "boolean", "date", "time", "datetime"]

KINDS: Final[Mapping[QuestionType, ColumnKind]] = {
    "integer": "integer",
    "decimal": "decimal",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "datetime": "datetime",
}
GEOPOINT_PARTS: Final = ("lat", "lon", "alt", "acc")


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """One column that answers go to.

    `repeat_path` names the repeat whose rows it belongs to ('' = the submission), `component` the part of a value
    that takes several
    columns: lat, lon, alt, acc of a position, tz (the offset as sent) of an instant; '' is the value itself.
    """

    repeat_path: str
    path: str
    name: str
    component: str
    kind: ColumnKind


def list_columns(definition: FormDefinition) -> Iterator[AnswerColumn]:
    """The columns of `definition` in the order of its questions. Notes have none."""
    for question in definition.questions:
        repeat = definition.repeat_of[question.path]
        for component, kind in _components(question):
            yield AnswerColumn(repeat, question.path, question.name, component, kind)


def _components(question: Question) -> list[tuple[str, ColumnKind]]:
    if question.type == "note":
        return []
    if question.type == "geopoint":
        return [(part, "decimal") for part in GEOPOINT_PARTS]
    kind = KINDS.get(question.type, "text")
    return [("", kind), ("tz", "text")] if kind == "datetime" else [("", kind)]


def find_wider_kind(old: str, new: str) -> ColumnKind | None:
    """The kind that holds both what `old` held and what `new` brings, None where `new` would narrow the question.

    An integer may become a decimal, and everything may become text; never the other way.
    """
    if new == "text":
        return "text"
    if old == new or (old == "integer" and new == "decimal"):
        return new  # type: ignore[return-value]  # `new` is one of the kinds by its only callers
    return None


def plain_key(definition: FormDefinition, path: str) -> str:
    """`path` without its groups: what stays the same when a question moves from one group to another."""
    steps = []
    repeat = definition.repeat_of[path]
    while repeat:
        steps.append(repeat.rpartition("/")[2])
        repeat = definition.repeat_of[repeat]
    return "/".join([*reversed(steps), path.rpartition("/")[2]])
