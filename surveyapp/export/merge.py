"""All versions of a form as one: which questions, in which order, of which type, with which choices.

Computed from the definitions alone, so that a new submission never changes the columns of an export.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from surveyapp.export.source import PublishedVersion
from surveyapp.xform.columns import KINDS, find_wider_kind
from surveyapp.xform.definition import Choice, FormDefinition, Question, QuestionType, Repeat, Text

Key = TypeVar("Key", bound=Hashable)

KeptPath = Callable[[str], str]
# The repeat, the path, and whether it is a position, which takes columns of its own.
QuestionKey: TypeAlias = tuple[str, str, bool]
_HIDDEN = ("meta/instanceID", "meta/deprecatedID")


@dataclass(frozen=True, slots=True)
class MergedChoice:
    """A choice over all versions.

    `labels` holds (label, first version, last version), newest first, where the label changed.
    """

    name: str
    label: Text
    labels: tuple[tuple[Text, str, str], ...]


@dataclass(frozen=True, slots=True)
class MergedQuestion:
    """A question over all versions.

    `newest` is its latest form, `every` all forms of it, oldest first, with their versions.
    """

    path: str
    type: QuestionType
    label: Text
    hint: Text
    newest: Question
    every: tuple[tuple[PublishedVersion, Question], ...]
    choices: tuple[MergedChoice, ...]
    choice_file: str
    section: Text

    @property
    def first_version(self) -> str:
        """The version that brought it."""
        return self.every[0][0].definition.version

    @property
    def last_version(self) -> str:
        """The last version that has it."""
        return self.every[-1][0].definition.version


@dataclass(frozen=True, slots=True)
class MergedTable:
    """The questions of the submission itself (`path` '') or of one repeat, `parent` the repeat around it."""

    path: str
    parent: str
    name: str
    label: Text
    questions: tuple[MergedQuestion, ...]


def merge_versions(
    versions: Sequence[PublishedVersion], kept_path: KeptPath, published: Sequence[PublishedVersion] = ()
) -> tuple[MergedTable, ...]:
    """The tables of a form, main table first, repeats in document order of the newest version.

    A question or repeat that only older versions have stands after its last common predecessor. `published` are all
    versions of the form, where `versions` are some: a question has the type that takes the answers to all of them,
    because that is how they are kept.
    """
    repeats: dict[str, list[tuple[FormDefinition, Repeat]]] = {}
    questions: dict[QuestionKey, list[tuple[PublishedVersion, Question]]] = {}
    orders: dict[str, list[list[QuestionKey]]] = {"": []}
    for version in versions:
        for repeat in version.definition.repeats:
            repeats.setdefault(kept_path(repeat.path), []).append((version.definition, repeat))
        here: dict[str, list[QuestionKey]] = {}
        for key, question in _list_keyed(version, kept_path):
            questions.setdefault(key, []).append((version, question))
            here.setdefault(key[0], []).append(key)
        for table, order in here.items():
            orders.setdefault(table, []).append(order)
    types: dict[QuestionKey, list[QuestionType]] = {}
    for version in published or versions:
        for key, question in _list_keyed(version, kept_path):
            types.setdefault(key, []).append(question.type)
    paths = ["", *merge_orders([[kept_path(r.path) for r in v.definition.repeats] for v in versions])]
    merged = {key: _merge_question(key[1], found, _merged_type(types[key])) for key, found in questions.items()}
    return tuple(
        _table(path, repeats.get(path, []), [merged[key] for key in merge_orders(orders.get(path, []))], kept_path)
        for path in paths
    )


def _list_keyed(version: PublishedVersion, kept_path: KeptPath) -> Iterator[tuple[QuestionKey, Question]]:
    definition = version.definition
    for question in filter(_is_answer, definition.questions):
        table = kept_path(definition.repeat_of[question.path])
        yield (table, kept_path(question.path), question.type == "geopoint"), question


def merge_orders(orders: Sequence[Sequence[Key]]) -> list[Key]:
    """One order from several, oldest first: that of the last, what it lacks after its last common predecessor."""
    if not orders:
        return []
    merged = list(dict.fromkeys(orders[-1]))
    for order in reversed(orders[:-1]):
        known = set(merged)
        place = -1
        for key in order:
            if place + 1 < len(merged) and merged[place + 1] == key:
                place += 1
            elif key in known:
                place = merged.index(key)
            else:
                place += 1
                merged.insert(place, key)
                known.add(key)
    return merged


def _is_answer(question: Question) -> bool:
    return question.type != "note" and not question.path.endswith(_HIDDEN)


def _table(
    path: str, found: list[tuple[FormDefinition, Repeat]], questions: list[MergedQuestion], kept_path: KeptPath
) -> MergedTable:
    if not found:
        return MergedTable(path, "", "data", {}, tuple(questions))
    definition, newest = found[-1]
    label = _newest_text(repeat.label for _, repeat in found)
    parent = kept_path(definition.repeat_of[newest.path]) if definition.repeat_of[newest.path] else ""
    return MergedTable(path, parent, newest.name, label, tuple(questions))


def _merge_question(
    path: str, found: list[tuple[PublishedVersion, Question]], question_type: QuestionType
) -> MergedQuestion:
    version, newest = found[-1]
    return MergedQuestion(
        path=path,
        type=question_type,
        label=_newest_text(question.label for _, question in found),
        hint=_newest_text(question.hint for _, question in found),
        newest=newest,
        every=tuple(found),
        choices=_merge_choices([(v.definition.version, list_choices(v, q)) for v, q in found]),
        choice_file=version.definition.choice_file(newest),
        section=_section(version.definition, newest.path),
    )


def _merged_type(types: Sequence[QuestionType]) -> QuestionType:
    """The newest type where its kind holds all that the older ones held, else the wider one, at last text."""
    newest = types[-1]
    kinds = {KINDS.get(kind, "text") for kind in types}
    if all(find_wider_kind(kind, KINDS.get(newest, "text")) == KINDS.get(newest, "text") for kind in kinds):
        return newest
    return "decimal" if kinds == {"integer", "decimal"} else "text"


def list_choices(version: PublishedVersion, question: Question) -> tuple[Choice, ...]:
    """The choices of a select in one version, also of a list that lies in a file."""
    file = version.definition.choice_file(question)
    return version.file_choices.get(file, ()) if file else version.definition.choices(question)


def _merge_choices(found: Sequence[tuple[str, tuple[Choice, ...]]]) -> tuple[MergedChoice, ...]:
    by_name: dict[str, list[tuple[str, Text]]] = {}
    for version, choices in found:
        for choice in {choice.name: choice for choice in choices}.values():
            by_name.setdefault(choice.name, []).append((version, choice.label))
    order = merge_orders([[choice.name for choice in choices] for _, choices in found])
    return tuple(
        MergedChoice(name, _newest_text(label for _, label in by_name[name]), _label_history(by_name[name]))
        for name in order
    )


def _label_history(labels: Sequence[tuple[str, Text]]) -> tuple[tuple[Text, str, str], ...]:
    history: list[tuple[Text, str, str]] = []
    for version, label in labels:
        if history and dict(history[-1][0]) == dict(label):
            history[-1] = (label, history[-1][1], version)
        else:
            history.append((label, version, version))
    return tuple(reversed(history))


def _newest_text(texts: Iterable[Text]) -> Text:
    """For each language the newest text that is not empty."""
    merged: dict[str, str] = {}
    for text in texts:
        merged.update({language: words for language, words in text.items() if words})
    return merged


def _section(definition: FormDefinition, path: str) -> Text:
    """The label of the innermost labelled group around `path`."""
    while (path := path.rpartition("/")[0]) and path != definition.root.path:
        element: Mapping[str, str] = getattr(definition.elements.get(path), "label", {})
        if element:
            return element
    return {}
