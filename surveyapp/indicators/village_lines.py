"""Lines of the catalogue for villages and the project: counts, income poverty, spaces, synergies, outcomes."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np

from surveyapp.indicators.columns import Column, Reason, one_of
from surveyapp.indicators.figures import PROJECT, Figure, Line, View, given_everywhere, replace_values
from surveyapp.indicators.household_capitals import CAPITALS
from surveyapp.indicators.household_coupling import SPACES
from surveyapp.indicators.measures import coupling, fgt_terms, theil_parts

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


def _income_poverty(view: View) -> Iterator[Figure]:
    income = view.column("inc_pc")
    line = view.settings.poverty_line.amount
    negative = Counter(_places_of(view, income.values < 0))
    for alpha, code in enumerate(("v_poor_h", "v_pov_gap", "v_pov_sq")):
        terms = replace_values(income, fgt_terms(income.values, line, alpha))
        for one in view.figures(code, view.estimates(terms, scale="logit", persons=True), "persons"):
            below_zero = (f"negative={negative[one.place]}",) if negative[one.place] and alpha else ()
            yield Figure(**{**_fields(one), "flags": (*one.flags, *below_zero)})


def _fields(one: Figure) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def _places_of(view: View, where: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> list[str]:
    return [PROJECT] * int(where.sum()) if view.labels is None else view.labels[where].tolist()


def _gini(view: View) -> Iterator[Figure]:
    yield from view.figures("v_gini", view.estimates(view.column("inc_pc"), kind="gini", persons=True), "persons")


def _income(view: View) -> Iterator[Figure]:
    income = view.column("inc_pc")
    yield from view.figures("v_inc_pc", view.estimates(income))
    yield from view.figures("v_inc_pc_median", view.estimates(income, kind="median"))


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
        found = degree[place]
        yield Figure(
            "v_ccd_macro", place, found, one.se, found + one.lower, found + one.upper, one.df, one.n, one.units,
            flags=one.flags,
        )  # fmt: skip


def _synergies(view: View) -> Iterator[Figure]:
    for code in SYNERGIES:
        column = view.column(code)
        means = view.estimates(column, scale="logit")
        yield from view.figures(f"v_{code}", means)
        yield from _spread(view, f"v_{code}_sd", column, {place: one.estimate for place, one in means.items()})


def _spread(view: View, code: str, column: Column, means: dict[str, float]) -> Iterator[Figure]:
    centre = np.array([means.get(PROJECT if view.labels is None else str(place), math.nan) for place in _labels(view)])
    for place, one in view.estimates(replace_values(column, np.square(column.values - centre))).items():
        # s² has n − 1 below; the error of a root is that of its square over twice the root.
        widen = math.sqrt(one.n / (one.n - 1)) if one.n > 1 else math.nan
        root = math.sqrt(one.estimate) * widen if one.estimate >= 0 else math.nan
        error = one.se * widen**2 / (2 * root) if root > 0 else math.nan
        yield Figure(code, place, root, error, df=one.df, n=one.n, units=one.units, flags=one.flags)


def _labels(view: View) -> list[str]:
    return [PROJECT] * view.sample.n if view.labels is None else view.labels.tolist()


def _shares(*pairs: tuple[str, str]) -> "object":
    return pairs


def _one_job(view: View) -> Iterator[Figure]:
    yield from view.means("v_one_job", "one_job", "logit")


def _safe(indicator: str, code: str, view: View) -> Iterator[Figure]:
    yield from view.means(code, indicator, "logit")
    yield from view.means(f"{code}_b", f"{indicator}_b", "logit")


def _safety(view: View) -> Iterator[Figure]:
    yield from _safe("house_safe", "v_safe_house", view)
    yield from _safe("water_safe", "v_safe_water", view)


def _access(view: View) -> Iterator[Figure]:
    yield from view.means("v_access_min", "access_min")
    yield from view.means("v_access_min_b", "access_min_b")


def _dropout(view: View) -> Iterator[Figure]:
    children = view.column("children_n")
    schooled = replace_values(view.column("children_out_n"), view.column("children_out_n").values)
    some = Column(
        np.where(children.values > 0, children.values, np.nan),
        np.where(children.values == 0, np.uint8(Reason.NOT_APPLICABLE), children.reasons),
    )
    out = Column(np.where(some.given, schooled.values, np.nan), np.maximum(some.reasons, schooled.reasons))
    found = view.estimates(out, kind="ratio", denominator=some, scale="logit")
    for one in view.figures("v_dropout", found, "children"):
        here = np.ones(view.sample.n, bool) if view.labels is None else view.labels == one.place
        yield Figure(**{**_fields(one), "units": float(np.nansum(some.values[here]))})


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
    shares = {
        kind: view.estimates(one_of(column, (kind,)), scale="logit") for kind in column.levels if kind in column.levels
    }
    for place in view.places:
        named = {kind: found[place] for kind, found in shares.items() if place in found and found[place].n}
        if not named:
            continue
        first = max(named, key=lambda kind: (kind != "none", named[kind].estimate))
        top = named[first]
        persons = [one.estimate for kind, one in named.items() if kind != "none"]
        total = sum(persons)
        concentration = sum((share / total) ** 2 for share in persons) if total else math.nan
        yield Figure(
            "v_leader", place, top.estimate, top.se, top.lower, top.upper, top.df, top.n, top.units, flags=top.flags,
            text=first if total else "none",
        )  # fmt: skip
        yield Figure("v_leader_conc", place, concentration, n=top.n, units=top.units, flags=top.flags)


def _theil_within(view: View) -> Iterator[Figure]:
    income, sample = view.column("inc_pc"), view.sample
    rows = income.given & (sample.persons > 0)
    if not rows.any():
        return
    whole = view.estimates(income, kind="theil", persons=True)[PROJECT]
    parts = theil_parts(income.values[rows], sample.village[rows], (sample.weights * sample.persons)[rows])
    share = parts.within / parts.total if parts.total > 0 else math.nan
    yield Figure("v_theil_within", PROJECT, share, n=whole.n, units=whole.units, unit_kind="persons", flags=whole.flags)
