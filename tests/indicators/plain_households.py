"""Every household indicator once more, from the catalogue's words alone: one household in, code -> value or `Gone` out.

Written without a look at the formulas of the product, with fractions and loops instead of columns; `test_against_plain`
holds the two against each other. Defaults of the settings are written out as numbers.
"""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from tests.indicators.plain_answers import (
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
    strictly,
    worst,
)

Found = dict[str, Any]
F = Fraction
LINE = 4000
STRUCTURE = {
    "concrete": F(1), "brickwood": F(3, 4), "cave_brick": F(3, 4), "cave_earth": F(1, 4), "earth": F(1, 4),
    "other": F(1, 2),
}  # fmt: skip
GRADE = {"A": F(1), "B": F(3, 4), "C": F(1, 4), "D": F(0)}
CAPS = {"school": 60, "clinic": 60, "market": 90, "road": 30, "county": 180}
INCOMES = [
    "crop",
    "livestock",
    "forest",
    "wage_local",
    "wage_migr",
    "business",
    "land_rent",
    "dividend",
    "gov",
    "private",
    "other",
]
GROUPS = (
    ("crop",), ("livestock",), ("forest",), ("wage_local",), ("wage_migr",), ("business",), ("land_rent", "dividend"),
    ("gov",), ("private", "other"),
)  # fmt: skip
SOURCES = [
    "crop",
    "livestock",
    "forest",
    "wage_local",
    "wage_migr",
    "business",
    "property",
    "transfer",
    "private",
    "none",
]
SCHOOLING = {"none": F(0), "preschool": F(0), "primary": F(6), "junior": F(9), "senior": F(12), "college": F(15)}
ABILITY = {"full": F(1), "half": F(1, 2), "none": F(0)}
LEADERS = ("party", "committee", "able", "elder")
WATER = ("piped_in piped_pub well_prot spring_prot cistern", "well_unprot surface tanker other")
FUEL = ("elec gas biogas solar", "coal wood dung other")
TOILET = ("flush_in dry_clean", "pit shared none")
SCORES = [
    "labour",
    "edu",
    "health",
    "train",
    "land",
    "irr",
    "forest",
    "area",
    "house",
    "tlu",
    "passet",
    "dasset",
    "income",
    "div",
    "savings",
    "credit",
    "trust",
    "net",
    "org",
]


def goalpost(x: Any, worst_end: Any, best: Any) -> Any:
    return strictly(lambda v: min(max((v - worst_end) / F(best - worst_end), F(0)), F(1)), x)


def capped(x: Any, cap: int) -> Any:
    return strictly(lambda v: min(v, F(cap)) / cap, x)


def total(terms: Sequence[Any]) -> Any:
    return strictly(lambda *numbers: sum(numbers, F(0)), *terms)


def coupling(*scores: Any) -> Any:
    """D = √(C·T) of section 3.3."""

    def found(*u: Fraction) -> float:
        if not all(u):
            return 0.0
        degree = len(u) * math.prod(float(x) for x in u) ** (1 / len(u)) / float(sum(u))
        return math.sqrt(degree * float(sum(u)) / len(u))

    return strictly(found, *scores)


def coupling_adjusted(*scores: Any) -> Any:
    def found(*u: Fraction) -> float:
        if not any(u):
            return 0.0
        apart = [abs(a - b) for place, a in enumerate(u) for b in u[place + 1 :]]
        product = math.prod(float(x / max(u)) for x in u) ** (1 / (len(u) - 1))
        return math.sqrt(float(1 - sum(apart) / len(apart)) * product)

    return strictly(found, *scores)


def living(home: Household, size: Any, t: str, b: str) -> Found:
    """Section A, now (`t` = n) or before (`t` = b)."""
    area = ratio(home.number(f"h_area_{t}"), size)
    grade, water = home.choice(f"h_grade_{t}"), home.choice(f"w_src_{t}")
    house = mean_of([among(home.choice(f"h_struct_{t}"), STRUCTURE), among(grade, GRADE)], 2)
    legs = [
        one_of(water, *WATER),
        strictly(lambda minutes: F(minutes <= 20), home.number(f"w_min_{t}")),
        negated(home.yes(f"w_short_{t}")),
    ]
    piped = strictly(lambda ok: F(water == "piped_in"), one_of(water, *WATER))
    clean, toilet = one_of(home.choice(f"fuel_{t}"), *FUEL), one_of(home.choice(f"san_{t}"), *TOILET)
    facility = mean_of([home.yes(f"elec_{t}"), clean, toilet, home.yes(f"net_{t}"), piped], 4)
    minutes = {place: home.number(f"d_{place}_{t}") for place in CAPS}
    near = [strictly(lambda m, cap=cap: max(F(0), 1 - m / cap), minutes[place]) for place, cap in CAPS.items()]
    hazard = strictly(lambda n: F(n > 0), home.count(f"hazard_{t}"))
    housing = mean_of([goalpost(area, 0, 25), house], 2)
    access = mean_of(near, 4)
    return {
        f"area_pc{b}": area,
        f"house_score{b}": house,
        f"house_safe{b}": one_of(grade, "A B", "C D"),
        f"water_safe{b}": negated(any_yes(negated(leg) for leg in legs)),
        f"facility{b}": facility,
        f"access{b}": access,
        f"access_min{b}": mean_of(list(minutes.values()), 4),
        f"hazard_any{b}": hazard,
        f"u_living{b}": mean_of([housing, facility, access, negated(hazard)], 3),
    }


def production(home: Household, size: Any, t: str, b: str) -> Found:
    """The part of section B that exists for now and before, without income."""
    own, out = home.number(f"land_own_{t}"), home.land_out(t)
    bought = home.number("land_in_n") if t == "n" else F(0)
    herd = [home.number(f"lv_{kind}_{t}") for kind in ("cattle", "pig", "sheep", "poultry")]
    irrigated = strictly(min, ratio(home.number(f"land_irr_{t}"), own), F(1))
    return {
        f"land_oper_pc{b}": ratio(strictly(lambda o, x, i: o - x + i, own, out, bought), size),
        f"land_transfer_share{b}": ratio(out, own),
        f"plot_min{b}": home.plot_minutes(t),
        f"tlu{b}": strictly(lambda c, p, s, h: c + p / 4 + s / 4 + h / 200, *herd),
        f"passet_n{b}": home.count(f"p_assets_{t}"),
        f"dasset_n{b}": home.count(f"d_assets_{t}"),
        f"irr_share{b}": F(0) if own == 0 else irrigated,
        f"forest_pc{b}": ratio(home.number(f"land_forest_{t}"), size),
    }


def work(home: Household) -> Found:
    """Roster part of section B."""
    ability = []
    for one in home.members:
        counts = among(one.labour, ABILITY)
        ability.append(worst([one.age, counts]) if is_gone(one.age) else counts if one.age >= 16 else F(0))
    able = [one.able() for one in home.members]
    jobs = [one.employed() for one in home.members]
    paid = [one.employed("wage post self") for one in home.members]
    near = [one_of(one.place, "community town", "county province outside") for one in home.members]
    near = [all_yes([job, place]) if job != 1 else place for job, place in zip(paid, near, strict=True)]
    nobody = any_yes(able) == 0
    return {
        "lab_equiv": total(ability),
        "emp_rate": Gone("na") if nobody else ratio(total(jobs), total(able)),
        "one_job": F(1)
        if any_yes(jobs) == 1
        else Gone("na")
        if nobody
        else strictly(min, any_yes(jobs), any_yes(able)),
        "emp_local": Gone("na") if any_yes(paid) == 0 else ratio(total(near), total(paid)),
    }


def income(home: Household, size: Any, size_b: Any) -> Found:
    """Income of section B."""
    amounts = {name: home.number(f"inc_{name}") for name in INCOMES}
    gross = total(list(amounts.values()))
    net = strictly(
        lambda g, *costs: g - sum(costs), gross, *(home.cost(f"cost_{x}") for x in ("crop", "livestock", "business"))
    )
    groups = [total([amounts[name] for name in names]) for names in GROUPS]
    shares = [ratio(group, gross) for group in groups]
    if not is_gone(gross) and gross == 0:
        shares = [Gone("undefined")]
    farm = (
        ratio(total([amounts[name] for name in ("crop", "livestock", "forest")]), gross)
        if not is_gone(gross)
        else gross
    )
    kinds = ((F(9, 10), "pure_farm"), (F(1, 2), "farm_first"), (F(1, 10), "off_farm_first"), (F(0), "off_farm"))
    mains = [named(home.choice(f"inc_main_{t}"), SOURCES) for t in "nb"]
    recalled = home.number("inc_total_b")
    found: Found = {
        "inc_net": net,
        "inc_net_b": recalled,
        "inc_pc": ratio(net, size),
        "inc_pc_b": ratio(recalled, size_b),
        "inc_div": strictly(lambda *s: 1 - sum(x * x for x in s), *shares),
        "gov_share": ratio(amounts["gov"], gross) if not is_gone(gross) else gross,
        "shannon_div": strictly(lambda *s: -math.fsum(float(x) * math.log(x) for x in s if x), *shares),
        "livelihood_type": strictly(lambda f: next(name for cut, name in kinds if f >= cut), farm),
        "main_source_changed": strictly(lambda now, then: F(now != then), *mains),
    }
    for b in ("", "_b"):
        found[f"poor_inc{b}"] = strictly(lambda y: F(y < LINE), found[f"inc_pc{b}"])
    return found


def production_space(x: Found) -> Found:
    """U2 now and before, and its longer sister."""
    found: Found = {}
    for b in ("", "_b"):
        terms = [
            goalpost(x[f"land_oper_pc{b}"], 0, 5),
            mean_of([goalpost(x[f"tlu{b}"], 0, 5), goalpost(x[f"passet_n{b}"], 0, 4)], 2),
            goalpost(x[f"plot_min{b}"], 120, 0),
            goalpost(x[f"inc_pc{b}"], 0, 4 * LINE),
        ]
        found[f"u_production{b}"] = mean_of(terms, 3)
        if not b:
            found["u_production_full"] = mean_of([*terms, x["emp_rate"], goalpost(x["inc_div"], 0, F(8, 9))], 5)
    return found


def social(home: Household) -> Found:
    """Section C."""
    trust = {who: home.likert(f"tr_{who}") for who in ("neigh", "fellow", "host", "cadre", "gov")}
    taking_part = [capped(home.number("co_meet"), 6), *(home.likert(f"co_{x}") for x in ("voice", "open", "rules"))]
    given, got = home.number("mh_given"), home.number("mh_got")
    visits = {b: capped(home.number(f"net_visit_{t}"), 30) for t, b in (("n", ""), ("b", "_b"))}
    found: Found = {
        "trust_idx": mean_of(list(trust.values()), 3),
        "particip_idx": mean_of(taking_part, 3),
        "net_size": mean_of([capped(home.number("net_money"), 10), visits[""]], 2),
        "net_size_b": visits["_b"],
        "mutual_help": total([given, got]),
        "reciprocity": ratio(strictly(min, given, got), strictly(max, given, got)),
        "space_use": capped(home.count("co_space"), 4),
        "belonging": home.likert("belong"),
        "org_n": home.count("co_org"),
        "industry_n": home.count("gs_industry"),
        "support_sat": home.likert("gs_sat"),
    }
    parts = ("trust_idx", "particip_idx", "net_size", "space_use")
    found["u_social"] = mean_of([*(found[part] for part in parts), capped(found["mutual_help"], 24)], 4)
    near = mean_of([trust["neigh"], trust["fellow"]], 1)
    found["syn_intra"] = coupling(found["net_size"], near, found["space_use"])
    ties = [
        capped(home.count("ic_forms"), 4), home.likert("ic_benefit"), trust["host"], negated(home.yes("ic_conflict")),
        home.yes("ic_job"),
    ]  # fmt: skip
    found["syn_inter"] = mean_of(ties, 4)
    return found


def governance(home: Household, particip: Any) -> Found:
    """Government, community, capital: the rest of section D."""
    housing = strictly(lambda amount: F(amount > 0), home.if_moved(home.number("gs_house_amt")))
    rest = [
        mean_of([home.yes("gs_train"), home.yes("gs_job")], 2),
        capped(home.count("gs_guide"), 4),
        capped(home.number("gs_visits"), 12),
    ]
    state = mean_of(rest, 2) if home.moved is False else mean_of([housing, *rest], 3)
    kinds = {**dict.fromkeys(LEADERS, "own"), "none": "no", "resident_cadre": "no"}
    leader = among(home.choice("co_leader"), kinds)
    named_one = strictly(lambda kind: home.answers["co_leader"] != "none", leader)
    heard, helped = (
        F(0) if leader == "no" else worst([leader, term]) if is_gone(leader) else term
        for term in (
            behind(one, named_one, Gone("na")) for one in (home.likert("co_leader_trust"), home.yes("co_leader_help"))
        )
    )
    community = mean_of([heard, helped, particip, capped(home.number("co_labour"), 10)], 3)
    ties = [home.yes("ca_coop"), home.yes("ca_contract"), home.yes("ca_job")]
    shares = strictly(lambda n: F(n > 0), home.count("ca_share"))
    fair = behind(home.likert("ca_fair"), any_yes(ties), Gone("na"))
    return {
        "syn_gov_state": state,
        "syn_gov_community": community,
        "syn_gov": coupling(state, community),
        "syn_capital": mean_of([*ties, shares, fair], 3),
    }


def capitals(home: Household, x: Found, weights: Mapping[str, float]) -> Found:
    """Section E. `weights` are stored entropy weights of the 19 scores, in the order of SCORES."""
    grown = [one for one in home.members if one.aged(16) is not False]
    schooled = [among(one.edu, SCHOOLING) if not is_gone(one.age) else worst([one.age]) for one in grown]
    trained = [all_yes([one.aged(16), strictly(lambda n: n > 0, one.train)]) for one in home.members]
    healthy = [one_of(one.health, "good", "chronic serious disabled") for one in home.members]
    adult_edu = mean_of(schooled, len(schooled)) if schooled else Gone("na")
    lender = strictly(lambda n: F(n > 0), home.number("net_money"))
    needed = home.yes("loan_need")
    credit = needed if is_gone(needed) else home.yes("loan_got") if needed else lender
    human = {
        "labour": goalpost(x["lab_equiv"], 0, 4), "edu": goalpost(adult_edu, 0, 12),
        "health": mean_of(healthy, len(healthy)) if healthy else Gone("undefined"), "train": any_yes(trained),
    }  # fmt: skip
    natural, physical = natural_scores(x, ""), physical_scores(x, "")
    financial = {
        "income": goalpost(x["inc_pc"], 0, 4 * LINE), "div": goalpost(x["inc_div"], 0, F(8, 9)),
        "savings": home.yes("sav_any"), "credit": credit,
    }  # fmt: skip
    group = {"trust": x["trust_idx"], "net": x["net_size"], "org": goalpost(x["org_n"], 0, 3)}
    found: Found = {"adult_edu": adult_edu}
    for b in ("", "_b"):
        found[f"cap_natural{b}"] = mean_of(list(natural_scores(x, b).values()), 3)
        found[f"cap_physical{b}"] = mean_of(list(physical_scores(x, b).values()), 4)
        visits = goalpost(home.number(f"net_visit_{'b' if b else 'n'}"), 0, 30)
        income_score = goalpost(x[f"inc_pc{b}"], 0, 4 * LINE)
        found[f"lci_recall{b}"] = mean_of(
            [found[f"cap_natural{b}"], found[f"cap_physical{b}"], income_score, visits], 4
        )
    found |= {
        "cap_human": mean_of(list(human.values()), 3),
        "cap_financial": mean_of(list(financial.values()), 3),
        "cap_social": mean_of(list(group.values()), 3),
    }
    found["lci_eq"] = mean_of([found[f"cap_{c}"] for c in ("human", "natural", "physical", "financial", "social")], 5)
    scores = {**human, **natural, **physical, **financial, **group}
    values = [scores[name] for name in SCORES]
    found["lci_ent"] = strictly(
        lambda *s: math.fsum(weights[n] * float(v) for n, v in zip(SCORES, s, strict=True)), *values
    )
    lacks = {name: strictly(lambda v, w=weights[name]: w * float(1 - v), scores[name]) for name in SCORES}
    whole = strictly(lambda *s: math.fsum(s), *lacks.values())
    for name, lack in lacks.items():
        found[f"score_{name}"] = scores[name]
        found[f"obstacle_{name}"] = ratio(lack, whole) if not is_gone(whole) else whole
    found["obstacle"] = strictly(max, *(found[f"obstacle_{name}"] for name in SCORES))
    return found


def natural_scores(x: Found, b: str) -> Found:
    return {
        "land": goalpost(x[f"land_oper_pc{b}"], 0, 5),
        "irr": x[f"irr_share{b}"],
        "forest": goalpost(x[f"forest_pc{b}"], 0, 10),
    }


def physical_scores(x: Found, b: str) -> Found:
    return {
        "area": goalpost(x[f"area_pc{b}"], 0, 25),
        "house": x[f"house_score{b}"],
        "tlu": goalpost(x[f"tlu{b}"], 0, 5),
        "passet": goalpost(x[f"passet_n{b}"], 0, 4),
        "dasset": goalpost(x[f"dasset_n{b}"], 0, 10),
    }
