"""Checks of the roster of members: its size, its rows, what its members could have learnt, who is in it twice."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from surveyapp.quality.case import Case
from surveyapp.quality.declaration import Check, Parameter, QualityFinding, Setting
from surveyapp.quality.family_checks import GUIDES
from surveyapp.quality.interview import Row
from surveyapp.quality.members import Member, list_members
from surveyapp.quality.plan import LEVELS


def roster_size(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """R01."""
    path, members = case.plan.roles.get("size"), case.plan.roles.get("members")
    if not path or not members:
        return
    declared = case.number_in(case.interview.main, path)
    rows = len(case.interview.rows.get(members, ()))
    if declared is not None and abs(declared - rows) > setting.number("tolerance"):
        yield case.find(setting, path, observed=f"{declared:g}", expected=str(rows))


def schooling(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """R06."""
    path, age_path = case.plan.roles.get("schooling"), case.plan.roles.get("age")
    levels = {**case.plan.levels, **dict(pair.split("=", 1) for pair in setting.names("levels") if "=" in pair)}
    for member in list_members(case):
        level = levels.get(member.row.texts.get(path, ""))
        if level is None or member.age is None or level not in LEVELS:
            continue
        youngest = setting.number(level) - 1
        if member.age < youngest:
            observed, expected = f"{member.row.texts[path]}, {member.age:g}", f"≥ {youngest:g}"
            yield case.find(setting, path, age_path, row=member.row, observed=observed, expected=expected)


def attending(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """R07."""
    path, age_path = case.plan.roles.get("attends"), case.plan.roles.get("age")
    low, high = setting.number("from"), setting.number("to")
    for member in list_members(case):
        at_school = member.row.texts.get(path, "") in case.plan.yes.get(path, frozenset())
        if at_school and member.age is not None and not low <= member.age <= high:
            expected = f"{low:g}–{high:g}"
            yield case.find(setting, path, age_path, row=member.row, observed=f"{member.age:g}", expected=expected)


def composition(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """R08."""
    if setting.questions:
        total_path, *parts = setting.questions
        total = case.number_in(case.interview.main, total_path)
        numbers = [number for path in parts if (number := case.number_in(case.interview.main, path)) is not None]
        if total is not None and numbers and sum(numbers) != total:
            yield case.find(setting, *setting.questions, observed=f"{total:g}", expected=f"{sum(numbers):g}")
    ages = [member.age for member in list_members(case)]
    adult = setting.number("adult")
    if ages and all(age is not None and age < adult for age in ages):
        yield case.find(
            setting,
            case.plan.roles.get("age"),
            message="adult",
            severity=setting.other_degree,
            observed=f"{max(age for age in ages if age is not None):g}",
            expected=f"≥ {adult:g}",
        )


def same_member(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """R09."""
    seen: dict[tuple[object, ...], Member] = {}
    told: set[str] = set()
    path = case.plan.roles.get("member_name") or case.plan.roles.get("age")
    for member in list_members(case):
        keys: list[tuple[object, ...]] = []
        if member.name and member.sex and member.age is not None:
            keys.append(("name", member.name, member.sex, member.age))
        if member.sex and member.birth is not None:
            keys.append(("birth", member.sex, member.birth))
        for key in keys:
            first = seen.setdefault(key, member)
            if first is not member and member.row.key not in told:
                told.add(member.row.key)
                binding = f"{first.row.key}|{member.row.key}"
                observed = ", ".join(str(part) for part in key[1:])
                yield case.find(
                    setting,
                    path,
                    row=member.row,
                    observed=observed,
                    expected="different members",
                    binding=binding,
                    ordinal=first.row.ordinal,
                )


def row_keys(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """R10."""
    known = {row.key for rows in case.interview.rows.values() for row in rows} | {""}
    for rows in case.interview.rows.values():
        by_parent: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row.parent_key not in known:
                yield case.find(
                    setting, row=row, message="parent", observed=row.parent_key, expected="a row that is there"
                )
            by_parent[row.parent_key].append(row)
        for siblings in by_parent.values():
            ordinals = [row.ordinal for row in siblings]
            if sorted(ordinals) != list(range(1, len(ordinals) + 1)):
                observed = " ".join(map(str, ordinals))
                yield case.find(setting, row=siblings[0], observed=observed, expected=f"1 to {len(ordinals)}")


def detail_without_yes(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """R12."""
    if setting.value("compare") == "sum":
        yield from _more_than_there_is(case, setting)
        return
    if len(setting.questions) < 2:
        return
    gate, detail = setting.questions[:2]
    for row in case.rows_at(detail):
        said = row.texts.get(gate, case.interview.main.texts.get(gate, ""))
        amount = case.number_in(row, detail)
        if said and said in case.plan.no.get(gate, frozenset()) and amount is not None and amount > 0:
            yield case.find(setting, detail, gate, row=row, observed=f"{amount:g}", expected="0", said=said)


def _more_than_there_is(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """The first question above the sum of the others: cultivated land above owned and rented."""
    used_path, *there = setting.questions
    for row in case.rows_at(used_path):
        used = case.number_in(row, used_path)
        numbers = [number for path in there if (number := case.number_in(row, path)) is not None]
        if used is not None and numbers and used > sum(numbers) + 1e-9:
            observed, expected = f"{used:g}", f"≤ {sum(numbers):g}"
            yield case.find(setting, *setting.questions, row=row, message="sum", observed=observed, expected=expected)


CHECKS: Final = (
    Check(
        "R01",
        "roster size",
        "成员人数",
        "the declared household size differs from the rows of the roster",
        "submission",
        "receipt",
        "error",
        {
            "": (
                "“{label}” is {observed}, but the roster has {expected} rows.",
                "“{label}”为{observed}，但名册有{expected}人。",
            )
        },
        GUIDES,
        run_case=roster_size,
        parameters=(Parameter("tolerance", 0.0, "members"),),
        automatic="forms with the roles size and members",
    ),
    Check(
        "R06",
        "schooling",
        "受教育程度与年龄",
        "younger than the age at which the level begins, less one year",
        "roster row",
        "receipt",
        "error",
        {
            "": (
                "Schooling and age do not agree: {observed} ({expected} is usual).",
                "受教育程度与年龄不符：{observed}（通常{expected}）。",
            )
        },
        GUIDES,
        run_case=schooling,
        parameters=(
            Parameter("primary", 6.0, "years"),
            Parameter("lower", 12.0, "years"),
            Parameter("upper", 15.0, "years"),
            Parameter("tertiary", 18.0, "years"),
            Parameter("levels", (), "choice=level"),
        ),
        automatic="rosters with schooling and age",
    ),
    Check(
        "R07",
        "attending school",
        "在校年龄",
        "attends school and is younger than 3 or older than 30",
        "roster row",
        "receipt",
        "warning",
        {"": ("Attends school at {observed} years.", "{observed}岁仍在读。")},
        GUIDES,
        run_case=attending,
        parameters=(Parameter("from", 3.0, "years"), Parameter("to", 30.0, "years")),
        automatic="rosters with attends and age",
    ),
    Check(
        "R08",
        "composition",
        "家庭构成",
        "groups by age and sex do not add up to the size (error); no member of 18 or older (warning)",
        "submission",
        "receipt",
        "error",
        {
            "": (
                "“{label}” is {observed}, but its groups make {expected}.",
                "“{label}”为{observed}，但各组合计为{expected}。",
            ),
            "adult": ("The oldest member is {observed} years old.", "最年长成员为{observed}岁。"),
        },
        GUIDES,
        run_case=composition,
        parameters=(Parameter("adult", 18.0, "years"),),
        other_severity="warning",
        questions="several",
        automatic="rosters with age",
    ),
    Check(
        "R09",
        "same member twice",
        "成员重复",
        "name, sex and age are equal, or sex and date of birth",
        "roster row",
        "receipt",
        "warning",
        {"": ("Looks like member {ordinal} again: {observed}.", "疑似与第{ordinal}位成员重复：{observed}。")},
        GUIDES,
        run_case=same_member,
        automatic="rosters with sex",
    ),
    Check(
        "R10",
        "keys of rows",
        "行键",
        "a row without parent, a position twice, or a gap",
        "roster row",
        "receipt",
        "error",
        {
            "": ("The rows are numbered {observed}.", "行号为{observed}。"),
            "parent": ("The row belongs to {observed}, which is not there.", "该行所属的{observed}不存在。"),
        },
        "ours",
        run_case=row_keys,
        automatic="every form with repeats",
    ),
    Check(
        "R12",
        "no, but a detail",
        "回答“否”却有明细",
        "the first question is no and the second above 0; with compare=sum: the first is above the sum of the others",
        "submission",
        "receipt",
        "error",
        {
            "": (
                "“{label}” is {observed}, although the answer before is “{said}”.",
                "“{label}”为{observed}，但前面回答“{said}”。",
            ),
            "sum": (
                "“{label}” is {observed}, more than there is ({expected}).",
                "“{label}”为{observed}，超过合计（{expected}）。",
            ),
        },
        GUIDES,
        run_case=detail_without_yes,
        questions="several",
        parameters=(Parameter("compare", "no", "no or sum"),),
    ),
)
