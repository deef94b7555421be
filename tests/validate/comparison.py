"""Our judgement beside that of another engine, node by node."""

import datetime
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from surveyapp.expressions.dates import read_date
from surveyapp.expressions.evaluation import DialectName
from surveyapp.expressions.numbers import read_xforms
from surveyapp.validate.agreement import EARTH_TOLERANCE, RELATIVE_TOLERANCE, agrees
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import NodeJudgement, judge
from surveyapp.validate.rules import EARTH_FUNCTIONS, CompiledRules, compile_rules
from surveyapp.xform.definition import Question
from surveyapp.xform.parse import parse_xform
from tests.validate.fieldwork import COLLECT, WEB
from tests.validate.steering import Steering

# The share of nodes at which both engines must find the same.
BARS: Final = {"relevant": 0.999, "required": 1.0, "constraint": 0.995, "calculate": 0.98}
AGENTS: Final[Mapping[DialectName, str]] = {"javarosa": COLLECT, "xforms": WEB}
# Steered past this screen, interviews of the reference questionnaire reach their questions.
CONSENT: Final = {"visit_result": "done", "consent": "yes"}

# Gives the lines of another engine for a form, the folder of its media, and records.
Engine: TypeAlias = Callable[..., list[str]]


@dataclass
class Comparison:
    """What was compared, by kind; `differences` has a line for each node at which the engines differ."""

    asked: Counter[str] = field(default_factory=Counter)
    differences: dict[str, list[str]] = field(default_factory=dict)

    def ask(self, kind: str, where: str, ours: object, theirs: object, same: bool) -> None:
        """Count one comparison."""
        self.asked[kind] += 1
        if not same:
            self.differences.setdefault(kind, []).append(f"{where}: {ours!r}, the other engine {theirs!r}")

    def add(self, other: "Comparison") -> None:
        """Count what `other` counted."""
        self.asked.update(other.asked)
        for kind, lines in other.differences.items():
            self.differences.setdefault(kind, []).extend(lines)

    def unexplained(self, pattern: str) -> list[str]:
        """The differences at which `pattern` is not found."""
        lines = [line for found in self.differences.values() for line in found]
        return [line for line in lines if not re.search(pattern, line)]

    def agreement(self, kind: str) -> float:
        """The share of nodes, 1 where there was nothing to compare."""
        return 1 - len(self.differences.get(kind, ())) / max(1, self.asked[kind])

    def below_the_bars(self) -> dict[str, list[str]]:
        """The first differences of each kind that agrees too rarely."""
        return {kind: self.differences[kind][:20] for kind, bar in BARS.items() if self.agreement(kind) < bar}


def judged_here(
    rules: CompiledRules, folder: Path, dialect: DialectName, oddity: float, records: int
) -> list[dict[str, NodeJudgement]]:
    """Our judgement of random records by path; they are written to `folder`, also what is not relevant in them."""
    judgements = []
    now = datetime.datetime.now(datetime.UTC)
    for seed in range(records):
        steering = Steering(rules, seed, oddity=oddity, fixed=CONSENT, rows=2, dialect=dialect)
        record = steering.record(pruned=False)
        (folder / f"{seed:03d}.xml").write_bytes(Steering.xml(record))
        judgement = judge(rules, record, [], Circumstances(now, AGENTS[dialect]), details=True)
        judgements.append({node.path: node for node in judgement.nodes})
    return judgements


def compare(
    rules: CompiledRules, judgements: Sequence[Mapping[str, NodeJudgement]], lines: Sequence[str]
) -> Comparison:
    """`lines` are the other engine's, tab-separated.

    Their columns: number of the record, path, relevant, required, constraint satisfied, value.
    """
    comparison = Comparison()
    for line in lines:
        index, path, *words = line.split("\t")
        assert path != "ERROR", line
        indexed = _with_every_row(rules, path)
        node = judgements[int(index)].get(indexed)
        if node is None:
            assert "/meta/" in path or re.search(r"\[\d+\]", path), path
            continue
        _compare_node(comparison, rules, f"{index} {indexed}", node, words)
    return comparison


def _with_every_row(rules: CompiledRules, path: str) -> str:
    """`path` with a number at each repeat and nowhere else."""
    found, generic = "", ""
    for word in path.strip("/").split("/"):
        name, _, row = word.partition("[")
        generic += f"/{name}"
        found += f"/{name}[{row or '1]'}" if generic in rules.repeats else f"/{name}"
    return found


def _compare_node(
    comparison: Comparison, rules: CompiledRules, where: str, node: NodeJudgement, words: Sequence[str]
) -> None:
    relevant, required, constraint, value = words
    comparison.ask("relevant", where, node.relevant, relevant, (relevant == "true") == node.relevant)
    question = rules.definition.elements.get(re.sub(r"\[\d+\]", "", node.path))
    comparison.asked["asked questions"] += node.relevant
    if not node.relevant or relevant != "true" or not isinstance(question, Question):
        return
    if question.control and question.type != "note":
        comparison.ask("required", where, node.required, required, (required == "true") == node.required)
    if node.constraint_ok is not None and constraint:
        comparison.asked["violated constraints"] += constraint == "false"
        comparison.ask(
            "constraint", where, node.constraint_ok, constraint, (constraint == "true") == node.constraint_ok
        )
    if node.calculated is not None:
        same = same_value(node.calculated, value, question)
        comparison.ask("calculate", f"{where} = {question.rules.calculate}", node.calculated, value, same)


def same_value(ours: str, theirs: str, question: Question) -> bool:
    """Whether two computed values of `question` are equal by value."""
    number = read_xforms(ours)
    date = read_date(ours, datetime.UTC)
    computed = ours if number != number else number
    of_the_earth = any(f"{name}(" in question.rules.calculate for name in EARTH_FUNCTIONS)
    tolerance = EARTH_TOLERANCE if of_the_earth else RELATIVE_TOLERANCE
    return agrees(computed if date is None else date, theirs, question.type, datetime.UTC, tolerance)


def compare_form(
    content: bytes, table: bytes, folder: Path, dialect: DialectName, oddity: float, records: int, ask: Engine
) -> Comparison:
    """Random records of the XForm `content`, whose households.csv is `table`, judged here and by the engine `ask`."""
    media, written = folder / "media", folder / "records"
    media.mkdir(parents=True)
    written.mkdir()
    (folder / "form.xml").write_bytes(content)
    (media / "households.csv").write_bytes(table)
    rules = compile_rules(parse_xform(content), {"households.csv": table})
    ours = judged_here(rules, written, dialect, oddity, records)
    return compare(rules, ours, ask(folder / "form.xml", media, *sorted(written.iterdir())))
