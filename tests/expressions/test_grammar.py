"""Reading, printing, and what is said of what cannot be read."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.answers import Node
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.evaluation import DialectName, evaluate
from surveyapp.expressions.parser import parse
from surveyapp.expressions.printer import print_expression
from surveyapp.expressions.references import list_references
from surveyapp.expressions.syntax import Call, Chain, Expression, Literal, Negation, Number, Path, Step

NAMES = st.sampled_from(["a", "data", "m_age", "a-b", "a.b", "and", "div", "村", "o:x", "text1"])
AXES = st.sampled_from(["child", "child", "child", "attribute", "ancestor", "following-sibling", "self"])
TESTS = st.one_of(NAMES, st.sampled_from(["*", "node()", "text()"]))
LEAVES: st.SearchStrategy[Expression] = st.one_of(
    st.builds(lambda value: Number(value / 4, format(value / 4, "f")), st.integers(0, 10_000)),
    st.builds(Literal, st.text(alphabet="ab c'é=[", max_size=5)),
    st.builds(Call, st.sampled_from(["true", "position", "jr:choice-name"])),
)


def steps(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Step]:
    predicates = st.lists(inner, max_size=1).map(tuple)
    named = st.builds(Step, AXES, TESTS, predicates)
    return st.one_of(named, st.builds(Step, st.sampled_from(["self", "parent"]), st.just("node()"), predicates))


def chains(inner: st.SearchStrategy[Expression], operators: list[str]) -> st.SearchStrategy[Expression]:
    """Operators of one precedence, between operands that bind tighter or stand in parentheses when printed."""

    def build(parts: list[tuple[str, Expression]]) -> Expression:
        first = parts[0][1]
        if isinstance(first, Chain) and set(first.operators) <= set(operators):
            first = Call("string", (first,))
        operands = (first, *(operand for _, operand in parts[1:]))
        return Chain(operands, tuple(operator for operator, _ in parts[1:]))

    return st.lists(st.tuples(st.sampled_from(operators), inner), min_size=2, max_size=4).map(build)


def grow(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    path_steps = st.lists(steps(inner), min_size=1, max_size=3).map(tuple)
    starts = st.builds(lambda name, arguments: Call(name, tuple(arguments)), NAMES, st.lists(inner, max_size=2))
    return st.one_of(
        st.builds(Path, path_steps, st.booleans()),
        st.builds(lambda start, found: Path(found, start=start), starts, path_steps),
        st.builds(lambda arguments: Call("if", tuple(arguments)), st.lists(inner, min_size=3, max_size=3)),
        inner.filter(lambda tree: not isinstance(tree, Negation)).map(lambda tree: Negation(tree, 1)),
        *(
            chains(inner, group)
            for group in (["or"], ["and"], ["=", "!="], ["<", ">="], ["+", "-"], ["*", "div", "mod"])
        ),
    )


@given(st.recursive(LEAVES, grow, max_leaves=12))
def test_what_is_printed_parses_to_the_same_tree(tree: Expression) -> None:
    assert parse(print_expression(tree)) == tree


@given(
    st.one_of(
        st.text(max_size=30),
        st.text(alphabet="ab1./()[]'\"=<>+-*|,@:$ ", max_size=30),
        st.lists(
            st.sampled_from(
                ["a", "/", "//", "(", ")", "[", "]", "1", "'x'", "=", "and", "*", "-", "..", "if", ",", "count", "date"]
            ),
            max_size=12,
        ).map(" ".join),
    ),
    st.sampled_from(["javarosa", "xforms"]),
)
def test_any_text_gives_a_value_or_the_one_error(text: str, dialect: DialectName) -> None:
    try:
        value = evaluate(text, document="<data><a>1</a><a>x</a></data>", dialect=dialect)
    except ExpressionError:
        return
    assert isinstance(value, str | float | bool | list)


ARGUMENTS = st.sampled_from(
    [
        "''",
        "'a b'",
        "1",
        "-2.5",
        "1 div 0",
        "0 div 0",
        "/data/a",
        "/data/none",
        "true()",
        "'2024-05-01'",
        "today()",
        "9e9",
    ]
)
FUNCTION_NAMES = st.sampled_from(
    sorted(
        {
            *(
                "substr",
                "substring",
                "round",
                "selected-at",
                "date",
                "format-date",
                "decimal-time",
                "translate",
                "area",
            ),
            *("distance", "geofence", "checklist", "weighted-checklist", "pow", "min", "max", "sum", "int", "regex"),
            *("indexed-repeat", "position", "randomize", "digest", "base64-decode", "uuid", "coalesce", "once", "join"),
            *(
                "log",
                "sqrt",
                "exp",
                "exp10",
                "atan2",
                "string-length",
                "normalize-space",
                "boolean-from-string",
                "count",
            ),
        }
    )
)


@given(FUNCTION_NAMES, st.lists(ARGUMENTS, max_size=4), st.sampled_from(["javarosa", "xforms"]))
def test_any_arguments_give_a_value_or_the_one_error(name: str, arguments: list[str], dialect: DialectName) -> None:
    try:
        value = evaluate(f"{name}({', '.join(arguments)})", document="<data><a>1</a><a>x</a></data>", dialect=dialect)
    except ExpressionError:
        return
    assert isinstance(value, str | float | bool | list)


@pytest.mark.parametrize(
    ("expression", "position", "found", "expected"),
    [
        ("1 +", 3, "the end of the expression", "expected a path, a value or a function"),
        ("(1 + 2", 6, "the end of the expression", "expected ')'"),
        ("1 2", 2, "'2'", "expected an operator or the end"),
        ("'abc", 0, "the end of the expression", "expected a closing quote"),
        ("a ? b", 2, "'?'", "expected a name"),
        ("if(1, 2", 7, "the end of the expression", "expected ')'"),
        ("/data/[1]", 6, "'['", "expected a path"),
        ("up::a", 0, "'up'", "expected the name of an axis"),
        ("$x", 0, "'$'", "variables are not part of XForms"),
        ("", 0, "the end of the expression", "expected a path"),
        ("nosuch(1)", 0, "nosuch() with 1 arguments", "expected a function that ODK Collect knows"),
        ("1 + if(1)", 4, "if() with 1 arguments", "expected 3 arguments in if()"),
    ],
)
def test_an_error_says_where_and_what(expression: str, position: int, found: str, expected: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(expression)
    error = caught.value
    assert (error.position, error.found) == (position, found)
    assert error.expected.startswith(expected) or expected in error.expected


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1mod 2", 1.0),
        ("'7'mod'4'", 3.0),
        (".5 + 5.", 5.5),
        ("div div mod", math.nan),
        ("a-1", ""),
        ("a -1", 0.0),
        ("a * 3", 3.0),
        ("* * *", 1.0),
        ("\n1\n+\t1", 2.0),
        ("- - 1", 1.0),
    ],
)
def test_names_operators_and_spaces_are_told_apart(expression: str, value: float | str) -> None:
    root = Node("data")
    root.append(Node("a", "1"))
    found = evaluate(
        f"string({expression})" if value == "" else f"number({expression})", document=root, dialect="xforms"
    )
    assert found == value or (value != value and found != found)


def test_references_are_absolute_and_generic() -> None:
    tree = parse(
        "sum(../../rep[k > current()/../k]/n) + /data/a + instance('t')/root/item[p = /data/q and r = ../s]/v"
        " + pulldata('f', 'x', 'y', ../k) + ."
    )
    found = list_references(tree, "/data/rep/c")
    assert set(found.paths) == {
        "/data/rep/n",
        "/data/rep/k",
        "/data/a",
        "/data/q",
        "/data/rep/c",
    }
    assert found.instances == {"t", "f"}
    assert found.functions == {"sum", "current", "instance", "pulldata"}
