"""Checks of a whole record: logic, missing answers, tests, consent, dates, attachments, texts that say nothing."""

import datetime
import re
from collections.abc import Iterator
from typing import Any, Final

from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.scope import Environment, Scope
from surveyapp.findings import Severity
from surveyapp.quality.case import Case
from surveyapp.quality.declaration import Check, Parameter, QualityFinding, Setting
from surveyapp.quality.words import plain

TEST_WORDS: Final = re.compile(r"(test(s|e|er|ing)?|x{2,}|asdf\w*|qwe(rty)?|demo|n/?a|pilot|测试|试验|测试户)[\s\d_-]*")
PHONE_IN_TEXT: Final = re.compile(r"(?<![\w.])\+?\d(?:[\s().-]?\d){6,14}(?![\w.])")
MAIL_IN_TEXT: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
DAYS_A_YEAR: Final = 365.25


def logic_rule(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S07."""
    compiled = case.plan.compiled.get(setting.id)
    main = case.interview.main
    if compiled is None or main.node is None:
        return
    summary = case.interview.summary
    now = case.local(summary.start or summary.received_at)
    environment = Environment(main.node, now=now, version=case.plan.definition.version)
    for row in case.rows_at(setting.questions[0]) if setting.questions else (main,):
        if row.node is None:
            continue
        try:
            broken = compiled.boolean(Scope(environment, row.node))
        except ExpressionError as error:
            case.skip(setting, f"the expression cannot be evaluated here ({error})")
            return
        if broken:
            observed = "; ".join(_said(case, row.texts, path) for path in setting.questions)
            yield case.find(
                setting, *setting.questions, row=row, observed=observed, expected=setting.text("expression")
            )


def _said(case: Case, texts: Any, path: str) -> str:
    return f"{path.rpartition('/')[2]} = {texts.get(path, case.interview.main.texts.get(path, ''))}"


def missing_share(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S09."""
    share = next(iter(case.interview.summary.measures.get("missing_share")), None)
    if share is None or share <= setting.number("percent") / 100:
        return
    distribution = case.compare(setting, "missing_share")
    z = distribution.robust_z(share, logarithm=False) if distribution is not None else None
    if z is not None and z > setting.number("z"):
        yield case.find(setting, observed=f"{share:.1%}", expected=f"z ≤ {setting.number('z'):g} (z = {z:.1f})")


def unknown_share(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S10."""
    counts = case.interview.summary.counts
    if not counts.answered:
        return
    share = 100 * (counts.dont_know + counts.refused) / counts.answered
    for name, severity in (("error", setting.other_degree), ("warning", setting.degree)):
        limit = setting.number(name)
        if share > limit:
            yield case.find(setting, severity=severity, observed=f"{share:.1f} %", expected=f"≤ {limit:g} %")
            return


def test_record(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S11."""
    for role in ("household", "head_name", "enumerator"):
        path = case.plan.roles.get(role)
        text = case.interview.main.texts.get(path, "") if path else ""
        if text and TEST_WORDS.fullmatch(plain(text)):
            yield case.find(setting, path, observed=text, expected="a name or id")
    members, name = case.plan.roles.get("members"), case.plan.roles.get("member_name")
    for row in case.interview.rows.get(members, ()) if members and name else ():
        text = row.texts.get(name, "")
        if text and TEST_WORDS.fullmatch(plain(text)):
            yield case.find(setting, name, row=row, observed=text, expected="a name")
    if case.interview.facts.is_test:
        yield case.find(
            setting, message="device", observed=case.interview.facts.device, expected="a device of the field"
        )
    live = setting.text("go_live")
    if live and case.interview_day.isoformat() < live:
        yield case.find(setting, message="early", observed=case.interview_day.isoformat(), expected=f"from {live}")


def no_consent(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S12."""
    consent = setting.questions[0] if setting.questions else case.plan.roles.get("consent")
    if not consent or consent not in case.plan.order or consent not in case.plan.yes:
        return
    given = case.interview.main.texts.get(consent, "")
    if given in case.plan.yes[consent]:
        return
    after = case.plan.order[consent]
    for row in (case.interview.main, *(row for rows in case.interview.rows.values() for row in rows)):
        for path, text in row.texts.items():
            if text and path in case.plan.visible and case.plan.order[path] > after:
                yield case.find(setting, consent, observed=given, expected="yes", first=case.plan.label(path))
                return


def date_logic(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S13."""
    day = case.interview_day
    for path in setting.questions:
        for row, value in case.values(path):
            date = value.date() if isinstance(value, datetime.datetime) else value
            if not isinstance(date, datetime.date):
                continue
            if date > day:
                yield case.find(setting, path, row=row, observed=date.isoformat(), expected=f"≤ {day.isoformat()}")
            elif date == day and setting.value("not_today"):
                yield case.find(
                    setting,
                    path,
                    row=row,
                    message="same",
                    severity=setting.other_degree,
                    observed=date.isoformat(),
                    expected="another day than the interview's",
                )
            yield from _age_against_birth(case, setting, path, row, date)


def _age_against_birth(
    case: Case, setting: Setting, path: str, row: Any, birth: datetime.date
) -> Iterator[QualityFinding]:
    age_path = setting.text("age")
    age = case.number_in(row, age_path) if age_path else None
    if age is None:
        return
    years = (case.interview_day - birth).days / DAYS_A_YEAR
    # Completed years: somebody of 40.9 years says 40.
    if abs(int(years) - age) > setting.number("years"):
        yield case.find(
            setting,
            path,
            age_path,
            row=row,
            message="age",
            severity=setting.other_degree,
            observed=f"{birth.isoformat()}, {age:g}",
            expected=f"{int(years)} years",
        )


def media_missing(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S20."""
    facts = case.interview.facts
    hours = (case.now - facts.received_at).total_seconds() / 3600
    if hours <= setting.number("hours"):
        return
    for name in case.interview.expected_files:
        if name not in facts.files:
            yield case.find(setting, observed=name, expected=f"within {setting.number('hours'):g} h")


def junk_text(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S21."""
    for path in setting.questions:
        for row, value in case.values(path):
            text = str(value).strip()
            what = find_junk(text)
            if what:
                yield case.find(setting, path, row=row, message=what, observed=text, expected="a text")


def find_junk(text: str) -> str:
    """What is wrong with a text: short, repeated, punctuation, phone, mail; '' where nothing is.

    One letter of a script that writes words with one, as Chinese does, is a word.
    """
    if not text:
        return ""
    if all(not letter.isalnum() for letter in text):
        return "punctuation"
    if len(text) > 1 and len(set(text.casefold())) == 1:
        return "repeated"
    if len(text) < 2 and not ("\u3040" <= text <= "\u9fff" or "\uac00" <= text <= "\ud7a3"):
        return "short"
    if MAIL_IN_TEXT.search(text):
        return "mail"
    return "phone" if PHONE_IN_TEXT.search(text) else ""


SECOND: Final[Severity] = "warning"
CHECKS: Final = (
    Check(
        "S07",
        "logic rule",
        "逻辑规则",
        "the author's expression is true",
        "submission",
        "receipt",
        "warning",
        {"": ("“{label}” does not agree with other answers: {observed}.", "“{label}”与其他答案不一致：{observed}。")},
        "IPA ipachecklogic",
        run_case=logic_rule,
        questions="several",
        parameters=(Parameter("expression", "", "XLSForm"),),
    ),
    Check(
        "S09",
        "missing share",
        "缺失比例",
        "the share of asked questions without answer is above 5 % and its robust z above 2",
        "submission",
        "comparison",
        "warning",
        {"": ("{observed} of the questions asked have no answer.", "{observed}的已问问题没有答案。")},
        "IMPACT check_percentage_missing",
        run_case=missing_share,
        parameters=(Parameter("z", 2.0, "robust z"), Parameter("percent", 5.0, "%")),
        automatic="every form",
    ),
    Check(
        "S10",
        "don't know and refused",
        "不知道与拒答比例",
        "don't know and refused are more than 10 % (warning) or 25 % (error) of the answers",
        "submission",
        "receipt",
        "warning",
        {"": ("{observed} of the answers are don't know or refused.", "{observed}的答案为不知道或拒答。")},
        "IPA",
        run_case=unknown_share,
        other_severity="error",
        parameters=(Parameter("warning", 10.0, "%"), Parameter("error", 25.0, "%")),
        automatic="every form",
    ),
    Check(
        "S11",
        "test record",
        "测试记录",
        "a name or id is test, xx, asdf, demo, n/a …; the device is marked for tests; or the day lies before "
        "the start of the survey",
        "submission",
        "receipt",
        "warning",
        {
            "": ("“{label}” is “{observed}”: this looks like a test.", "“{label}”为“{observed}”，疑似测试记录。"),
            "device": ("It came from a device that is marked for tests.", "来自标记为测试的设备。"),
            "early": ("It is of {observed}, before the survey began.", "日期{observed}早于调查开始日。"),
        },
        "a survey's deletion log",
        run_case=test_record,
        parameters=(Parameter("go_live", "", "date"),),
        automatic="forms with a household id, a name or an enumerator",
    ),
    Check(
        "S12",
        "no consent",
        "未获同意",
        "consent is not yes, and a later question has an answer",
        "submission",
        "receipt",
        "error",
        {
            "": (
                "Consent is “{observed}”, but the interview went on (“{first}”).",
                "知情同意为“{observed}”，但访谈仍继续（“{first}”）。",
            )
        },
        "REACH",
        run_case=no_consent,
        questions="one",
        automatic="forms with the role consent",
    ),
    Check(
        "S13",
        "date logic",
        "日期逻辑",
        "a date of an event lies after the interview (error); it is the day of the interview, or age and date of birth "
        "differ by more than a year (warning)",
        "submission",
        "receipt",
        "error",
        {
            "": ("“{label}” is {observed}, after the interview.", "“{label}”为{observed}，晚于访谈日期。"),
            "same": ("“{label}” is the day of the interview.", "“{label}”与访谈日期相同。"),
            "age": ("Date of birth and age do not agree: {observed}.", "出生日期与年龄不符：{observed}。"),
        },
        "a survey's cleaning log",
        run_case=date_logic,
        questions="several",
        other_severity=SECOND,
        parameters=(Parameter("not_today", False), Parameter("age", "", "question"), Parameter("years", 1.0, "years")),
        automatic="every date asked but those of plans; age where the roster has both",
    ),
    Check(
        "S20",
        "attachment missing",
        "附件缺失",
        "a file that the record names has not come 24 hours after the receipt",
        "submission",
        "receipt",
        "warning",
        {"": ("The file {observed} has not arrived.", "文件{observed}尚未收到。")},
        "ODK Central",
        run_case=media_missing,
        parameters=(Parameter("hours", 24.0, "hours"),),
        automatic="every form",
    ),
    Check(
        "S21",
        "text that says nothing",
        "无意义文本",
        "one letter, one letter repeated, only punctuation; or a telephone number or mail address where none is asked",
        "submission",
        "receipt",
        "info",
        {
            "": ("“{label}” is “{observed}”.", "“{label}”为“{observed}”。"),
            "short": ("“{label}” is one letter: “{observed}”.", "“{label}”仅一个字符：“{observed}”。"),
            "repeated": ("“{label}” is one letter repeated: “{observed}”.", "“{label}”为重复字符：“{observed}”。"),
            "punctuation": ("“{label}” holds no letter: “{observed}”.", "“{label}”不含文字：“{observed}”。"),
            "phone": ("“{label}” seems to hold a telephone number.", "“{label}”疑似含有电话号码。"),
            "mail": ("“{label}” seems to hold a mail address.", "“{label}”疑似含有电子邮箱。"),
        },
        "World Bank check_pii",
        run_case=junk_text,
        questions="several",
        automatic="every text that a person enters, but names, ids and telephone numbers",
    ),
)
