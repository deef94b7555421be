"""How long the judge takes for one record, in ms; made-up forms of the sizes that are met in the field."""

import datetime
import random
import statistics
import time
from typing import Any, Final

from pyxform.xls2xform import convert

from surveyapp.answers import Node
from surveyapp.expressions.evaluation import read_tree
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import judge
from surveyapp.validate.rules import CompiledRules, compile_rules
from surveyapp.xform.bind import bind
from surveyapp.xform.definition import FormDefinition
from surveyapp.xform.parse import parse_xform

RECORDS: Final = 40
LIST_ROWS: Final = 5000
REPEAT_ROWS: Final = 20
NOW: Final = datetime.datetime(2026, 9, 1, 12, tzinfo=datetime.UTC)
AGENTS: Final = {"Collect": "org.odk.collect.android/v2026.1", "a web client": "Enketo", "unknown client": ""}
FILTERS: Final = {
    "by a column, the same in each row": "village = ${place}",
    "by a column": "village = ${here}",
    "by two columns": "village = ${here} and kind = ${kind}",
    "by a column and more": "village = ${here} and size > 2",
    "by no column, the same in each row": "size > ${least} and starts-with(name, ${place})",
    "by no column": "size > ${least} and starts-with(name, ${here})",
}


def questionnaire(questions: int, expressions: int) -> str:
    """An XLSForm table: half of the expressions relevance, a third constraints, the rest calculations."""
    relevant, constraint = expressions // 2, expressions // 3
    calculate = expressions - relevant - constraint
    rows = [
        "| survey |",
        "| | type | name | label | relevant | constraint | calculation |",
        "| | integer | q0 | Q | | | |",
    ]
    asked = questions - calculate
    for number in range(1, asked):
        before = f"${{q{number - 1}}}"
        relevance = f"{before} > 0 or selected(${{q0}}, '{number}')" if number <= relevant else ""
        bounds = f". >= 0 and . <= 100 + {before}" if number <= constraint else ""
        rows.append(f"| | integer | q{number} | Question {number} | {relevance} | {bounds} | |")
    # What questions cannot hold, calculations do: a constraint and a relevance are at most one for each.
    spare = max(0, relevant - asked + 1)
    for number in range(calculate):
        several = " + ".join(f"coalesce(${{q{(number * 7 + step) % asked}}}, 0)" for step in range(3))
        relevance = f"${{q{number % asked}}} >= 0" if number < spare else ""
        rows.append(f"| | calculate | c{number} | | {relevance} | | round(({several}) div 3, 2) |")
    return "\n".join(rows)


def roster(choice_filter: str) -> str:
    """An XLSForm table: a choice from a file, filtered, in a repeat."""
    return "\n".join(
        [
            "| survey |",
            "| | type | name | label | choice_filter |",
            "| | text | place | Place | |",
            "| | text | kind | Kind | |",
            "| | integer | least | Least | |",
            "| | begin_repeat | row | Row | |",
            "| | text | here | Here | |",
            f"| | select_one_from_file homes.csv | home | Home | {choice_filter} |",
            "| | end_repeat | row | | |",
        ]
    )


def homes() -> bytes:
    """The file of the choices."""
    lines = ["name,label,village,kind,size"]
    for number in range(LIST_ROWS):
        village = f"v{number % 100:03d}"
        lines.append(f"{village}-{number:05d},Home {number},{village},k{number % 7},{number % 9 + 1}")
    return "\n".join(lines).encode()


def parse_table(table: str) -> FormDefinition:
    """The definition of an XLSForm table."""
    return parse_xform(convert(table, file_type=".md", form_name="data", validate=False).xform.encode())


def measure(rules: CompiledRules, records: list[bytes]) -> dict[str, float]:
    """Median ms for a record from its XML to its findings, by client."""
    found = {}
    for client, agent in AGENTS.items():
        taken = []
        for record in records:
            started = time.perf_counter()
            _judge(rules, record, agent)
            taken.append(1000 * (time.perf_counter() - started))
        found[client] = statistics.median(taken)
    return found


def _judge(rules: CompiledRules, record: bytes, agent: str) -> None:
    root: Node = read_tree(record.decode())
    unknown = bind(rules.definition, root)
    judged = judge(rules, root, unknown, Circumstances(NOW, agent))
    assert judged.ok > 0, "the record was not judged"


def answer(definition: FormDefinition, seed: int) -> bytes:
    """A record in which every question is asked."""
    draw = random.Random(seed)
    cells = "".join(
        f"<{question.name}>{draw.randint(1, 100)}</{question.name}>"
        for question in definition.questions
        if not question.rules.calculate
    )
    return f'<data id="data">{cells}</data>'.encode()


def answer_roster(seed: int) -> bytes:
    """A record with REPEAT_ROWS rows, each a home of the place."""
    draw = random.Random(seed)
    place, kind = draw.randrange(100), seed % 7
    numbers = [number for number in range(place, LIST_ROWS, 100) if number % 7 == kind]
    chosen = [draw.choice(numbers) for _ in range(REPEAT_ROWS)]
    rows = "".join(f"<row><here>v{place:03d}</here><home>v{place:03d}-{number:05d}</home></row>" for number in chosen)
    return f'<data id="data"><place>v{place:03d}</place><kind>k{kind}</kind><least>0</least>{rows}</data>'.encode()


def main() -> dict[str, Any]:
    """Questionnaires of two sizes, and filters of a long list inside a repeat."""
    found: dict[str, Any] = {}
    for questions, expressions in ((150, 120), (485, 900)):
        definition = parse_table(questionnaire(questions, expressions))
        started = time.perf_counter()
        rules = compile_rules(definition, {})
        compiled = 1000 * (time.perf_counter() - started)
        records = [answer(definition, seed) for seed in range(RECORDS)]
        name = f"{questions} questions, {expressions} expressions"
        found[name] = {"compile once, ms": compiled, **_named(measure(rules, records))}
    for name, choice_filter in FILTERS.items():
        rules = compile_rules(parse_table(roster(choice_filter)), {"homes.csv": homes()})
        _judge(rules, answer_roster(0), "")  # the first record builds the index
        records = [answer_roster(seed) for seed in range(RECORDS // 4)]
        found[f"{LIST_ROWS} rows filtered {name} in {REPEAT_ROWS} rows"] = _named(measure(rules, records))
    return found


def _named(measured: dict[str, float]) -> dict[str, float]:
    return {f"{client}, ms": taken for client, taken in measured.items()}


if __name__ == "__main__":
    print(main())
