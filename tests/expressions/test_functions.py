"""Every function and operator in both dialects; what a client was seen to give stands in cases.tsv."""

import pytest

from surveyapp.expressions.catalogue import FUNCTIONS
from surveyapp.expressions.errors import ExpressionError, NotCheckable
from surveyapp.expressions.evaluation import evaluate
from surveyapp.expressions.parser import parse
from surveyapp.expressions.references import list_references
from surveyapp.expressions.special import SPECIAL
from tests.expressions.case_document import read_cases, shown

CASES = read_cases()


@pytest.mark.parametrize(("expression", "expected"), [(case[0], case[1]) for case in CASES])
def test_javarosa_gives_what_collect_gives(expression: str, expected: str) -> None:
    assert shown(expression, "javarosa") == expected


@pytest.mark.parametrize(("expression", "expected"), [(case[0], case[2]) for case in CASES])
def test_xforms_gives_what_web_clients_give(expression: str, expected: str) -> None:
    assert shown(expression, "xforms") == expected


def test_every_function_has_a_case() -> None:
    tested_elsewhere = {
        *("jr:choice-name", "jr:itext", "pulldata", "randomize", "property", "extract-signed", "version"),
        *("enclosed-area", "intersects", "uuid", "random", "name", "local-name", "namespace-uri", "id", "lang"),
        *("date-time", "current", "instance"),
    }
    named: set[str] = set()
    for expression, _, _ in CASES:
        try:
            named |= list_references(parse(expression), "/data/c").functions
        except ExpressionError:
            continue
    assert {*FUNCTIONS["javarosa"], *FUNCTIONS["xforms"], *SPECIAL} - named - tested_elsewhere == set()


def test_random_stays_below_one() -> None:
    assert 0 <= float(str(evaluate("random()"))) < 1


def test_uuid_has_the_length_asked_for() -> None:
    assert len(str(evaluate("uuid(7)"))) == 7
    assert len(str(evaluate("uuid()"))) == 36


def test_randomize_with_a_seed_is_one_order() -> None:
    document = "<data><n>1</n><n>2</n><n>3</n><n>4</n></data>"
    orders = {str(evaluate("join(' ', randomize(/data/n, 42))", document=document)) for _ in range(3)}
    assert len(orders) == 1
    assert sorted(orders.pop().split()) == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    "expression", ["property('deviceid')", "extract-signed('a', 'b')", "intersects('1 1;2 2;3 3')", "jr:itext('x')"]
)
def test_what_only_the_phone_knows_is_not_checkable(expression: str) -> None:
    with pytest.raises(NotCheckable):
        evaluate(expression)


def test_pulldata_finds_the_first_row() -> None:
    table = "<root><item><k>a</k><v>1</v></item><item><k>a</k><v>2</v></item></root>"
    assert evaluate("pulldata('t', 'v', 'k', 'a')", instances={"t": table}) == "1"
    assert evaluate("pulldata('t', 'v', 'k', 'b')", instances={"t": table}) == ""


def test_names_and_languages_of_nodes() -> None:
    document = '<data xml:lang="en-GB"><a id="x">1</a></data>'
    assert evaluate("name(/data/a)", document=document, dialect="xforms") == "a"
    assert evaluate("lang('en')", document=document, dialect="xforms") is True
    assert evaluate("string(id('x'))", document=document, dialect="xforms") == "1"


def test_a_date_is_local() -> None:
    assert evaluate("string(date('2024-05-01T23:30:00Z'))", timezone="Asia/Shanghai") == "2024-05-02"
    assert evaluate("decimal-date-time('2024-05-01')", timezone="Asia/Shanghai") == 19844 - 8 / 24
