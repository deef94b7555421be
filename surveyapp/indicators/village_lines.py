"""Lines of the catalogue for villages and the project: counts, capitals, spaces, synergies, outcomes."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from surveyapp.indicators.columns import Column, Reason, is_choice, one_of
from surveyapp.indicators.estimation import Estimate
from surveyapp.indicators.figures import PROJECT, Figure, Line, View, given_everywhere, replace_values, with_error
from surveyapp.indicators.household_capitals import CAPITALS
from surveyapp.indicators.household_coupling import SPACES
from surveyapp.indicators.linearisation import concentration
from surveyapp.indicators.measures import coupling

SYNERGIES: Final = ("syn_gov", "syn_inter", "syn_intra", "syn_capital")
# What becomes of a visit to a household that exists.
VALID: Final = ("done", "absent", "refused")
BOTH: Final = ("village", "project")


def _counts(view: View) -> Iterator[Figure]:
    sample = view.sample
    where = [PROJECT if view.level == "project" else village for village in sample.visited]
    visits: Counter[tuple[str, str]] = Counter(zip(where, sample.outcomes, strict=True))
    for place in sorted(set(where)):
        done = visits[place, "done"]
        valid = sum(visits[place, outcome] for outcome in VALID)
        yield Figure("v_n", place, float(done), n=done, units=float(done))
        yield Figure("v_response", place, done / valid if valid else math.nan, n=done, units=float(valid))


def _capital_index(view: View) -> Iterator[Figure]:
    yield from view.means("v_lci", "lci_eq", "logit")
    yield from view.means("v_lci_ent", "lci_ent", "logit")


def _capitals(view: View) -> Iterator[Figure]:
    for code in CAPITALS:
        yield from view.means(f"v_{code}", code, "logit")


def _spaces(view: View) -> Iterator[Figure]:
    for code in (*SPACES, "u_living_b", "u_production_b", "ccd", "ccd_recall", "ccd_recall_b"):
        yield from view.means(f"v_{code}", code, "logit")
    yield from _macro_coupling(view)


def _macro_coupling(view: View) -> Iterator[Figure]:
    """D of the mean spaces of the households that have all three.

    With equal weights C·T is the geometric mean of the systems, so dD/dU = D/(2nU): the error is that of the mean of
    the households' linearised values.
    """
    columns = [view.column(code) for code in SPACES]
    whole = given_everywhere(columns)
    reasons = np.where(whole, 0, np.maximum.reduce([column.reasons for column in columns])).astype(np.uint8)
    means = [view.estimates(Column(np.where(whole, column.values, np.nan), reasons)) for column in columns]
    degree: dict[str, float] = {}
    slopes = np.zeros(len(reasons))
    for place in means[0]:
        levels = [mean[place].estimate for mean in means]
        degree[place] = float(coupling(levels).D) if not any(math.isnan(level) for level in levels) else math.nan
        here = np.ones(len(reasons), bool) if view.labels is None else view.labels == place
        for column, level in zip(columns, levels, strict=True):
            slope = degree[place] / (2 * len(levels) * level) if level else 0.0
            slopes[here] += slope * (column.values[here] - level)
    for place, one in view.estimates(Column(np.where(whole, slopes, np.nan), reasons)).items():
        yield with_error(Figure("v_ccd_macro", place, degree[place], n=one.n, units=one.units, flags=one.flags), one)


def _synergies(view: View) -> Iterator[Figure]:
    for code in SYNERGIES:
        column = view.column(code)
        means = view.estimates(column, scale="logit")
        yield from view.figures(f"v_{code}", means)
        yield from _spread(view, f"v_{code}_sd", column, means)


def _spread(view: View, code: str, column: Column, means: Mapping[str, Estimate]) -> Iterator[Figure]:
    centre = np.array([means[place].estimate if place in means else math.nan for place in _labels(view)])
    for place, one in view.estimates(replace_values(column, np.square(column.values - centre))).items():
        # s² has n − 1 below; the error of a root is that of its square over twice the root.
        widen = math.sqrt(one.n / (one.n - 1)) if one.n > 1 else math.nan
        root = math.sqrt(one.estimate) * widen if one.estimate >= 0 else math.nan
        error = replace(one, se=one.se * widen**2 / (2 * root) if root > 0 else one.se)
        # Deviations of one size are no equal values: the flags are those of the mean.
        yield with_error(Figure(code, place, root, n=one.n, units=one.units, flags=means[place].flags), error)


def _labels(view: View) -> list[str]:
    return [PROJECT] * view.sample.n if view.labels is None else view.labels.tolist()


def _one_job(view: View) -> Iterator[Figure]:
    yield from view.means("v_one_job", "one_job", "logit")


def _safety(view: View) -> Iterator[Figure]:
    for code, indicator in (("v_safe_house", "house_safe"), ("v_safe_water", "water_safe")):
        yield from view.means(code, indicator, "logit")
        yield from view.means(f"{code}_b", f"{indicator}_b", "logit")


def _access(view: View) -> Iterator[Figure]:
    yield from view.means("v_access_min", "access_min")
    yield from view.means("v_access_min_b", "access_min_b")


def _dropout(view: View) -> Iterator[Figure]:
    children, out = view.column("children_n"), view.column("children_out_n")
    without = children.values == 0
    some = Column(
        np.where(without, np.nan, children.values),
        np.where(without, np.uint8(Reason.NOT_APPLICABLE), children.reasons),
    )
    outside = Column(np.where(some.given, out.values, np.nan), np.maximum(some.reasons, out.reasons))
    found = view.estimates(outside, kind="ratio", denominator=some, scale="logit")
    for one in view.figures("v_dropout", found, "children"):
        here = np.ones(view.sample.n, bool) if view.labels is None else view.labels == one.place
        yield replace(one, units=float(np.nansum(some.values[here])))


def _food(view: View) -> Iterator[Figure]:
    acceptable = one_of(view.column("fcs_cat"), ("acceptable",))
    yield from view.figures("v_fcs_acc", view.estimates(acceptable, scale="logit"))
    severe = view.column("lcs_max").at_least(3)
    yield from view.figures("v_lcs_sev", view.estimates(severe, scale="logit"))


def _return(view: View) -> Iterator[Figure]:
    yield from view.means("v_return", "return_risk", "logit")


def _trust(view: View) -> Iterator[Figure]:
    yield from view.means("v_trust", "trust_idx", "logit")
    yield from view.means("v_particip", "particip_idx", "logit")


def _leader(view: View) -> Iterator[Figure]:
    column = view.column("leader")
    shares = {kind: view.estimates(one_of(column, (kind,)), scale="logit") for kind in column.levels}
    concentrated = dict(_concentration(view, column))
    for place in view.places:
        named = {kind: found[place] for kind, found in shares.items() if place in found and found[place].n}
        if not named:
            continue
        persons = {kind: one.estimate for kind, one in named.items() if kind != "none" and one.estimate > 0}
        first = max(persons, key=lambda kind: persons[kind]) if persons else "none"
        top = named[first]
        yield Figure(
            "v_leader", place, top.estimate, top.se, top.lower, top.upper, top.df, top.n, top.units, flags=top.flags,
            text=first,
        )  # fmt: skip
        yield concentrated.get(place, Figure("v_leader_conc", place, math.nan))


def _concentration(view: View, column: Column) -> Iterator[tuple[str, Figure]]:
    """Σ p² over the leaders that were named, of each place where one was; it rests on the households that named one."""
    named = column.given & ~is_choice(column, ("none",))
    codes, z = view.codes(), np.zeros(view.sample.n)
    places = view.places
    found, z[named] = concentration(
        column.values[named].astype(np.int64), view.sample.weights[named], codes[named], len(places)
    )
    reasons = np.where(named, Reason.GIVEN, np.where(column.given, Reason.NOT_APPLICABLE, column.reasons))
    answers = view.estimates(Column(np.where(named, column.values, np.nan), reasons.astype(np.uint8)))
    for place, error in view.errors(z, named).items():
        one = answers[place]
        if not one.n:
            continue
        figure = Figure("v_leader_conc", place, float(found[places.index(place)]), n=one.n, units=one.units)
        yield place, with_error(replace(figure, flags=one.flags), error)


LINES: Final = (
    Line(
        code="v_n",
        codes={"v_n": "count", "v_response": "share"},
        set="CORE",
        levels=BOTH,
        label_en="Interviews done, response",
        label_zh="完成访问数与应答率",
        definition="Interviews done; done / (done + absent + refused). A refusal of consent is a refusal.",
        formula=_counts,
        source=("S25",),
    ),
    Line(
        code="v_lci",
        codes={"v_lci": "0–1", "v_lci_ent": "0–1"},
        set="CORE",
        levels=BOTH,
        label_en="Livelihood capital index",
        label_zh="生计资本指数",
        definition="Means of lci_eq and of lci_ent.",
        formula=_capital_index,
        source=("S7", "S10"),
        depends=("lci_eq", "lci_ent"),
    ),
    Line(
        code="v_caps",
        codes={f"v_{code}": "0–1" for code in CAPITALS},
        set="CORE",
        levels=BOTH,
        label_en="Five capitals",
        label_zh="五类生计资本",
        definition="Means of the five capitals.",
        formula=_capitals,
        source=("S7",),
        depends=CAPITALS,
    ),
    Line(
        code="v_u",
        codes={
            **{f"v_{code}": "0–1" for code in (*SPACES, "u_living_b", "u_production_b")},
            **dict.fromkeys(("v_ccd", "v_ccd_recall", "v_ccd_recall_b", "v_ccd_macro"), "0–1"),
        },
        set="CORE",
        levels=BOTH,
        label_en="The three spaces and their coordination",
        label_zh="三类空间及其耦合协调",
        definition="Means of u_living, u_production, u_social, ccd (and of what exists for before); v_ccd_macro is the "
        "coupling coordination degree of the three means, which is another thing.",
        formula=_spaces,
        source=("S5", "S17"),
        depends=(*SPACES, "u_living_b", "u_production_b", "ccd", "ccd_recall", "ccd_recall_b"),
    ),
    Line(
        code="v_syn",
        codes={f"v_{code}{end}": "0–1" for code in SYNERGIES for end in ("", "_sd")},
        set="CORE",
        levels=BOTH,
        label_en="Synergies",
        label_zh="协同度",
        definition="Means of syn_gov, syn_inter, syn_intra, syn_capital; `_sd` the standard deviation beside it.",
        formula=_synergies,
        source=("S1",),
        depends=SYNERGIES,
    ),
    Line(
        code="v_one_job",
        codes={"v_one_job": "share"},
        set="CORE",
        levels=BOTH,
        label_en="Households with at least one job",
        label_zh="至少一人就业的家庭比例",
        definition="Mean of one_job among households able to work.",
        formula=_one_job,
        source=("S12",),
        depends=("one_job",),
    ),
    Line(
        code="v_safe",
        codes={f"v_safe_{what}{end}": "share" for what in ("house", "water") for end in ("", "_b")},
        set="CORE",
        levels=BOTH,
        label_en="Safe dwellings and safe water",
        label_zh="住房安全与饮水安全比例",
        definition="Means of house_safe and water_safe, now and before.",
        formula=_safety,
        source=("S13",),
        depends=("house_safe", "house_safe_b", "water_safe", "water_safe_b"),
    ),
    Line(
        code="v_access_min",
        codes={"v_access_min": "minutes", "v_access_min_b": "minutes"},
        set="CORE",
        levels=BOTH,
        label_en="Time to services",
        label_zh="到公共服务平均时间",
        definition="Mean of access_min now and before; the paired change is v_change_access_min.",
        formula=_access,
        source=("S2",),
        depends=("access_min", "access_min_b"),
    ),
    Line(
        code="v_dropout",
        codes={"v_dropout": "share"},
        set="EXT",
        levels=BOTH,
        label_en="Children out of school",
        label_zh="适龄儿童失学率",
        definition="Children 6–15 with `m_school` = no / children 6–15 with an answer: a ratio of totals, children as "
        "units.",
        formula=_dropout,
        source=("S13",),
        depends=("children_n", "children_out_n"),
        units="children",
    ),
    Line(
        code="v_fcs_acc",
        codes={"v_fcs_acc": "share", "v_lcs_sev": "share"},
        set="CORE",
        levels=BOTH,
        label_en="Acceptable food consumption; crisis or emergency coping",
        label_zh="食物消费可接受比例；危机或紧急应对比例",
        definition="Share with fcs_cat acceptable; share with lcs_max 3 or 4.",
        formula=_food,
        source=("S23",),
        depends=("fcs_cat", "lcs_max"),
    ),
    Line(
        code="v_return",
        codes={"v_return": "share"},
        set="CORE",
        levels=BOTH,
        label_en="Households that may return",
        label_zh="返迁风险比例",
        definition="Mean of return_risk among relocated households.",
        formula=_return,
        source=("S11",),
        depends=("return_risk",),
    ),
    Line(
        code="v_trust",
        codes={"v_trust": "0–1", "v_particip": "0–1"},
        set="EXT",
        levels=BOTH,
        label_en="Trust and participation",
        label_zh="信任与参与",
        definition="Means of trust_idx and particip_idx.",
        formula=_trust,
        source=("S16",),
        depends=("trust_idx", "particip_idx"),
    ),
    Line(
        code="v_leader",
        codes={"v_leader": "share", "v_leader_conc": "0–1"},
        set="EXT",
        levels=BOTH,
        label_en="Most named leader; concentration of authority",
        label_zh="首要带头人；权威集中度",
        definition="The leader kind named most (nobody is none of them) and the share of households naming it; Σ p² "
        "over leader kinds without `none`, p their shares among those who named one.",
        formula=_leader,
        source=("S1",),
        depends=("leader",),
    ),
)
