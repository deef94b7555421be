"""Hostile expressions end soon, with the one error."""

import contextlib
import time

import pytest

from surveyapp.expressions.errors import ExpressionError, NotCheckable
from surveyapp.expressions.evaluation import evaluate
from surveyapp.expressions.regexes import matches


@pytest.mark.parametrize("pattern", [r"(a|aa)+$", r"(a+a+)+$"])
@pytest.mark.parametrize("dialect", ["javarosa", "xforms"])
def test_a_pattern_that_takes_too_long_is_not_checkable(pattern: str, dialect: str) -> None:
    started = time.perf_counter()
    for _ in range(20):
        with pytest.raises(NotCheckable):
            matches("a" * 3_000 + "!", pattern, dialect)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("pattern", [r"(a+)+$", r"(a*)*$", r"(.*a){25}b", r"(a?){500}a{500}"])
def test_any_pattern_ends_soon(pattern: str) -> None:
    started = time.perf_counter()
    with contextlib.suppress(NotCheckable):
        matches("a" * 3_000 + "!", pattern, "xforms")
    assert time.perf_counter() - started < 1


def test_a_pattern_with_huge_counts_is_not_checkable() -> None:
    with pytest.raises(NotCheckable):
        evaluate("regex('a', '((a{1000}){1000}){1000}')")


def test_an_unreadable_pattern_is_the_one_error() -> None:
    with pytest.raises(ExpressionError):
        evaluate("regex('a', '[')")


def test_ten_thousand_terms_add_up() -> None:
    assert evaluate(" + ".join(["1"] * 10_000)) == 10_000.0
    assert evaluate(" and ".join(["true()"] * 10_000)) is True
    assert evaluate("-" * 10_001 + "1") == -1.0


def test_a_hundred_nested_ifs_are_read() -> None:
    expression = "".join(f"if(/data/a = {number}, {number}, " for number in range(100)) + "-1" + ")" * 100
    assert evaluate(expression, document="<data><a>99</a></data>") == 99.0


@pytest.mark.parametrize(
    "expression",
    [
        "if(1=1," * 500 + "1" + ",2)" * 500,
        "(" * 10_000 + "1" + ")" * 10_000,
        "a[" * 1_000 + "1" + "]" * 1_000,
        "not(" * 300 + "1" + ")" * 300,
        "1 + (" * 400 + "1" + ")" * 400,
        "'" + "x" * 2_000_000 + "'",
        "1 + " * 500_000 + "1",
    ],
)
def test_what_is_too_deep_or_too_long_is_refused_soon(expression: str) -> None:
    started = time.perf_counter()
    with pytest.raises(ExpressionError):
        evaluate(expression)
    assert time.perf_counter() - started < 1


def test_the_deepest_expression_can_be_evaluated_below_a_deep_stack() -> None:
    expression = "1 + (" * 70 + "1" + ")" * 70

    def below(levels: int) -> object:
        return evaluate(expression) if levels == 0 else below(levels - 1)

    assert below(250) == 71.0


@pytest.mark.parametrize(
    ("pattern", "text", "dialect", "matched"),
    [
        ("[0-9]{1,30}-[0-9]{1,30}-[0-9]{1,30}-[0-9]{1,30}", "1-2-3-4", "javarosa", True),
        ("[*+]+", "+*", "xforms", True),
        (r"\++", "++", "xforms", True),
        ("[[]x", "[x", "xforms", True),
        ("[a&&b]", "&", "xforms", True),
        ("[a&&b]", "&", "javarosa", False),
        ("[a-c[x-z]]+", "ax", "javarosa", True),
        (r"[^\s]+", "ab", "javarosa", True),
        ("a{,3}", "a{,3}", "xforms", True),
        ("a{e}", "ab", "xforms", False),
        (r"\p{L}{2}", "éa", "javarosa", True),
        (r"^\d+$", "٣", "xforms", False),
    ],
)
def test_patterns_mean_what_they_mean_to_the_client(pattern: str, text: str, dialect: str, matched: bool) -> None:
    assert matches(text, pattern, dialect) is matched
