"""Checks of enumerators whose rates of missing, evasive or short answers are unlike those of the others."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from surveyapp.findings import Severity
from surveyapp.quality.declaration import NOTHING, Check, Parameter, QualityFinding, Setting, SurveyFunction
from surveyapp.quality.distributions import rate_z
from surveyapp.quality.interview import Summary
from surveyapp.quality.survey import Survey, without


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a check of enumerators is called and says, in English and Chinese."""

    label: tuple[str, str]
    fires: str
    message: tuple[str, str]


def declare(
    check_id: str,
    sentence: Sentence,
    run: SurveyFunction,
    parameters: tuple[Parameter, ...],
    *,
    severity: Severity = "warning",
    more: Mapping[str, tuple[str, str]] = NOTHING,
    source: str = "IPA",
) -> Check:
    """A check that compares enumerators; `more` are further messages by key."""
    return Check(
        check_id,
        *sentence.label,
        sentence.fires,
        "enumerator",
        "survey",
        severity,
        {"": sentence.message, **more},
        source,
        run_survey=run,
        parameters=parameters,
        automatic="every form with enumerators",
    )


def _rates(
    survey: Survey, setting: Setting, hits: Callable[[Summary], int], n: Callable[[Summary], int]
) -> Iterator[QualityFinding]:
    """Enumerators whose rate is far from that of the others, in z and in points."""
    for crew in survey.list_crews(setting):
        tallies = crew.tally(hits, n)
        for who in crew.list_enough(setting):
            own, others = tallies[who], without(tallies, who)
            judged = rate_z(*own, *others)
            if judged is None:
                continue
            z, points = judged
            if abs(z) > setting.number("z") and abs(points) > setting.number("points"):
                yield setting.find(
                    subject=crew.subject(who),
                    observed=f"{own[0] / own[1]:.1%}",
                    expected=f"{others[0] / others[1]:.1%}",
                    arguments={"z": f"{z:.1f}", "n": str(own[1])},
                )


def unknown_rate(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E01."""
    return _rates(
        survey, setting, lambda one: one.counts.dont_know + one.counts.refused, lambda one: one.counts.answered
    )


def missing_rate(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E02."""
    return _rates(survey, setting, lambda one: one.counts.missing, lambda one: one.counts.asked)


def other_rate(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E03."""
    return _rates(survey, setting, lambda one: one.counts.other, lambda one: one.counts.with_other)


def shortcut_rate(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E04."""
    return _rates(survey, setting, lambda one: one.counts.gates_no, lambda one: one.counts.gates)


def position_rate(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """E10."""
    metres = setting.number("metres")

    def poor(one: Summary) -> int:
        if not one.position_asked or one.position is None:
            return int(one.position_asked)
        return int((one.position.accuracy or 0) > metres or one.position.accuracy == 0)

    return _rates(survey, setting, poor, lambda one: int(one.position_asked))


INTERVIEWS: Final = Parameter("interviews", 20.0, "interviews at least")
RATE: Final = (Parameter("z", 2.5), Parameter("points", 5.0, "percentage points"), INTERVIEWS)
BESIDE: Final = ("{subject}: {observed}; the others have {expected}.", "{subject}：{observed}；其他人为{expected}。")
CHECKS: Final = (
    declare(
        "E01",
        Sentence(
            ("don't know and refused", "不知道与拒答率"),
            "the share of don't know and refused among answers differs: |z| above 2.5 and 5 points",
            BESIDE,
        ),
        unknown_rate,
        RATE,
    ),
    declare(
        "E02",
        Sentence(("missing", "缺失率"), "the share of asked questions without answer differs, as E01", BESIDE),
        missing_rate,
        RATE,
    ),
    declare(
        "E03",
        Sentence(("other", "“其他”率"), "the share of other where it is offered differs, as E01", BESIDE),
        other_rate,
        RATE,
    ),
    declare(
        "E04",
        Sentence(
            ("shortcuts", "跳题捷径"),
            "the share of no at questions on which three and more others depend differs: |z| above 2.5 and 10 points",
            BESIDE,
        ),
        shortcut_rate,
        (Parameter("z", 2.5), Parameter("points", 10.0, "percentage points"), INTERVIEWS),
    ),
    declare(
        "E10",
        Sentence(
            ("positions", "定位质量"),
            "the share of positions that are missing, worse than 20 m or mocked differs, as E01",
            BESIDE,
        ),
        position_rate,
        (*RATE, Parameter("metres", 20.0, "m")),
    ),
)
