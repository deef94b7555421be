"""A ruleset read from data, with every fault at once, and made ready to run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from surveyapp.clean.drafts import Author
from surveyapp.clean.dropping import Dedupe, Dropping, make_dedupe, make_drop, name_reason
from surveyapp.clean.fields import Field, Questionnaire
from surveyapp.clean.kinds import KINDS, Kind
from surveyapp.clean.language import Formula
from surveyapp.clean.making import REQUIRED, Clean, Example, Fault, Making, Rule, Ruleset, Unusable, Work
from surveyapp.clean.roster_rules import Move, read_move
from surveyapp.clean.trees import Plan
from surveyapp.problems import RULESET_INVALID, Problem
from surveyapp.sentences import as_sentence, say

KNOWN_FIELDS: Final = frozenset(
    {"id", "kind", "questions", "when", "scope", "reason", "active", "cascade", "parameters", "examples"}
)
T = TypeVar("T")


@dataclass(frozen=True)
class CellRule:
    """A rule at one question."""

    author: Author
    field: Field
    clean: Clean
    when: Formula | None


@dataclass(frozen=True)
class DerivedColumn:
    """A column of a rule, computed at the end."""

    author: Author
    field: Field
    formula: Formula


@dataclass
class Program:
    """A ruleset ready to run on a form.

    `cells` and `rows` are by stage, in order; `columns` are what rules add to the clean data; `disguises` the rules of
    the de-identified export.
    """

    form: Questionnaire
    ruleset: Ruleset
    plans: Mapping[str, Plan]
    drops: list[tuple[Rule, str, Dropping]] = field(default_factory=list)
    dedupes: list[Dedupe] = field(default_factory=list)
    cells: dict[int, list[CellRule]] = field(default_factory=dict)
    rows: list[tuple[Author, Work | Move]] = field(default_factory=list)
    derived: list[DerivedColumn] = field(default_factory=list)
    columns: dict[str, Field] = field(default_factory=dict)
    disguises: list[tuple[Rule, tuple[Field, ...], Mapping[str, Any]]] = field(default_factory=list)

    @property
    def moves(self) -> list[Move]:
        """Rows that go to another household."""
        return [work for _, work in self.rows if isinstance(work, Move)]

    @property
    def looks_at_groups(self) -> bool:
        """Whether a run must see all submissions before it cleans the first."""
        return bool(self.dedupes or self.moves)

    def find_field(self, path: str) -> Field | None:
        """A question of the form, or a column of a rule, by kept path."""
        return self.form.fields.get(path) or next((f for f in self.columns.values() if f.path == path), None)


def source_of(rule: Rule, ruleset: Ruleset) -> str:
    """How the log names a rule."""
    return f"rule:{rule.id}@{ruleset.version}"


def compile_ruleset(data: Sequence[Mapping[str, Any]], form: Questionnaire, *, version: int = 0) -> Program:
    """The ruleset of `data`, a list of rules as in JSON, for a form. `version` 0 is a draft.

    Raises:
        Problem: RULESET_INVALID; `errors` has one entry {rule, id, field, message, remedy} for each fault.
    """
    faults: list[Fault] = []
    rules = [_read_rule(number, raw, faults) for number, raw in enumerate(data, 1)]
    seen: dict[str, int] = {}
    for number, rule in enumerate(rules, 1):
        if rule is not None and seen.setdefault(rule.id, number) != number:
            faults.append(
                Fault(
                    number,
                    rule.id,
                    "id",
                    say("Rule {number} has the same id.", number=seen[rule.id]),
                    say("Choose another id."),
                )
            )
    ruleset = Ruleset(form.form_id, version, tuple(rule for rule in rules if rule is not None))
    added: dict[str, list[str]] = {}
    plans = {name: Plan(form, name, added) for name in form.versions}
    program = Program(form, ruleset, plans)
    order = sorted(enumerate(rules, 1), key=lambda pair: KINDS[pair[1].kind].stage if pair[1] else 0)
    for number, rule in order:
        if rule is not None:
            _compile_rule(program, number, rule, added, faults)
    if faults:
        detail = say("The ruleset has {count} fault{plural}.", count=len(faults), plural="s" if len(faults) > 1 else "")
        raise Problem(RULESET_INVALID, detail, errors=[fault._asdict() for fault in sorted(faults)])
    return program


# -- from JSON --------------------------------------------------------------------------------------------------------
def _read_rule(number: int, raw: Any, faults: list[Fault]) -> Rule | None:
    if not isinstance(raw, Mapping):
        faults.append(
            Fault(number, "", "", say("The rule is no mapping."), say("Write it as an object with id and kind."))
        )
        return None
    name = raw.get("id") if isinstance(raw.get("id"), str) else ""
    before = len(faults)

    def fault(where: str, message: str, remedy: str) -> None:
        faults.append(Fault(number, str(name), where, message, remedy))

    if not name:
        fault("id", say("The rule has no id."), say("Give it a short name."))
    if raw.get("kind") not in KINDS:
        fault(
            "kind", say("“{kind}” is no kind of rule.", kind=raw.get("kind")), say("Choose from {kinds}.", kinds=KINDS)
        )
    for key in sorted(raw.keys() - KNOWN_FIELDS):
        fault(key, say("A rule has no such field."), say("Known are {known}.", known=sorted(KNOWN_FIELDS)))
    for key in ("when", "scope", "reason"):
        if not isinstance(raw.get(key, ""), str):
            fault(key, say("A text is needed."), say("Write a text."))
    for key in ("active", "cascade"):
        if not isinstance(raw.get(key, False), bool):
            fault(key, say("true or false is needed."), say("Write true or false."))
    questions = raw.get("questions", ())
    questions = (questions,) if isinstance(questions, str) else questions
    if not isinstance(questions, list | tuple) or not all(isinstance(q, str) and q for q in questions):
        fault("questions", say("A list of names is needed."), say("Write the names of questions."))
    if not isinstance(raw.get("parameters", {}), Mapping):
        fault("parameters", say("A mapping is needed."), say("Write the parameters by name."))
    examples = raw.get("examples", ())
    if not _are_examples(examples):
        fault(
            "examples",
            say("An example has answers by name under in and out."),
            say('Write {"in": {…}, "out": {…}}.'),
        )
    if len(faults) > before:
        return None
    return Rule(
        str(name),
        raw["kind"],
        tuple(questions),
        raw.get("when", "").strip(),
        raw.get("scope", ""),
        raw.get("reason", ""),
        raw.get("active", True),
        raw.get("cascade", False),
        renew_parameters(raw.get("parameters", {})),
        tuple(Example(dict(example["in"]), dict(example["out"])) for example in examples),
    )


def renew_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a rule with words of today: rulesets that were published stay as they were written."""
    code = parameters.get("reason_code")
    return {**parameters, **({"reason_code": name_reason(code)} if isinstance(code, str) else {})}


def _are_examples(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(
        isinstance(item, Mapping)
        and item.keys() == {"in", "out"}
        and all(isinstance(item[side], Mapping) and all(isinstance(name, str) for name in item[side]) for side in item)
        for item in value
    )


# -- for a form -------------------------------------------------------------------------------------------------------
def _compile_rule(program: Program, number: int, rule: Rule, added: dict[str, list[str]], faults: list[Fault]) -> None:
    """Add a rule to the program, or its faults to `faults`. A rule that is not active is checked all the same."""

    def attempt(make: Callable[[], T]) -> T | None:
        try:
            return make()
        except Unusable as error:
            faults.append(Fault(number, rule.id, error.name, error.message, error.remedy))
            return None

    kind = KINDS[rule.kind]
    making = Making(rule, program.form, program.plans, program.columns)
    before = len(faults)
    known = set(program.columns)
    for message in _missing_fields(rule, kind):
        faults.append(Fault(number, rule.id, message, say("It is needed for this kind of rule."), say("Fill it in.")))
    _read_parameters(making, kind, number, faults)
    fields = [found for name in rule.questions if (found := attempt(partial(_fields, making, name, kind)))]
    if len(faults) == before:
        attempt(lambda: _add(program, making, kind, list({f.path: f for some in fields for f in some}.values())))
    for name in program.columns.keys() - known:
        if rule.active:
            added.setdefault(program.columns[name].repeat, []).append(program.columns[name].path)
        else:
            del program.columns[name]


def _missing_fields(rule: Rule, kind: Kind) -> list[str]:
    given = {"questions": bool(rule.questions), "when": bool(rule.when)}
    return [name for name in kind.needs if not given[name]]


def _read_parameters(making: Making, kind: Kind, number: int, faults: list[Fault]) -> None:
    rule, given = making.rule, making.rule.parameters
    for name in sorted(given.keys() - kind.parameters.keys()):
        known = ", ".join(kind.parameters) or "none"
        message = say("{kind} has no such parameter.", kind=rule.kind)
        faults.append(Fault(number, rule.id, f"parameters.{name}", message, say("Known are {known}.", known=known)))
    for name, parameter in kind.parameters.items():
        where = f"parameters.{name}"
        if name not in given:
            if parameter.default is REQUIRED:
                faults.append(
                    Fault(number, rule.id, where, say("It is needed for this kind of rule."), say("Fill it in."))
                )
            making.given[name] = parameter.default
            continue
        try:
            making.given[name] = parameter.read(given[name])
        except ValueError as error:
            faults.append(
                Fault(
                    number,
                    rule.id,
                    where,
                    as_sentence(str(error)),
                    say("See docs/cleaning.md."),
                )
            )


def _fields(making: Making, name: str, kind: Kind) -> list[Field]:
    found = making.form.list_matching(name)
    if name in making.added:
        found = [making.added[name]]
    if not found:
        raise Unusable("questions", say("“{name}” matches no question of the form.", name=name), making.hint(name))
    is_pattern = any(letter in name for letter in "*?[")
    scope = making.rule.scope
    if scope:
        repeat = "" if scope == "main" else making.form.find_repeat(scope)
        if repeat is None:
            raise Unusable(
                "scope",
                say("“{scope}” is neither main nor a repeat.", scope=scope),
                say("Write main or the name of a repeat."),
            )
        found = [known for known in found if known.repeat == repeat]
        if not found:
            raise Unusable(
                "scope",
                say("“{name}” has no question in {scope}.", name=name, scope=scope),
                say("Take the scope away, or another one."),
            )
    fitting = [known for known in found if not kind.types or known.type in kind.types]
    if not fitting or (len(fitting) < len(found) and not is_pattern):
        raise Unusable(
            "questions",
            say(
                "{kind} cannot work on {name}, which is {type}.",
                kind=making.rule.kind,
                name=found[0].name,
                type=found[0].type,
            ),
            say("Name questions of type {types}.", types=sorted(kind.types)),
        )
    return fitting


def _add(program: Program, making: Making, kind: Kind, fields: list[Field]) -> None:
    rule = making.rule
    author = Author(source_of(rule, program.ruleset), rule.reason, rule.cascade)
    if kind.target == "column":
        _add_column(program, making, author)
    elif kind.clean is not None:
        when = {f.path: making.formula(rule.when, f.path, "when") for f in fields} if rule.when else {}
        rules = [CellRule(author, known, kind.clean(making, known), when.get(known.path)) for known in fields]
        if rule.active:
            program.cells.setdefault(kind.stage, []).extend(rules)
    elif kind.target == "row":
        work = read_move(making) if kind.work is None else kind.work(making)
        if rule.active:
            program.rows.append((author, work))
    elif kind.target == "submission":
        drops = make_drop(making)
        if rule.active:
            program.drops.append((rule, author.source, drops))
    elif kind.target == "group":
        dedupe = make_dedupe(making, author.source)
        if rule.active:
            program.dedupes.append(dedupe)
    elif rule.active:
        program.disguises.append((rule, tuple(fields), dict(making.given)))


def _add_column(program: Program, making: Making, author: Author) -> None:
    given = making.given
    repeat = ""
    if given["repeat"]:
        found = making.form.find_repeat(given["repeat"])
        if found is None:
            raise Unusable(
                "parameters.repeat",
                say("“{given}” is no repeat.", given=given["repeat"]),
                say("Name a repeat of the form."),
            )
        repeat = found
    if not given["name"].isidentifier() or given["name"] in making.added:
        raise Unusable(
            "parameters.name",
            say("“{given}” cannot be the name of a new column.", given=given["name"]),
            say("Choose another."),
        )
    formula = making.formula(given["expression"], repeat, "parameters.expression")
    anchor = Field("", "", repeat, "text")
    column = making.column(anchor, given["name"], given["type"], given["label"])
    if making.rule.active:
        program.derived.append(DerivedColumn(author._replace(derived=True), column, formula))
