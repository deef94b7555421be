"""Checks of enumerators: each with at least 20 interviews beside all others."""

import statistics
from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np

from surveyapp.quality.case import shown
from surveyapp.quality.declaration import Check, Parameter, QualityFinding, Setting
from surveyapp.quality.distributions import chi_square_p, find_outliers, intraclass_correlation, whipple_index
from surveyapp.quality.interview import Summary
from surveyapp.quality.plan import NUMERIC_TYPES
from surveyapp.quality.rate_checks import BESIDE, INTERVIEWS, Sentence, declare
from surveyapp.quality.survey import Crew, Survey, collect_numbers, without


def productivity(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E05."""
    days: list[tuple[str, str, int]] = []
    for enumerator, own in survey.by_enumerator.items():
        per_day = Counter(one.day for one in own)
        days += [(enumerator, day.isoformat(), count) for day, count in sorted(per_day.items())]
        for idle in sorted(survey.plan.sample.planned.get(enumerator, frozenset()) - per_day.keys()):
            if idle < survey.now.date():
                yield setting.find(
                    "idle", subject=enumerator, observed=idle.isoformat(), expected="interviews on a planned day"
                )
    odd = {place: z for place, z in find_outliers([count for *_, count in days], setting.number("z"), 20) if z > 0}
    for place, (enumerator, day, count) in enumerate(days):
        if count > setting.number("most") or place in odd:
            expected = f"≤ {setting.number('most'):g}"
            yield setting.find(
                subject=enumerator, observed=f"{count} ({day})", expected=expected, arguments={"day": day}
            )


def pace(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E06: by active minutes where there are audit logs, else from start to end."""
    for crew in survey.list_crews(setting):
        known = [crew.numbers(measure) for measure in ("active_minutes", "minutes")]
        for who in crew.list_enough(setting):
            for numbers in known:
                others = np.concatenate([one for name, one in numbers.items() if name != who])
                if len(numbers[who]) >= setting.number("interviews") and len(others):
                    usual = float(np.median(others))
                    ratio = float(np.median(numbers[who])) / usual if usual > 0 else 1.0
                    if ratio < setting.number("ratio"):
                        expected = f"≥ {setting.number('ratio'):g}"
                        yield setting.find(subject=crew.subject(who), observed=f"{ratio:.2f}", expected=expected)
                    break


def no_variation(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E07."""
    paths = [path for path, one in survey.plan.visible.items() if one.type in NUMERIC_TYPES]
    least = setting.number("interviews")
    for crew in survey.list_crews(setting):
        enough = crew.list_enough(setting)
        ratios: dict[str, list[float]] = {who: [] for who in enough}
        for path in paths if enough else ():
            numbers = crew.numbers(path)
            everything = np.concatenate(list(numbers.values()))
            overall = float(np.std(everything, ddof=1)) if len(everything) > 1 else 0.0
            for who in enough:
                if least <= len(numbers[who]) < len(everything) and overall > 0:
                    ratios[who].append(float(np.std(numbers[who], ddof=1)) / overall)
        for who, found in ratios.items():
            if len(found) >= setting.number("questions") and statistics.median(found) < setting.number("ratio"):
                yield setting.find(
                    subject=crew.subject(who),
                    observed=f"{statistics.median(found):.2f}",
                    expected=f"≥ {setting.number('ratio'):g}",
                    arguments={"n": str(len(found))},
                )


def straight_lining(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E08."""
    limit = setting.number("run")
    crews = survey.list_crews(setting)
    for first, paths in survey.plan.grids.items():
        words = {"label": survey.plan.label(first), "n": str(len(paths))}
        for crew in crews:
            tallies = _tally_grid(crew, first, limit)
            for who in crew.list_enough(setting):
                (alike, n), (others_alike, others_n) = tallies[who], without(tallies, who)
                if not n or not others_n or alike < setting.number("least"):
                    continue
                share, usual = alike / n, others_alike / others_n
                if share > setting.number("times") * usual:
                    observed, expected = f"{share:.0%}", f"{usual:.0%}"
                    yield setting.find(
                        subject=crew.subject(who),
                        questions=(first,),
                        observed=observed,
                        expected=expected,
                        arguments=words,
                    )


def _tally_grid(crew: Crew, first: str, limit: float) -> dict[str, tuple[int, int]]:
    """For each enumerator how many grids were answered alike, and how many were answered."""
    return crew.tally(lambda one: int(one.grids.get(first, 0.0) >= limit), lambda one: int(first in one.grids))


def digit_preference(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E09."""
    for crew in survey.list_crews(setting):
        tallies = crew.tally(lambda one: one.counts.fives, lambda one: one.counts.digits)
        for who in crew.list_enough(setting):
            (hits, n), (other_hits, other_n) = tallies[who], without(tallies, who)
            p = chi_square_p(hits, n, other_hits, other_n)
            if p < setting.number("p"):
                observed, expected = f"{hits / n:.1%}", f"{other_hits / other_n:.1%}"
                words = {"p": f"{p:.2g}"}
                yield setting.find(subject=crew.subject(who), observed=observed, expected=expected, arguments=words)


def corrections(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E11."""
    everyone: dict[str, list[Summary]] = {}
    for one in survey.summaries:
        if one.enumerator:
            everyone.setdefault(one.enumerator, []).append(one)
    enough = {who: own for who, own in sorted(everyone.items()) if len(own) >= setting.number("interviews")}
    changed = {who: sum(one.corrections for one in own) / len(own) for who, own in enough.items()}
    rejected = {who: sum(one.rejected for one in own) / len(own) for who, own in enough.items()}
    yield from _out_of_line(setting, changed, "")
    yield from _out_of_line(setting, rejected, "rejected")


def duplicates(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E12."""
    found = Counter(one.instance_id for one in survey.open_findings if one.kind == "D07")
    yield from _out_of_line(
        setting,
        {
            who: sum(found[one.instance_id] for one in own) / len(own)
            for who, own in survey.by_enumerator.items()
            if len(own) >= setting.number("interviews")
        },
        "",
    )


def _out_of_line(setting: Setting, figures: dict[str, float], message: str) -> Iterator[QualityFinding]:
    """Enumerators whose figure is an outlier above the others'."""
    names = list(figures)
    outliers = find_outliers(list(figures.values()), setting.number("z"), int(setting.number("enumerators")))
    for place, z in outliers:
        if z > 0:
            yield setting.find(
                message,
                subject=names[place],
                observed=f"{figures[names[place]]:.2f}",
                expected=f"median {shown(statistics.median(figures.values()))} (z = {z:.1f})",
            )


def interviewer_effect(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E13."""
    enough = [own for own in survey.by_enumerator.values() if len(own) >= setting.number("interviews")]
    if len(enough) < 2:
        return
    for path, question in survey.plan.visible.items():
        if question.type in NUMERIC_TYPES:
            effect = intraclass_correlation([collect_numbers(own, path) for own in enough])
            if effect is not None and effect > setting.number("icc"):
                observed, expected = f"{effect:.2f}", f"≤ {setting.number('icc'):g}"
                label = {"label": survey.plan.label(path)}
                yield setting.find(
                    subject=path, questions=(path,), observed=observed, expected=expected, arguments=label
                )


def backcheck_error(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E14."""
    for enumerator, (differ, compared) in sorted(survey.error_rates.items()):
        percent = 100 * differ / compared if compared else 0.0
        if percent > setting.number("percent"):
            observed, expected = f"{percent:.1f} %", f"≤ {setting.number('percent'):g} %"
            yield setting.find(subject=enumerator, observed=observed, expected=expected, arguments={"n": str(compared)})


def age_heaping(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """R11: of the whole survey, and of each enumerator with enough ages."""
    path = survey.plan.roles.get("age")
    if not path:
        return
    for subject, summaries in {"": survey.counted, **survey.by_enumerator}.items():
        index, n = whipple_index(collect_numbers(summaries, path))
        if n < setting.number("ages"):
            continue
        for name, severity in (("error", setting.other_degree), ("warning", setting.degree)):
            if index > setting.number(name):
                expected = f"≤ {setting.number(name):g}"
                yield setting.find(
                    severity=severity,
                    subject=subject,
                    questions=(path,),
                    observed=f"{index:.0f}",
                    expected=expected,
                    arguments={"n": str(n)},
                )
                break


FEW: Final = Parameter("enumerators", 5.0, "enumerators at least")
CHECKS: Final = (
    declare(
        "E05",
        Sentence(
            ("productivity", "工作量"),
            "more than 8 interviews a day, or a robust z above 3.5 among days; none on a planned day",
            ("{subject}: {observed} interviews in a day.", "{subject}：一天{observed}份访谈。"),
        ),
        productivity,
        (Parameter("most", 8.0, "interviews a day"), Parameter("z", 3.5, "robust z")),
        more={
            "idle": ("{subject} sent nothing on {observed}, a planned day.", "{subject}在计划日{observed}没有提交。")
        },
    ),
    declare(
        "E06",
        Sentence(
            ("pace", "访谈节奏"),
            "the median time is below 0.6 of that of the others",
            ("{subject} needs {observed} of the others' time.", "{subject}用时为其他人的{observed}倍。"),
        ),
        pace,
        (Parameter("ratio", 0.6), INTERVIEWS),
    ),
    declare(
        "E07",
        Sentence(
            ("no variation", "答案变化小"),
            "the median, over 10 and more numeric questions, of own sd by overall sd is below 0.5",
            ("{subject}: answers vary {observed} as much as all do.", "{subject}：答案变异为总体的{observed}倍。"),
        ),
        no_variation,
        (Parameter("ratio", 0.5), Parameter("questions", 10.0, "questions at least"), INTERVIEWS),
    ),
    declare(
        "E08",
        Sentence(
            ("straight-lining", "直线作答"),
            "in a grid of 5 and more questions with one list, the share of interviews with a run of 0.9 of it is "
            "above twice the others', 5 at least",
            (
                "{subject}: {observed} of the interviews answer “{label}” and the rest alike (others {expected}).",
                "{subject}：{observed}的访谈对“{label}”等题作答相同（其他人{expected}）。",
            ),
        ),
        straight_lining,
        (
            Parameter("run", 0.9, "of the questions"),
            Parameter("times", 2.0),
            Parameter("least", 5.0, "interviews"),
            INTERVIEWS,
        ),
    ),
    declare(
        "E09",
        Sentence(
            ("digit preference", "尾数偏好"),
            "the share of whole numbers from 10 on that end in 0 or 5 differs: chi-square p below 0.001",
            BESIDE,
        ),
        digit_preference,
        (Parameter("p", 0.001), INTERVIEWS),
        severity="info",
    ),
    declare(
        "E11",
        Sentence(
            ("corrections", "更正与拒绝"),
            "changed cells per interview, or the share of rejected interviews: robust z above 2.5 among enumerators",
            (
                "{subject}: {observed} cells changed per interview ({expected}).",
                "{subject}：每份访谈更正{observed}处（{expected}）。",
            ),
        ),
        corrections,
        (Parameter("z", 2.5, "robust z"), FEW, INTERVIEWS),
        severity="info",
        more={
            "rejected": (
                "{subject}: {observed} of the interviews were rejected ({expected}).",
                "{subject}：拒绝比例{observed}（{expected}）。",
            )
        },
    ),
    declare(
        "E12",
        Sentence(
            ("near duplicates", "近似重复"),
            "open findings D07 per interview: robust z above 2.5 among enumerators",
            (
                "{subject}: {observed} near duplicates per interview ({expected}).",
                "{subject}：每份访谈{observed}个近似重复（{expected}）。",
            ),
        ),
        duplicates,
        (Parameter("z", 2.5, "robust z"), FEW, INTERVIEWS),
    ),
    declare(
        "E13",
        Sentence(
            ("interviewer effect", "调查员效应"),
            "the intraclass correlation of a numeric question within enumerators is above 0.10",
            (
                "“{label}” depends on who asks: intraclass correlation {observed}.",
                "“{label}”受调查员影响：组内相关{observed}。",
            ),
        ),
        interviewer_effect,
        (Parameter("icc", 0.10), INTERVIEWS),
        source="survey statistics",
        severity="info",
    ),
    declare(
        "E14",
        Sentence(
            ("backcheck errors", "回访差错"),
            "more than 10 % of the compared answers of type 1 differ in backchecks",
            (
                "{subject}: {observed} of {n} compared answers differ in backchecks.",
                "{subject}：回访比对{n}个答案，{observed}不同。",
            ),
        ),
        backcheck_error,
        (Parameter("percent", 10.0, "%"),),
        severity="error",
    ),
    Check(
        "R11",
        "age heaping",
        "年龄堆积",
        "Whipple's index of ages 23 to 62 is above 125 (warning) or 175 (error), 100 ages at least",
        "enumerator",
        "survey",
        "warning",
        {
            "": (
                "Ages end in 0 and 5 too often: Whipple's index {observed} of {n} ages. {subject}",
                "年龄尾数0和5过多：惠普尔指数{observed}（{n}人）。{subject}",
            )
        },
        "DHS",
        run_survey=age_heaping,
        other_severity="error",
        parameters=(Parameter("warning", 125.0), Parameter("error", 175.0), Parameter("ages", 100.0, "ages")),
        automatic="rosters with age",
    ),
)
