"""Checks of who the members of a household are to each other, and how old."""

from collections.abc import Callable, Iterator
from typing import Final

from surveyapp.quality.case import Case
from surveyapp.quality.declaration import Check, Parameter, QualityFinding, Setting
from surveyapp.quality.members import being, list_members

GUIDES: Final = "IPA; DHS and LSMS editing guides; impactR4PHU"


def one_head(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """R02."""
    members, path = list_members(case), case.plan.roles.get("relation")
    heads = being(members, "head")
    if members and path and len(heads) != 1:
        yield case.find(setting, path, observed=str(len(heads)), expected="1")


def head_age(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """R03."""
    path, youngest = case.plan.roles.get("age"), setting.number("age")
    for head in being(list_members(case), "head"):
        if head.age is not None and head.age < youngest:
            yield case.find(setting, path, row=head.row, observed=f"{head.age:g}", expected=f"≥ {youngest:g}")


def spouses(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """R04."""
    members = list_members(case)
    relation, age = case.plan.roles.get("relation"), case.plan.roles.get("age")
    found = being(members, "spouse")
    heads = being(members, "head")
    if len(found) > setting.number("polygamy"):
        expected = f"≤ {setting.number('polygamy'):g}"
        yield case.find(setting, relation, message="count", observed=str(len(found)), expected=expected)
    for spouse in found:
        if spouse.age is None:
            continue
        if spouse.age < setting.number("age"):
            expected = f"≥ {setting.number('age'):g}"
            yield case.find(setting, age, row=spouse.row, message="age", observed=f"{spouse.age:g}", expected=expected)
        if len(heads) == 1 and heads[0].age is not None and abs(heads[0].age - spouse.age) > setting.number("gap"):
            observed, expected = f"{abs(heads[0].age - spouse.age):g}", f"≤ {setting.number('gap'):g}"
            yield case.find(setting, age, row=spouse.row, message="gap", observed=observed, expected=expected)


def generations(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """R05."""
    members, years, path = list_members(case), setting.number("years"), case.plan.roles.get("age")
    heads = being(members, "head")
    if len(heads) != 1 or heads[0].age is None:
        return
    age = heads[0].age
    rules: tuple[tuple[str, str, Callable[[float], bool]], ...] = (
        ("child", f"≤ {age - years:g}", lambda one: one > age - years),
        ("parent", f"≥ {age + years:g}", lambda one: one < age + years),
        ("grandchild", f"≤ {age - 2 * years:g}", lambda one: one > age - 2 * years),
    )
    for relation, expected, odd in rules:
        for member in being(members, relation):
            if member.age is not None and odd(member.age):
                yield case.find(
                    setting,
                    path,
                    row=member.row,
                    observed=f"{member.age:g}",
                    expected=expected,
                    relation=relation,
                    head=f"{age:g}",
                )


CHECKS: Final = (
    Check(
        "R02",
        "one head",
        "户主人数",
        "not exactly one member is the head",
        "submission",
        "receipt",
        "error",
        {"": ("{observed} members are the head.", "户主人数为{observed}。")},
        GUIDES,
        run_case=one_head,
        automatic="rosters with relation",
    ),
    Check(
        "R03",
        "age of the head",
        "户主年龄",
        "the head is younger than 15",
        "roster row",
        "receipt",
        "warning",
        {"": ("The head is {observed} years old.", "户主年龄为{observed}岁。")},
        GUIDES,
        run_case=head_age,
        parameters=(Parameter("age", 15.0, "years"),),
        automatic="rosters with relation and age",
    ),
    Check(
        "R04",
        "spouse",
        "配偶",
        "more than one spouse, a spouse younger than 15, or 30 years between head and spouse passed",
        "roster row",
        "receipt",
        "warning",
        {
            "": ("A spouse looks odd: {observed}.", "配偶信息异常：{observed}。"),
            "count": ("{observed} members are spouses.", "配偶人数为{observed}。"),
            "age": ("A spouse is {observed} years old.", "配偶年龄为{observed}岁。"),
            "gap": ("{observed} years lie between head and spouse.", "户主与配偶年龄相差{observed}岁。"),
        },
        GUIDES,
        run_case=spouses,
        parameters=(
            Parameter("polygamy", 1.0, "spouses"),
            Parameter("gap", 30.0, "years"),
            Parameter("age", 15.0, "years"),
        ),
        automatic="rosters with relation and age",
    ),
    Check(
        "R05",
        "generations",
        "代际年龄",
        "a child is older than the head − 12, a parent younger than the head + 12, a grandchild older than "
        "the head − 24",
        "roster row",
        "receipt",
        "error",
        {
            "": (
                "A {relation} of the head (aged {head}) is {observed} years old.",
                "户主（{head}岁）的{relation}为{observed}岁。",
            )
        },
        GUIDES,
        run_case=generations,
        parameters=(Parameter("years", 12.0, "years"),),
        automatic="rosters with relation and age",
    ),
)
