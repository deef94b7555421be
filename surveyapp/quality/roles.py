"""Which question of a form plays which part: the household's id, who interviewed, where, the roster of members.

A role that the form's settings declare comes first; else the first question whose name is on the list of the role, in
the order of the list. A label is looked at last. Nothing is found by type alone, but for the position.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from surveyapp.quality.words import as_name
from surveyapp.xform.definition import FormDefinition, Question, QuestionType, Repeat

SELECTS: Final[frozenset[QuestionType]] = frozenset({"select_one"})
WORDS: Final[frozenset[QuestionType]] = frozenset({"text", "barcode", "integer", "select_one"})
NUMBERS: Final[frozenset[QuestionType]] = frozenset({"integer", "decimal"})


@dataclass(frozen=True, slots=True)
class Role:
    """A part that a question plays: its usual names, labels that it may have, the types that fit.

    `member` roles lie in the roster of members.
    """

    name: str
    names: tuple[str, ...]
    types: frozenset[QuestionType]
    labels: tuple[str, ...] = ()
    member: bool = False


def _role(name: str, names: str, types: frozenset[QuestionType], labels: str = "", *, member: bool = False) -> Role:
    return Role(name, tuple(names.split()), types, tuple(labels.split()), member)


ROLES: Final = (
    _role(
        "household",
        "hh_code hhid hh_id household_id household_code householdid id_household hh_number hhno id_menage "
        "id_hogar huhao",
        WORDS,
        "household_id household_code household_number 户编码 户号 家庭编号 numero_de_menage",
    ),
    _role(
        "enumerator",
        "enumerator enumerator_id enumerator_name enum_id interviewer interviewer_id interviewer_name enqueteur "
        "encuestador surveyor surveyor_id diaochayuan username",
        WORDS,
        "enumerator interviewer name_of_enumerator name_of_interviewer 调查员 访谈员 enqueteur encuestador",
    ),
    _role(
        "cluster",
        "village village_id village_code community cluster cluster_id ea ea_id psu settlement cun aldea",
        WORDS,
        "village cluster community 村 社区 行政村 aldea",
    ),
    _role("stratum", "stratum strata stratum_id township district region", WORDS, "stratum township 乡镇 层"),
    _role(
        "head_name",
        "head_name hh_head_name name_head hoh_name household_head_name pre_head resp_name respondent_name chef_nom",
        frozenset({"text"}),
        "name_of_the_household_head name_of_head 户主姓名 nom_du_chef_de_menage respondents_name 受访者姓名",
    ),
    _role(
        "phone",
        "phone phone_number telephone tel mobile mobile_number phone_no contact_number contact_phone dianhua telefono",
        WORDS,
        "phone_number telephone mobile_number 电话 联系电话 手机号 telefono",
    ),
    _role(
        "consent", "consent informed_consent agree consented consentement consentimiento", SELECTS, "consent 知情同意"
    ),
    _role(
        "visit_result",
        "visit_result result interview_result outcome visit_status interview_status",
        SELECTS,
        "result_of_the_visit result_of_interview 访谈结果",
    ),
    _role(
        "replaced",
        "replacement is_replacement replaced substitute hh_replaced",
        SELECTS,
        "replacement_household 替换户",
    ),
    _role(
        "backcheck",
        "backcheck is_backcheck back_check is_back_check backcheck_flag visit_type huifang",
        SELECTS | {"acknowledge", "boolean"},
        "backcheck back_check 回访 是否回访",
    ),
    _role(
        "position", "gps location geopoint position hh_gps gps_location coordinates gps_point", frozenset({"geopoint"})
    ),
    _role(
        "size",
        "hh_size hhsize household_size size_hh taille_menage members_n n_members",
        NUMBERS,
        "household_size 家庭人口数",
    ),
    _role(
        "relation",
        "relation m_relation rel relationship relation_head relation_to_head hh_relation lien parentesco",
        SELECTS,
        "relation_to_head relation_to_the_head relationship_to_head 与户主关系",
        member=True,
    ),
    _role(
        "sex",
        "sex m_sex gender member_sex member_gender sexe sexo xingbie",
        SELECTS,
        "sex gender 性别 sexe sexo",
        member=True,
    ),
    _role(
        "age",
        "age m_age age_years member_age age_in_years edad nianling",
        NUMBERS,
        "age age_in_years age_in_completed_years 年龄 周岁年龄 edad",
        member=True,
    ),
    _role(
        "member_name",
        "m_name name member_name first_name full_name nom nombre xingming",
        frozenset({"text"}),
        "name member_name 姓名 nom nombre",
        member=True,
    ),
    _role(
        "birth",
        "dob birth_date date_of_birth m_dob birthdate birthday date_naissance",
        frozenset({"date"}),
        "date_of_birth 出生日期 date_de_naissance",
        member=True,
    ),
    _role(
        "schooling",
        "m_edu edu education schooling education_level highest_education level_education",
        SELECTS,
        "highest_schooling highest_level_of_education education_level 受教育程度 最高学历 文化程度",
        member=True,
    ),
    _role(
        "attends",
        "m_school attends attending_school attend_school in_school school_now",
        SELECTS,
        "attends_school attends_school_now 是否在读 在读",
        member=True,
    ),
)
ROLE_NAMES: Final = frozenset(role.name for role in ROLES) | {"members"}
# One of these in a repeat says that its rows are people.
TELLING: Final = ("relation", "age", "sex")


@dataclass(frozen=True, slots=True)
class Roles:
    """The path of the question of each role that the form has; `members` is the path of a repeat."""

    paths: Mapping[str, str]

    def get(self, role: str) -> str:
        """The path of a role's question, '' where the form has none."""
        return self.paths.get(role, "")


class RoleError(ValueError):
    """A declared role that is no role, or names no question of the form."""


def find_roles(definition: FormDefinition, declared: Mapping[str, str] | None = None) -> Roles:
    """The roles of a form. `declared` gives names or paths by role and comes first; '' says that the form has none.

    Raises:
        RoleError: a declared role does not exist, or its question does not.
    """
    wanted = declared or {}
    found: dict[str, str] = {}
    for declared_role, name in wanted.items():
        if declared_role not in ROLE_NAMES:
            raise RoleError(f"'{declared_role}' is no role; there are {', '.join(sorted(ROLE_NAMES))}.")
        found[declared_role] = _declared(definition, declared_role, name) if name else ""
    if "members" not in found:
        found["members"] = _find_members(definition)
    for role in ROLES:
        if role.name not in found:
            repeat = found["members"] if role.member else ""
            inside = [one for one in definition.questions if definition.repeat_of[one.path] == repeat]
            found[role.name] = _find(role, inside) if repeat or not role.member else ""
    return Roles({role: path for role, path in found.items() if path})


def _declared(definition: FormDefinition, role: str, name: str) -> str:
    fitting = Repeat if role == "members" else Question
    for element in definition.walk():
        if isinstance(element, fitting) and name in (element.name, element.path):
            return element.path
    raise RoleError(f"The role '{role}' is given to '{name}', which the form does not have.")


def _find(role: Role, questions: Iterable[Question]) -> str:
    listed = [one for one in questions if one.type in role.types]
    names = {as_name(one.name): one.path for one in reversed(listed)}
    for name in role.names:
        if name in names:
            return names[name]
    for one in listed:
        if any(as_name(label) in role.labels for label in one.label.values()):
            return one.path
    return ""


def _find_members(definition: FormDefinition) -> str:
    """The repeat with the most of relation, age and sex; two of them are needed, or a relation to the head."""
    telling = [role for role in ROLES if role.name in TELLING]
    best, most = "", 0
    for repeat in definition.repeats:
        inside = [one for one in definition.questions if definition.repeat_of[one.path] == repeat.path]
        found = {role.name for role in telling if _find(role, inside)}
        if len(found) > most and (len(found) > 1 or "relation" in found):
            best, most = repeat.path, len(found)
    return best
