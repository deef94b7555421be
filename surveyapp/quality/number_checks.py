"""Checks of numbers: ranges, outliers, slips of the decimal point, codes taken for numbers, sums, equal blocks."""

import math
from collections.abc import Iterator
from typing import Final

from surveyapp.findings import Severity
from surveyapp.quality.case import Case, shown
from surveyapp.quality.declaration import Check, Parameter, QualityFinding, Setting
from surveyapp.quality.distributions import Distribution
from surveyapp.quality.interview import Row
from surveyapp.quality.plan import SUSPECT_CODES
from surveyapp.quality.ratios import list_ratios

POWERS: Final = (-3, -2, -1, 1, 2, 3)


def out_of_range(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S05."""
    soft: Severity = "info" if setting.degree == "info" else "warning"
    for path in setting.questions:
        for row, value in case.numbers(path):
            for degree, severity in (("hard", setting.degree), ("soft", soft)):
                low, high = setting.limit(f"{degree}_min"), setting.limit(f"{degree}_max")
                if (low is not None and value < low) or (high is not None and value > high):
                    expected = _between(low, high)
                    yield case.find(setting, path, row=row, severity=severity, observed=shown(value), expected=expected)
                    break


def _between(low: float | None, high: float | None) -> str:
    if low is None:
        return f"≤ {shown(high or 0)}"
    return f"≥ {shown(low)}" if high is None else f"{shown(low)}–{shown(high)}"


def outlier(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S06."""
    for path in setting.questions:
        numbers = list(case.numbers(path))
        distribution = case.compare(setting, path) if numbers else None
        if distribution is None:
            continue
        for row, value in numbers:
            odd = judge_number(setting, distribution, value)
            if odd is not None:
                message, expected = odd
                yield case.find(setting, path, row=row, message=message, observed=shown(value), expected=expected)


def has_outlier(case: Case, setting: Setting) -> bool:
    """Whether S06, and so S14, may find anything."""
    return any(_is_odd(case, setting, path) for path in setting.questions)


def _is_odd(case: Case, setting: Setting, measure: str) -> bool:
    numbers = case.interview.summary.measures.get(measure)
    distribution = case.compare(setting, measure) if numbers else None
    return distribution is not None and any(judge_number(setting, distribution, number) for number in numbers)


def find_usual(setting: Setting, distribution: Distribution, value: float) -> Distribution | None:
    """The numbers that `value` is to be compared with; None where nothing can be said.

    Most households have no income from this source or that. Where more than a few of the numbers are 0, a 0 is as usual
    as they are, and who has something is compared with the others who have.
    """
    nonzero = distribution.nonzero
    if nonzero is None or 100 * distribution.zero_share <= setting.number("zeros"):
        return distribution
    return nonzero if value and nonzero.enough else None


def judge_number(setting: Setting, everything: Distribution, value: float) -> tuple[str, str] | None:
    """Message and limits where `value` is an outlier by the method of the setting, else None."""
    distribution = find_usual(setting, everything, value)
    if distribution is None:
        return None
    method = setting.text("method")
    if method == "iqr":
        low, high = iqr_limits(distribution, setting.number("m"))
        return ("", _between(low, high)) if not low <= value <= high else None
    if method == "sd":
        return _judge_by_sd(setting, distribution, value)
    z = distribution.robust_z(value, logarithm=bool(setting.value("log")))
    if z is None or abs(z) <= setting.number("k"):
        return None
    severe = "severe" if abs(z) > setting.number("severe") else ""
    return severe, f"median {shown(distribution.median)}, |z| ≤ {setting.number('k'):g} (z = {z:.1f})"


def _judge_by_sd(setting: Setting, distribution: Distribution, value: float) -> tuple[str, str] | None:
    """More than so many standard deviations from the mean, on the answers or on ln(x + 1)."""
    scales = [(distribution.plain, value)]
    if setting.value("log") and distribution.log is not None and value >= 0:
        scales.append((distribution.log, math.log1p(value)))
    limit = setting.number("sd")
    if not any(abs(number - spread.mean) > limit * spread.sd > 0 for spread, number in scales):
        return None
    return "", f"mean {shown(distribution.plain.mean)} ± {limit:g} sd"


def iqr_limits(distribution: Distribution, m: float) -> tuple[float, float]:
    """Q1 - m IQR and Q3 + m IQR."""
    lower, upper = distribution.quantiles[25.0], distribution.quantiles[75.0]
    return lower - m * (upper - lower), upper + m * (upper - lower)


def power_of_ten(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S14."""
    for path in setting.questions:
        question = case.plan.question(path)
        numbers = [(row, value) for row, value in case.numbers(path) if value]
        distribution = case.compare(setting, path) if numbers and question else None
        if distribution is None or question is None:
            continue
        for row, value in numbers:
            usual = find_usual(setting, distribution, value)
            if usual is None or judge_number(setting, distribution, value) is None:
                continue
            better = find_power(value, usual, whole=question.type == "integer")
            if better is not None:
                low, high = usual.quantiles[5.0], usual.quantiles[95.0]
                yield case.find(
                    setting,
                    path,
                    row=row,
                    observed=shown(value),
                    expected=_between(low, high),
                    suggestion=shown(better),
                )


def find_power(value: float, distribution: Distribution, *, whole: bool) -> float | None:
    """The usual number that `value` is a power of ten away from, the nearest to the median of several; None of none."""
    low, high = distribution.quantiles[5.0], distribution.quantiles[95.0]
    # Dividing by ten and not multiplying by a tenth keeps 70,000 / 10 at 7,000.
    tried = [value / 10**power if power > 0 else value * 10**-power for power in POWERS]
    fitting = [number for number in tried if low <= number <= high and (not whole or float(number).is_integer())]
    return min(fitting, key=lambda number: abs(number - distribution.median), default=None)


def special_code(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S08."""
    declared = {float(code) for code in setting.names("declared")}
    for path in setting.questions:
        suspects = [
            (row, float(value))
            for row, value in case.values(path)
            if isinstance(value, int | float)
            and not isinstance(value, bool)
            and (value in SUSPECT_CODES or value in declared)
        ]
        for row, value in suspects:
            if value in declared:
                yield case.find(setting, path, row=row, observed=shown(value), expected="a number")
            elif not _is_a_code_of_the_form(case, path, value):
                yield from _outside_the_rest(case, setting, path, row, value)


def has_code(case: Case, setting: Setting) -> bool:
    """Whether S08 may find anything."""
    declared, coded = {float(code) for code in setting.names("declared")}, case.interview.summary.coded
    return any(
        value in declared
        or (not _is_a_code_of_the_form(case, path, value) and _lies_outside(case.compare(setting, path), value))
        for path in setting.questions
        for value in coded.get(path, ())
    )


def _is_a_code_of_the_form(case: Case, path: str, value: float) -> bool:
    """Whether the form's own rule allows the code: then it is an answer, and stands for what it stands for."""
    question = case.plan.question(path)
    return question is not None and value < 0 and f". = {value:g}" in question.rules.constraint


def _outside_the_rest(case: Case, setting: Setting, path: str, row: Row, value: float) -> Iterator[QualityFinding]:
    distribution = case.compare(setting, path)
    if distribution is not None and _lies_outside(distribution, value):
        low, high = distribution.quantiles[2.5], distribution.quantiles[97.5]
        yield case.find(setting, path, row=row, observed=shown(value), expected=_between(low, high))


def _lies_outside(distribution: Distribution | None, value: float) -> bool:
    """Outside the central 95 % of the rest."""
    return distribution is not None and not distribution.quantiles[2.5] <= value <= distribution.quantiles[97.5]


def implausible_ratio(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S15."""
    interview, low, high = case.interview, setting.limit("min"), setting.limit("max")
    now = interview.summary.start or interview.summary.received_at
    for row, ratio in list_ratios(case.plan, setting, interview.main, interview.rows, now):
        if (low is not None and ratio < low) or (high is not None and ratio > high):
            yield case.find(setting, *setting.questions, row=row, observed=shown(ratio), expected=_between(low, high))
            continue
        distribution = case.compare(setting, f"ratio:{setting.id}")
        odd = judge_number(setting, distribution, ratio) if distribution is not None else None
        if odd is not None:
            yield case.find(setting, *setting.questions, row=row, observed=shown(ratio), expected=odd[1])


def has_odd_ratio(case: Case, setting: Setting) -> bool:
    """Whether S15 may find anything."""
    low, high, measure = setting.limit("min"), setting.limit("max"), f"ratio:{setting.id}"
    ratios = case.interview.summary.measures.get(measure)
    outside = any((low is not None and ratio < low) or (high is not None and ratio > high) for ratio in ratios)
    return outside or _is_odd(case, setting, measure)


def sum_of_parts(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S16. Parts without an answer count as 0 where another part has one; a missing code leaves the sum unknown."""
    total_path, *parts = setting.questions
    for row in case.rows_at(total_path):
        total = case.number_in(row, total_path)
        numbers = [case.number_in(row, path) for path in parts]
        blank = [not row.texts.get(path, case.interview.main.texts.get(path, "")) for path in parts]
        known = all(number is not None or empty for number, empty in zip(numbers, blank, strict=True))
        if total is None or not known or all(number is None for number in numbers):
            continue
        summed = math.fsum(number for number in numbers if number is not None)
        allowed = max(setting.number("tolerance"), setting.number("percent") / 100 * abs(total))
        # A billionth aside: money is added up in decimals.
        if abs(total - summed) > allowed + 1e-9 * max(1.0, abs(total)):
            yield case.find(setting, *setting.questions, row=row, observed=shown(total), expected=shown(summed))


def all_the_same(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S17."""
    for row in case.rows_at(setting.questions[0]):
        answers = [row.texts.get(path, "") for path in setting.questions]
        given = [answer for answer in answers if answer]
        zero = set(given) == {"0"} and bool(setting.value("zero_allowed"))
        if len(given) >= setting.number("items") and len(set(given)) == 1 and not zero:
            yield case.find(
                setting, *setting.questions, row=row, observed=given[0], expected="answers that differ", n=len(given)
            )


OUTLIER_PARAMETERS: Final = (
    Parameter("method", "robust", "robust, sd or iqr"),
    Parameter("k", 3.5, "robust z"),
    Parameter("severe", 5.0, "robust z"),
    Parameter("log", True, "look at ln(x + 1) where no value is below 0"),
    Parameter("zeros", 5.0, "% of 0 from which a 0 is usual, and the rest is compared by itself"),
    Parameter("sd", 3.0, "standard deviations"),
    Parameter("m", 1.5, "interquartile ranges"),
)
CHECKS: Final = (
    Check(
        "S05",
        "range",
        "取值范围",
        "below or above the hard limits (error), or the soft ones (warning)",
        "submission",
        "receipt",
        "error",
        {"": ("“{label}” is {observed}, outside {expected}.", "“{label}”为{observed}，超出{expected}。")},
        "IPA ipacheckconstraints",
        run_case=out_of_range,
        questions="several",
        other_severity="warning",
        parameters=tuple(Parameter(name, None) for name in ("hard_min", "hard_max", "soft_min", "soft_max")),
    ),
    Check(
        "S06",
        "outlier",
        "离群值",
        "robust z of ln(x + 1) (of x where a value is below 0) beyond k; or by sd or iqr; where more than 5 % are 0, "
        "among the others",
        "submission",
        "comparison",
        "warning",
        {
            "": (
                "“{label}” is {observed}, far from the others ({expected}).",
                "“{label}”为{observed}，远离其他值（{expected}）。",
            ),
            "severe": (
                "“{label}” is {observed}, very far from the others ({expected}).",
                "“{label}”为{observed}，严重远离其他值（{expected}）。",
            ),
        },
        "Iglewicz and Hoaglin 1993; IMPACT; IPA",
        run_case=outlier,
        must_read=has_outlier,
        questions="several",
        parameters=OUTLIER_PARAMETERS,
        automatic="every number that a person enters, but years and codes",
    ),
    Check(
        "S08",
        "special code as number",
        "疑似特殊代码",
        "a code declared, or one of −99 … 9999 outside the central 95 % of the rest; codes that the form's own rule "
        "allows are answers",
        "submission",
        "comparison",
        "info",
        {"": ("“{label}” is {observed}, which looks like a code.", "“{label}”为{observed}，疑似代码。")},
        "IMPACT check_value",
        run_case=special_code,
        must_read=has_code,
        questions="several",
        parameters=(Parameter("declared", (), "codes"),),
        automatic="every number that a person enters",
    ),
    Check(
        "S14",
        "power of ten",
        "小数点错位",
        "S06 fires, and the answer times a power of ten (−3 to 3) lies between P5 and P95, whole for whole numbers",
        "submission",
        "comparison",
        "warning",
        {
            "": (
                "“{label}” is {observed}; perhaps {suggestion} was meant.",
                "“{label}”为{observed}，可能应为{suggestion}。",
            )
        },
        "tested on a survey's real corrections",
        run_case=power_of_ten,
        must_read=has_outlier,
        questions="several",
        parameters=OUTLIER_PARAMETERS,
        automatic="as S06",
    ),
    Check(
        "S15",
        "implausible ratio",
        "比值异常",
        "one question divided by another, or an expression, outside limits or an outlier as S06",
        "submission",
        "comparison",
        "warning",
        {"": ("“{label}” gives {observed}, outside {expected}.", "“{label}”得出{observed}，超出{expected}。")},
        "LSMS practice",
        run_case=implausible_ratio,
        must_read=has_odd_ratio,
        questions="several",
        parameters=(Parameter("min", None), Parameter("max", None), Parameter("expression", ""), *OUTLIER_PARAMETERS),
    ),
    Check(
        "S16",
        "sum of parts",
        "分项合计",
        "the total (first question) and the sum of its parts differ by more than allowed",
        "submission",
        "receipt",
        "error",
        {
            "": (
                "“{label}” is {observed}, but its parts make {expected}.",
                "“{label}”为{observed}，但分项合计为{expected}。",
            )
        },
        "IPA ipachecklogic",
        run_case=sum_of_parts,
        questions="several",
        parameters=(Parameter("tolerance", 0.0), Parameter("percent", 0.0, "% of the total; 1 is usual for money")),
    ),
    Check(
        "S17",
        "all the same",
        "整组答案相同",
        "all answers of a block of five and more are equal",
        "submission",
        "receipt",
        "warning",
        {"": ("All {n} answers from “{label}” on are {observed}.", "从“{label}”起的{n}个答案均为{observed}。")},
        "IMPACT check_fcs",
        run_case=all_the_same,
        questions="several",
        parameters=(Parameter("items", 5.0, "answers"), Parameter("zero_allowed", False)),
        automatic="blocks of five and more numbers with one constraint in a row; all 0 is allowed but in food blocks",
    ),
)
