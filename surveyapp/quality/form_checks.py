"""Checks of a whole form: progress, refusals, questions that say nothing, versions, days."""

import datetime
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from surveyapp.quality.declaration import NOTHING, Check, Parameter, QualityFinding, Setting, SurveyFunction
from surveyapp.quality.interview import Summary
from surveyapp.quality.rate_checks import Sentence
from surveyapp.quality.survey import Survey, collect_numbers


def progress(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """F01."""
    done = Counter(one.stratum for one in survey.counted)
    for stratum, target in sorted(survey.plan.sample.targets.items()):
        severity = setting.degree if done[stratum] < target else "info"
        share = {"percent": f"{100 * done[stratum] / target:.0f}" if target else "100"}
        yield setting.find(
            severity=severity, subject=stratum, observed=str(done[stratum]), expected=str(target), arguments=share
        )


def refusals(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """F02."""
    everyone = [one for one in survey.summaries if not one.rejected]
    if len(everyone) < setting.number("interviews"):
        return
    for message, count in (
        ("", sum(one.consent is False or one.visit_refused for one in everyone)),
        ("replaced", sum(one.replaced for one in everyone)),
    ):
        percent = 100 * count / len(everyone)
        if percent > setting.number(message or "refused"):
            expected = f"≤ {setting.number(message or 'refused'):g} %"
            yield setting.find(message, observed=f"{percent:.1f} %", expected=expected)


def silent_questions(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """F03: by the codes of the compared questions."""
    rows: dict[tuple[str, ...], list[bytes]] = defaultdict(list)
    for one in survey.counted:
        rows[one.compared].append(one.codes[: len(one.compared)])
    asked: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    values: dict[str, set[int]] = defaultdict(set)
    for columns, codes in rows.items():
        table = np.frombuffer(b"".join(codes), np.uint8).reshape(len(codes), len(columns))
        for path, column in zip(columns, table.T, strict=True):
            asked[path] += len(column)
            answered[path] += int(np.count_nonzero(column))
            values[path].update(np.unique(column).tolist())
    least = setting.number("interviews")
    for path in survey.plan.compared:
        label = {"label": survey.plan.label(path), "n": str(answered[path])}
        if asked[path] >= least and not answered[path]:
            yield setting.find(
                "empty", subject=path, questions=(path,), observed="", expected="answers", arguments=label
            )
        elif answered[path] >= least and len(values[path] - {0}) == 1:
            observed = str(answered[path])
            yield setting.find(
                subject=path, questions=(path,), observed=observed, expected="several values", arguments=label
            )


def other_share(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """F04."""
    offered: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for one in survey.counted:
        offered.update(one.with_other)
        taken.update(one.others)
    for path, n in sorted(offered.items()):
        percent = 100 * taken[path] / n
        if n >= setting.number("answers") and percent > setting.number("percent"):
            label = {"label": survey.plan.label(path)}
            expected = f"≤ {setting.number('percent'):g} %"
            yield setting.find(
                subject=path, questions=(path,), observed=f"{percent:.1f} %", expected=expected, arguments=label
            )


def versions(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """F05: the versions in use within the last days, where there is more than one."""
    since = survey.now - datetime.timedelta(days=setting.number("days"))
    used = Counter(one.form_version for one in survey.counted if one.received_at >= since)
    if len(used) > 1:
        observed = ", ".join(f"{version} ({count})" for version, count in sorted(used.items()))
        yield setting.find(observed=observed, expected="one version")


def unmatched(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """F06."""
    households = survey.plan.sample.households
    for one in survey.counted if households else ():
        if one.household and one.household not in households:
            yield setting.find(
                instance_id=one.instance_id,
                observed=one.household,
                expected="an id of the sample list",
                questions=tuple(filter(None, (survey.plan.roles.get("household"),))),
            )


def left_open(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """F07."""
    until = survey.now - datetime.timedelta(days=setting.number("days"))
    late = Counter(one.kind for one in survey.open_findings if one.opened_at < until)
    for kind, count in sorted(late.items()):
        yield setting.find(
            subject=kind, observed=str(count), expected="0", arguments={"days": f"{setting.number('days'):g}"}
        )


def duration_by_day(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """F08: days whose median duration is far from that of the survey."""
    days: dict[datetime.date, list[Summary]] = defaultdict(list)
    for one in survey.counted:
        days[one.day].append(one)
    everything = collect_numbers(survey.counted, "minutes")
    if not everything:
        return
    usual = statistics.median(everything)
    for day, summaries in sorted(days.items()):
        minutes = collect_numbers(summaries, "minutes")
        if len(minutes) >= setting.number("interviews") and usual > 0:
            ratio = statistics.median(minutes) / usual
            if ratio < setting.number("least") or ratio > setting.number("most"):
                observed, expected = f"{statistics.median(minutes):.0f}", f"{usual:.0f}"
                yield setting.find(subject=day.isoformat(), observed=observed, expected=expected)


def media(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """F09: files that are still missing after so many hours."""
    until = survey.now - datetime.timedelta(hours=setting.number("hours"))
    late = [one for one in survey.counted if one.media_missing and one.received_at < until]
    if late:
        files = {"n": str(len(late))}
        yield setting.find(observed=str(sum(one.media_missing for one in late)), expected="0", arguments=files)


def by_team(survey: Survey, setting: Setting) -> Iterator[QualityFinding]:
    """F10: how many submissions each team sends a day; a warning for a team that sent none on the last days."""
    teams: dict[str, Counter[datetime.date]] = defaultdict(Counter)
    for one in survey.counted:
        if one.team:
            teams[one.team][one.received_at.date()] += 1
    for team, days in sorted(teams.items()):
        average = sum(days.values()) / len(days)
        silent = (survey.now.date() - max(days)).days
        quiet = silent > setting.number("days")
        yield setting.find(
            "silent" if quiet else "",
            severity=setting.degree if quiet else "info",
            subject=team,
            observed=f"{average:.1f}",
            expected="",
            arguments={"days": str(silent)},
        )


def _declare(
    check_id: str,
    sentence: Sentence,
    run: SurveyFunction,
    *,
    parameters: tuple[Parameter, ...] = (),
    more: Mapping[str, tuple[str, str]] = NOTHING,
    automatic: str = "every form",
) -> Check:
    return Check(
        check_id,
        *sentence.label,
        sentence.fires,
        "form",
        "survey",
        "warning",
        {"": sentence.message, **more},
        "IPA datasure",
        run_survey=run,
        parameters=parameters,
        automatic=automatic,
    )


CHECKS: Final = (
    _declare(
        "F01",
        Sentence(
            ("progress", "进度"),
            "interviews by stratum beside the target: warning below it, info from there on",
            (
                "{subject}: {observed} of {expected} interviews ({percent} %).",
                "{subject}：{expected}份中完成{observed}份（{percent}%）。",
            ),
        ),
        progress,
        automatic="projects with targets",
    ),
    _declare(
        "F02",
        Sentence(
            ("refusal and replacement", "拒访与替换"),
            "more than 15 % refused, or more than 15 % of the households are replacements, of 20 at least",
            ("{observed} refused.", "拒访率{observed}。"),
        ),
        refusals,
        parameters=(Parameter("refused", 15.0, "%"), Parameter("replaced", 15.0, "%"), Parameter("interviews", 20.0)),
        more={"replaced": ("{observed} of the households are replacements.", "替换户占{observed}。")},
    ),
    _declare(
        "F03",
        Sentence(
            ("silent question", "无信息问题"),
            "a question is empty in all of 20 and more interviews, or has one value only",
            ("All {n} answers to “{label}” are equal.", "“{label}”的{n}个答案全部相同。"),
        ),
        silent_questions,
        parameters=(Parameter("interviews", 20.0),),
        more={"empty": ("“{label}” has no answer in any interview.", "“{label}”在所有访谈中均为空。")},
    ),
    _declare(
        "F04",
        Sentence(
            ("share of other", "“其他”占比"),
            "other is chosen in more than 10 % of 20 and more answers: a choice may be lacking",
            (
                "“{label}”: {observed} chose other; perhaps a choice is lacking.",
                "“{label}”：{observed}选择“其他”，可能缺少选项。",
            ),
        ),
        other_share,
        automatic="selects with other",
        parameters=(Parameter("percent", 10.0, "%"), Parameter("answers", 20.0)),
    ),
    _declare(
        "F05",
        Sentence(
            ("versions in use", "使用中的版本"),
            "more than one form version was used by what came in the last 7 days",
            ("Several versions are in use: {observed}.", "多个版本同时使用：{observed}。"),
        ),
        versions,
        parameters=(Parameter("days", 7.0, "days"),),
    ),
    _declare(
        "F06",
        Sentence(
            ("not in the sample", "不在样本中"),
            "the household id is not on the sample list",
            ("The household {observed} is not on the list.", "住户{observed}不在名单中。"),
        ),
        unmatched,
        automatic="projects with a sample list",
    ),
    _declare(
        "F07",
        Sentence(
            ("left open", "未处理的发现"),
            "findings that are open for more than 3 days, by check",
            (
                "{subject}: {observed} findings are open for more than {days} days.",
                "{subject}：{observed}个发现超过{days}天未处理。",
            ),
        ),
        left_open,
        parameters=(Parameter("days", 3.0, "days"),),
    ),
    _declare(
        "F08",
        Sentence(
            ("duration by day", "每日用时"),
            "the median duration of a day with 5 and more interviews is below 0.6 or above 1.67 of the survey's",
            (
                "On {subject} interviews took {observed} minutes ({expected} is usual).",
                "{subject}访谈用时中位数{observed}分钟（通常{expected}）。",
            ),
        ),
        duration_by_day,
        automatic="forms with start and end",
        parameters=(Parameter("least", 0.6), Parameter("most", 1.67), Parameter("interviews", 5.0)),
    ),
    _declare(
        "F09",
        Sentence(
            ("files missing", "缺失附件"),
            "files that have not come 24 hours after the receipt",
            ("{observed} files of {n} submissions have not arrived.", "{n}份提交的{observed}个附件尚未收到。"),
        ),
        media,
        parameters=(Parameter("hours", 24.0, "hours"),),
    ),
    _declare(
        "F10",
        Sentence(
            ("submissions by team", "各队提交量"),
            "submissions a day by team (info); a warning after 3 days without any",
            ("{subject} sends {observed} submissions on a day of work.", "{subject}每工作日提交{observed}份。"),
        ),
        by_team,
        automatic="forms with teams",
        parameters=(Parameter("days", 3.0, "days"),),
        more={"silent": ("{subject} has sent nothing for {days} days.", "{subject}已{days}天没有提交。")},
    ),
)
