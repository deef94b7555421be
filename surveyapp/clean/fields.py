"""The questions of a form over all its versions, as cleaning sees them."""

import difflib
import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from surveyapp.clean.records import Row
from surveyapp.expressions.scope import Instances
from surveyapp.xform.columns import KINDS, find_wider_kind
from surveyapp.xform.definition import FormDefinition, Question, QuestionType, Text

SELECTS: Final = frozenset({"select_one", "select_multiple", "rank"})
NUMBERS: Final = frozenset({"integer", "decimal"})
TEXTS: Final = frozenset({"text", "barcode"})
_INSTANCE_ID: Final = "meta/instanceID"


def stay(path: str) -> str:
    """The kept path where no question ever moved between groups."""
    return path


@dataclass(frozen=True)
class KnownVersion:
    """One published version with what expressions need of it.

    `instances` are its lists of choices and `outcomes` the kinds of value of its calculations, by path, both as
    `surveyapp.validate.rules.compile_rules` makes them.
    """

    definition: FormDefinition
    instances: Instances = field(default_factory=lambda: Instances({}))
    outcomes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """A question over all versions; one column of the clean data.

    `path` is the path under which its answers are kept, `repeat` that of the repeat around it ('' = none). `choices`
    are names with their newest labels; `any_choice` where the list lies in a file. `added` where a rule made it.
    """

    path: str
    name: str
    repeat: str
    type: QuestionType
    label: Text = field(default_factory=dict)
    choices: Mapping[str, Text] = field(default_factory=dict)
    any_choice: bool = False
    versions: frozenset[str] = frozenset()
    newest: Question | None = None
    added: bool = False

    def allows(self, value: str) -> bool:
        """Whether `value` may be chosen (of several: each of them); True for what is no select."""
        if self.type not in SELECTS or self.any_choice or not self.choices:
            return True
        return all(name in self.choices for name in ([value] if self.type == "select_one" else value.split()))


class Questionnaire:
    """A form over its published `versions`, oldest first.

    `kept_path` gives the path under which the answers to a path are kept, where a question has moved between groups.
    """

    def __init__(self, versions: Sequence[KnownVersion], kept_path: Callable[[str], str] = stay) -> None:
        self.kept_path = kept_path
        self.versions: Mapping[str, KnownVersion] = {known.definition.version: known for known in versions}
        self.newest = versions[-1].definition
        self.fields: Mapping[str, Field] = _merge(versions, kept_path)
        self.repeats: Mapping[str, str] = {
            kept_path(repeat.path): kept_path(parent) if (parent := known.definition.repeat_of[repeat.path]) else ""
            for known in versions
            for repeat in known.definition.repeats
        }

    @property
    def form_id(self) -> str:
        """The form's id."""
        return self.newest.form_id

    @cached_property
    def by_name(self) -> Mapping[str, tuple[Field, ...]]:
        """The fields of each name; several where repeats use one name twice."""
        found: dict[str, tuple[Field, ...]] = {}
        for known in self.fields.values():
            found[known.name] = (*found.get(known.name, ()), known)
        return found

    def find_field(self, name: str) -> Field | None:
        """The field of that name or path; None where there is none, or more than one."""
        if name in self.fields:
            return self.fields[name]
        kept = self.fields.get(self.kept_path(name)) if name.startswith("/") else None
        named = self.by_name.get(name, ())
        return kept or (named[0] if len(named) == 1 else None)

    def find_repeat(self, name: str) -> str | None:
        """The kept path of the repeat of that name or path."""
        if name in self.repeats:
            return name
        named = [path for path in self.repeats if path.rpartition("/")[2] == name]
        return named[0] if len(named) == 1 else None

    def list_matching(self, pattern: str) -> list[Field]:
        """The fields that a name, a path or a pattern with `*` and `?` means."""
        exact = self.find_field(pattern)
        if exact is not None:
            return [exact]
        return [known for known in self.fields.values() if fnmatch.fnmatchcase(known.name, pattern)]

    def suggest(self, name: str) -> str:
        """The name nearest to `name`, '' where none is near."""
        near = difflib.get_close_matches(name.rpartition("/")[2], self.by_name, 1, 0.6)
        return near[0] if near else ""

    def has(self, version: str, path: str) -> bool:
        """Whether that version asks the question; True for a version that is not known."""
        known = self.fields.get(path)
        return known is None or version not in self.versions or version in known.versions

    def find_reason(self, version: str, row: Row, path: str) -> str:
        """Why a cell of a submission of that version is empty, one of `records.REASONS`; '' where it is not."""
        if row.values.get(path) is not None:
            return ""
        known = row.reasons.get(path)
        if known or path in row.values:
            return known or "no_answer"
        return "not_asked" if self.has(version, path) else "version"


def find_language(form: Questionnaire, language: str) -> str:
    """The form's own language that is that of a page (`zh`, `en`); '' for its default one where it has none such."""
    marks = {"zh": ("zh", "chinese", "中文", "汉语"), "en": ("en", "english")}.get(language, (language,))
    for name in form.newest.languages:
        words = re.split(r"[^\w]+", name.casefold())
        if any(mark in words or (len(mark) > 2 and mark in name.casefold()) for mark in marks):
            return name
    return ""


def _merge(versions: Sequence[KnownVersion], kept_path: Callable[[str], str]) -> dict[str, Field]:
    found: dict[str, list[tuple[FormDefinition, Question]]] = {}
    for known in versions:
        for question in known.definition.questions:
            if question.type != "note" and not question.path.endswith(_INSTANCE_ID):
                found.setdefault(kept_path(question.path), []).append((known.definition, question))
    return {path: _field(path, forms, kept_path) for path, forms in found.items()}


def _field(path: str, forms: Sequence[tuple[FormDefinition, Question]], kept_path: Callable[[str], str]) -> Field:
    definition, newest = forms[-1]
    repeat = definition.repeat_of[newest.path]
    choices: dict[str, Text] = {}
    for form, question in forms:
        choices.update((choice.name, choice.label) for choice in form.choices(question))
    return Field(
        path,
        newest.name,
        kept_path(repeat) if repeat else "",
        _merge_types([question.type for _, question in forms]),
        newest.label,
        choices,
        any(form.choice_file(question) for form, question in forms),
        frozenset(form.version for form, _ in forms),
        newest,
    )


def _merge_types(types: Iterable[QuestionType]) -> QuestionType:
    """The newest type where its kind holds what the older ones held, else the wider one, at last text."""
    every = list(types)
    newest = every[-1]
    kinds = {KINDS.get(kind, "text") for kind in every}
    own = KINDS.get(newest, "text")
    if all(find_wider_kind(kind, own) == own for kind in kinds):
        return newest
    return "decimal" if kinds == {"integer", "decimal"} else "text"
