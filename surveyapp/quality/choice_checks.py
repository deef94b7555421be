"""Checks of chosen answers: exclusive choices, and the texts beside other."""

from collections.abc import Iterator, Mapping
from typing import Final

from surveyapp.quality.case import Case
from surveyapp.quality.declaration import Check, Parameter, QualityFinding, Setting
from surveyapp.quality.interview import Row
from surveyapp.quality.words import edit_distance_at_most_one, plain

# Labels shorter than this differ by one letter too easily.
SHORTEST_LABEL: Final = 4


def exclusive_choice(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S04."""
    for path in setting.questions:
        alone = frozenset(setting.names("exclusive")) or case.plan.exclusive.get(path, frozenset())
        for row, value in case.values(path):
            chosen = str(value).split()
            excluding = [name for name in chosen if name in alone]
            if excluding and len(chosen) > 1:
                expected = f"{excluding[0]} alone"
                yield case.find(setting, path, row=row, observed=value, expected=expected, choice=excluding[0])


def other_is_a_choice(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S18."""
    if len(setting.questions) < 2:
        return
    parent, text_path = setting.questions[:2]
    question = case.plan.question(parent)
    if question is None:
        return
    labels = _labels(case, parent)
    rules = dict(rule.split("=", 1) for rule in setting.names("recode") if "=" in rule)
    for row, text in case.values(text_path):
        choice = _recoded(plain(str(text)), labels, {plain(given): name for given, name in rules.items()})
        if choice:
            expected = f"{parent.rpartition('/')[2]} = {choice}"
            yield case.find(
                setting, text_path, parent, row=row, observed=text, expected=expected, suggestion=choice, choice=choice
            )


def _labels(case: Case, parent: str) -> dict[str, str]:
    """The name of each choice but other, by every label of it."""
    question = case.plan.question(parent)
    other = case.plan.other.get(parent, frozenset())
    found = {}
    for choice in case.plan.definition.choices(question) if question else ():
        if choice.name not in other:
            for label in (choice.name, *choice.label.values()):
                found[plain(label)] = choice.name
    return found


def _recoded(text: str, labels: Mapping[str, str], rules: Mapping[str, str]) -> str:
    """The choice that a text stands for, '' where it stands for none."""
    if text in rules:
        return rules[text]
    if text in labels:
        return labels[text]
    if len(text) < SHORTEST_LABEL:
        return ""
    near = {
        name
        for label, name in labels.items()
        if len(label) >= SHORTEST_LABEL and edit_distance_at_most_one(text, label)
    }
    return near.pop() if len(near) == 1 else ""


def other_inconsistent(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """S19."""
    if len(setting.questions) < 2:
        return
    parent, text_path = setting.questions[:2]
    other = case.plan.other.get(parent, frozenset())
    if not other:
        return
    for row in case.rows_at(parent):
        chosen, text = row.texts.get(parent, ""), _text_beside(case, row, text_path)
        ticked = bool(other & set(chosen.split()))
        if text and not ticked:
            yield case.find(
                setting,
                text_path,
                parent,
                row=row,
                message="text",
                observed=text,
                expected="other chosen",
                chosen=chosen,
            )
        elif ticked and not text:
            yield case.find(setting, text_path, parent, row=row, message="empty", observed=chosen, expected="a text")


def _text_beside(case: Case, row: Row, path: str) -> str:
    return row.texts.get(path, "") or case.interview.main.texts.get(path, "")


CHECKS: Final = (
    Check(
        "S04",
        "exclusive choice",
        "互斥选项",
        "none, don't know, refused or not applicable is chosen together with another",
        "submission",
        "receipt",
        "error",
        {"": ("“{label}” has “{choice}” together with other choices.", "“{label}”同时选择了“{choice}”和其他选项。")},
        "humind consistency checks",
        run_case=exclusive_choice,
        questions="several",
        parameters=(Parameter("exclusive", (), "names of choices; empty = by meaning"),),
        automatic="every select_multiple whose list has such a choice",
    ),
    Check(
        "S18",
        "other could be recoded",
        "“其他”可归类",
        "the text beside other equals a choice (case, accents and spaces aside), is one letter off a label, "
        "or matches a rule",
        "submission",
        "receipt",
        "info",
        {
            "": (
                "“{label}” says “{observed}”, which is the choice “{choice}”.",
                "“{label}”填写“{observed}”，即选项“{choice}”。",
            )
        },
        "IPA ipacheckspecify",
        run_case=other_is_a_choice,
        questions="several",
        parameters=(Parameter("recode", (), "text=choice"),),
        automatic="each select with other and the text question beside it",
    ),
    Check(
        "S19",
        "other inconsistent",
        "“其他”前后不一致",
        "a text is given but other is not chosen, or other is chosen and the text is empty",
        "submission",
        "receipt",
        "error",
        {
            "": ("“{label}” does not agree with its question.", "“{label}”与所属问题不一致。"),
            "text": (
                "“{label}” says “{observed}”, but other is not chosen.",
                "“{label}”填写“{observed}”，但未选择“其他”。",
            ),
            "empty": ("Other is chosen, but “{label}” is empty.", "选择了“其他”，但“{label}”为空。"),
        },
        "IMPACT create_logic_for_other",
        run_case=other_inconsistent,
        questions="several",
        automatic="each select with other and the text question beside it",
    ),
)
