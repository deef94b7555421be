"""The asset index: first principal component of 0/1 items, from stored loadings."""

from typing import Final

import numpy as np

from surveyapp.indicators.columns import Column, Reason, missing, one_of, ticked
from surveyapp.indicators.declaration import Indicator
from surveyapp.indicators.reading import Reading
from surveyapp.indicators.scoring import in_grades

ITEM_QUESTIONS: Final = ("d_assets_n", "p_assets_n", "h_struct_n", "w_src_n", "san_n", "fuel_n")


def item_column(question: Column, choice: str) -> Column:
    """1 where that choice was made or ticked."""
    return (ticked if question.ticks else one_of)(question, (choice,))


def _asset_pca(reading: Reading) -> Column:
    questions = {name: reading[name] for name in ITEM_QUESTIONS}
    stored = reading.parameters.assets
    if stored is None:
        return missing(reading.n, Reason.NOT_FITTED)
    total = np.zeros(reading.n)
    for item, mean, spread, loading in zip(stored.items, stored.means, stored.spreads, stored.loadings, strict=True):
        name, _, choice = item.partition(":")
        total += loading * (item_column(questions[name], choice).values - mean) / spread
    reasons = np.maximum.reduce([question.reasons for question in questions.values()])
    return Column(np.where(reasons == 0, total, np.nan), reasons)


def _quintile(reading: Reading) -> Column:
    stored = reading.parameters.assets
    score = reading["asset_pca"]
    return missing(reading.n, Reason.NOT_FITTED) if stored is None else in_grades(score, stored.quintiles) + 1.0


INDICATORS: Final = (
    Indicator(
        code="asset_pca",
        set="EXT",
        unit="z-score",
        label_en="Asset index (principal component)",
        label_zh="资产指数（主成分）",
        definition="First principal component of the standardised 0/1 items of assets, structure, water, toilet and "
        "fuel; positive with the number of assets; stored loadings.",
        formula=_asset_pca,
        missing="All six questions needed; not fitted until loadings are stored.",
        recall="panel only with stored loadings",
        source=("S19",),
        inputs=ITEM_QUESTIONS,
        needs_fit=True,
    ),
    Indicator(
        code="asset_pca_quintile",
        set="EXT",
        unit="1–5",
        label_en="Asset index, fifth of persons",
        label_zh="资产五分位",
        definition="Fifths of persons at the refit: 1 poorest to 5 richest.",
        formula=_quintile,
        missing="As asset_pca.",
        recall="panel only with stored loadings",
        source=("S19",),
        depends=("asset_pca",),
        bounds=(1.0, 5.0),
        part_of="asset_pca",
        needs_fit=True,
    ),
)
