"""Outcomes and the whole list: the last part of `plain_households`. `compute_plainly` is the door."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from tests.indicators.plain_answers import (
    Answers,
    Gone,
    Household,
    all_yes,
    among,
    any_yes,
    behind,
    is_gone,
    mean_of,
    named,
    negated,
    one_of,
    ratio,
    read_number,
    strictly,
    worst,
)
from tests.indicators.plain_households import (
    FUEL,
    STRUCTURE,
    TOILET,
    WATER,
    Found,
    capitals,
    coupling,
    coupling_adjusted,
    governance,
    income,
    living,
    production,
    production_space,
    social,
    total,
    work,
)

F = Fraction
DURABLES = {"tv", "fridge", "washer", "phone", "computer", "ebike", "moto"}
FOOD = {
    "staple": F(2), "pulse": F(3), "dairy": F(4), "protein": F(4), "veg": F(1), "fruit": F(1),
    "fat": F(1, 2), "sugar": F(1, 2),
}  # fmt: skip
COPING = {"less": 1, "borrow": 2, "meals": 1, "portion": 1, "adult": 3}
LIVELIHOOD_COPING = (("e", 3, 4), ("c", 3, 3), ("s", 4, 2))
MPI = {
    "schooling": 3, "attendance": 3, "insurance": 3, "care": 3, "housing": 1, "water": 1, "sanitation": 1, "fuel": 1,
    "electricity": 1, "assets": 1, "work": 3, "food": 3,
}  # fmt: skip
SPENT = {
    "food_buy_7d": F(365, 7), "food_own_7d": F(365, 7), "utility_30d": F(365, 30), "property_30d": F(365, 30),
    "transport_30d": F(365, 30), "daily_30d": F(365, 30), "edu_12m": F(1), "health_12m": F(1), "gift_12m": F(1),
    "other_12m": F(1),
}  # fmt: skip


def spaces(x: Found) -> Found:
    """Section F."""
    three = {"living": x["u_living"], "production": x["u_production"], "social": x["u_social"]}

    def lag(*u: Fraction) -> str:
        least = min(u)
        others = (sum(u) - least) / 2
        return next(n for n, v in zip(three, u, strict=True) if v == least) if others - least > F(1, 10) else "balanced"

    return {
        "ccd": coupling(*three.values()),
        "ccd_recall": coupling(x["u_living"], x["u_production"]),
        "ccd_recall_b": coupling(x["u_living_b"], x["u_production_b"]),
        "ccd_adj": strictly(
            lambda c, *u: math.sqrt(c * float(sum(u)) / 3), coupling_adjusted(*three.values()), *three.values()
        ),
        "space_lag": strictly(lag, *three.values()),
    }


def food(home: Household, size: Any) -> Found:
    """Section H, and expenditure."""
    days = [home.number(f"fcs_{name}", 7) for name in FOOD]
    fcs = strictly(lambda *eaten: sum(d * w for d, w in zip(eaten, FOOD.values(), strict=True)), *days)
    hard = {name: home.number(f"rcsi_{name}", 7) for name in COPING}
    rcsi = strictly(lambda *d: sum(x * w for x, w in zip(d, COPING.values(), strict=True)), *hard.values())
    amounts = [home.number(f"x_{name}") for name in SPENT]
    spent = strictly(lambda *a: sum(x * w for x, w in zip(a, SPENT.values(), strict=True)), *amounts)
    eaten = strictly(lambda buy, own, _: (buy + own) * F(365, 7), *amounts[:2], spent)
    fes = ratio(eaten, spent) if not is_gone(spent) else spent
    band = strictly(lambda share: F(1 + sum(share >= cut for cut in (F(1, 2), F(13, 20), F(3, 4)))), fes)
    category = strictly(lambda s: "poor" if s <= 21 else "borderline" if s <= 35 else "acceptable", fcs)
    severest = worst_way(home)
    status = {"poor": F(4), "borderline": F(3), "acceptable": F(1)}
    current = strictly(lambda c, r: F(2) if c == "acceptable" and r >= 4 else status[c], category, rcsi)
    return {
        "fcs": fcs,
        "fcs_cat": category,
        "rcsi": rcsi,
        "lcs_max": severest,
        "hhs": hunger(home, hard),
        "exp_pc": ratio(spent, size),
        "fes": fes,
        "fes_band": band,
        "cari": strictly(lambda c, way, b: F(math.floor((c + (way + b) / 2) / 2 + F(1, 2))), current, severest, band),
    }


def worst_way(home: Household) -> Any:
    answers = []
    for kind, ways, level in LIVELIHOOD_COPING:
        for way in range(1, ways + 1):
            answer = among(home.choice(f"lcs_{kind}{way}"), {"10": 1, "20": level, "30": level, "9999": 1})
            answers.append(answer if is_gone(answer) else F(answer))
    known = [answer for answer in answers if not is_gone(answer)]
    return max(known) if known else worst(answers)


def hunger(home: Household, hard: Mapping[str, Any]) -> Any:
    """The three items of M4, which is asked where the days of coping show hardship."""
    limits = {"borrow": 0, "adult": 0, "meals": 2}
    shown = any_yes(strictly(lambda d, m=most: d > m, hard[name]) for name, most in limits.items())
    items = []
    for name in ("nofood", "sleep", "day"):
        ever = behind(home.yes(f"hhs_{name}"), shown, F(0))
        often = among(home.choice(f"hhs_{name}_f"), {"1": F(1), "2": F(1), "3": F(2)})
        often = behind(often, ever, F(0))
        items.append(worst([ever, often]) if is_gone(ever) else often if ever else ever)
    return total(items)


def poverty(home: Household, x: Found) -> Found:
    """Section G with the measure of section 3.4."""
    ages = [member.age for member in home.members]
    children = strictly(lambda *a: sum(age <= 14 or age >= 65 for age in a), *ages)
    workers = strictly(lambda *a: F(sum(15 <= age <= 64 for age in a)), *ages)
    levels = dict.fromkeys(("junior", "senior", "college"), F(1)) | dict.fromkeys(
        ("none", "preschool", "primary"), F(0)
    )
    taught = [all_yes([one.aged(16), among(one.edu, levels)]) for one in home.members]
    out = any_yes(one.out_of_school() for one in home.members)
    uninsured = any_yes(negated(one.insured) for one in home.members)
    durables = home.ticks("d_assets_n")
    no_labour = strictly(lambda amount: F(not amount > 0), home.number("inc_gov"))
    deprived = {
        "schooling": negated(any_yes(taught)),
        "attendance": out,
        "insurance": uninsured,
        "care": home.yes("med_forgone"),
        "housing": negated(x["house_safe"]),
        "water": negated(x["water_safe"]),
        "sanitation": negated(one_of(home.choice("san_n"), *TOILET)),
        "fuel": negated(one_of(home.choice("fuel_n"), *FUEL)),
        "electricity": negated(home.yes("elec_n")),
        "assets": strictly(lambda t: F(len(t & DURABLES) < 2 and "car" not in t), durables),
        "work": no_labour if x["one_job"] == Gone("na") and is_gone(x["one_job"]) else negated(x["one_job"]),
        "food": strictly(lambda c: F(c != "acceptable"), x["fcs_cat"]),
    }
    score = strictly(
        lambda *g: sum(w * d for w, d in zip(MPI.values(), g, strict=True)) / 24, *(deprived[n] for n in MPI)
    )
    fails = [
        strictly(lambda s: F(s < F(71, 2)), x["fcs"]), strictly(lambda s: F(s > 18), x["rcsi"]),
        home.yes("lack_clothes"), out, uninsured, deprived["housing"], deprived["water"],
    ]  # fmt: skip
    pupils = [one for one in home.members if one.aged(6, 15) is not False]
    return {
        **{f"mpi_d_{name}": value for name, value in deprived.items()},
        "dep_ratio": ratio(children, workers),
        "mpi_score": score,
        "mpi_poor": strictly(lambda s: F(s >= F(8, 24)), score),
        "two_no_worries": negated(any_yes(fails)),
        "dropout": any_yes(one.out_of_school() for one in pupils) if pupils else Gone("na"),
        "insured_all": negated(uninsured),
    }


def money(home: Household, net: Any) -> Found:
    """Debt and losses."""
    debt, loss = home.debt(), home.shock_loss()
    due = behind(home.if_moved(home.number("debt_reloc")), strictly(lambda owed: owed > 0, debt), F(0))
    none_struck = home.ticks("sh_types") == set()
    against = strictly(lambda d, y: d / y if y > 0 else Gone("undefined"), debt, net)
    lost = strictly(lambda s, y: s / (y + s) if y + s > 0 else Gone("undefined"), loss, net)
    return {
        "debt_ratio": F(0) if debt == 0 else against,
        "debt_reloc_share": ratio(due, debt),
        "shock_loss_ratio": F(0) if none_struck else lost,
    }


def plans(home: Household) -> Found:
    """What stays, what is thought of it."""
    own, aid = home.if_moved(home.number("h_cost_self")), home.if_moved(home.number("gs_house_amt"))
    back = any_yes([
        one_of(home.if_moved(home.choice("return_plan")), "3 4", "1 2"),
        strictly(lambda months: months >= 3, home.if_moved(home.number("return_months", 12))),
    ])  # fmt: skip
    fates = ("demolished", "standing", "used", "none")
    return {
        "old_house": named(home.if_moved(home.choice("h_old")), fates),
        "self_paid_share": ratio(own, total([own, aid])),
        "return_risk": Gone("na") if home.moved is False else home.moved if is_gone(home.moved) else back,
        "better_off": among(home.choice("better"), {str(x): F(x) for x in range(-2, 3)}),
        "sat_idx": mean_of([home.likert(f"sat_{what}") for what in ("house", "social", "all")], 2),
    }


def wealth(home: Household, loadings: Sequence[tuple[str, float, float, float]]) -> Found:
    """The stored component: (question:choice, mean, spread, loading) for each item."""
    needed = [home.ticks("d_assets_n"), home.ticks("p_assets_n")]
    lists = {"h_struct_n": list(STRUCTURE), "w_src_n": WATER, "san_n": TOILET, "fuel_n": FUEL}
    needed += [named(home.choice(name), " ".join(choices).split()) for name, choices in lists.items()]
    if is_gone(*needed):
        return {"asset_pca": worst(needed)}
    score = 0.0
    for item, mean, spread, loading in loadings:
        question, choice = item.split(":")
        score += loading * ((choice in home.answers[question].split()) - mean) / spread
    return {"asset_pca": score}


def compute_plainly(
    answers: Answers,
    members: Sequence[Answers],
    weights: Mapping[str, float],
    loadings: Sequence[tuple[str, float, float, float]],
) -> Found:
    """All codes of one household. `weights` are entropy weights by the names of SCORES."""
    home = Household(answers, members)
    size, size_b = read_number(answers.get("hh_size")), home.number("hh_size_b")
    found = living(home, size, "n", "") | living(home, size_b, "b", "_b")
    found |= production(home, size, "n", "") | production(home, size_b, "b", "_b")
    found |= work(home) | income(home, size, size_b)
    found |= production_space(found)
    found |= social(home)
    found |= governance(home, found["particip_idx"]) | capitals(home, found, weights)
    found |= spaces(found) | food(home, size)
    return found | poverty(home, found) | money(home, found["inc_net"]) | plans(home) | wealth(home, loadings)
