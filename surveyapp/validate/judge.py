"""The judge: one record, all rules of its form, Findings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from surveyapp.answers import Node
from surveyapp.expressions.evaluation import DialectName
from surveyapp.findings import Finding
from surveyapp.sentences import say
from surveyapp.validate.circumstances import Circumstances, Clock, dialect_of, read_clock
from surveyapp.validate.record import PreparedRecord
from surveyapp.validate.rules import CompiledRules
from surveyapp.validate.trial import Trial, shown
from surveyapp.validate.wording import SEVERITIES, make_finding
from surveyapp.values import INVALID
from surveyapp.xform.bind import indexed_path
from surveyapp.xform.definition import Question, QuestionType

TYPE_NAMES: Final[dict[QuestionType, str]] = {
    "integer": say("a whole number"),
    "decimal": say("a number"),
    "boolean": say("true or false"),
    "date": say("a date"),
    "time": say("a time of day"),
    "datetime": say("a date with time"),
    "geopoint": say("a position"),
    "geotrace": say("a line of positions"),
    "geoshape": say("an area of positions"),
}


@dataclass(frozen=True, slots=True)
class NodeJudgement:
    """What was found out about one question of a record.

    `constraint_ok` and `calculated` are None where there is nothing to say.
    """

    path: str
    type: str
    value: str
    relevant: bool
    required: bool
    constraint_ok: bool | None
    calculated: str | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome for one record.

    `findings` are what looks wrong, `unchecked` the rules that could not be checked, each with its reason. The three
    counts are of rules, one for each node at which a rule was tried; `not_checkable` may exceed `unchecked` where a
    whole record cannot be read.
    """

    findings: tuple[Finding, ...]
    unchecked: tuple[Finding, ...]
    ok: int
    violated: int
    not_checkable: int
    nodes: tuple[NodeJudgement, ...] = ()


def judge(
    rules: CompiledRules,
    record: Node,
    unknown: Sequence[Node],
    circumstances: Circumstances,
    *,
    details: bool = False,
) -> Judgement:
    """Judge the bound `record`.

    `unknown` are the nodes that the form does not know, as `surveyapp.xform.bind.bind` returned them. With `details`
    the judgement has one NodeJudgement for each question.
    """
    if rules.definition.public_key and record.attributes.get("encrypted") in ("yes", "true"):
        return _encrypted(rules)
    with PreparedRecord(rules.definition, record, rules.types, rules.outcomes) as prepared:
        clock = _clock(rules, prepared, circumstances)
        static = [*_unknown_questions(rules, unknown), *_clock_findings(clock), *_odd_types(rules, prepared)]
        static += _missing_attachments(rules, prepared, circumstances)
        return _weigh(rules, prepared, clock, static, dialect_of(circumstances.user_agent), details)


def _weigh(
    rules: CompiledRules, prepared: PreparedRecord, clock: Clock, static: list[Finding], dialect: str, details: bool
) -> Judgement:
    """Try the record in the dialect of its client, or in both."""
    names: tuple[DialectName, ...] = ("javarosa", "xforms")
    chosen = [name for name in names if dialect in (name, "both")]
    first = Trial(rules, chosen[0], prepared, clock).run()
    nodes = _details(prepared, first) if details else ()
    violated, unknown = first.violated, first.unknown
    if len(chosen) > 1:
        prepared.reset()
        violated, unknown = _both(first, Trial(rules, chosen[1], prepared, clock).run())
    findings = (*static, *violated.values())
    tried = first.kept + len(first.violated) + len(first.unknown)
    ok = max(0, tried - len(violated) - len(unknown))
    return Judgement(findings, tuple(unknown.values()), ok, len(findings), len(unknown), nodes)


Outcomes: TypeAlias = dict[tuple[str, str], Finding]


def _both(first: Trial, second: Trial) -> tuple[Outcomes, Outcomes]:
    """Violated is what both dialects find violated; what only one finds depends on the client."""
    violated = {key: finding for key, finding in first.violated.items() if key in second.violated}
    unknown = first.unknown | second.unknown
    for key, finding in (*first.violated.items(), *second.violated.items()):
        if key not in violated and key not in unknown:
            unknown[key] = Finding(
                check=finding.check,
                severity="info",
                message=f"{finding.message} Whether this is so depends on the client that was used.",
                path=finding.path,
                question=finding.question,
                value=finding.value,
                rule=finding.rule,
                outcome="not_checkable",
            )
    return violated, {key: finding for key, finding in unknown.items() if key not in violated}


def _encrypted(rules: CompiledRules) -> Judgement:
    finding = Finding(
        check="encrypted",
        severity="info",
        message="The record is encrypted; none of its rules could be checked.",
        outcome="not_checkable",
    )
    book = rules.books["javarosa"]
    return Judgement((), (finding,), 0, 0, len(book.relevance) + len(book.sites))


# -- checks that need no rule -----------------------------------------------------------------------------------------
def _clock(rules: CompiledRules, prepared: PreparedRecord, circumstances: Circumstances) -> Clock:
    times = [(kind, node) for path, kind in rules.times.items() for node in prepared.by_path.get(path, ())[:1]]
    return read_clock([(kind, node) for kind, node in times if node.text], circumstances)


def _clock_findings(clock: Clock) -> Iterable[Finding]:
    if clock.fault:
        message = f"{clock.fault} Rules about today and now were not checked."
        yield Finding(check="device-clock", severity=SEVERITIES["device-clock"], message=message)


def _unknown_questions(rules: CompiledRules, unknown: Sequence[Node]) -> Iterable[Finding]:
    for node in unknown:
        yield make_finding(rules.definition, "unknown-question", node, "is not a question of this version of the form.")


def _odd_types(rules: CompiledRules, prepared: PreparedRecord) -> Iterable[Finding]:
    for question in rules.definition.questions:
        for node in prepared.by_path.get(question.path, ()):
            if node.typed is INVALID:
                expected = TYPE_NAMES.get(question.type, f"a value of type {question.type}")
                yield make_finding(
                    rules.definition, "type-mismatch", node, f"is {shown(node)}, which is not {expected}."
                )


def _missing_attachments(
    rules: CompiledRules, prepared: PreparedRecord, circumstances: Circumstances
) -> Iterable[Finding]:
    if circumstances.files is None:
        return
    for question in (*rules.definition.questions, *rules.definition.meta):
        if question.type == "file":
            for node in prepared.by_path.get(question.path, ()):
                name = node.value.strip()
                if name and name not in circumstances.files:
                    what = f"names the file {shown(node)}, which has not arrived."
                    yield make_finding(rules.definition, "attachment-missing", node, what)


# -- details ----------------------------------------------------------------------------------------------------------
def _details(prepared: PreparedRecord, trial: Trial) -> tuple[NodeJudgement, ...]:
    found = []
    for node in prepared.root.walk():
        if isinstance(node.element, Question):
            found.append(_detail(node, node.element, trial))
    return tuple(found)


def _detail(node: Node, question: Question, trial: Trial) -> NodeJudgement:
    site: Any = trial.book.sites.get(question.path)
    constraint_ok = None
    path = indexed_path(node)
    key = ("constraint-violated", path)
    if site is not None and site.constraint is not None and node.text and node.relevant and key not in trial.unknown:
        constraint_ok = key not in trial.violated
    return NodeJudgement(
        path,
        question.type,
        node.value,
        node.relevant,
        node.relevant and trial.is_required(node),
        constraint_ok,
        trial.calculated.get(id(node)),
    )
