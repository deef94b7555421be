"""Functions on numbers and booleans."""

import math
from collections.abc import Callable, Sequence
from typing import Final

from surveyapp.expressions import numbers
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.functions import ANY_NUMBER, Table
from surveyapp.expressions.numbers import NAN
from surveyapp.expressions.scope import Scope
from surveyapp.expressions.values import DIALECTS, Value
from surveyapp.sentences import say

NUMBERS: Final = Table()
JAVAROSA: Final = DIALECTS["javarosa"]
XFORMS: Final = DIALECTS["xforms"]
# Double.MIN_VALUE of Java, the smallest positive number: where JavaRosa's max() starts.
SMALLEST: Final = 5e-324


@NUMBERS.add("true")
def true() -> bool:
    """`true()`."""
    return True


@NUMBERS.add("false")
def false() -> bool:
    """`false()`."""
    return False


@NUMBERS.add("not", kinds=["boolean"])
def negate(truth: bool) -> bool:
    """`not(x)`."""
    return not truth


@NUMBERS.add("boolean", kinds=["boolean"])
def boolean(truth: bool) -> bool:
    """`boolean(x)`."""
    return truth


@NUMBERS.add("boolean-from-string", kinds=["text"], dialects=["javarosa"])
def javarosa_boolean_from_string(text: str) -> bool:
    """`boolean-from-string(text)`: 1, or true in any case."""
    return text == "1" or text.lower() == "true"


@NUMBERS.add("boolean-from-string", kinds=["text"], dialects=["xforms"])
def xforms_boolean_from_string(text: str) -> bool:
    """`boolean-from-string(text)`: 1 or true."""
    return text in ("1", "true")


@NUMBERS.add("number", kinds=["number"])
def number(value: float) -> float:
    """`number(x)`."""
    return value


@NUMBERS.add("int", kinds=["number"])
def truncate(value: float) -> float:
    """`int(x)`: toward zero."""
    return numbers.truncate(value)


@NUMBERS.add("round", kinds=["number", "number"], least=1, dialects=["javarosa"])
def javarosa_round(value: float, places: float = 0.0) -> float:
    """`round(x, places)`."""
    return numbers.round_javarosa(value, places)


@NUMBERS.add("round", kinds=["number", "number"], least=1, dialects=["xforms"])
def xforms_round(value: float, places: float = 0.0) -> float:
    """`round(x, places)`."""
    return numbers.round_xforms(value, places)


@NUMBERS.add("floor", kinds=["number"], dialects=["xforms"])
def floor(value: float) -> float:
    """`floor(x)`."""
    return float(math.floor(value)) if math.isfinite(value) else value


@NUMBERS.add("ceiling", kinds=["number"], dialects=["xforms"])
def ceiling(value: float) -> float:
    """`ceiling(x)`."""
    return float(math.ceil(value)) if math.isfinite(value) else value


@NUMBERS.add("pow", kinds=["number", "number"])
def power(base: float, exponent: float) -> float:
    """`pow(base, exponent)`."""
    try:
        found = math.pow(base, exponent)
    except OverflowError:
        return math.inf if base > 0 or exponent % 2 == 0 else -math.inf
    except ValueError:
        return math.inf if base == 0 else NAN
    # Java and ECMAScript say NaN for (+-1) to an infinite power, C says 1.
    return NAN if (math.isinf(exponent) and abs(base) == 1) or exponent != exponent else found


def _exponential(apply: Callable[[float], float], value: float) -> float:
    try:
        return apply(value)
    except OverflowError:
        return math.inf


@NUMBERS.add("exp", kinds=["number"])
def exponential(value: float) -> float:
    """`exp(x)`."""
    return _exponential(math.exp, value)


@NUMBERS.add("exp10", kinds=["number"])
def exponential10(value: float) -> float:
    """`exp10(x)`."""
    return _exponential(lambda exponent: math.pow(10.0, exponent), value)


def _logarithm(apply: Callable[[float], float], value: float) -> float:
    if value == 0:
        return -math.inf
    return apply(value) if value > 0 else NAN


@NUMBERS.add("log", kinds=["number"])
def logarithm(value: float) -> float:
    """`log(x)`, natural."""
    return _logarithm(math.log, value)


@NUMBERS.add("log10", kinds=["number"])
def logarithm10(value: float) -> float:
    """`log10(x)`."""
    return _logarithm(math.log10, value)


@NUMBERS.add("abs", kinds=["number"])
def absolute(value: float) -> float:
    """`abs(x)`."""
    return abs(value)


@NUMBERS.add("sqrt", kinds=["number"])
def square_root(value: float) -> float:
    """`sqrt(x)`."""
    return math.sqrt(value)


@NUMBERS.add("sin", kinds=["number"])
def sine(value: float) -> float:
    """`sin(x)` of radians."""
    return math.sin(value)


@NUMBERS.add("cos", kinds=["number"])
def cosine(value: float) -> float:
    """`cos(x)` of radians."""
    return math.cos(value)


@NUMBERS.add("tan", kinds=["number"])
def tangent(value: float) -> float:
    """`tan(x)` of radians."""
    return math.tan(value)


@NUMBERS.add("asin", kinds=["number"])
def arc_sine(value: float) -> float:
    """`asin(x)` in radians."""
    return math.asin(value)


@NUMBERS.add("acos", kinds=["number"])
def arc_cosine(value: float) -> float:
    """`acos(x)` in radians."""
    return math.acos(value)


@NUMBERS.add("atan", kinds=["number"])
def arc_tangent(value: float) -> float:
    """`atan(x)` in radians."""
    return math.atan(value)


@NUMBERS.add("atan2", kinds=["number", "number"])
def arc_tangent2(y: float, x: float) -> float:
    """`atan2(y, x)` in radians."""
    return math.atan2(y, x)


@NUMBERS.add("pi")
def pi() -> float:
    """`pi()`."""
    return math.pi


@NUMBERS.add("random", scoped=True)
def random(scope: Scope) -> float:
    """`random()`: at least 0, below 1."""
    return scope.environment.random.random()


# -- over many values -------------------------------------------------------------------------------------------------
def javarosa_numbers(scope: Scope, values: Sequence[Value]) -> list[float]:
    """The numbers among them; a sole node-set gives all its nodes, what is no number is passed over."""
    if len(values) == 1 and isinstance(values[0], list):
        values = [[node] for node in values[0]]
    found = (JAVAROSA.number(value, scope) for value in values)
    return [value for value in found if value == value]


def xforms_numbers(scope: Scope, values: Sequence[Value]) -> list[float]:
    """All of them; node-sets give all their nodes."""
    found: list[float] = []
    for value in values:
        if isinstance(value, list):
            found += [XFORMS.number([node], scope) for node in value]
        else:
            found.append(XFORMS.number(value, scope))
    return found


@NUMBERS.add("sum", kinds=["nodes"], dialects=["javarosa"], scoped=True)
def javarosa_sum(scope: Scope, nodes: Value) -> float:
    """`sum(nodes)`: what is no number is passed over."""
    return float(sum(javarosa_numbers(scope, [nodes])))


@NUMBERS.add("sum", kinds=["nodes"], dialects=["xforms"], scoped=True)
def xforms_sum(scope: Scope, nodes: Value) -> float:
    """`sum(nodes)`: NaN as soon as one is no number."""
    return float(sum(xforms_numbers(scope, [nodes])))


@NUMBERS.add("min", kinds=["whole"], least=1, most=ANY_NUMBER, dialects=["javarosa"], scoped=True)
def javarosa_min(scope: Scope, *values: Value) -> float:
    """`min(...)`: what is no number is passed over."""
    return min(javarosa_numbers(scope, values), default=NAN)


@NUMBERS.add("max", kinds=["whole"], least=1, most=ANY_NUMBER, dialects=["javarosa"], scoped=True)
def javarosa_max(scope: Scope, *values: Value) -> float:
    """Of only negative numbers JavaRosa's max is 0."""
    found = javarosa_numbers(scope, values)
    return max([SMALLEST, *found]) if found else NAN


@NUMBERS.add("min", kinds=["whole"], least=1, most=ANY_NUMBER, dialects=["xforms"], scoped=True)
def xforms_min(scope: Scope, *values: Value) -> float:
    """`min(...)`: NaN as soon as one is no number."""
    found = xforms_numbers(scope, values)
    return NAN if any(value != value for value in found) else min(found, default=NAN)


@NUMBERS.add("max", kinds=["whole"], least=1, most=ANY_NUMBER, dialects=["xforms"], scoped=True)
def xforms_max(scope: Scope, *values: Value) -> float:
    """`max(...)`: NaN as soon as one is no number."""
    found = xforms_numbers(scope, values)
    return NAN if any(value != value for value in found) else max(found, default=NAN)


def truths(scope: Scope, values: Sequence[Value]) -> list[bool]:
    """Node-sets give one truth a node, by its value."""
    found: list[bool] = []
    for value in values:
        if isinstance(value, list):
            found += [_is_true(JAVAROSA.single([node], scope)) for node in value if node.relevant]
        else:
            found.append(_is_true(value))
    return found


def _is_true(value: Value) -> bool:
    return value == value and bool(value)


@NUMBERS.add("checklist", kinds=["number", "number", "whole"], least=2, most=ANY_NUMBER, scoped=True)
def checklist(scope: Scope, least: float, most: float, *values: Value) -> bool:
    """Whether the number of true values lies within the bounds; a negative bound is none."""
    count = sum(truths(scope, values))
    low, high = numbers.to_int(least), numbers.to_int(most)
    return (low < 0 or count >= low) and (high < 0 or count <= high)


def _weighted_sum(scope: Scope, values: Sequence[Value]) -> float:
    flags, weights = values[::2], values[1::2]
    if len(flags) != len(weights):
        raise ExpressionError(say("expected a weight for each value in weighted-checklist()"))
    found = truths(scope, flags)
    weighed: list[float] = []
    for weight in weights:
        each: list[Value] = [[node] for node in weight] if isinstance(weight, list) else [weight]
        weighed += [JAVAROSA.number(one, scope) for one in each]
    if len(found) != len(weighed):
        raise ExpressionError(say("expected as many weights as values in weighted-checklist()"))
    return sum(weight for truth, weight in zip(found, weighed, strict=True) if truth)


@NUMBERS.add(
    "weighted-checklist",
    kinds=["number", "number", "whole"],
    least=2,
    most=ANY_NUMBER,
    dialects=["javarosa"],
    scoped=True,
)
def javarosa_weighted_checklist(scope: Scope, least: float, most: float, *values: Value) -> bool:
    """`weighted-checklist(least, most, value, weight, ...)`."""
    return least <= _weighted_sum(scope, values) <= most


@NUMBERS.add(
    "weighted-checklist",
    kinds=["number", "number", "whole"],
    least=2,
    most=ANY_NUMBER,
    dialects=["xforms"],
    scoped=True,
)
def xforms_weighted_checklist(scope: Scope, least: float, most: float, *values: Value) -> bool:
    """A negative bound is none."""
    total = _weighted_sum(scope, values)
    return (least < 0 or total >= least) and (most < 0 or total <= most)
