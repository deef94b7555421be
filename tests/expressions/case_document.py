"""The small record at which the table of cases is evaluated."""

import csv
import datetime
from pathlib import Path

from surveyapp.answers import Node
from surveyapp.expressions.errors import ExpressionError, NotCheckable
from surveyapp.expressions.evaluation import DialectName, evaluate, read_tree
from surveyapp.expressions.scope import Environment, Scope
from surveyapp.expressions.values import DIALECTS

NOW = datetime.datetime(2026, 9, 1, 10, 0, tzinfo=datetime.UTC)
TYPES = {
    "i": "int",
    "zero": "int",
    "two": "int",
    "n": "int",
    "d": "date",
    "t": "time",
    "dt": "dateTime",
    "b": "boolean",
    "p": "geopoint",
    "g": "geotrace",
    "dec": "decimal",
}
ROWS = "<r><n>1</n></r><r><n>4</n></r><r><n/></r><r2><n>-3</n></r2><r2><n>-7</n></r2>"
RECORD = f"""<data id="ex"><empty/><i>3</i><s>3</s><zero>0</zero><d>2024-05-01</d><ds>2024-05-01</ds>{ROWS}\
<t>06:00:00.000Z</t><dt>2024-05-01T10:20:30.000Z</dt><b>1</b><m>a b</m><p>1.5 2.5 0 0</p><g>0 0 0 0;0 1 0 0;1 1 0 0</g>\
<dec>1.50</dec><a>A</a><gs>0 0 0 0;0 1 0 0;1 1 0 0;0 0 0 0</gs><pin>0.5 0.6 0 0</pin><s2>b</s2><two>2</two><m2>a c</m2>\
<c/></data>"""
ITEMS = "".join(
    f"<item><name>{name}</name><label>Label {name.upper()}</label><grp>{group}</grp><num>{number}</num></item>"
    for name, group, number in (("a", "x", 1), ("b", "x", 2), ("c", "y", 3))
)
LIST = f'<instance id="list"><root>{ITEMS}</root></instance>'


def read_cases() -> list[tuple[str, str, str]]:
    """Expression, value in JavaRosa, value in XForms clients."""
    with (Path(__file__).parent / "cases.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        next(rows)
        return [(expression, javarosa, xforms) for expression, javarosa, xforms in rows]


def write_form(calculation: str) -> str:
    """An XForm of the record in which `/data/c` is calculated."""
    binds = "".join(f'<bind nodeset="/data/{name}" type="{kind}"/>' for name, kind in TYPES.items() if name != "n")
    binds += '<bind nodeset="/data/r/n" type="int"/><bind nodeset="/data/r2/n" type="int"/>'
    rows = "".join(
        f'<group ref="/data/{name}"><repeat nodeset="/data/{name}"><input ref="/data/{name}/n"/></repeat></group>'
        for name in ("r", "r2")
    )
    model = f"<instance>{RECORD.replace(ROWS, '<r><n/></r><r2><n/></r2>')}</instance>{LIST}{binds}"
    model += f'<bind nodeset="/data/c" calculate="{calculation}" type="string"/>'
    namespaces = 'xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"'
    head = f"<h:head><h:title>t</h:title><model>{model}</model></h:head>"
    return f"<h:html {namespaces}>{head}<h:body>{rows}</h:body></h:html>"


def typed_record() -> Node:
    """The record, each node with the type of its bind."""
    root = read_tree(RECORD)
    for node in root.walk():
        node.type = TYPES.get(node.name, "")
    return root


def shown(expression: str, dialect: DialectName) -> str:
    """The value as text, or `error`, or `not checkable`."""
    root = typed_record()
    try:
        value = evaluate(
            expression, document=root, context="/data/c", dialect=dialect, now=NOW, instances={"list": LIST}
        )
        return DIALECTS[dialect].text(value, Scope(Environment(root, now=NOW), root))
    except NotCheckable:
        return "not checkable"
    except ExpressionError:
        return "error"
