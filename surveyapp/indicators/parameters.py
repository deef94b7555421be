"""Parameters that are estimated once and stored: entropy weights, pooled bounds, loadings of the asset index.

They change only by an explicit refit (`surveyapp.indicators.refit`). Re-estimating them with each new interview would
turn a change of weights into a change of capital.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from surveyapp.indicators.settings_values import SettingsError, flag, mapping_of, number, rising, several, text, whole

LISTS = ("items", "means", "spreads", "loadings", "quintiles")
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class EntropyWeights:
    """Weights of the scores by code, adding to 1, with what they were estimated on."""

    weights: Mapping[str, float]
    n: int
    equal: bool = False


@dataclass(frozen=True)
class Loadings:
    """The first principal component of 0/1 items.

    `items` are `question:choice`; `means` and `spreads` standardise them; `quintiles` are the four cuts of the score
    between fifths of persons. `share` is the part of the variance that the component carries.
    """

    items: tuple[str, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    loadings: tuple[float, ...]
    quintiles: tuple[float, ...]
    share: float
    n: int


@dataclass(frozen=True)
class Parameters:
    """Everything stored. `fitted_at` and `settings_hash` say when and under which settings."""

    entropy: EntropyWeights | None = None
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=lambda: NOTHING)
    assets: Loadings | None = None
    fitted_at: str = ""
    settings_hash: str = ""

    def as_json(self) -> dict[str, Any]:
        """JSON values; floats keep their last digit."""
        entropy, assets = self.entropy, self.assets
        return {
            "entropy": entropy and {"weights": dict(entropy.weights), "n": entropy.n, "equal": entropy.equal},
            "bounds": {name: list(ends) for name, ends in self.bounds.items()},
            "assets": assets
            and {name: list(getattr(assets, name)) for name in LISTS} | {"share": assets.share, "n": assets.n},
            "fitted_at": self.fitted_at,
            "settings_hash": self.settings_hash,
        }

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical JSON."""
        return hashlib.sha256(json.dumps(self.as_json(), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


NO_PARAMETERS = Parameters()


def read_parameters(source: Mapping[str, Any]) -> Parameters:
    """What `Parameters.as_json` gave, back. Raises SettingsError."""
    entropy, assets = source.get("entropy"), source.get("assets")
    return Parameters(
        entropy=_read_entropy(entropy) if entropy else None,
        bounds=mapping_of(several(number(), length=2))(source.get("bounds", {}), "bounds"),
        assets=_read_assets(assets) if assets else None,
        fitted_at=text(source.get("fitted_at", ""), "fitted_at"),
        settings_hash=text(source.get("settings_hash", ""), "settings_hash"),
    )


def _read_entropy(source: Mapping[str, Any]) -> EntropyWeights:
    weights = mapping_of(number(0, 1))(source.get("weights"), "entropy.weights")
    if not math.isclose(math.fsum(weights.values()), 1, abs_tol=1e-9):
        raise SettingsError("entropy.weights", "the weights must add to 1.")
    return EntropyWeights(
        weights, whole()(source.get("n"), "entropy.n"), flag(source.get("equal", False), "entropy.equal")
    )


def _read_assets(source: Mapping[str, Any]) -> Loadings:
    items = several(text)(source.get("items"), "assets.items")
    rows = {
        name: several(number(), length=len(items))(source.get(name), f"assets.{name}")
        for name in ("means", "spreads", "loadings")
    }
    return Loadings(
        items=items,
        **rows,
        quintiles=rising(source.get("quintiles"), "assets.quintiles"),
        share=number(0, 1)(source.get("share"), "assets.share"),
        n=whole()(source.get("n"), "assets.n"),
    )
