"""Which checks a form gets without being asked, from its questions and roles."""

from collections.abc import Iterator, Sequence
from typing import Final

from surveyapp.quality.catalogue import CATALOGUE, plain_setting
from surveyapp.quality.declaration import ParameterValue, Setting
from surveyapp.quality.plan import NUMERIC_TYPES, list_read_paths
from surveyapp.quality.roles import Roles
from surveyapp.quality.words import EXCLUSIVE, as_name, names_meaning
from surveyapp.xform.definition import FormDefinition, Group, Question, Repeat

# Checks that need nothing of the form, and say nothing where it lacks what they look at.
ALWAYS: Final = (
    *("S09", "S10", "S11", "S20", "R10", "T01", "T02", "T03", "T04", "T05", "T06", "T07", "T08", "T09", "T10"),
    *("D02", "D06", "D07", "D08", "D09"),
    *(f"E{number:02d}" for number in range(1, 15)),
    *(f"F{number:02d}" for number in range(1, 11)),
)
# The roles that each of these needs.
BY_ROLES: Final = {
    "R01": ("size", "members"),
    "R02": ("relation",),
    "R03": ("relation", "age"),
    "R04": ("relation", "age"),
    "R05": ("relation", "age"),
    "R06": ("schooling", "age"),
    "R07": ("attends", "age"),
    "R08": ("age",),
    "R09": ("sex",),
    "R11": ("age",),
    "S12": ("consent",),
    **{f"G0{number}": ("position",) for number in range(1, 9)},
    "D03": ("household",),
    "D04": ("cluster", "head_name", "phone"),
    "D05": ("phone",),
}
# Words in a name or label of a date that may lie ahead.
AHEAD: Final = (
    "plan",
    "next",
    "expected",
    "appointment",
    "due",
    "expir",
    "until",
    "deadline",
    "计划",
    "预计",
    "下次",
    "到期",
)
WHEN: Final = ("when did", "date of the event", "何时", "quand", "cuando")
BIRTH: Final = ("birth", "dob", "naissance", "nacimiento", "出生")
FOOD: Final = ("fcs", "food", "hdds", "consumption_days", "食物")
# A number that counts as a name or a year is not far from others in any useful way.
NOT_MEASURED: Final = ("year", "_id", "code", "phone", "_no", "number", "pin", "年份")
IDENTIFYING: Final = ("household", "enumerator", "cluster", "stratum", "head_name", "phone", "member_name")
CONTACTS: Final = ("phone", "tel", "mail", "contact", "name", "address", "code", "_id", "电话", "邮箱", "姓名", "地址")
BLOCK: Final = 5
# Questions of one block share the first part of their names; a single letter is a chapter and not a block.
SHORTEST_FAMILY: Final = 3


def configure(definition: FormDefinition, roles: Roles) -> list[Setting]:
    """The settings of a form that says nothing itself."""
    found = [plain_setting(check_id) for check_id in ALWAYS]
    found += [plain_setting(one) for one, needed in BY_ROLES.items() if all(map(roles.get, needed))]
    visible = [one for one in definition.questions if one.control and one.type != "note"]
    for check_id, questions in (
        ("S04", _with_exclusive(definition, visible)),
        ("S06", _measured(visible, roles)),
        ("S08", [one for one in visible if one.type in NUMERIC_TYPES]),
        ("S14", _measured(visible, roles)),
        ("S21", _texts(visible, roles)),
    ):
        if questions:
            found.append(_on(check_id, [one.path for one in questions]))
    found += _counted(visible, roles)
    found += _dates(definition, visible, roles)
    found += _others(definition, visible)
    found += _blocks(definition)
    return found


def merge_settings(automatic: Sequence[Setting], own: Sequence[Setting]) -> list[Setting]:
    """The author's settings before the automatic ones of the same id; what the author sets inactive stays silent.

    A setting of the author whose id is that of a check takes the place of all its automatic ones.
    """
    taken = {setting.id for setting in own}
    kept = [one for one in automatic if one.id not in taken and one.check.id not in taken]
    return [*own, *kept]


def _on(check_id: str, paths: Sequence[str], suffix: str = "", **parameters: ParameterValue) -> Setting:
    return Setting(check_id + suffix, CATALOGUE[check_id], tuple(paths), parameters)


def _says(question: Question, words: Sequence[str]) -> bool:
    texts = [question.name, *question.label.values()]
    return any(word in text.casefold() for text in texts for word in words)


def _with_exclusive(definition: FormDefinition, visible: Sequence[Question]) -> list[Question]:
    return [one for one in visible if one.type == "select_multiple" and names_meaning(definition, one, EXCLUSIVE)]


def _counted(visible: Sequence[Question], roles: Roles) -> Iterator[Setting]:
    """S06 and S14 for ages and household sizes: their logarithms lie askew, and every infant would be far from all."""
    for path in (roles.get("age"), roles.get("size")):
        for one in visible:
            if one.path == path and one.type in NUMERIC_TYPES:
                for check_id in ("S06", "S14"):
                    yield _on(check_id, [path], f":{one.name}", log=False)


def _measured(visible: Sequence[Question], roles: Roles) -> list[Question]:
    known = set(roles.paths.values())
    return [
        one
        for one in visible
        if one.type in NUMERIC_TYPES
        and one.path not in known
        and not any(word in one.name.casefold() for word in NOT_MEASURED)
    ]


def _texts(visible: Sequence[Question], roles: Roles) -> list[Question]:
    named = {roles.get(role) for role in IDENTIFYING}
    return [
        one
        for one in visible
        if one.type == "text"
        and one.control == "input"
        and one.path not in named
        and not one.rules.constraint
        and not _says(one, CONTACTS)
    ]


def _dates(definition: FormDefinition, visible: Sequence[Question], roles: Roles) -> Iterator[Setting]:
    for one in visible:
        if one.type not in ("date", "datetime") or _says(one, AHEAD):
            continue
        beside = definition.repeat_of[one.path]
        age = roles.get("age")
        with_age = _says(one, BIRTH) and age and definition.repeat_of[age] == beside
        parameters: dict[str, ParameterValue] = {"age": age} if with_age else {}
        yield _on("S13", [one.path], f":{one.name}", not_today=_says(one, WHEN), **parameters)


def _others(definition: FormDefinition, visible: Sequence[Question]) -> Iterator[Setting]:
    """S18 and S19 for each select with other and the text beside it: by name, or because it is asked for other only."""
    texts = [one for one in visible if one.type == "text"]
    for parent in visible:
        if parent.type not in ("select_one", "select_multiple"):
            continue
        others = names_meaning(definition, parent, ("other",))
        if not others:
            continue
        text = _text_beside(parent, others, texts)
        if text is not None:
            for check_id in ("S18", "S19"):
                yield _on(check_id, [parent.path, text.path], f":{parent.name}")


def _text_beside(parent: Question, others: frozenset[str], texts: Sequence[Question]) -> Question | None:
    names = {f"{as_name(parent.name)}_{end}" for end in ("other", "oth", "specify", "other_specify", "autre", "otro")}
    for one in texts:
        if as_name(one.name) in names:
            return one
    for one in texts:
        quoted = any(f"'{name}'" in one.rules.relevant or f'"{name}"' in one.rules.relevant for name in others)
        if quoted and list_read_paths(one.rules.relevant, one.path) == (parent.path,):
            return one
    return None


def _blocks(definition: FormDefinition) -> Iterator[Setting]:
    """S17 for runs of numbers with one constraint in one group: days of food groups, coping and the like."""
    holders: list[Group | Repeat] = [definition.root]
    holders += [element for element in definition.walk() if not isinstance(element, Question)]
    for holder in holders:
        for run in _runs(holder):
            if len(run) >= BLOCK and len(_family(run[0])[0]) >= SHORTEST_FAMILY:
                food = any(word in run[0].name.casefold() for word in FOOD)
                yield _on("S17", [one.path for one in run], f":{run[0].name}", zero_allowed=not food)


def _runs(holder: Group | Repeat) -> Iterator[list[Question]]:
    run: list[Question] = []
    for child in holder.children:
        fits = isinstance(child, Question) and child.type == "integer" and child.control and child.rules.constraint
        same = run and isinstance(child, Question) and _family(child) == _family(run[-1])
        if fits and isinstance(child, Question):
            if run and not same:
                yield run
                run = []
            run.append(child)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _family(question: Question) -> tuple[str, str]:
    return as_name(question.name).partition("_")[0], question.rules.constraint
