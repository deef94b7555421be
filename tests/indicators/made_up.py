"""Made-up samples for the comparison with the plain computation: odd designs, odd answers, the same at every run."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from surveyapp.indicators.columns import REASON_NAMES, Reason
from surveyapp.indicators.compute import IndicatorTable
from surveyapp.indicators.settings import Settings
from tests.indicators.household import MEMBERS, household, member
from tests.indicators.plain_villages import Home, Rules

Interview = tuple[dict[str, Any], list[dict[str, Any]]]
# Village: county, township, households of it that moved, that stayed.
Places = Mapping[str, tuple[str, str, int, int]]
# Four strata in two counties, none with one village only; v4 has two households, v5 few of either kind.
USUAL: Places = {
    "v1": ("c1", "t1", 12, 3),
    "v2": ("c1", "t1", 6, 6),
    "v3": ("c1", "t2", 0, 11),
    "v4": ("c1", "t2", 2, 0),
    "v5": ("c2", "t3", 5, 3),
    "v6": ("c2", "t3", 10, 0),
    "v7": ("c2", "t3", 12, 2),
}

CHOICES: Mapping[str, tuple[Any, ...]] = {
    "h_area_n": (25, 60, 80, 100, 140, -98),
    "h_area_b": (30, 50, 60, 90, -99),
    "h_grade_n": ("A", "B", "C", "D"),
    "h_grade_b": ("B", "C", "D", "dk"),
    "w_src_n": ("piped_in", "well_prot", "surface"),
    "w_min_n": (0, 5, 25, -98),
    "w_short_n": ("yes", "no", "no"),
    "san_n": ("pit", "flush_in", "shared"),
    "fuel_n": ("wood", "gas", "elec"),
    "elec_n": ("yes", "yes", "no"),
    "d_clinic_n": (5, 30, 55, 90, -98),
    "d_market_n": (10, 45, 80),
    "d_market_b": (60, 120, 200, -98),
    "hazard_n": ("none", "flood", "landslide flood", "dk"),
    "land_own_n": (4, 8, 10),
    "land_out_n": (0, 2, 4),
    "lv_cattle_n": (0, 1, 3),
    "p_assets_n": ("none", "tractor", "tractor pump"),
    "d_assets_n": ("tv", "phone tv", "tv fridge washer phone moto", "none"),
    "inc_crop": (1200, 3000, 6000, 15000, -98),
    "inc_livestock": (500, 800, 4000),
    "cost_crop": (500, 2000, 30000),
    "inc_wage_local": (0, 2000, 8000, 20000, 45000),
    "inc_gov": (0, 300, 4000),
    "inc_total_b": (3000, 8000, 15000, -98),
    "med_forgone": ("yes", "no", "no"),
    "co_leader": ("party", "elder", "able", "none", "dk"),
    "co_meet": (0, 3, 8),
    "co_voice": ("1", "3", "5"),
    "co_labour": (0, 5, 12),
    "co_space": ("none", "square", "square clinic shop"),
    "gs_visits": (0, 6, 12),
    "tr_neigh": ("1", "3", "5"),
    "tr_host": ("1", "2", "4", "dk"),
    "net_money": (0, 2, 5, 12),
    "mh_given": (0, 6, 20),
    "mh_got": (0, 3, 12),
    "ic_forms": ("none", "land", "land event"),
    "ic_conflict": ("yes", "no"),
    "ca_coop": ("yes", "no"),
    "ca_share": ("none", "land"),
    "fcs_staple": (7, 5, 2),
    "fcs_protein": (0, 2, 4),
    "fcs_dairy": (0, 1),
    "fcs_veg": (2, 7),
    "fcs_fat": (0, 7),
    "rcsi_less": (0, 2, 6, -98),
    "lcs_c1": ("10", "20", "30"),
    "lcs_e1": ("10", "10", "9999", "20"),
    "sh_types": ("none", "illness", "illness crop"),
    "return_plan": ("1", "2", "3", "dk"),
    "sat_all": ("1", "3", "5"),
}
PERSON: Mapping[str, tuple[Any, ...]] = {
    "m_edu": ("none", "primary", "junior", "senior"),
    "m_health": ("good", "chronic", "serious"),
    "m_insured": ("yes", "yes", "yes", "no"),
}


def interviews(places: Places, draw: random.Random, **everywhere: Sequence[Any]) -> list[Interview]:
    """Of each village the households, each answering as it likes."""
    choices: Mapping[str, Sequence[Any]] = {**CHOICES, **everywhere}
    made = []
    for village, (county, township, moved, stayed) in places.items():
        for place in range(moved + stayed):
            own = {name: draw.choice(tuple(options)) for name, options in choices.items()}
            own |= {"village": village, "county": county, "township": township, "hh_code": f"{village}-{place}"}
            own |= {"reloc_status": "relocated" if place < moved else "stayed"}
            own |= {"pre_weight": own.get("pre_weight", draw.choice((0.5, 1.0, 2.25, 7.0)))}
            if place >= moved:
                own |= {"gs_house_amt": ..., "return_plan": ..., "return_months": ...}
            members = [someone(draw, number) for number in range(draw.randint(1, 4))]
            members += [someone(draw, 2) for _ in range(draw.choice((0, 0, 1, 2)))]
            made.append((household(**{**own, "hh_size": str(len(members))}), members))
    return made


def someone(draw: random.Random, place: int) -> dict[str, Any]:
    """A member; a child may be out of school, a head a woman."""
    own = {name: draw.choice(options) for name, options in PERSON.items()}
    if "m_school" in MEMBERS[place]:
        own["m_school"] = draw.choice(("yes", "yes", "no", "dk"))
    if place == 0:
        own |= {"m_sex": draw.choice("mf"), "m_work": draw.choice(("farm", "wage", "idle"))}
        own |= {"m_work_place": draw.choice(("town", "outside", "dk"))} if own["m_work"] == "wage" else {}
    return member(place, **own)


def weights_of(made: Sequence[Interview]) -> list[float]:
    """A household without a weight takes the mean of its village, else of all; 1 where nobody has one."""
    known = [(answers["village"], float(answers["pre_weight"])) for answers, _ in made if answers.get("pre_weight")]
    found = []
    for answers, _ in made:
        if answers.get("pre_weight"):
            found.append(float(answers["pre_weight"]))
            continue
        here = [weight for village, weight in known if village == answers["village"]]
        mean = here or [weight for _, weight in known] or [1.0]
        found.append(sum(mean) / len(mean))
    return found


def homes_of(made: Sequence[Interview], table: IndicatorTable, codes: Sequence[str]) -> list[Home]:
    """The households that agreed, with their indicators."""
    found, cells = [], {code: cells_of(table, code) for code in codes if code in table.columns}
    for row, ((answers, _), weight) in enumerate(zip(made, weights_of(made), strict=True)):
        if answers["consent"] != "yes":
            continue
        known = {code: column[row] for code, column in cells.items()}
        found.append(
            Home(
                weight,
                answers["village"],
                answers["township"],
                f"{answers['county']} × {answers['reloc_status']}",
                answers["reloc_status"],
                float(answers["hh_size"] or 0),
                {code: cell for code, cell in known.items() if not (isinstance(cell, str) and cell.startswith("("))},
                frozenset(code for code, cell in known.items() if cell in ("(na)", "(not_asked)")),
                answers["hh_code"],
            )
        )
    return found


def cells_of(table: IndicatorTable, code: str) -> list[float | str]:
    """A column as numbers, names of categories, and reasons in brackets."""
    column = table[code]
    return [
        f"({REASON_NAMES[Reason(reason)]})" if reason else column.levels[int(value)] if column.levels else float(value)
        for value, reason in zip(column.values.tolist(), column.reasons.tolist(), strict=True)
    ]


def rules_of(settings: Settings) -> Rules:
    """The settings as the plain computation takes them."""
    design = settings.design
    return Rules(
        settings.poverty_line.amount,
        settings.lvi_bounds,
        [(one.name, one.dimension, one.weight) for one in settings.mpi.indicators],
        design.households,
        design.villages_in_stratum,
        design.lonely,
        design.treated,
        design.comparison,
    )
