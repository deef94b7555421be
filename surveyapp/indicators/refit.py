"""The explicit refit of stored parameters: entropy weights, pooled bounds, the asset index.

Fit on the first wave with all groups together, store what comes out, and compute later waves with it.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Final, Literal, TypeAlias

import numpy as np

from surveyapp.indicators.columns import Column, Numbers
from surveyapp.indicators.compute import compute_households
from surveyapp.indicators.frame import Frame
from surveyapp.indicators.household_assets import ITEM_QUESTIONS, item_column
from surveyapp.indicators.household_capitals import SCORES
from surveyapp.indicators.measures import entropy_weights
from surveyapp.indicators.parameters import NO_PARAMETERS, EntropyWeights, Loadings, Parameters
from surveyapp.indicators.reading import Answers
from surveyapp.indicators.sample import household_weights
from surveyapp.indicators.settings import Settings

What: TypeAlias = Literal["bounds", "entropy", "assets"]
EVERYTHING: Final[tuple[What, ...]] = ("bounds", "entropy", "assets")
# The quantities behind each pair of goalposts, now and before.
SCORED: Final = {
    **{name: (name, f"{name}_b") for name in ("area_pc", "land_oper_pc", "tlu", "passet_n", "plot_min", "inc_pc")},
    **{name: (name, f"{name}_b") for name in ("forest_pc", "dasset_n")},
    "net_visit": ("new_year_visits", "new_year_visits_b"),
    **{name: (name,) for name in ("inc_div", "lab_equiv", "adult_edu", "org_n")},
}
FIFTHS: Final = (0.2, 0.4, 0.6, 0.8)


def refit(
    frame: Frame,
    settings: Settings | None = None,
    stored: Parameters = NO_PARAMETERS,
    *,
    what: Collection[What] = EVERYTHING,
    fitted_at: str = "",
) -> Parameters:
    """`stored` with what is named in `what` estimated anew on this frame.

    Bounds come first, for the scores that the entropy weights rest on use them where `bounds` is pooled. ValueError:
    there is nothing to fit the asset index on.
    """
    settings = settings or Settings()
    found = replace(stored, fitted_at=fitted_at, settings_hash=settings.hash)
    if "bounds" in what:
        found = replace(found, bounds=_fit_bounds(frame, settings))
    if "entropy" in what:
        found = replace(found, entropy=_fit_entropy(frame, settings, found))
    if "assets" in what:
        found = replace(found, assets=_fit_assets(frame, settings))
    return found


def _fit_bounds(frame: Frame, settings: Settings) -> dict[str, tuple[float, float]]:
    codes = [code for pair in SCORED.values() for code in pair]
    table = compute_households(frame, settings, codes=codes)
    found = {}
    for name, pair in SCORED.items():
        values = np.concatenate([table[code].values[table[code].given] for code in pair])
        if values.size:
            found[name] = (float(values.min()), float(values.max()))
    return found


def _fit_entropy(frame: Frame, settings: Settings, parameters: Parameters) -> EntropyWeights:
    table = compute_households(frame, settings, parameters, codes=SCORES)
    scores = np.stack([table[code].values for code in SCORES], axis=1)
    fitted = entropy_weights(scores, "shift" if settings.zero_rule == "shift" else "limit")
    weights = {code: float(weight) for code, weight in zip(SCORES, fitted.weights, strict=True)}
    return EntropyWeights(weights, fitted.n, fitted.equal)


def _fit_assets(frame: Frame, settings: Settings) -> Loadings:
    answers = Answers(frame, settings, 0, frame.n)
    questions = {name: answers(name) for name in ITEM_QUESTIONS}
    size = answers("hh_size")
    persons = household_weights(frame, settings) * np.where(size.given, size.values, 0.0)
    rows = np.logical_and.reduce([question.given for question in questions.values()]) & (persons > 0)
    if rows.sum() < 2:
        raise ValueError("The asset index needs two households or more with all of its questions answered.")
    names, columns = _items(questions)
    table = np.stack([column.values[rows] for column in columns], axis=1)
    weights = persons[rows] / persons[rows].sum()
    means = weights @ table
    spreads = np.sqrt(weights @ np.square(table - means))
    kept = spreads > 0
    if not kept.any():
        raise ValueError("The asset index needs an item that some households have and others lack.")
    names = [name for name, keep in zip(names, kept, strict=True) if keep]
    means, spreads, table = means[kept], spreads[kept], table[:, kept]
    standard = (table - means) / spreads
    values, vectors = np.linalg.eigh((standard * weights[:, None]).T @ standard)
    loadings = vectors[:, -1]
    score = standard @ loadings
    assets = np.array([name.startswith(("d_assets", "p_assets")) for name in names])
    if weights @ (score * (table[:, assets].sum(axis=1) - means[assets].sum())) < 0:
        loadings, score = -loadings, -score
    scale = float(np.sqrt(values[-1]))
    return Loadings(
        items=tuple(names),
        means=tuple(means.tolist()),
        spreads=tuple(spreads.tolist()),
        loadings=tuple((loadings / scale).tolist()),
        quintiles=_cuts(score / scale, weights),
        share=float(values[-1] / values.sum()),
        n=int(rows.sum()),
    )


def _items(questions: dict[str, Column]) -> tuple[list[str], list[Column]]:
    names = [
        (name, level)
        for name, column in questions.items()
        for level in sorted(column.levels)
        if not (column.ticks and level == "none")
    ]
    return [f"{name}:{level}" for name, level in names], [item_column(questions[name], level) for name, level in names]


def _cuts(score: Numbers, weights: Numbers) -> tuple[float, ...]:
    order = np.argsort(score, kind="stable")
    reached = np.cumsum(weights[order])
    places = np.minimum(np.searchsorted(reached, FIFTHS), len(score) - 1)
    cuts = np.maximum.accumulate(score[order][places])
    # Equal cuts would not be rising: the next float above stands for an empty fifth.
    for place in range(1, len(cuts)):
        if cuts[place] <= cuts[place - 1]:
            cuts[place] = np.nextafter(cuts[place - 1], np.inf)
    return tuple(cuts.tolist())
