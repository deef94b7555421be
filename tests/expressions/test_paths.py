"""Paths: rows of repeats, axes, predicates, lists."""

import pytest

from surveyapp.answers import Node
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.evaluation import DialectName, compile_expression, evaluate
from surveyapp.expressions.scope import Environment, Instances, Scope
from tests.expressions.case_document import NOW

NESTED = """<data><rep><k>1</k><c/><inner><z>10</z><i/></inner><inner><z>20</z><i/></inner></rep>\
<rep><k>4</k><c/><inner><z>100</z><i/></inner></rep><t/></data>"""


@pytest.mark.parametrize(
    ("expression", "context", "javarosa", "xforms"),
    [
        ("/data/rep/k * 10", "/data/rep[2]/c", 40.0, 40.0),
        ("../k * 10", "/data/rep[2]/c", 40.0, 40.0),
        ("count(../../rep)", "/data/rep[2]/c", 2.0, 2.0),
        ("sum(../../rep/k)", "/data/rep[2]/c", 5.0, 5.0),
        ("sum(/data/rep/k)", "/data/rep[2]/c", 4.0, 5.0),
        ("count(/data/rep)", "/data/rep[2]/c", 1.0, 2.0),
        ("sum(/data/rep/inner/z)", "/data/rep[1]/c", 30.0, 30.0),
        ("sum(/data/rep/inner/z)", "/data/t", 130.0, 130.0),
        ("sum(/data/rep/k)", "/data/t", 5.0, 5.0),
        ("sum(/data/rep[position() < 3]/k)", "/data/rep[2]/c", 5.0, 5.0),
        ("position(..)", "/data/rep[2]/c", 2.0, 2.0),
        ("position(../..) * 10 + position(..)", "/data/rep[1]/inner[2]/i", 12.0, 12.0),
        ("number(indexed-repeat(/data/rep/k, /data/rep, 2))", "/data/rep[1]/c", 4.0, 4.0),
        ("number(indexed-repeat(/data/rep/inner/z, /data/rep, 1, /data/rep/inner, 2))", "/data/t", 20.0, 20.0),
        ("number(indexed-repeat(../../k, ../.., 2))", "/data/rep[1]/inner[1]/i", 4.0, 4.0),
        ("../../k + ../z", "/data/rep[1]/inner[2]/i", 21.0, 21.0),
        ("count(../../rep[k > current()/../k])", "/data/rep[1]/c", 1.0, 1.0),
    ],
)
def test_paths_in_repeats_find_their_rows(expression: str, context: str, javarosa: float, xforms: float) -> None:
    assert evaluate(expression, document=NESTED, context=context) == javarosa
    assert evaluate(expression, document=NESTED, context=context, dialect="xforms") == xforms


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("count(//z)", 3.0),
        ("count(/data/rep[1]/descendant::*)", 8.0),
        ("count(ancestor::*)", 2.0),
        ("count(ancestor-or-self::*)", 3.0),
        ("count(following-sibling::*)", 1.0),
        ("count(preceding-sibling::*)", 1.0),
        ("count(following::*)", 4.0),
        ("count(preceding::*)", 10.0),
        ("count(../*)", 3.0),
        ("count(../node())", 3.0),
        ("count(//rep | //inner | //rep)", 5.0),
        ("string(//inner[last()]/z)", "20"),
        ("string(../../rep[1]/inner[2]/z)", "20"),
        ("string(self::c)", ""),
        ("count(self::k)", 0.0),
        ("count(parent::rep)", 1.0),
        ("string(preceding::z[1])", "20"),
    ],
)
def test_all_axes_serve_web_clients(expression: str, expected: float | str) -> None:
    assert evaluate(expression, document=NESTED, context="/data/rep[2]/c", dialect="xforms") == expected


@pytest.mark.parametrize("expression", ["//z", "ancestor::rep", "descendant::z", "/data/rep/node()"])
def test_collect_refuses_other_axes(expression: str) -> None:
    with pytest.raises(ExpressionError, match="ODK Collect"):
        evaluate(expression, document=NESTED)


def test_several_rows_are_an_error_where_collect_wants_one() -> None:
    with pytest.raises(ExpressionError, match="repeated"):
        evaluate("/data/rep/k + 1", document=NESTED, context="/data/t")


def test_attributes_and_namespaces() -> None:
    document = '<data id="x" xmlns:o="urn:o"><o:a>1</o:a><a>2</a></data>'
    assert evaluate("string(/data/@id)", document=document) == "x"
    assert evaluate("string(o:a)", document=document, dialect="xforms", namespaces={"o": "urn:o"}) == "1"
    assert evaluate("count(a)", document=document) == 2.0


def test_nodes_that_are_not_relevant_are_blank() -> None:
    root = Node("data")
    for number in (1, 4, 2):
        root.append(Node("n", str(number)))
    root.children[1].relevant = False
    assert evaluate("concat(count(/data/n), ' ', sum(/data/n))", document=root) == "2 3"
    assert evaluate("join(',', /data/n)", document=root, dialect="xforms") == "1,,2"
    assert str(evaluate("sum(/data/n)", document=root, dialect="xforms")) == "nan"


def towns(count: int) -> Node:
    instance = Node("instance")
    root = instance.append(Node("root"))
    for number in range(count):
        item = root.append(Node("item"))
        item.append(Node("name", f"t{number}"))
        item.append(Node("county", f"c{number % 50}"))
        item.append(Node("size", str(number % 7)))
    return instance


@pytest.mark.parametrize("dialect", ["javarosa", "xforms"])
@pytest.mark.parametrize(
    "predicate",
    [
        "county = /data/c",
        "/data/c = county",
        "county = 'c3'",
        "size = 3 and county = /data/c",
        "county = /data/c and size = 3",
        "county = /data/missing",
        "county = /data/n",
        "county = current()/c",
    ],
)
def test_an_indexed_filter_finds_what_a_search_finds(predicate: str, dialect: DialectName) -> None:
    root = Node("data")
    root.append(Node("c", "c3"))
    root.append(Node("n", "5")).type = "int"
    indexed = compile_expression(f"instance('towns')/root/item[{predicate}]/name", dialect)
    searched = compile_expression(f"instance('towns')/root/item[true()][{predicate}]/name", dialect)
    scope = Scope(Environment(root, now=NOW, instances=Instances({"towns": towns(400)})), root)
    assert indexed.value(scope) == searched.value(scope)


def test_a_position_in_a_filter_counts_all_items() -> None:
    scope = Scope(Environment(Node("data"), now=NOW, instances=Instances({"towns": towns(100)})), Node("data"))
    expression = "count(instance('towns')/root/item[county = 'c3' and position() > 50])"
    assert compile_expression(expression).value(scope) == 1.0
