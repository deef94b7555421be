"""The questions that the catalogue reads, and what it means when one of them was not asked.

The names are those of the reference form `livelihood_space`; another form states its own names as aliases in the
settings. Skip logic follows the form: a cost that was not asked because the income is 0 is 0, but if the *earlier*
answer is missing, the later one is missing too, for the same reason.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from surveyapp.indicators.columns import (
    Column,
    Kind,
    Reason,
    count_ticks,
    one_of,
)
from surveyapp.indicators.scoring import any_of, negation

Reader: TypeAlias = Callable[[str], Column]


@dataclass(frozen=True)
class Gate:
    """When a question is asked. `asked` reads earlier questions and gives 1 or 0; `value` is what an answer that was
    not asked stands for (the name of a choice for a choice; None: the question does not apply).
    """

    needs: tuple[str, ...]
    asked: Callable[[Reader], Column]
    value: float | str | None = None
    reason: Reason = Reason.NOT_APPLICABLE


@dataclass(frozen=True)
class Question:
    """One question: `place` is `main` or `member`; `lowest` and `highest` are the least and the greatest number that
    can be an answer.

    `allowed` lists the only numbers that can be, where there are few, and `names` the only choices; `codes` are
    numbers that say why there is no answer to this question, besides those of the settings, which count where it is
    `coded`.
    """

    name: str
    kind: Kind
    place: str = "main"
    gates: tuple[Gate, ...] = ()
    lowest: float | None = 0.0
    highest: float | None = None
    allowed: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    codes: Mapping[float, Reason] = field(default_factory=dict)
    coded: bool = True


def _above_zero(name: str, value: float | None = 0.0) -> Gate:
    return Gate((name,), lambda read: read(name).above(0), value)


def _chosen(name: str, names: Iterable[str], value: float | None = None) -> Gate:
    wanted = tuple(names)
    return Gate((name,), lambda read: one_of(read(name), wanted), value)


def _aged(lowest: float, highest: float = 200) -> Gate:
    return Gate(("m_age",), lambda read: _within(read("m_age"), lowest, highest))


def _within(column: Column, lowest: float, highest: float) -> Column:
    return column.holds(lambda values: (values >= lowest) & (values <= highest))


def _land_farmed_now(read: Reader) -> Column:
    return any_of([read("land_own_n").above(0), read("land_in_n").above(0)])


def _shocked(read: Reader) -> Column:
    # Where `none` and a shock are ticked, nobody knows that nothing was lost.
    return count_ticks(read("sh_types")).above(0)


def _hardship(read: Reader) -> Column:
    return any_of([read("rcsi_borrow").above(0), read("rcsi_adult").above(0), read("rcsi_meals").above(2)])


def _deals_with_firms(read: Reader) -> Column:
    return any_of([one_of(read(name), ("yes",)) for name in ("ca_coop", "ca_contract", "ca_job")])


AGED_16 = _aged(16)
RELOCATED = _chosen("reloc_status", ("relocated",))
WORKING = ("farm", "wage", "post", "self")
FIRST_WAVE = Gate(("ask_before",), lambda read: read("ask_before").holds(lambda values: values == 1), None,
                  Reason.NOT_ASKED)  # fmt: skip
DEALS = Gate(("ca_coop", "ca_contract", "ca_job"), _deals_with_firms)
HAS_LEADER = Gate(("co_leader",), lambda read: negation(one_of(read("co_leader"), ("none",))))

INCOME_SOURCES: Final = (
    *("crop", "livestock", "forest", "wage_local", "wage_migr", "business"),
    *("land_rent", "dividend", "gov", "private", "other"),
)
# Minutes of a day: nobody walks longer to a place that the household uses. More is a slip of the finger, and one such
# answer would make the mean of a whole project.
DAY: Final = 1440.0
TIMED_MINUTES = ("w_min", "d_school", "d_clinic", "d_market", "d_road", "d_county")
TIMED_NUMBERS = (
    *("h_area", "land_own", "land_irr"),
    *("land_forest", "lv_cattle", "lv_pig", "lv_sheep", "lv_poultry", "net_visit"),
)
YEAR_IN_MONTHS: Final = 12.0
# The longest life on record.
LIFE: Final = 122.0
YES_NO: Final = ("yes", "no")
SOURCES_NAMED = (
    *("crop", "livestock", "forest", "wage_local", "wage_migr", "business"),
    *("property", "transfer", "private", "none"),
)
TIMED_CHOICES = {
    "h_struct": ("concrete", "brickwood", "cave_brick", "cave_earth", "earth", "other"),
    "h_grade": ("A", "B", "C", "D"),
    "w_src": (
        *("piped_in", "piped_pub", "well_prot", "spring_prot", "cistern"),
        *("well_unprot", "surface", "tanker", "other"),
    ),
    "w_short": YES_NO,
    "elec": YES_NO,
    "fuel": ("elec", "gas", "biogas", "solar", "coal", "wood", "dung", "other"),
    "san": ("flush_in", "dry_clean", "pit", "shared", "none"),
    "net": YES_NO,
    "inc_main": SOURCES_NAMED,
}
TIMED_TICKS = ("hazard", "p_assets", "d_assets")
CALCULATED = ("hh_size", "ask_before", "ref_year", "pre_weight")
EXPENSES = (
    *("x_food_buy_7d", "x_food_own_7d", "x_utility_30d", "x_property_30d", "x_transport_30d", "x_daily_30d"),
    *("x_edu_12m", "x_health_12m", "x_gift_12m", "x_other_12m"),
)
NUMBERS = (
    *("land_in_n", *(f"inc_{source}" for source in INCOME_SOURCES), *EXPENSES, "gs_visits", "co_meet", "co_labour"),
    *("net_money", "mh_given", "mh_got", "inc_total_b", "hh_size_b"),
)
FOODS: Final = ("staple", "pulse", "dairy", "protein", "veg", "fruit", "fat", "sugar", "cond")
COPING: Final = ("less", "borrow", "meals", "portion", "adult")
STRATEGIES: Final = ("s1", "s2", "s3", "s4", "c1", "c2", "c3", "e1", "e2", "e3")
# Kinds of households and places are the project's own.
CHOICES = ("consent", "reloc_status", "county", "township", "village")
YES_OR_NO = (
    *("lack_clothes", "med_forgone", "sav_any", "debt_any", "loan_need", "gs_train", "gs_job", "ic_conflict", "ic_job"),
    *("ca_coop", "ca_contract", "ca_job"),
)
LEADERS = ("party", "committee", "able", "elder", "resident_cadre", "none")
SCALES = (
    *("gs_sat", "co_rules", "co_voice", "co_open", "tr_neigh", "tr_fellow", "tr_host", "tr_cadre", "tr_gov"),
    *("belong", "ic_benefit", "sat_house", "sat_social", "sat_all"),
)
SCALE = (1, 2, 3, 4, 5)
TICKS = ("gs_industry", "gs_guide", "co_org", "co_space", "ic_forms", "ca_share", "sh_types")
GATED = (
    Question("land_out_n", "number", gates=(_above_zero("land_own_n"),)),
    Question("land_out_b", "number", gates=(FIRST_WAVE, _above_zero("land_own_b"))),
    Question("d_land_n", "number", highest=DAY, gates=(Gate(("land_own_n", "land_in_n"), _land_farmed_now),)),
    Question("d_land_b", "number", highest=DAY, gates=(FIRST_WAVE, _above_zero("land_own_b", None))),
    *(Question(f"cost_{source}", "number", gates=(_above_zero(f"inc_{source}"),)) for source in
      ("crop", "livestock", "business")),
    Question("debt_amt", "number", gates=(_chosen("debt_any", ("yes",), 0.0),)),
    Question("debt_reloc", "number", gates=(RELOCATED, _above_zero("debt_amt"))),
    Question("loan_got", "choice", names=YES_NO, gates=(_chosen("loan_need", ("yes",)),)),
    *(Question(name, "number", gates=(RELOCATED,)) for name in ("h_cost_self", "gs_house_amt")),
    Question("return_months", "number", gates=(RELOCATED,), highest=YEAR_IN_MONTHS),
    Question("h_old", "choice", names=("demolished", "standing", "used", "none"), gates=(RELOCATED,)),
    Question("return_plan", "number", gates=(RELOCATED,), allowed=(1, 2, 3, 4)),
    Question("co_leader_trust", "number", gates=(HAS_LEADER,), allowed=SCALE),
    Question("co_leader_help", "choice", names=YES_NO, gates=(HAS_LEADER,)),
    Question("ca_fair", "number", allowed=SCALE, gates=(DEALS,)),
    Question("sh_loss", "number", gates=(Gate(("sh_types",), _shocked, 0.0),)),
    Question("sh_recover", "number", allowed=SCALE, gates=(Gate(("sh_types",), _shocked),)),
    Question("better", "number", lowest=None, allowed=(-2, -1, 0, 1, 2), coded=False),
)  # fmt: skip
HUNGER: Final = ("hhs_nofood", "hhs_sleep", "hhs_day")
SHOWS_HARDSHIP: Final = ("rcsi_borrow", "rcsi_adult", "rcsi_meals")
MEMBER = (
    Question("m_age", "number", "member", highest=LIFE),
    Question("m_sex", "choice", "member"),
    Question("m_relation", "choice", "member"),
    Question("m_months_home", "number", "member", highest=YEAR_IN_MONTHS),
    Question("m_edu", "choice", "member", (_aged(3),),
             names=("none", "preschool", "primary", "junior", "senior", "college")),
    Question("m_school", "choice", "member", (_aged(6, 15),), names=("yes", "done", "home", "no")),
    Question("m_health", "choice", "member", names=("good", "chronic", "serious", "disabled")),
    Question("m_labour", "choice", "member", (AGED_16,), names=("full", "half", "none")),
    Question("m_work", "choice", "member", (AGED_16,), names=(*WORKING, "house", "study", "seek", "idle")),
    Question("m_work_months", "number", "member", (_chosen("m_work", WORKING, 0.0),), highest=YEAR_IN_MONTHS),
    Question("m_work_place", "choice", "member", (_chosen("m_work", ("wage", "post", "self")),),
             names=("community", "town", "county", "province", "outside")),
    Question("m_train", "number", "member", (AGED_16,)),
    Question("m_insured", "choice", "member", names=YES_NO),
)  # fmt: skip
LCS_CODES = MappingProxyType({9999.0: Reason.NOT_APPLICABLE})


def _hunger() -> list[Question]:
    skipped = Gate(SHOWS_HARDSHIP, _hardship, "no")
    found = []
    for name in HUNGER:
        found.append(Question(name, "choice", names=YES_NO, gates=(skipped,)))
        found.append(Question(f"{name}_f", "number", gates=(_chosen(name, ("yes",), 0.0),), allowed=(1, 2, 3)))
    return found


def _timed(names: Iterable[str], kind: Kind, highest: float | None = None) -> list[Question]:
    return [
        Question(f"{name}_{when}", kind, gates=(FIRST_WAVE,) if when == "b" else (), highest=highest)
        for name in names
        for when in "nb"
    ]


def _list_questions() -> list[Question]:
    recalled = ("inc_total_b", "hh_size_b")
    return [
        *_timed(TIMED_NUMBERS, "number"),
        *_timed(TIMED_MINUTES, "number", DAY),
        *(replace(one, names=names) for name, names in TIMED_CHOICES.items() for one in _timed((name,), "choice")),
        *_timed(TIMED_TICKS, "choices"),
        *(Question(name, "number", gates=(FIRST_WAVE,) if name in recalled else ()) for name in NUMBERS),
        *(Question(name, "number", coded=False) for name in CALCULATED),
        *(Question(f"fcs_{food}", "number", allowed=tuple(range(8))) for food in FOODS),
        *(Question(f"rcsi_{way}", "number", allowed=tuple(range(8))) for way in COPING),
        *(Question(f"lcs_{way}", "number", allowed=(10, 20, 30), codes=LCS_CODES) for way in STRATEGIES),
        *(Question(name, "choice") for name in CHOICES),
        *(Question(name, "choice", names=YES_NO) for name in YES_OR_NO),
        Question("co_leader", "choice", names=LEADERS),
        # Here `refused` is what became of a visit, no missing answer.
        Question("visit_result", "choice", coded=False),
        *(Question(name, "number", allowed=SCALE) for name in SCALES),
        *(Question(name, "choices") for name in TICKS),
        *GATED,
        *_hunger(),
        *MEMBER,
    ]


QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType({question.name: question for question in _list_questions()})
