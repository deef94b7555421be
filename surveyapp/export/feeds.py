"""From a question to the columns that show it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias
from urllib.parse import quote

from surveyapp.export import convert
from surveyapp.export.calculated import gives_number, read_number
from surveyapp.export.cells import Kind
from surveyapp.export.columns import Column, Feed
from surveyapp.export.merge import MergedChoice, MergedQuestion
from surveyapp.export.missing import DEFAULT_CODES, can_be_invalid, list_reasons
from surveyapp.export.options import STATS, ExportOptions, SelectMode
from surveyapp.export.source import Ask
from surveyapp.indicators.settings import MissingCodes
from surveyapp.xform.definition import FormDefinition, QuestionType

# A select whose choices lie in a file of more than this many lines is not split: a register is no list of answers.
MOST_FILE_CHOICES: Final = 200
# What select_multiple answers in one cell may take before they are treated as free text.
_CODE_LENGTH: Final = 30_000

# Questions whose columns hold codes for missing answers themselves, in files that have such codes.
CODED: Final = frozenset({"integer", "decimal", "select_one"})

_KINDS: Final[Mapping[QuestionType, Kind]] = {"integer": "int", "decimal": "float", "date": "date", "time": "time"}


@dataclass(frozen=True, slots=True)
class View:
    """How an export shows questions.

    The options, the newest definition (for languages), the select mode that fits the sheet, and the codes of missing
    answers. `reasoned` are the paths of questions whose answers cleaning takes or may take away; None where nothing is
    cleaned.
    """

    options: ExportOptions
    definition: FormDefinition
    select: SelectMode
    missing_files: Mapping[int, frozenset[str]]
    codes: MissingCodes = DEFAULT_CODES
    reasoned: Collection[str] | None = None

    def text(self, text: Mapping[str, str]) -> str:
        """`text` in the language of the export, else the form's default, else any."""
        return " ".join(self.definition.text(text, self.options.language).split())

    def label(self, question: MergedQuestion) -> str:
        """The label of a question, else its name."""
        return self.text(question.label) or question.newest.name

    def choice_label(self, choice: MergedChoice) -> str:
        """The label of a choice, else its name."""
        return self.text(choice.label) or choice.name

    @property
    def clean(self) -> bool:
        """Whether reasons for missing answers are taken out of the cells."""
        return self.options.kind != "raw" and self.options.missing != "codes"

    @property
    def coded(self) -> bool:
        """Whether the file has codes of its own for answers that are missing."""
        return self.options.format in STATS and self.options.kind != "raw"

    @property
    def joint(self) -> str:
        """What stands between the name of a question and that of a choice."""
        return self.options.separator if self.options.names == "path" else "__"


Maker: TypeAlias = Callable[[View, MergedQuestion, str], list[Feed]]


def list_feeds(view: View, question: MergedQuestion, name: str) -> list[Feed]:
    """The columns of `question`, called `name`, without its reason column."""
    maker = _MAKERS.get(question.type, _plain)
    return [_about(feed, question) for feed in maker(view, question, name)]


def find_reason_feed(view: View, question: MergedQuestion, name: str) -> Feed | None:
    """The column that tells why the answer is missing, for a question that can have reasons."""
    cleaned, odd = question.path in (view.reasoned or ()), can_be_invalid(question)
    if view.coded:
        if question.type in CODED or not (cleaned or odd):
            return None
    elif not view.clean or view.options.missing != "columns":
        return None
    reasons = {} if view.coded else list_reasons(question, view.codes)
    if not (reasons or cleaned or odd):
        return None
    told = sorted({*reasons.values(), *(["invalid"] if odd else [])})
    note = "why there is no answer: " + ", ".join([*told, *(["or what cleaning says"] if cleaned else [])])
    column = Column(f"{name}__missing", f"{view.label(question)}: why missing", "code", "reason", note)
    texts = {str(code): reason for code, reason in reasons.items()}
    make = convert.reason_of_choices(texts) if question.type == "select_multiple" else reasons.get
    if view.reasoned is None:
        return _about(Feed((Ask(question.path),), (column,), make), question)
    value = Ask(question.path, "lat") if question.type == "geopoint" else Ask(question.path)
    both = (value, Ask(question.path, "reason"))
    return _about(Feed(both, (column,), lambda value, reason: reason or (make(value) if texts else None)), question)


def _about(feed: Feed, question: MergedQuestion) -> Feed:
    return replace(feed, columns=tuple(replace(column, question=question) for column in feed.columns))


def _plain(view: View, question: MergedQuestion, name: str) -> list[Feed]:
    kind = _KINDS.get(question.type, "text")
    make: Callable[..., Any] | None = None
    if view.options.kind != "raw" and gives_number(question):
        column = Column(name, view.label(question), "float", note="calculated number")
        return [Feed((Ask(question.path),), (column,), read_number)]
    if kind in ("int", "float"):
        if view.coded:
            return [_coded(view, question, Column(name, view.label(question), kind))]
        reasons = list_reasons(question, view.codes) if view.clean else {}
        make = convert.without(reasons) if reasons else None
    elif kind == "text" and question.type not in ("text", "barcode", "file"):
        make = convert.text_of
    column = Column(name, view.label(question), kind)
    return [Feed((Ask(question.path),), (column,), make)]


def _coded(view: View, question: MergedQuestion, column: Column) -> Feed:
    """A column whose cells say themselves why there is no answer."""
    make = convert.gone(list_reasons(question, view.codes))
    asks = (Ask(question.path), *([Ask(question.path, "reason")] if view.reasoned is not None else []))
    return Feed(asks, (column,), make)


def _flag(view: View, question: MergedQuestion, name: str) -> list[Feed]:
    column = Column(name, view.label(question), "int", note="1 = yes, 0 = no")
    return [Feed((Ask(question.path),), (column,), convert.as_number)]


def _instant(view: View, question: MergedQuestion, name: str) -> list[Feed]:
    value, offset = Ask(question.path), Ask(question.path, "tz")
    label = view.label(question)
    if view.options.kind == "raw":
        column = Column(name, label, "text", note="as sent, with the phone's offset from UTC")
        return [Feed((value, offset), (column,), convert.iso_text)]
    column = Column(name, label, "datetime", note=f"clock time in {view.options.zone}")
    zone = Column(f"{name}_tz", f"{label}: offset from UTC", "code", note="offset from UTC that the phone sent")
    return [Feed((value,), (column,), convert.local_time(view.options.clock)), Feed((offset,), (zone,))]


def _position(view: View, question: MergedQuestion, name: str) -> list[Feed]:
    label = view.label(question)
    parts = {"lat": "latitude, degrees", "lon": "longitude, degrees", "alt": "altitude, m", "acc": "accuracy, m"}
    return [
        Feed((Ask(question.path, part),), (Column(f"{name}_{part}", f"{label}: {words}", "float", note=words),))
        for part, words in parts.items()
    ]


def _trace(view: View, question: MergedQuestion, name: str) -> list[Feed]:
    label = view.label(question)
    if view.options.kind == "raw":
        return [Feed((Ask(question.path),), (Column(name, label, "text", note="lat lon alt acc; as sent"),))]
    shape = Column(name, label, "text", note="well-known text (WKT), longitude first")
    points = Column(f"{name}_points", f"{label}: points", "int", note="number of points")
    length = Column(f"{name}_length", f"{label}: length, m", "float", note="metres along the points", number_format="0")
    area = Column(f"{name}_area", f"{label}: area, m²", "float", note="square metres inside", number_format="0")
    measures = (length, area) if question.type == "geoshape" else (length,)
    return [Feed((Ask(question.path),), (shape, points, *measures), convert.wkt(question.type))]


def _file(view: View, question: MergedQuestion, name: str) -> list[Feed]:
    label = view.label(question)
    waiting = view.missing_files

    def received(file: str | None, number: int) -> int | None:
        return None if not file else int(file not in waiting.get(number, ()))

    flag = Column(
        f"{name}__received", f"{label}: file received", "int", note="1 = the file is on the server, 0 = not yet"
    )
    ask, number = Ask(question.path), Ask("", "_submission_no")
    feeds = [
        Feed((ask,), (Column(name, label, "text", note="file name"),)),
        Feed((ask, number), (flag,), received),
    ]
    if view.options.media_links:
        link = Column(
            f"{name}__link", f"{label}: where it can be opened", "text", note="for who may see the submission"
        )
        feeds.append(Feed((ask, number, Ask("", "_current_number")), (link,), _linking(view.options.address)))
    return feeds


def _linking(address: str) -> Callable[[str | None, int, int | None], str | None]:
    def link(file: str | None, number: int, version: int | None) -> str | None:
        if not file or version is None:
            return None
        return f"{address}/submissions/{number}/versions/{version}/files/{quote(file, safe='')}"

    return link


def _select_one(view: View, question: MergedQuestion, name: str) -> list[Feed]:
    ask = Ask(question.path)
    label = view.label(question)
    if view.coded:
        return [_coded(view, question, Column(name, label, "code"))]
    reasons = list_reasons(question, view.codes) if view.clean else {}
    shown: dict[str, str | None] = {c.name: view.choice_label(c) for c in question.choices}
    shown.update(dict.fromkeys(map(str, reasons)))
    code = Feed((ask,), (Column(name, label, "code"),), convert.without(reasons) if reasons else None)
    if view.options.labels == "codes":
        return [code]
    words = Column(_label_name(view, name), f"{label}: label", "code", note="label of the choice")
    if view.options.labels == "labels":
        words = replace(words, label=label)
    worded = Feed((ask,), (words,), _label_of(shown))
    return [worded] if view.options.labels == "labels" else [code, worded]


def _label_of(shown: Mapping[str, str | None]) -> Callable[[Any], Any]:
    return convert.Remembered(lambda code: shown.get(code, code), None).__getitem__


def _label_name(view: View, name: str) -> str:
    return name if view.options.labels == "labels" else f"{name}__label"


def _select_multiple(view: View, question: MergedQuestion, name: str) -> list[Feed]:
    ask = Ask(question.path)
    label = view.label(question)
    missing = {str(code) for code in list_reasons(question, view.codes)} if view.clean else set()
    feeds = []
    kind = _joined_kind([choice.name for choice in question.choices], question)
    if view.select != "split" or not _splits(question):
        if view.options.labels != "labels":
            column = Column(name, label, kind, note="all choices ticked, one space between")
            feeds.append(Feed((ask,), (column,), convert.codes_joined(missing)))
        if view.options.labels != "codes":
            shown = {choice.name: view.choice_label(choice) for choice in question.choices}
            words = Column(_label_name(view, name), f"{label}: labels", _joined_kind([*shown.values()], question))
            words = replace(words, note="labels of all choices ticked")
            feeds.append(Feed((ask,), (words,), convert.labels_joined(shown, missing)))
    if view.select != "summary" and _splits(question):
        names = [choice.name for choice in question.choices]
        columns = tuple(_tick_column(view, question, name, choice) for choice in question.choices)
        make = convert.ticks(names, missing)
        feeds.append(Feed((ask,), columns, make if len(columns) > 1 else lambda text: make(text)[0]))
    return feeds


def _tick_column(view: View, question: MergedQuestion, name: str, choice: MergedChoice) -> Column:
    label = f"{view.label(question)}: {view.choice_label(choice)}"
    return Column(
        f"{name}{view.joint}{choice.name}",
        label,
        "int",
        note="1 = ticked, 0 = not ticked, empty = not answered",
        choice=choice.name,
        width=max(8.0, min(16.0, len(choice.name) + 4.0)),
    )


def _splits(question: MergedQuestion) -> bool:
    return bool(question.choices) and not (question.choice_file and len(question.choices) > MOST_FILE_CHOICES)


def _joined_kind(words: list[str], question: MergedQuestion) -> Kind:
    long = sum(map(len, words)) + 2 * len(words) > _CODE_LENGTH
    return "text" if long or question.choice_file else "code"


def _rank(view: View, question: MergedQuestion, name: str) -> list[Feed]:
    ask = Ask(question.path)
    label = view.label(question)
    feeds = []
    if view.select != "split" or not _splits(question):
        feeds.append(Feed((ask,), (Column(name, label, "text", note="choices in the order given, best first"),)))
    if view.select != "summary" and _splits(question):
        places = [
            Column(f"{name}_{place}", f"{label}: rank {place}", "code", note="the choice at this rank")
            for place in range(1, len(question.choices) + 1)
        ]
        ranks = [
            Column(
                f"{name}{view.joint}{c.name}",
                f"{label}: {view.choice_label(c)}",
                "int",
                note="its rank, 1 = first",
                choice=c.name,
            )
            for c in question.choices
        ]
        feeds.append(Feed((ask,), (*places, *ranks), convert.ranks([choice.name for choice in question.choices])))
    return feeds


_MAKERS: Final[Mapping[QuestionType, Maker]] = {
    "boolean": _flag,
    "acknowledge": _flag,
    "datetime": _instant,
    "geopoint": _position,
    "geotrace": _trace,
    "geoshape": _trace,
    "file": _file,
    "select_one": _select_one,
    "select_multiple": _select_multiple,
    "rank": _rank,
}
