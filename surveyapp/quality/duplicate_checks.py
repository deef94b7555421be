"""Checks for the same interview, household or photograph twice, and for interviews that are too much alike."""

from collections.abc import Iterator
from typing import Final

from surveyapp.findings import Severity
from surveyapp.quality.case import Case
from surveyapp.quality.declaration import Check, Parameter, QualityFinding, Setting
from surveyapp.quality.surroundings import Neighbour, Other, name_beside

MOST_TOLD: Final = 5


def same_content(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """D02."""
    yield from _same(case, setting, "content", "")


def same_household(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """D03."""
    yield from _same(case, setting, "household", case.plan.roles.get("household"))


def same_composite(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """D04."""
    yield from _same(case, setting, "composite", case.plan.roles.get("head_name"))


def same_phone(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """D05. The same household twice is another finding."""
    yield from _same(case, setting, "phone", case.plan.roles.get("phone"), another_household=True)


def same_photo(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """D09."""
    yield from _same(case, setting, "photo", "")


def _same(
    case: Case, setting: Setting, kind: str, path: str, *, another_household: bool = False
) -> Iterator[QualityFinding]:
    """One finding for each key that others have too; it names the first of them."""
    summary = case.interview.summary
    for value in summary.keys.get(kind, ()) if case.surroundings is not None else ():
        others: list[Other] = list(
            case.surroundings.list_same(kind, value, summary.instance_id) if case.surroundings else ()
        )
        if another_household:
            others = [one for one in others if not summary.household or one.household != summary.household]
        if others:
            yield case.find(
                setting,
                *((path,) if path else ()),
                observed=value if len(value) < 64 else value[:12],
                expected="one of a kind",
                binding=f"{kind}:{value}",
                other=name_beside(others[0].household, others[0].instance_id, summary.household),
                n=len(others),
            )


def near_duplicate(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """D06: of another enumerator, or of one who is not known."""
    yield from _alike(case, setting, same_enumerator=False)


def near_duplicate_of_oneself(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """D07."""
    yield from _alike(case, setting, same_enumerator=True)


def _alike(case: Case, setting: Setting, *, same_enumerator: bool) -> Iterator[QualityFinding]:
    if answered_columns(case) < setting.number("answered"):
        return
    told = 0
    for neighbour in find_alike(case):
        if neighbour.different > setting.number("different") or told >= MOST_TOLD:
            return
        if _is_own(case, neighbour) == same_enumerator:
            told += 1
            yield _tell_alike(case, setting, neighbour, f"> {setting.number('different'):g}")


def share_of_equal_answers(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """D08: those that are alike, but not so much as to be a near duplicate."""
    if answered_columns(case) < setting.number("answered"):
        return
    told = 0
    limits = {one.check.id: one.number("different") for one in case.plan.settings if one.check.id in ("D06", "D07")}
    for neighbour in find_alike(case):
        share = 1 - neighbour.different / neighbour.compared if neighbour.compared else 0.0
        nearer = neighbour.different <= limits.get("D07" if _is_own(case, neighbour) else "D06", -1)
        if share >= setting.number("share") and not nearer and told < MOST_TOLD:
            told += 1
            yield _tell_alike(case, setting, neighbour, f"< {setting.number('share'):.0%}")


def find_alike(case: Case) -> tuple[Neighbour, ...]:
    """The others that any of D06 to D08 may tell, the most alike first."""
    if case.surroundings is None:
        return ()
    width = len(case.interview.summary.compared)
    furthest = 0
    for setting in case.plan.settings:
        if setting.check.id in ("D06", "D07"):
            furthest = max(furthest, int(setting.number("different")))
        elif setting.check.id == "D08":
            furthest = max(furthest, int((1 - setting.number("share")) * width + 1e-9))
    if case.alike is None:
        case.alike = tuple(case.surroundings.list_alike(case.interview.summary, furthest))
    return case.alike


def answered_columns(case: Case) -> int:
    """How many of the compared questions have an answer."""
    summary = case.interview.summary
    width = len(summary.compared)
    return width - summary.codes[:width].count(0)


def _is_own(case: Case, neighbour: Neighbour) -> bool:
    who = case.interview.summary.enumerator
    return bool(who) and neighbour.other.enumerator == who


def _tell_alike(case: Case, setting: Setting, neighbour: Neighbour, expected: str) -> QualityFinding:
    share = 1 - neighbour.different / neighbour.compared
    severity: Severity = setting.degree
    return case.find(
        setting,
        severity=severity,
        observed=f"{neighbour.different} of {neighbour.compared}",
        expected=expected,
        subject=neighbour.other.instance_id,
        other=name_beside(neighbour.other.household, neighbour.other.instance_id, case.interview.summary.household),
        share=f"{share:.0%}",
        binding="|".join(sorted((case.interview.facts.instance_id, neighbour.other.instance_id))),
    )


CHECKS: Final = (
    Check(
        "D02",
        "same content",
        "内容相同",
        "every answer equals that of another submission",
        "submission",
        "comparison",
        "error",
        {"": ("All answers are those of {other}.", "全部答案与{other}相同。")},
        "IPA",
        run_case=same_content,
        automatic="every form",
    ),
    Check(
        "D03",
        "same household",
        "住户重复",
        "the household id, trimmed and without case, is that of another submission",
        "submission",
        "comparison",
        "error",
        {
            "": (
                "The household {observed} is in {n} other submissions, such as {other}.",
                "住户{observed}另有{n}份提交，如{other}。",
            )
        },
        "iefieldkit ieduplicates",
        run_case=same_household,
        automatic="forms with a household id",
    ),
    Check(
        "D04",
        "same household by name",
        "同村同名同电话",
        "village, name of the head and last 9 digits of the telephone are equal",
        "submission",
        "comparison",
        "warning",
        {"": ("Village, head and telephone are those of {other}.", "村、户主、电话与{other}相同。")},
        "IMPACT",
        run_case=same_composite,
        automatic="forms with cluster, head's name and phone",
    ),
    Check(
        "D05",
        "phone again",
        "电话重复",
        "another household has the same telephone number",
        "submission",
        "comparison",
        "warning",
        {
            "": (
                "The telephone number is that of {n} other households, such as {other}.",
                "电话与另外{n}户相同，如{other}。",
            )
        },
        "IPA",
        run_case=same_phone,
        automatic="forms with a phone",
    ),
    Check(
        "D06",
        "near duplicate",
        "近似重复",
        "at most 7 of the compared answers differ from another interview, 30 being answered",
        "submission",
        "comparison",
        "warning",
        {"": ("Only {observed} answers differ from {other}.", "与{other}仅有{observed}个答案不同。")},
        "Kuriakose and Robbins 2016; IMPACT",
        run_case=near_duplicate,
        parameters=(Parameter("different", 7.0, "answers"), Parameter("answered", 30.0, "answers")),
        automatic="every form",
    ),
    Check(
        "D07",
        "near duplicate of the same enumerator",
        "同一调查员近似重复",
        "as D06 with an interview of the same enumerator, at most 10",
        "submission",
        "comparison",
        "warning",
        {
            "": (
                "Only {observed} answers differ from {other} of the same enumerator.",
                "与同一调查员的{other}仅有{observed}个答案不同。",
            )
        },
        "Kuriakose and Robbins 2016; IMPACT",
        run_case=near_duplicate_of_oneself,
        parameters=(Parameter("different", 10.0, "answers"), Parameter("answered", 30.0, "answers")),
        automatic="every form",
    ),
    Check(
        "D08",
        "share of equal answers",
        "相同答案比例",
        "at least 85 % of the compared answers are equal; not told where D06 or D07 is",
        "submission",
        "comparison",
        "info",
        {"": ("{share} of the answers are those of {other}.", "{share}的答案与{other}相同。")},
        "Pew 2016: fires on honest data where questions are few or people alike",
        run_case=share_of_equal_answers,
        parameters=(Parameter("share", 0.85, "of the answers"), Parameter("answered", 30.0, "answers")),
        automatic="every form",
    ),
    Check(
        "D09",
        "same photograph",
        "照片重复",
        "an attachment of another submission has the same bytes",
        "submission",
        "comparison",
        "warning",
        {"": ("A photograph or recording is that of {other}.", "照片或录音与{other}相同。")},
        "ours",
        run_case=same_photo,
        automatic="every form with attachments",
    ),
)
