"""FormDefinition: a form as its XForm states it, without the XML.

Parsed by `surveyapp.xform.parse`, compared by `surveyapp.xform.changes`. Everything is immutable: a published version
never changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

# Text per language of the form; the key '' holds text of a form without languages. `${name}` stands where an output
# was.
Text: TypeAlias = Mapping[str, str]

QuestionType: TypeAlias = Literal[
    "text",
    "integer",
    "decimal",
    "boolean",
    "date",
    "time",
    "datetime",
    "select_one",
    "select_multiple",
    "rank",
    "geopoint",
    "geotrace",
    "geoshape",
    "barcode",
    "file",
    "acknowledge",
    "note",
]


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a list. `columns` holds the further columns that choice filters read."""

    name: str
    label: Text
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """A list of choices inside the form (a secondary instance), or a file beside it (`source`, e.g. jr://file-csv/x.csv)."""

    name: str
    choices: tuple[Choice, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Itemset:
    """Where a select takes its choices from. `nodeset` is the XPath with its filter, `filter` the predicate alone."""

    list_name: str
    nodeset: str
    filter: str = ""
    value_ref: str = "name"
    label_ref: str = "label"


@dataclass(frozen=True, slots=True)
class Rules:
    """The expressions of one bind, '' where there is none."""

    relevant: str = ""
    required: str = ""
    constraint: str = ""
    calculate: str = ""
    readonly: str = ""
    constraint_message: Text = field(default_factory=dict)
    required_message: Text = field(default_factory=dict)
    preload: str = ""
    preload_parameters: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question, calculation or piece of metadata.

    `control` is the XForms control (input, select1, select, upload, range, trigger, odk:rank), '' for what is never
    shown. `bind_type` is the type as the bind states it. `static_choices` are choices written inside the control.
    """

    name: str
    path: str
    type: QuestionType
    bind_type: str
    control: str = ""
    label: Text = field(default_factory=dict)
    hint: Text = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    appearance: str = ""
    itemset: Itemset | None = None
    static_choices: tuple[Choice, ...] = ()
    mediatype: str = ""
    range_start: str = ""
    range_end: str = ""
    range_step: str = ""
    default: str = ""

    @property
    def visible(self) -> bool:
        """Whether a person answers or reads it."""
        return bool(self.control)

    @property
    def static_required(self) -> bool:
        """Whether it is required whatever the other answers are."""
        return self.rules.required.replace(" ", "") in ("true()", "1", "'yes'", "'true'")


@dataclass(frozen=True, slots=True)
class Group:
    """A group, or the root. `children` in the order of the record."""

    name: str
    path: str
    children: "tuple[Group | Repeat | Question, ...]" = ()
    label: Text = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    appearance: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """A repeat. `count` is the expression that fixes the number of rows, '' where the enumerator decides."""

    name: str
    path: str
    children: "tuple[Group | Repeat | Question, ...]" = ()
    label: Text = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    count: str = ""
    appearance: str = ""


Element: TypeAlias = Group | Repeat | Question


@dataclass(frozen=True)
class FormDefinition:
    """One version of a form.

    `attachments` are the file names that the form needs beside it; `meta` the questions of its meta block
    (instanceID, instanceName, audit), which stand outside `root`.
    """

    form_id: str
    version: str
    title: str
    root: Group
    languages: tuple[str, ...]
    default_language: str
    choice_lists: Mapping[str, ChoiceList]
    attachments: tuple[str, ...]
    meta: tuple[Question, ...] = ()
    submission_url: str = ""
    public_key: str = ""
    client_editable: bool = False
    instance_xmlns: str = ""

    def walk(self) -> Iterator[Element]:
        """Every element below the root, in document order."""
        stack: list[Element] = list(reversed(self.root.children))
        while stack:
            element = stack.pop()
            yield element
            if not isinstance(element, Question):
                stack.extend(reversed(element.children))

    @cached_property
    def elements(self) -> Mapping[str, Element]:
        """Every element by its path."""
        return {self.root.path: self.root} | {element.path: element for element in self.walk()}

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """Every question in document order."""
        return tuple(element for element in self.walk() if isinstance(element, Question))

    @cached_property
    def repeats(self) -> tuple[Repeat, ...]:
        """Every repeat in document order."""
        return tuple(element for element in self.walk() if isinstance(element, Repeat))

    @cached_property
    def repeat_of(self) -> Mapping[str, str]:
        """For each element's path the path of the innermost repeat around it, '' at the top (a repeat is not inside
        itself).
        """
        found: dict[str, str] = {}

        def visit(children: tuple[Element, ...], repeat: str) -> None:
            for element in children:
                found[element.path] = repeat
                if not isinstance(element, Question):
                    visit(element.children, element.path if isinstance(element, Repeat) else repeat)

        visit(self.root.children, "")
        return found

    @cached_property
    def children_by_name(self) -> Mapping[str, Mapping[str, Element]]:
        """For the path of each group and repeat its children by name."""
        holders: list[Group | Repeat] = [self.root]
        holders.extend(element for element in self.walk() if not isinstance(element, Question))
        return {holder.path: {child.name: child for child in holder.children} for holder in holders}

    def choices(self, question: Question) -> tuple[Choice, ...]:
        """The choices of a select, before any filter; empty for a list that lies in a file."""
        if question.itemset is None:
            return question.static_choices
        listed = self.choice_lists.get(question.itemset.list_name)
        return listed.choices if listed else ()

    def choice_file(self, question: Question) -> str:
        """The attachment that holds the choices of this select, '' where they are in the form."""
        if question.itemset is None:
            return ""
        listed = self.choice_lists.get(question.itemset.list_name)
        return listed.source.rpartition("/")[2] if listed else ""

    def text(self, text: Text, language: str = "") -> str:
        """`text` in `language`, else in the default language, else in any, else ''."""
        for key in (language, self.default_language, ""):
            if text.get(key):
                return text[key]
        return next((value for value in text.values() if value), "")
