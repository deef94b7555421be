"""A rule as the fields of a form: filled from the rule or from what was sent, and read back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from flask import request

from surveyapp.clean.fields import SELECTS, Field, Questionnaire, find_language
from surveyapp.clean.kind_words import KIND_WORDS, STAGE_WORDS, Words
from surveyapp.clean.kinds import KINDS, Kind
from surveyapp.clean.log import label_of
from surveyapp.clean.making import REQUIRED
from surveyapp.clean.parameter_words import MISSING_WORDS, SLOTS, Slot
from surveyapp.clean.rulesets import renew_parameters

Rule: TypeAlias = Mapping[str, Any]
Pairs: TypeAlias = list[tuple[str, str]]
Faults: TypeAlias = list[dict[str, Any]]

# Before the names of parameters, in the names of fields.
PARAMETER: Final = "p-"
# Empty lines below those that are filled.
SPARE_ROWS: Final = 3
SPARE_QUESTIONS: Final = 2
TABLES: Final = ("table", "amounts", "reasons")
PATTERN_MARKS: Final = "*?["
# Kinds that ask for a condition although they do not work on single answers.
CONDITIONAL: Final = ("drop_submission", "drop_row")
MOST_TOLD: Final = 4


@dataclass(frozen=True)
class RuleField:
    """One field as the template draws it: `value` is a text, a truth, texts or pairs of texts, as its shape says."""

    name: str
    slot: Slot
    label: str
    hint: str
    value: Any
    required: bool
    options: Sequence[tuple[str, str]] = ()
    choices: Sequence[tuple[str, str]] = ()
    heads: tuple[str, str] = ("", "")

    @property
    def rows(self) -> list[Any]:
        """What is filled, with empty lines to go on."""
        spare: Any = ("", "") if self.slot.shape in TABLES else ""
        return [*self.value, *[spare] * (SPARE_ROWS if self.slot.shape in TABLES else SPARE_QUESTIONS)]


@dataclass
class Filled:
    """What the fields of a rule hold. `parameters` are by name, as the shape of each says."""

    kind: str
    id: str = ""
    questions: list[str] = field(default_factory=list)
    patterns: str = ""
    when: str = ""
    scope: str = ""
    reason: str = ""
    active: bool = True
    cascade: bool = False
    parameters: dict[str, Any] = field(default_factory=dict)
    examples: Pairs = field(default_factory=list)


def asks_questions(kind: Kind) -> bool:
    """Whether rules of the kind name questions."""
    return kind.target in ("cell", "export")


def asks_condition(name: str) -> bool:
    """Whether rules of the kind may have a condition."""
    return KINDS[name].target == "cell" or name in CONDITIONAL


# -- filled from a rule -----------------------------------------------------------------------------------------------
def fill_from_rule(rule: Rule) -> Filled:
    """The fields of a rule as it is kept."""
    kind = str(rule["kind"])
    questions = rule.get("questions", [])
    names = [questions] if isinstance(questions, str) else list(questions)
    given = renew_parameters(rule.get("parameters", {}))
    filled = Filled(
        kind,
        rule.get("id", ""),
        [name for name in names if not _is_pattern(name)],
        ", ".join(name for name in names if _is_pattern(name)),
        rule.get("when", ""),
        rule.get("scope", ""),
        rule.get("reason", ""),
        rule.get("active", True),
        rule.get("cascade", False),
    )
    for name, slot in SLOTS[kind].items():
        default = KINDS[kind].parameters[name].default
        value = given.get(name, None if default is REQUIRED or slot.shape == "reasons" else default)
        filled.parameters[name] = _fill(slot, value)
    filled.examples = [(_lines(one["in"]), _lines(one["out"])) for one in rule.get("examples", [])]
    return filled


def _is_pattern(name: str) -> bool:
    return any(mark in name for mark in PATTERN_MARKS)


def _fill(slot: Slot, value: Any) -> Any:
    if slot.shape == "flag":
        return value is True
    if slot.shape in TABLES:
        return [(str(old), _plain(new)) for old, new in (value or {}).items()]
    if slot.shape in ("questions", "boxes"):
        return [value] if isinstance(value, str) else list(value or ())
    if slot.shape == "lines":
        return value if isinstance(value, str) else "\n".join(map(str, value or ()))
    return _plain(value)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _lines(answers: Mapping[str, Any]) -> str:
    return "\n".join(f"{name} = {_plain(value)}" for name, value in answers.items())


# -- filled from what was sent ----------------------------------------------------------------------------------------
def fill_from_request(kind: str) -> Filled:
    """The fields as they were sent."""
    filled = Filled(
        kind,
        _sent("id"),
        [name for name in map(str.strip, request.form.getlist("questions")) if name],
        _sent("patterns"),
        _sent("when"),
        _sent("scope"),
        _sent("reason"),
        _sent("active") == "yes",
        _sent("cascade") == "yes",
    )
    filled.parameters = {name: _read(slot, f"{PARAMETER}{name}") for name, slot in SLOTS[kind].items()}
    pairs = zip(request.form.getlist("example-in"), request.form.getlist("example-out"), strict=False)
    filled.examples = [(given.strip(), wanted.strip()) for given, wanted in pairs if given.strip() or wanted.strip()]
    return filled


def _sent(name: str) -> str:
    return request.form.get(name, "").replace("\0", "").strip()


def _read(slot: Slot, name: str) -> Any:
    if slot.shape == "flag":
        return _sent(name) == "yes"
    if slot.shape in TABLES:
        pairs = zip(request.form.getlist(f"{name}-old"), request.form.getlist(f"{name}-new"), strict=False)
        told = [(old.strip(), new.strip()) for old, new in pairs]
        return [pair for pair in (*told, *map(_split, _sent(f"{name}-many").splitlines())) if any(pair)]
    if slot.shape in ("questions", "boxes"):
        return [one for one in map(str.strip, request.form.getlist(name)) if one]
    raw = request.form.get(name, "").replace("\0", "")
    # A space may be the mark between thousands.
    return raw if raw == " " else raw.strip()


def _split(line: str) -> tuple[str, str]:
    """A line of two cells, as spreadsheets copy them, or with = between."""
    old, _, new = line.partition("\t") if "\t" in line else line.partition("=")
    return old.strip(), new.strip()


# -- back to a rule ---------------------------------------------------------------------------------------------------
def make_rule(filled: Filled, former: Rule) -> tuple[dict[str, Any], Faults]:
    """The rule that the fields say, and what they say twice. What has no field is as in the `former` one."""
    kind, slots = KINDS[filled.kind], SLOTS[filled.kind]
    rule: dict[str, Any] = {"id": filled.id, "kind": filled.kind}
    patterns = [name.strip() for name in filled.patterns.replace("\n", ",").split(",") if name.strip()]
    if asks_questions(kind):
        rule["questions"] = list(dict.fromkeys([*filled.questions, *patterns]))
        rule |= {"scope": filled.scope} if filled.scope else {}
    elif "questions" in former:
        rule["questions"] = former["questions"]
    when = filled.when if asks_condition(filled.kind) else former.get("when", "")
    rule |= {name: text for name, text in (("when", when), ("reason", filled.reason)) if text}
    rule |= {} if filled.active else {"active": False}
    rule |= {"cascade": True} if filled.cascade else {}
    faults: Faults = []
    parameters = {}
    for name, slot in slots.items():
        value = filled.parameters[name]
        if slot.shape in TABLES:
            faults += _find_twice(filled.id, name, value)
        made = _make(filled.kind, slot, value)
        default = kind.parameters[name].default
        if (made is not None and made != default) or (made is None and slot.shape == "flag"):
            parameters[name] = made
    rule |= {"parameters": parameters} if parameters else {}
    examples = [{"in": _answers(given), "out": _answers(wanted)} for given, wanted in filled.examples]
    return rule | ({"examples": examples} if examples else {}), faults


def _make(kind: str, slot: Slot, value: Any) -> Any:
    """A parameter as data; None where nothing was filled in."""
    if slot.shape == "flag":
        return bool(value)
    if slot.shape == "lines":
        return [line.strip() for line in value.splitlines() if line.strip()] or None
    if slot.shape == "amounts":
        return {old: _number(new) for old, new in value} or None
    if slot.shape in TABLES:
        return {old: new or (None if kind == "recode" else "") for old, new in value} or None
    if slot.shape == "number":
        return _number(value) if value else None
    return value or None


def _number(text: str) -> Any:
    """A number; the text itself where it is none, which the rule then refuses."""
    plain = text.replace("−", "-")
    try:
        return int(plain) if plain.lstrip("+-").isdecimal() else float(plain)
    except ValueError:
        return text


def _find_twice(rule_id: str, name: str, pairs: Pairs) -> Faults:
    old = [left for left, _ in pairs]
    twice = sorted({left for left in old if old.count(left) > 1})
    message = f"“{twice[0]}” stands there twice." if twice else ""
    fault = {"rule": 0, "id": rule_id, "field": f"parameters.{name}", "message": message, "remedy": "Keep one line."}
    return [fault] if twice else []


def _answers(text: str) -> dict[str, str | None]:
    """Answers by name, from lines `name = answer`."""
    pairs = [line.partition("=") for line in text.splitlines() if line.strip()]
    return {name.strip(): value.strip() or None for name, _, value in pairs}


# -- for the template -------------------------------------------------------------------------------------------------
class RuleWords:
    """A form's questions and the kinds of rules in the language of a page."""

    def __init__(self, form: Questionnaire, language: str) -> None:
        self.form = form
        self.language = language
        self._own = find_language(form, language)

    def question(self, known: Field) -> str:
        """Label and name."""
        label = self.form.newest.text(known.label, self._own)
        short = f"{label[:80]}…" if len(label) > 80 else label
        return f"{short} ({known.name})" if short else known.name

    def name(self, name: str) -> str:
        """The label and name of the question that a rule calls so; the name itself where it is a pattern."""
        known = self.form.find_field(name)
        return self.question(known) if known else name

    def answer(self, path: str, text: str) -> str:
        """An answer of a trial: the labels of choices, and in words why it is empty."""
        words = MISSING_WORDS.get(text[1:-1]) if text.startswith("(") else None
        if words is not None:
            return f"({self.told(words)})"
        known = self.form.fields.get(path)
        return label_of(known, text, lambda label: self.form.newest.text(label, self._own)) or text

    def questions(self, types: frozenset[str] = frozenset(), chosen: Sequence[str] = ()) -> list[tuple[str, str]]:
        """Names and words of the questions of some types, in the order of the form; what is chosen is among them."""
        fields = [known for known in self.form.fields.values() if not types or known.type in types]
        offered = [(self._name_of(known), self.question(known)) for known in fields]
        names = {name for name, _ in offered}
        return [*offered, *((name, self.name(name)) for name in dict.fromkeys(chosen) if name and name not in names)]

    def _name_of(self, known: Field) -> str:
        return known.name if len(self.form.by_name[known.name]) == 1 else known.path

    def repeats(self) -> list[tuple[str, str]]:
        """The repeats of the form, by name, or by path where several have one name."""
        names = [path.rpartition("/")[2] for path in self.form.repeats]
        return [
            (name if names.count(name) == 1 else path, name)
            for path, name in zip(self.form.repeats, names, strict=True)
        ]

    def choices(self, name: str) -> list[tuple[str, str]]:
        """The choices of a question: name and label."""
        known = self.form.find_field(name)
        if known is None:
            return []
        return [(one, self.form.newest.text(label, self._own)) for one, label in known.choices.items()]

    def kinds(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The kinds of rules by the stage at which they run: its words, and (kind, label)."""
        stages = [(STAGE_WORDS[stage], stage) for stage in sorted(STAGE_WORDS)]
        return [
            (
                words.of(self.language),
                [
                    (name, KIND_WORDS[name].label.of(self.language))
                    for name, kind in KINDS.items()
                    if kind.stage == stage
                ],
            )
            for words, stage in stages
        ]

    def told(self, words: Words) -> str:
        """Words in the language of the page."""
        return words.of(self.language)

    def fields(self, filled: Filled) -> list[RuleField]:
        """The fields of the parameters of a rule."""
        return [self._field(filled, name, slot) for name, slot in SLOTS[filled.kind].items()]

    def _field(self, filled: Filled, name: str, slot: Slot) -> RuleField:
        value = filled.parameters[name]
        required = KINDS[filled.kind].parameters[name].default is REQUIRED
        options = [(key, self.told(words)) for key, words in slot.options.items()]
        if slot.shape == "question":
            types = SELECTS - {"rank"} if (filled.kind, name) == ("recode_other", "parent") else frozenset[str]()
            options = self.questions(types, [value])
        elif slot.shape == "questions":
            options = self.questions(frozenset(), value)
        elif slot.shape == "repeat":
            options = self.repeats()
        heads = (self.told(slot.heads[0]), self.told(slot.heads[1]))
        choices = self._offered(filled, name)
        label, hint = self.told(slot.label), self.told(slot.hint)
        return RuleField(f"{PARAMETER}{name}", slot, label, hint, value, required, options, choices, heads)

    def _offered(self, filled: Filled, name: str) -> list[tuple[str, str]]:
        """The choices that a new answer may be, where the rule names the question already."""
        if (filled.kind, name) == ("recode_other", "map"):
            return self.choices(filled.parameters["parent"])
        if (filled.kind, name) == ("convert", "target"):
            return self.choices(filled.parameters["unit"])
        asked = (filled.kind, name) in (("recode", "map"), ("set", "value"), ("set_if", "value"))
        return self.choices(filled.questions[0]) if asked and filled.questions else []

    def summary(self, rule: Rule) -> list[tuple[str, str]]:
        """What the parameters of a rule say: label and words, those that are as usual left out."""
        slots = SLOTS.get(str(rule.get("kind")), {})
        return [
            (self.told(slots[name].label), self._summarise(slots[name], value))
            for name, value in rule.get("parameters", {}).items()
            if name in slots
        ]

    def _summarise(self, slot: Slot, value: Any) -> str:
        def words(one: Any) -> str:
            return self.told(slot.options[one]) if isinstance(one, str) and one in slot.options else _plain(one)

        if isinstance(value, Mapping):
            some = [f"{old} → {words(new) or '–'}" for old, new in list(value.items())[:MOST_TOLD]]
        elif isinstance(value, list | tuple):
            some = [self.name(one) if slot.shape == "questions" else words(one) for one in value[:MOST_TOLD]]
        elif isinstance(value, bool):
            return {True: "✓", False: "✗"}[value]
        else:
            return self.name(value) if slot.shape == "question" else words(value)
        return "; ".join(some) + (" …" if len(value) > MOST_TOLD else "")


def place_faults(faults: Sequence[Mapping[str, Any]], filled: Filled) -> tuple[dict[str, list[Any]], list[Any]]:
    """The faults of a rule by the name of the field that they are about, and those that are about none."""
    known = {f"{PARAMETER}{name}" for name in SLOTS[filled.kind]} | {"id", "questions", "when", "scope", "examples"}
    if not asks_questions(KINDS[filled.kind]):
        known -= {"questions", "scope"}
    by_field: dict[str, list[Any]] = {}
    elsewhere = []
    for fault in faults:
        name = str(fault["field"]).replace("parameters.", PARAMETER)
        name = "examples" if name.startswith("examples") else name
        if fault["id"] == filled.id and name in known:
            by_field.setdefault(name, []).append(fault)
        else:
            elsewhere.append(fault)
    return by_field, elsewhere
