"""Every household indicator against a second computation that shares no code with the first, on odd households.

`plain_households` was written from the catalogue's words alone. Simulated interviews are made odd on purpose, sent
through the product's own reading, and each code of each household is compared: value, or reason why there is none.
"""

import copy
import datetime
import functools
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as Tree

from surveyapp.collect.from_xml import read_xml
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.columns import REASON_NAMES, Reason
from surveyapp.indicators.compute import IndicatorTable, compute_households
from surveyapp.indicators.frame import FrameMaker
from surveyapp.indicators.parameters import EntropyWeights, Loadings, Parameters
from surveyapp.simulate.interviews import simulate_interviews
from surveyapp.xform.bind import bind
from surveyapp.xform.definition import FormDefinition
from surveyapp.xform.parse import parse_xform
from surveyapp.xlsform.convert import convert_form
from tests.indicators.household import member, value
from tests.indicators.plain_answers import Gone
from tests.indicators.plain_households import SCORES
from tests.indicators.plain_outcomes import compute_plainly

FORMS = Path(__file__).parents[2] / "forms"
MONDAY = datetime.datetime(2026, 10, 12, 8, tzinfo=datetime.UTC)
WEIGHTS = {name: place / 190 for place, name in enumerate(SCORES, 1)}
LOADINGS = (
    ("d_assets_n:fridge", 0.5, 0.5, 2.0), ("d_assets_n:car", 0.25, 0.4, 1.5), ("p_assets_n:truck", 0.2, 0.4, -1.0),
    ("h_struct_n:concrete", 0.6, 0.5, 1.0), ("w_src_n:piped_in", 0.7, 0.5, 0.5), ("san_n:pit", 0.3, 0.5, -0.5),
    ("fuel_n:wood", 0.4, 0.5, -0.25),
)  # fmt: skip
STORED = Parameters(
    entropy=EntropyWeights({f"score_{name}": weight for name, weight in WEIGHTS.items()}, 100),
    assets=Loadings(
        items=tuple(row[0] for row in LOADINGS),
        means=tuple(row[1] for row in LOADINGS),
        spreads=tuple(row[2] for row in LOADINGS),
        loadings=tuple(row[3] for row in LOADINGS),
        quintiles=(-2.0, -1.0, 1.0, 2.0),
        share=0.5,
        n=100,
    ),
)
# Where an earlier answer is made odd, these may go with it, as the form would skip them.
SKIPPED = {
    "land_own_n": ("land_out_n", "d_land_n"), "land_own_b": ("land_out_b", "d_land_b"), "land_in_n": ("d_land_n",),
    "inc_crop": ("cost_crop",), "inc_livestock": ("cost_livestock",), "inc_business": ("cost_business",),
    "debt_any": ("debt_amt", "debt_reloc"), "debt_amt": ("debt_reloc",), "loan_need": ("loan_got",),
    "co_leader": ("co_leader_trust", "co_leader_help"), "sh_types": ("sh_loss",), "rcsi_borrow": ("sec_hhs",),
    "m_age": ("m_edu", "m_school", "m_labour", "m_work", "m_work_months", "m_work_place", "m_train"),
    "m_work": ("m_work_months", "m_work_place"), "hhs_sleep": ("hhs_sleep_f",),
    "reloc_status": ("gs_house_amt", "h_cost_self", "h_old", "return_plan", "return_months", "debt_reloc"),
}  # fmt: skip
KEPT = ("visit_result", "consent", "ask_before", "wave", "hh_size")


@functools.cache
def reference_form() -> FormDefinition:
    path = FORMS / "livelihood_space.xlsx"
    return parse_xform(convert_form(path.read_bytes(), path.name).xform)


def list_interviews(n: int, seed: int) -> Iterator[bytes]:
    """Simulated interviews: their answers obey the skips of the form."""
    register = {"households.csv": (FORMS / "households.csv").read_bytes()}
    made = simulate_interviews(reference_form(), n, attachments=register, seed=seed, started_at=MONDAY)
    return (record.xml for record in made)


class Spoiler:
    """Makes interviews odd: codes in any question, blanks, impossible answers, rosters of one, zeros, losses."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        form = reference_form()
        self.questions = {question.name: question for question in form.questions}
        self.choices = {name: [one.name for one in form.choices(q)] for name, q in self.questions.items()}

    def spoil(self, xml: bytes) -> bytes:
        """One interview, odd in its own measure."""
        root = Tree.fromstring(xml)
        draw = self.draw
        main = root.find("{*}main")
        if main is not None:
            for turn in (self.spoil_roster, self.spoil_money, self.spoil_land):
                if draw.random() < 0.4:
                    turn(main)
            self.spoil_answers(main, draw.choice((0, 0.01, 0.05, 0.25)))
            size = main.find("{*}hh_size")
            if size is not None:
                size.text = str(len(main.findall("{*}member")))
        return bytes(Tree.tostring(root))

    def spoil_roster(self, main: Tree.Element) -> None:
        """One person alone, or nobody of working age, or everybody of an unknown age."""
        members = main.findall("{*}member")
        kind = self.draw.randrange(4)
        for place, person in enumerate(members):
            if kind == 0 and place:
                main.remove(person)
            elif kind == 1:
                set_text(person, "m_age", self.draw.choice(("3", "6", "14", "15", "65", "80")))
            elif kind == 2:
                set_text(person, "m_age", self.draw.choice(("-98", "-99", "", "16", "64")))
            elif kind == 3 and place == 0:
                main.append(copy.deepcopy(person))

    def spoil_money(self, main: Tree.Element) -> None:
        """No income at all, or losses, or a net income of 0."""
        kind = self.draw.randrange(3)
        for node in main.iter():
            name = local(node)
            if name.startswith("inc_") and "main" not in name:
                node.text = "0" if kind == 0 else self.draw.choice(("0", "0", "500", "4000"))
            elif name.startswith("cost_"):
                node.text = "0" if kind == 0 else self.draw.choice(("0", "500", "90000"))
            elif name in ("debt_amt", "sh_loss"):
                node.text = self.draw.choice(("0", "500", "4000"))

    def spoil_land(self, main: Tree.Element) -> None:
        """No land, or all of it let out, or more irrigated than owned."""
        own, out, bought, wet = self.draw.choice(
            (("0", "", "0", "0"), ("5", "5", "0", "0"), ("2", "3", "0", "7"), ("0", "0", "4", "-98"))
        )
        for name, text in (("land_own", own), ("land_out", out), ("land_in", bought), ("land_irr", wet)):
            set_text(main, f"{name}_n", text)
            set_text(main, f"{name}_b", text)

    def spoil_answers(self, parent: Tree.Element, share: float) -> None:
        """So large a share of the answers, with or without those that hang on them."""
        for node in list(parent):
            name = local(node)
            if len(node) or name not in self.questions:
                self.spoil_answers(node, share)
            elif name not in KEPT and node in list(parent) and self.draw.random() < share:
                text = self.odd(name)
                if text is None:
                    parent.remove(node)
                    continue
                node.text = text
                if self.draw.random() < 0.5:
                    leave_out(parent, SKIPPED.get(name, ()))

    def odd(self, name: str) -> str | None:
        """An answer to a question; None leaves it out."""
        kind, choices, draw = self.questions[name].type, self.choices[name], self.draw
        if draw.random() < 0.2:
            return draw.choice(("", None))
        if kind == "select_multiple":
            two = " ".join(draw.sample(choices, min(2, len(choices))))
            return draw.choice(("dk", "none", "none other", "dk other", "none dk", two, " ".join(choices)))
        if choices:
            return draw.choice(("dk", "rf", "9999", "nonsense", *draw.choices(choices, k=8)))
        numbers = ("-98", "-99", "-98", "-99", "0", "1", "3", "7", "8", "12", "13", "30", "120", "9999")
        return draw.choice((*numbers, "-5", "2.5", "4000"))


def local(node: Tree.Element) -> str:
    return node.tag.rpartition("}")[2]


def set_text(parent: Tree.Element, name: str, text: str) -> None:
    for node in parent.iter():
        if local(node) == name:
            node.text = text


def leave_out(parent: Tree.Element, names: tuple[str, ...]) -> None:
    for node in list(parent):
        if local(node) in names:
            parent.remove(node)
        elif len(node):
            leave_out(node, names)


def read_plainly(xml: bytes) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Texts by question, of the household and of each member."""
    answers: dict[str, str] = {}
    members: list[dict[str, str]] = []

    def read(node: Tree.Element, into: dict[str, str]) -> None:
        for child in node:
            if local(child) == "member":
                members.append({})
                read(child, members[-1])
            elif len(child):
                read(child, into)
            else:
                into[local(child)] = child.text or ""

    read(Tree.fromstring(xml), answers)
    return answers, members


def compute(interviews: list[bytes]) -> IndicatorTable:
    """As the product does it."""
    form = reference_form()
    maker = FrameMaker({form.version: frozenset(question.name for question in form.questions)})
    for xml in interviews:
        root = read_xml(xml)
        bind(form, root)
        maker.add_record(root, form.version)
    return compute_households(maker.make(), parameters=STORED)


def list_differences(interviews: list[bytes], compared: Counter[str]) -> Iterator[str]:
    """What the two say differently, household by household and code by code."""
    table = compute(interviews)
    for row, xml in enumerate(interviews):
        answers, members = read_plainly(xml)
        for code, plain in compute_plainly(answers, members, WEIGHTS, LOADINGS).items():
            column = table[code]
            reason = REASON_NAMES[Reason(column.reasons[row])]
            number = column.values[row]
            said = column.levels[int(number)] if column.levels and not reason else number
            compared[f"missing: {plain}" if isinstance(plain, Gone) else "value"] += 1
            if isinstance(plain, Gone):
                same = reason == plain
            elif isinstance(plain, str):
                same = not reason and said == plain
            else:
                same = not reason and abs(float(number) - float(plain)) <= 1e-9 * max(1.0, abs(float(plain)))
            if not same:
                yield f"household {row}, {code}: product {reason or said}, plain {plain!r}"


def test_every_indicator_of_the_catalogue_is_computed_a_second_time() -> None:
    answers, members = read_plainly(next(list_interviews(1, 1)))
    found = compute_plainly(answers, members, WEIGHTS, LOADINGS).keys()
    counted = {one.code for one in CATALOGUE if one.counted and one.level == "household"}
    twins = {one.code for one in CATALOGUE if one.twin_of in counted}
    assert not (counted | twins) - found


def test_simulated_interviews_give_the_same_figures_by_both_computations() -> None:
    compared: Counter[str] = Counter()
    assert list(list_differences(list(list_interviews(60, 11)), compared)) == []
    assert compared["value"] > 3000


def test_odd_interviews_give_the_same_figures_and_the_same_reasons_by_both_computations() -> None:
    compared: Counter[str] = Counter()
    spoiler = Spoiler(5)
    interviews = [spoiler.spoil(xml) for xml in list_interviews(60, 12) for _ in range(5)]
    assert list(list_differences(interviews, compared)) == []
    assert min(compared[f"missing: {reason}"] for reason in ("na", "not_asked", "blank", "dk", "rf", "invalid")) > 100


def test_nobody_in_work_is_no_answer_where_nobody_is_known_to_be_able() -> None:
    student = member(0, m_labour=None, m_work="study", m_work_months=...)
    assert value("one_job", members=[student]) == value("mpi_d_work", members=[student]) == "(blank)"
    assert value("one_job", members=[student, member(1)]) == 0
    assert value("one_job", members=[student, member(0)]) == 1


def test_an_age_or_number_of_months_that_cannot_be_is_invalid() -> None:
    old = [member(0, m_age=9999), member(1)]
    assert value("dep_ratio", members=old) == value("lab_equiv", members=old) == "(invalid)"
    assert value("dep_ratio", members=[member(0, m_age=122), member(1)]) == 1
    assert value("one_job", members=[member(0, m_work_months=13)]) == "(invalid)"
    assert value("return_risk", return_months=13) == "(invalid)"
    assert value("return_risk", return_months=12) == 1


def test_a_choice_that_the_catalogue_does_not_know_is_invalid_and_never_a_no() -> None:
    assert value("house_safe", h_grade_n="1") == value("mpi_d_care", med_forgone="oui") == "(invalid)"
    assert value("water_safe", w_src_n="rain") == value("old_house", h_old="sold") == "(invalid)"
    assert value("insured_all", members=[member(0, m_insured="1")]) == "(invalid)"
    # Ticks are counted whatever they are called.
    assert value("org_n", co_org="coop choir") == 2


def test_a_debt_that_nobody_knows_keeps_its_reason_where_there_is_a_loss() -> None:
    assert value("debt_ratio", debt_any="dk", debt_amt=..., cost_crop=90000) == "(dk)"
    assert value("debt_ratio", cost_crop=90000) == "(undefined)"


def test_no_loss_is_assumed_where_a_shock_is_ticked_beside_none() -> None:
    assert value("shock_loss_ratio", sh_types="none illness", sh_loss=None) == "(blank)"
    assert value("shock_loss_ratio", sh_types="none", sh_loss=...) == 0
