"""Checks of time and of the audit log: too short, too long, at night, two at once, too fast, too late."""

import datetime
from collections.abc import Iterator
from typing import Final

from surveyapp.quality.case import Case
from surveyapp.quality.declaration import Check, Parameter, QualityFinding, Setting
from surveyapp.quality.surroundings import name_beside

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def too_short(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """T01."""
    minutes = case.interview.summary.minutes
    if minutes is None or case.interview.summary.consent is False:
        return
    distribution = case.compare(setting, "minutes")
    median = distribution.median if distribution is not None else 0.0
    shortest = max(setting.number("minimum"), setting.number("share") * median)
    if minutes < shortest:
        grave = minutes < setting.number("grave") * median
        yield case.find(
            setting,
            severity=setting.other_degree if grave else setting.degree,
            observed=f"{minutes:.1f}",
            expected=f"≥ {shortest:.1f} min",
        )


def too_long(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """T02."""
    yield from _beyond(case, setting, "active_minutes", both=False)


def order_of_times(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """T03."""
    summary, facts = case.interview.summary, case.interview.facts
    start, end = summary.start, summary.end
    if start is None:
        return
    if end is not None and end < start:
        yield case.find(setting, message="end", observed=end.isoformat(), expected=f"≥ {start.isoformat()}")
    ahead = facts.received_at + datetime.timedelta(minutes=setting.number("ahead"))
    if start > ahead:
        expected = f"≤ {facts.received_at.isoformat()}"
        yield case.find(setting, message="received", observed=start.isoformat(), expected=expected)
    if facts.published_at is not None and start < facts.published_at:
        yield case.find(
            setting,
            message="published",
            severity=setting.other_degree,
            observed=start.isoformat(),
            expected=f"≥ {facts.published_at.isoformat()}",
        )


def at_night(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """T04."""
    start = case.interview.summary.start
    if start is None:
        return
    hour = case.local(start).hour
    if hour < setting.number("from") or hour >= setting.number("to"):
        expected = f"{setting.number('from'):g}–{setting.number('to'):g} h"
        yield case.find(setting, observed=case.local(start).strftime("%H:%M"), expected=expected)


def overlap(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """T05."""
    summary = case.interview.summary
    if summary.start is None or case.surroundings is None:
        return
    told: set[str] = set()
    for kind, who in (("enumerator", summary.enumerator), ("device", summary.device)):
        before = case.surroundings.find_previous(kind, who, summary.start, summary.instance_id) if who else None
        if before is None or before.instance_id in told:
            continue
        gap = (summary.start - before.end).total_seconds() / 60
        if gap < setting.number("minutes"):
            told.add(before.instance_id)
            yield case.find(
                setting,
                message="overlap" if gap < 0 else "",
                severity=setting.degree if gap < 0 else setting.other_degree,
                observed=f"{gap:.1f}",
                expected=f"≥ {setting.number('minutes'):g} min",
                other=name_beside(before.household, before.instance_id, summary.household),
                binding="|".join(sorted((before.instance_id, summary.instance_id))),
            )


def fast_screens(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """T06."""
    paradata = case.interview.paradata
    if paradata is None or paradata.screens < setting.number("screens"):
        return
    share = 100 * paradata.fast_share
    if share > setting.number("percent"):
        yield case.find(setting, observed=f"{share:.0f} %", expected=f"≤ {setting.number('percent'):g} %")


def section_time(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """T07."""
    for measure in case.plan.measures:
        if measure.startswith("section:"):
            yield from _beyond(case, setting, measure, both=True)


def late_sending(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """T08."""
    end = case.interview.summary.end
    if end is None:
        return
    hours = (case.interview.facts.received_at - end).total_seconds() / 3600
    if hours > setting.number("hours"):
        yield case.find(setting, observed=f"{hours:.0f}", expected=f"≤ {setting.number('hours'):g} h")


def old_form(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """T09."""
    facts, start = case.interview.facts, case.interview.summary.start
    if start is None or facts.newer_published_at is None:
        return
    hours = (start - facts.newer_published_at).total_seconds() / 3600
    if hours > setting.number("hours"):
        yield case.find(setting, observed=facts.form_version, expected="the newest version", hours=f"{hours:.0f}")


def many_edits(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """T10."""
    for measure in ("edits", "backs", "constraint_errors"):
        yield from _beyond(case, setting, measure, both=False, message=measure)


def day_off(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """T11."""
    day = case.interview_day
    weekday = DAYS[day.weekday()]
    if weekday in setting.names("weekend") or day.isoformat() in setting.names("holidays"):
        yield case.find(setting, observed=day.isoformat(), expected="a day of work")


def _beyond(case: Case, setting: Setting, measure: str, *, both: bool, message: str = "") -> Iterator[QualityFinding]:
    """A finding for each number of a measure that lies beyond the robust z, above it or on both sides."""
    numbers = case.interview.summary.measures.get(measure)
    distribution = case.compare(setting, measure) if numbers else None
    for number in numbers if distribution is not None else ():
        z = distribution.robust_z(number) if distribution is not None else None
        if z is not None and (abs(z) if both else z) > setting.number("z"):
            yield case.find(
                setting,
                message=message,
                observed=f"{number:.1f}",
                expected=f"median {distribution.median:.1f}, z ≤ {setting.number('z'):g} (z = {z:.1f})"
                if distribution
                else "",
                subject=measure,
                where=measure.rpartition("/")[2],
            )


CHECKS: Final = (
    Check(
        "T01",
        "too short",
        "访谈过短",
        "from start to end less than half the median, or than the form's minimum; error below a third of the median",
        "submission",
        "comparison",
        "warning",
        {
            "": (
                "The interview took {observed} minutes ({expected} is usual).",
                "访谈用时{observed}分钟（通常{expected}）。",
            )
        },
        "IMPACT; IPA",
        run_case=too_short,
        other_severity="error",
        parameters=(
            Parameter("minimum", 0.0, "minutes"),
            Parameter("share", 0.5, "of the median"),
            Parameter("grave", 0.33, "of the median"),
        ),
        automatic="forms with start and end",
    ),
    Check(
        "T02",
        "too long",
        "访谈过长",
        "the robust z of ln(active minutes + 1) is above 3.5",
        "submission",
        "comparison",
        "info",
        {
            "": (
                "The enumerator was at it for {observed} minutes ({expected}).",
                "实际用时{observed}分钟（{expected}）。",
            )
        },
        "a survey's audit logs",
        run_case=too_long,
        parameters=(Parameter("z", 3.5, "robust z"),),
        automatic="forms with an audit log",
    ),
    Check(
        "T03",
        "order of times",
        "时间顺序",
        "it ends before it starts, or starts more than 10 minutes after the receipt (error); it starts "
        "before its form version was "
        "published (warning)",
        "submission",
        "receipt",
        "error",
        {
            "": ("The times are not in order: {observed}.", "时间顺序有误：{observed}。"),
            "end": ("It ends ({observed}) before it starts.", "结束时间（{observed}）早于开始时间。"),
            "received": ("It starts ({observed}) after it was received.", "开始时间（{observed}）晚于接收时间。"),
            "published": (
                "It starts ({observed}) before its form version was published.",
                "开始时间（{observed}）早于表单版本发布。",
            ),
        },
        "ours",
        run_case=order_of_times,
        other_severity="warning",
        parameters=(Parameter("ahead", 10.0, "minutes"),),
        automatic="forms with start",
    ),
    Check(
        "T04",
        "at night",
        "夜间访谈",
        "it starts before 6 or from 21 o'clock on, local time",
        "submission",
        "receipt",
        "warning",
        {"": ("It began at {observed}.", "开始于{observed}。")},
        "IPA",
        run_case=at_night,
        parameters=(Parameter("from", 6.0, "hour"), Parameter("to", 21.0, "hour")),
        automatic="forms with start",
    ),
    Check(
        "T05",
        "two at once",
        "访谈重叠",
        "it starts before the same enumerator's or device's interview before has ended (error), or less than "
        "2 minutes after (warning)",
        "submission",
        "comparison",
        "error",
        {
            "": (
                "Only {observed} minutes after the interview before ({other}).",
                "距上一次访谈（{other}）仅{observed}分钟。",
            ),
            "overlap": ("It overlaps with the interview before ({other}).", "与上一次访谈（{other}）时间重叠。"),
        },
        "IPA; REACH",
        run_case=overlap,
        other_severity="warning",
        parameters=(Parameter("minutes", 2.0, "minutes"),),
        automatic="forms with start and end",
    ),
    Check(
        "T06",
        "fast screens",
        "作答过快",
        "more than 30 % of the questions were left in less than 1.5 s (select) or 2 s (entry)",
        "submission",
        "receipt",
        "warning",
        {"": ("{observed} of the questions were left at once.", "{observed}的问题停留时间过短。")},
        "SurveyCTO speed limits",
        run_case=fast_screens,
        parameters=(Parameter("percent", 30.0, "%"), Parameter("screens", 10.0, "questions at least")),
        automatic="forms with an audit log",
    ),
    Check(
        "T07",
        "time of a section",
        "部分用时",
        "the robust z of ln(seconds + 1) of a section is beyond 3.5",
        "submission",
        "comparison",
        "info",
        {"": ("The part {where} took {observed} seconds ({expected}).", "{where}部分用时{observed}秒（{expected}）。")},
        "IPA text audits",
        run_case=section_time,
        parameters=(Parameter("z", 3.5, "robust z"),),
        automatic="forms with an audit log",
    ),
    Check(
        "T08",
        "sent late",
        "延迟提交",
        "received more than 48 hours after its end",
        "submission",
        "receipt",
        "warning",
        {"": ("It came {observed} hours after its end.", "结束后{observed}小时才提交。")},
        "ours",
        run_case=late_sending,
        parameters=(Parameter("hours", 48.0, "hours"),),
        automatic="forms with end",
    ),
    Check(
        "T09",
        "old form",
        "旧版表单",
        "it starts more than 24 hours after a newer version was published",
        "submission",
        "receipt",
        "warning",
        {
            "": (
                "It was made with version {observed}, {hours} hours after a newer one.",
                "使用旧版{observed}，新版已发布{hours}小时。",
            )
        },
        "IPA ipacheckversions",
        run_case=old_form,
        parameters=(Parameter("hours", 24.0, "hours"),),
        automatic="forms with start",
    ),
    Check(
        "T10",
        "many edits",
        "频繁修改",
        "the robust z of changed answers, jumps back or constraint errors is above 3.5",
        "submission",
        "comparison",
        "info",
        {
            "": ("{observed} changes ({expected}).", "{observed}次修改（{expected}）。"),
            "edits": ("{observed} answers were changed ({expected}).", "修改答案{observed}次（{expected}）。"),
            "backs": (
                "{observed} times back to an earlier question ({expected}).",
                "返回前题{observed}次（{expected}）。",
            ),
            "constraint_errors": (
                "{observed} times an answer was not allowed ({expected}).",
                "{observed}次答案不被允许（{expected}）。",
            ),
        },
        "ODK audit specification",
        run_case=many_edits,
        parameters=(Parameter("z", 3.5, "robust z"),),
        automatic="forms with an audit log",
    ),
    Check(
        "T11",
        "day off",
        "非工作日",
        "the day is one of the weekend, or a holiday",
        "submission",
        "receipt",
        "info",
        {"": ("It is of {observed}, a day off.", "日期{observed}为非工作日。")},
        "IPA",
        run_case=day_off,
        parameters=(Parameter("weekend", ("sat", "sun"), "days"), Parameter("holidays", (), "dates")),
        automatic="declared but off; a checks sheet sets it",
    ),
)
