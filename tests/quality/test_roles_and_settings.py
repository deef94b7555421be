"""Which question plays which part, and which checks a form gets by itself."""

import datetime
import zoneinfo
from collections.abc import Iterator

import pytest

from surveyapp.expressions.evaluation import read_tree
from surveyapp.quality.automatic import configure
from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.declaration import Setting
from surveyapp.quality.gathered import Gathered
from surveyapp.quality.geography import is_inside, metres_between, metres_outside
from surveyapp.quality.interview import Facts, Interview
from surveyapp.quality.plan import Plan, UnknownNameError, make_plan, resolve_names
from surveyapp.quality.reading import parse_position, phone_key, read_interview
from surveyapp.quality.roles import RoleError, find_roles
from surveyapp.quality.run import check_submission, compare_submission
from surveyapp.quality.sample import household_key
from surveyapp.quality.words import as_name, edit_distance_at_most_one, plain
from surveyapp.simulate.interviews import simulate_interviews
from surveyapp.xform.bind import bind
from tests.quality.villages import parse_form, plan_of, village_form
from tests.validate.reference import household_table, questionnaire


def settings_of(table: str) -> dict[str, Setting]:
    definition = parse_form(table)
    return {one.id: one for one in configure(definition, find_roles(definition))}


def names(setting: Setting) -> list[str]:
    return [path.rpartition("/")[2] for path in setting.questions]


def test_roles_are_found_by_name() -> None:
    found = {role: path.rpartition("/")[2] for role, path in find_roles(village_form()).paths.items()}
    assert found == {
        "household": "hh_code", "enumerator": "enumerator", "cluster": "village", "head_name": "head_name",
        "phone": "phone",
        "consent": "consent", "position": "gps", "size": "hh_size", "members": "member",
        "relation": "m_relation", "sex": "m_sex",
        "age": "m_age", "member_name": "m_name", "birth": "m_dob", "schooling": "m_edu", "attends": "m_school",
    }  # fmt: skip


def test_roles_are_found_by_label_in_other_languages() -> None:
    table = """
    | survey |
    | | type | name | label::中文 (zh) |
    | | text | q1 | 户编码 |
    | | text | q2 | 调查员 |
    | | begin_repeat | r | 成员 |
    | | select_one g | q3 | 与户主关系 |
    | | integer | q4 | 年龄 |
    | | end_repeat | | |
    | choices |
    | | list_name | name | label::中文 (zh) |
    | | g | 1 | 户主 |
    | | g | 2 | 配偶 |
    """
    definition = parse_form(table)
    roles = find_roles(definition)
    found = {role: path.rpartition("/")[2] for role, path in roles.paths.items()}
    assert found == {"household": "q1", "enumerator": "q2", "members": "r", "relation": "q3", "age": "q4"}
    plan = make_plan(definition, [], roles)
    assert plan.relations == {"1": frozenset({"head"}), "2": frozenset({"spouse"})}


def test_a_declared_role_comes_first_and_may_be_none() -> None:
    roles = find_roles(village_form(), {"household": "phone", "cluster": "/data/crop", "consent": ""})
    assert (roles.get("household"), roles.get("cluster"), roles.get("consent")) == ("/data/phone", "/data/crop", "")


@pytest.mark.parametrize("declared", [{"hausehold": "phone"}, {"household": "fone"}, {"members": "phone"}])
def test_a_role_that_does_not_fit_is_refused(declared: dict[str, str]) -> None:
    with pytest.raises(RoleError, match="role"):
        find_roles(village_form(), declared)


def test_a_repeat_without_people_is_no_roster() -> None:
    rows = (
        "| survey |",
        "| | type | name | label |",
        "| | begin_repeat | plot | Plot |",
        "| | decimal | area | Area |",
    )
    table = "\n".join((*rows, "| | end_repeat | | |"))
    assert find_roles(parse_form(table)).paths == {}


def test_questions_get_their_checks_by_type_and_name() -> None:
    definition = village_form()
    found = {one.id: one for one in configure(definition, find_roles(definition))}
    assert names(found["S04"]) == ["hazards"]
    assert "income" in names(found["S06"])
    assert names(found["S06:m_age"]) == ["m_age"]
    assert not found["S14:hh_size"].value("log")
    assert names(found["S13:moved_on"]) == ["moved_on"]
    assert found["S13:moved_on"].value("not_today") is True
    assert found["S13:m_dob"].text("age") == "/data/member/m_age"
    assert names(found["S17:fcs_a"]) == ["fcs_a", "fcs_b", "fcs_c", "fcs_d", "fcs_e"]
    assert names(found["S18:crop"]) == ["crop", "crop_other"]
    assert names(found["S19:hazards"]) == ["hazards", "hazards_other"]
    assert names(found["S21"]) == ["hazards_other", "crop_other", "remark"]
    assert "T11" not in found


def test_checks_that_a_form_has_no_questions_for_are_not_set() -> None:
    found = settings_of("| survey |\n| | type | name | label |\n| | text | a | A |")
    assert not {"S04", "S06", "S12", "R02", "G01", "D03", "D05"} & set(found)
    assert {"S09", "D02", "D06", "F03"} <= set(found)


def test_coping_may_be_all_0_and_food_may_not() -> None:
    rows = "\n".join(f"| | integer | {name}_{n} | Days | . <= 7 |" for name in ("fcs", "rcsi") for n in range(5))
    found = settings_of(f"| survey |\n| | type | name | label | constraint |\n{rows}")
    assert (found["S17:fcs_0"].value("zero_allowed"), found["S17:rcsi_0"].value("zero_allowed")) == (False, True)


def test_years_and_codes_are_no_amounts() -> None:
    rows = "\n".join(f"| | integer | {name} | Number |" for name in ("built_year", "area_code", "rooms"))
    found = settings_of(f"| survey |\n| | type | name | label |\n{rows}")
    assert names(found["S06"]) == names(found["S14"]) == ["rooms"]


def test_numbers_without_a_rule_are_no_block() -> None:
    rows = "\n".join(f"| | integer | room_{n} | Room | |" for n in range(6))
    assert not [
        one for one in settings_of(f"| survey |\n| | type | name | label | constraint |\n{rows}") if one[:3] == "S17"
    ]


def test_a_date_of_a_plan_may_lie_ahead() -> None:
    found = settings_of(
        "| survey |\n| | type | name | label |\n| | date | next_visit | Next visit |\n| | date | seen | Seen |"
    )
    assert [one for one in found if one.startswith("S13")] == ["S13:seen"]


def test_other_is_found_by_what_its_text_depends_on() -> None:
    found = settings_of(
        """
        | survey |
        | | type | name | label | relevant |
        | | select_one l | why | Why | |
        | | text | because | Because of | ${why} = 'other' |
        | | text | more | More | ${why} = 'a' |
        | choices |
        | | list_name | name | label |
        | | l | a | A |
        | | l | other | Other |
        """
    )
    assert names(found["S18:why"]) == ["why", "because"]


def test_gates_and_grids_are_found() -> None:
    table = """
    | survey |
    | | type | name | label | relevant |
    | | select_one l | farm | Farm? | |
    | | select_one l | shop | Shop? | |
    | | begin_group | g | G | ${farm} = 'yes' |
    | | integer | a | A | |
    | | integer | b | B | ${shop} = 'yes' |
    | | integer | c | C | ${shop} = 'yes' |
    | | end_group | | | |
    | choices |
    | | list_name | name | label |
    | | l | yes | Yes |
    | | l | no | No |
    """
    plan = make_plan(parse_form(table), [], find_roles(parse_form(table)))
    assert plan.gates == {"/data/farm"}
    assert list(plan_of().grids.values()) == [tuple(f"/data/g_{letter}" for letter in "abcde")]


def test_a_name_that_is_not_one_question_is_refused() -> None:
    with pytest.raises(UnknownNameError):
        resolve_names("${nobody} = 1", village_form())
    assert resolve_names("${ m_age } > ${income}", village_form()) == "/data/member/m_age > /data/income"


# -- the reference questionnaire --------------------------------------------------------------------------------------
def test_the_reference_questionnaire_is_understood() -> None:
    definition = questionnaire()
    roles = find_roles(definition)
    found = {role: path.rpartition("/")[2] for role, path in roles.paths.items()}
    assert found["household"] == "hh_code"
    assert found["members"] == "member"
    assert found["cluster"] == "village"
    settings = {one.id: one for one in configure(definition, roles)}
    assert names(settings["S17:fcs_staple"])[-1] == "fcs_cond"
    assert set(CATALOGUE) - {one.check.id for one in settings.values()} == {
        *("S05", "S07", "S13", "S15", "S16", "S18", "S19", "R01", "R12", "T11", "D04", "D05", "B1"),
    }


def simulated(plan: Plan, n: int) -> Iterator[tuple[Interview, datetime.datetime]]:
    """Plausible interviews of the reference questionnaire, with the end of each."""
    day = datetime.datetime(2026, 10, 5, tzinfo=zoneinfo.ZoneInfo("Asia/Shanghai"))
    register = {"households.csv": household_table()}
    for made in simulate_interviews(plan.definition, n, attachments=register, seed=5, started_at=day):
        root = read_tree(made.xml.decode())
        assert not bind(plan.definition, root)
        files = {name: name for name in made.files}
        facts = Facts(made.instance_id, made.ended_at, files=files, audit=made.files.get("audit.csv", b""))
        yield read_interview(plan, root, facts), made.ended_at


def reference_plan() -> Plan:
    definition = questionnaire()
    roles = find_roles(definition)
    return make_plan(definition, configure(definition, roles), roles)


def test_plausible_interviews_break_no_rule_of_the_roster_or_the_record() -> None:
    plan = reference_plan()
    errors = set()
    for interview, ended_at in simulated(plan, 12):
        assert interview.summary.household
        assert interview.paradata is not None
        outcome = check_submission(plan, interview, ended_at)
        errors |= {(one.kind, one.observed) for one in outcome.findings if one.severity == "error"}
    assert not errors


def test_plausible_amounts_are_hardly_ever_outliers_although_many_are_zero() -> None:
    plan = reference_plan()
    made = list(simulated(plan, 60))
    there = Gathered(plan.compared, [interview.summary for interview, _ in made])
    amounts = [path for path in plan.visible if path.rpartition("/")[2].startswith(("inc_", "cost_", "x_", "debt_"))]
    answers = [number for path in amounts for one in there.summaries.values() for number in one.measures.get(path)]
    assert answers.count(0) > 0.2 * len(answers)
    found = [one for interview, at in made for one in compare_submission(plan, interview, there, at).findings]
    outliers = [one for one in found if one.kind == "S06" and one.questions[0] in amounts]
    assert len(outliers) < 0.01 * len(answers)


# -- small things -----------------------------------------------------------------------------------------------------
def test_distances_are_those_of_the_sphere() -> None:
    assert metres_between((0, 0), (0, 1)) == pytest.approx(111_195.08, abs=0.01)
    assert metres_between((52.5163, 13.3777), (48.8584, 2.2945)) == pytest.approx(878_000, rel=0.002)


def test_a_point_is_inside_or_so_many_metres_outside_an_area() -> None:
    square = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]
    assert is_inside((0.5, 0.5), square)
    assert metres_outside((0.5, 0.5), square) == 0
    assert metres_outside((1.01, 0.5), square) == pytest.approx(1112, rel=0.01)
    assert metres_outside((1.01, 1.01), square) == pytest.approx(1572, rel=0.01)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("wheat", "whaet", False),
        ("wheat", "whet", True),
        ("wheat", "wheatt", True),
        ("wheat", "wheat", True),
        ("a", "", True),
        ("ab", "ba", False),
        ("abc", "abd", True),
        ("abcd", "ab", False),
    ],
)
def test_one_letter_may_differ(one: str, other: str, near: bool) -> None:
    assert edit_distance_at_most_one(one, other) is near
    assert edit_distance_at_most_one(other, one) is near


def test_texts_are_compared_without_case_accents_and_spaces() -> None:
    assert plain("  École  ÉLÉMENTAIRE ") == "ecole elementaire"
    assert as_name("Don't know / 不知道") == "dont_know_不知道"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("+86 139 0001 5678", "900015678"),
        ("13900015678", "900015678"),
        ("123456", ""),
        ("0000000000", ""),
        ("none", ""),
    ],
)
def test_a_phone_is_known_by_its_last_nine_digits(text: str, key: str) -> None:
    assert phone_key(text) == key


def test_leading_zeros_of_a_household_count_unless_the_list_has_none() -> None:
    assert household_key(" V1-007 ") == "v1-007"
    assert (household_key("007"), household_key("007", strip_zeros=True), household_key("00", strip_zeros=True)) == (
        "007",
        "7",
        "00",
    )


@pytest.mark.parametrize("text", ["", "25", "a b", "25 nan", "1 2 3 4 5"])
def test_what_is_no_position_is_none(text: str) -> None:
    assert parse_position(text) is None
