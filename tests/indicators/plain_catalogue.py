"""Which households each figure of villages and project counts, and what of them: see `plain_villages`, whose second
half this is. Written from the catalogue of the documentation; it imports nothing of the product.
"""

import cmath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from typing import Final

from tests.indicators.plain_villages import (
    Asked,
    Home,
    Plain,
    Plan,
    Rules,
    Statistic,
    Weights,
    coupling,
    difference_of,
    finish,
    gini_of,
    inside_village,
    mean_of,
    median_figure,
    over_villages,
    ratio_of,
    theil_inside,
)

NAN = float("nan")
# Figure, indicator, whether it lies between 0 and 1.
MEANS: Final[Mapping[str, tuple[str, bool]]] = {
    "v_lci": ("lci_eq", True),
    "v_lci_ent": ("lci_ent", True),
    **{f"v_cap_{name}": (f"cap_{name}", True) for name in ("human", "natural", "physical", "financial", "social")},
    **{f"v_u_{name}": (f"u_{name}", True) for name in ("living", "production", "social", "living_b", "production_b")},
    **{f"v_{name}": (name, True) for name in ("ccd", "ccd_recall", "ccd_recall_b", "one_job")},
    **{f"v_syn_{name}": (f"syn_{name}", True) for name in ("gov", "inter", "intra", "capital")},
    **{f"v_safe_house{when}": (f"house_safe{when}", True) for when in ("", "_b")},
    **{f"v_safe_water{when}": (f"water_safe{when}", True) for when in ("", "_b")},
    **{f"v_access_min{when}": (f"access_min{when}", False) for when in ("", "_b")},
    "v_trust": ("trust_idx", True),
    "v_particip": ("particip_idx", True),
    "v_return": ("return_risk", True),
    "v_inc_pc": ("inc_pc", False),
}
RECALLED: Final = (
    *("area_pc", "house_score", "house_safe", "water_safe", "facility", "access", "access_min", "hazard_any"),
    *("u_living", "land_oper_pc", "land_transfer_share", "plot_min", "tlu", "passet_n", "irr_share", "forest_pc"),
    *("u_production", "inc_net", "inc_pc", "poor_inc", "cap_natural", "cap_physical", "lci_recall", "ccd_recall"),
)
# Of two named alike the first is told.
LEADERS: Final = ("party", "committee", "able", "elder", "resident_cadre")
LVI: Final[Mapping[str, tuple[str, ...]]] = {
    "socio": ("dep_ratio", "lvi_female_head", "lvi_head_unschooled"),
    "livelihood": ("lvi_migrant", "lvi_farm_only", "lvi_few_sources"),
    "networks": ("lvi_help_ratio", "lvi_no_lender"),
    "health": ("lvi_ill", "lvi_clinic_min"),
    "food": ("lvi_own_crops", "rcsi"),
    "water": ("lvi_water_short", "lvi_water_min"),
    "hazards": ("lvi_shocks", "hazard_any"),
}


def summarise_plainly(homes: Sequence[Home], rules: Rules) -> dict[tuple[str, str], Plain]:
    """Every figure with an error, of every village and of the project (''), unmasked."""
    found = {}
    for village, here in groupby(sorted(homes, key=lambda one: one.village), key=lambda one: one.village):
        own = list(here)
        for code, figure in figures_of(own, inside_village(own, village, rules), rules, villages=False):
            found[code, village] = figure
    for code, figure in figures_of(homes, over_villages(homes, rules), rules, villages=True):
        found[code, ""] = figure
    return found


def figures_of(homes: Sequence[Home], plan: Plan, rules: Rules, *, villages: bool) -> Iterator[tuple[str, Plain]]:
    """The figures of one place."""
    weights = [one.weight for one in homes]
    for code, asked in (
        *means(homes),
        *others(homes),
        *vulnerability(homes, rules),
        *incomes(homes, rules, villages=villages),
        *poverty(homes, rules),
        *changes(homes, rules, villages=villages),
    ):
        yield code, with_size(finish(asked, weights, plan), asked)
    who = having(homes, "inc_pc")
    values = [homes[row].number("inc_pc") for row in who]
    asked = Asked(who, None, flags=told(homes, who, ["inc_pc"], values))
    if who:
        yield "v_inc_pc_median", with_size(median_figure(asked, values, weights, plan), asked)


def with_size(figure: Plain, asked: Asked) -> Plain:
    """The figure with the flags that its number of households asks for: that of the smallest group it rests on."""
    n = min([figure.n, *map(len, asked.parts)])
    small = {"n<10"} if n < 10 else {"n<30"} if n < 30 else set()
    return replace(figure, flags=figure.flags | small)


def having(homes: Sequence[Home], *codes: str) -> list[int]:
    """The households that have all these values."""
    return [row for row, one in enumerate(homes) if all(code in one.cells for code in codes)]


def told(
    homes: Sequence[Home], who: Sequence[int], codes: Sequence[str], values: Sequence[object] = ()
) -> frozenset[str]:
    """Flags on what is counted: all alike; fewer than 80 % of those concerned."""
    concerned = [one for one in homes if not any(code in one.exempt for code in codes)]
    flags = {"constant"} if len(set(values)) == 1 else set()
    return frozenset(flags | ({"coverage<80%"} if len(who) < 0.8 * len(concerned) else set()))


def plain_mean(homes: Sequence[Home], code: str, *, bounded: bool) -> Asked:
    who = having(homes, code)
    values = [homes[row].number(code) for row in who]
    return Asked(who, mean_of(values), bounded, flags=told(homes, who, [code], values))


def means(homes: Sequence[Home]) -> Iterator[tuple[str, Asked]]:
    for figure, (code, bounded) in MEANS.items():
        yield figure, plain_mean(homes, code, bounded=bounded)
    for code, high in (("v_fcs_acc", ["acceptable"]), ("v_lcs_sev", [3.0, 4.0])):
        source = {"v_fcs_acc": "fcs_cat", "v_lcs_sev": "lcs_max"}[code]
        who = having(homes, source)
        values = [float(homes[row].cells[source] in high) for row in who]
        yield code, Asked(who, mean_of(values), True, flags=told(homes, who, [source], values))


def others(homes: Sequence[Home]) -> Iterator[tuple[str, Asked]]:
    """Spreads, the coupling of means, children, leaders."""
    for name in ("gov", "inter", "intra", "capital"):
        who = having(homes, f"syn_{name}")
        values = [homes[row].number(f"syn_{name}") for row in who]
        yield f"v_syn_{name}_sd", Asked(who, spread_of(values), True, flags=told(homes, who, [f"syn_{name}"], values))
    systems = ("u_living", "u_production", "u_social")
    who = having(homes, *systems)
    columns = [mean_of([homes[row].number(code) for row in who]) for code in systems]
    levels = [tuple(homes[row].cells[code] for code in systems) for row in who]
    macro = Asked(who, lambda w: coupling([one(w) for one in columns]), True, flags=told(homes, who, systems, levels))
    yield "v_ccd_macro", macro
    who = [row for row in having(homes, "children_n", "children_out_n") if homes[row].number("children_n") > 0]
    out, all_ = ([homes[row].number(code) for row in who] for code in ("children_out_n", "children_n"))
    yield "v_dropout", Asked(who, ratio_of(out, all_), True, units=sum(all_))
    yield from leaders(homes)


def spread_of(values: Sequence[float]) -> Statistic:
    """Standard deviation, with the factor n/(n − 1)."""

    def figure(w: Weights) -> complex:
        n, total = len(values), sum(w)
        if n < 2:
            return complex(NAN)
        mean = sum(a * b for a, b in zip(w, values, strict=True)) / total
        return cmath.sqrt(n / (n - 1) * sum(a * (b - mean) ** 2 for a, b in zip(w, values, strict=True)) / total)

    return figure


def leaders(homes: Sequence[Home]) -> Iterator[tuple[str, Asked]]:
    who = having(homes, "leader")
    present = {homes[row].cells["leader"] for row in who}
    kinds: list[str] = [kind for kind in LEADERS if kind in present]
    named = {kind: sum(homes[row].weight for row in who if homes[row].cells["leader"] == kind) for kind in kinds}
    first = max(kinds, key=lambda kind: named[kind]) if kinds else "none"
    values = [float(homes[row].cells["leader"] == first) for row in who]
    yield "v_leader", Asked(who, mean_of(values), True, flags=told(homes, who, ["leader"], values), text=first)
    naming = [row for row in who if homes[row].cells["leader"] != "none"]
    shares = [mean_of([float(homes[row].cells["leader"] == kind) for row in naming]) for kind in kinds]
    concerned = [one for one in homes if one.cells.get("leader") != "none"]
    flags = told(concerned, naming, ["leader"], [kinds.index(str(homes[row].cells["leader"])) for row in naming])
    yield "v_leader_conc", Asked(naming, lambda w: sum((one(w) ** 2 for one in shares), 0j), True, flags=flags)


def vulnerability(homes: Sequence[Home], rules: Rules) -> Iterator[tuple[str, Asked]]:
    """Scores of what is lacking; the capacity to adapt is what is left of 1."""

    def joined(found: Mapping[str, complex], names: Sequence[str]) -> complex:
        return sum(found[name] * len(LVI[name]) for name in names) / sum(len(LVI[name]) for name in names)

    def ipcc(found: Mapping[str, complex]) -> complex:
        adaptive = 1 - joined(found, ["socio", "livelihood", "networks"])
        return (found["hazards"] - adaptive) * joined(found, ["health", "food", "water"])

    for name in LVI:
        yield f"lvi_m_{name}", lvi_asked(homes, rules, [name], lambda found: next(iter(found.values())))
    yield "lvi", lvi_asked(homes, rules, list(LVI), lambda found: joined(found, list(LVI)))
    yield "lvi_ipcc", replace(lvi_asked(homes, rules, list(LVI), ipcc), bounded=False)


def lvi_asked(
    homes: Sequence[Home], rules: Rules, names: Sequence[str], combine: Callable[[Mapping[str, complex]], complex]
) -> Asked:
    """A figure made of some major components; there is none where a sub-component has no answer at all."""
    known = {code: having(homes, code) for name in names for code in LVI[name]}
    if not all(known.values()):
        return Asked([], None)
    rows = sorted({row for own in known.values() for row in own})

    def score(code: str, w: Mapping[int, complex]) -> complex:
        mean = sum(w[row] * homes[row].number(code) for row in known[code]) / sum(w[row] for row in known[code])
        low, high = rules.lvi_bounds[code]
        found = (mean - low) / (high - low)
        return 0j if found.real < 0 else 1 + 0j if found.real > 1 else found

    def figure(weights: Weights) -> complex:
        w = dict(zip(rows, weights, strict=True))
        return combine({name: sum(score(code, w) for code in LVI[name]) / len(LVI[name]) for name in names})

    each = [told(homes, own, [code], [homes[row].number(code) for row in own]) for code, own in known.items()]
    flags = frozenset.union(*each) - {"constant"} | frozenset.intersection(*each)
    n = min(map(len, known.values()))
    return Asked(rows, figure, True, n, flags, parts=list(known.values()), n=n)


def incomes(homes: Sequence[Home], rules: Rules, *, villages: bool) -> Iterator[tuple[str, Asked]]:
    who = [row for row in having(homes, "inc_pc") if homes[row].size > 0]
    income, sizes = [homes[row].number("inc_pc") for row in who], [homes[row].size for row in who]
    persons, line = sum(sizes), rules.line
    losses = sum(y < 0 for y in income)
    negative = frozenset({f"negative={losses}"} if losses else set())
    for power, code in enumerate(("v_poor_h", "v_pov_gap", "v_pov_sq")):
        gaps = [((line - max(y, 0)) / line) ** power if y < line else 0.0 for y in income]
        flags = told(homes, who, ["inc_pc"], gaps) | (negative if power else frozenset())
        figure = ratio_of([a * b for a, b in zip(gaps, sizes, strict=True)], sizes)
        yield code, Asked(who, figure, True, persons, flags)
    flags = told(homes, who, ["inc_pc"], income) | negative
    yield "v_gini", Asked(who, gini_of(income, sizes), True, persons, flags)
    if villages:
        figure = theil_inside(income, sizes, [homes[row].village for row in who])
        yield "v_theil_within", Asked(who, figure, True, persons, flags)


def poverty(homes: Sequence[Home], rules: Rules) -> Iterator[tuple[str, Asked]]:
    """Alkire–Foster, with points as whole numbers."""
    whole = sum(points for *_, points in rules.mpi)
    who = [row for row in having(homes, *(f"mpi_d_{name}" for name, *_ in rules.mpi)) if homes[row].size > 0]
    lacks = {name: [homes[row].number(f"mpi_d_{name}") for row in who] for name, *_ in rules.mpi}
    points = [sum(own for name, _, own in rules.mpi if lacks[name][place]) for place in range(len(who))]
    sizes = [homes[row].size for row in who]
    flags, persons = told(homes, who, ["mpi_score"]), sum(sizes)

    def share(values: Sequence[float], below: Sequence[float] | None = None) -> Statistic:
        under = sizes if below is None else [a * b for a, b in zip(below, sizes, strict=True)]
        return ratio_of([a * b for a, b in zip(values, sizes, strict=True)], under)

    def asked(figure: Statistic, values: Sequence[float] = ()) -> Asked:
        return Asked(who, figure, True, persons, flags | told(homes, who, ["mpi_score"], values))

    for ending, cutoff in rules.cutoffs.items():
        poor = [float(Fraction(own, whole) >= cutoff) for own in points]
        scores = [own / whole * one for own, one in zip(points, poor, strict=True)]
        yield f"v_mpi_h{ending}", asked(share(poor), poor)
        yield f"v_mpi_m0{ending}", asked(share(scores), scores)
        yield f"v_mpi_a{ending}", asked(share(scores, poor))
        if not ending:
            for name, _, own in rules.mpi:
                censored = [a * b for a, b in zip(lacks[name], poor, strict=True)]
                yield f"v_mpi_hc_{name}", asked(share(lacks[name]), lacks[name])
                yield f"v_mpi_ch_{name}", asked(share(censored), censored)
                yield f"v_mpi_share_{name}", asked(share([own / whole * one for one in censored], scores))


def changes(homes: Sequence[Home], rules: Rules, *, villages: bool) -> Iterator[tuple[str, Asked]]:
    """Now less before by recall; relocated less comparison."""
    for code in RECALLED:
        pair = [code, f"{code}_b"]
        who = having(homes, *pair)
        values = [homes[row].number(code) - homes[row].number(f"{code}_b") for row in who]
        flags = told(homes, who, pair, values) | {"recall"}
        yield f"v_change_{code}", Asked(who, mean_of(values), flags=frozenset(flags))
        if not villages:
            continue
        groups = (rules.treated, *rules.comparison)
        either = [place for place, row in enumerate(who) if homes[row].group in groups]
        moved = [homes[who[place]].group == rules.treated for place in either]
        if any(moved) and not all(moved):
            figure = difference_of([values[place] for place in either], moved)
            sides_flags: set[str] = {"recall", "parallel trends assumed, not shown"}
            sides, each = [], []
            for names in ((rules.treated,), rules.comparison):
                rows = [row for row in who if homes[row].group in names]
                group = [one for one in homes if one.group in names]
                sides.append(rows)
                each.append(told(group, rows, pair, [values[who.index(row)] for row in rows]))
            sides_flags |= frozenset.union(*each) - {"constant"} | frozenset.intersection(*each)
            rows = [who[place] for place in either]
            yield f"did_{code}", Asked(rows, figure, flags=frozenset(sides_flags), lost_df=1, parts=sides)
