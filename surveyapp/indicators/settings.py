"""Settings of the catalogue: data, kept by a project, with a hash that is written into each export.

    settings = read_settings({"poverty_line": {"amount": 4000, "price_year": 2020}, "fcs_high": True})

What is not said has the default of the catalogue. Every fault is a SettingsError that names the path of the setting.
"""

# ruff: noqa: RUF009  `_field` gives a dataclasses.field, with its reader

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, TypeVar

from surveyapp.indicators.settings_values import (
    Read,
    SettingsError,
    flag,
    fraction,
    mapping_of,
    number,
    one_from,
    rising,
    several,
    text,
    whole,
)

# Worst and best value of each scored quantity; a worst above the best turns the direction round.
GOALPOSTS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "area_pc": (0, 25),
        "land_oper_pc": (0, 5),
        "tlu": (0, 5),
        "passet_n": (0, 4),
        "plot_min": (120, 0),
        "inc_div": (0, 8 / 9),
        "lab_equiv": (0, 4),
        "adult_edu": (0, 12),
        "forest_pc": (0, 10),
        "dasset_n": (0, 10),
        "org_n": (0, 3),
        "net_visit": (0, 30),
    }
)
# From how many on a count has the full score 1; minutes from which on nearness has the score 0.
CAPS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "meetings": 6,
        "lenders": 10,
        "visits": 30,
        "help": 24,
        "places": 4,
        "guidance": 4,
        "cadre_visits": 12,
        "common_labour": 10,
        "ties": 4,
        "d_school": 60,
        "d_clinic": 60,
        "d_market": 90,
        "d_road": 30,
        "d_county": 180,
    }
)
# The least and the greatest value of each sub-component of the vulnerability index.
LVI_BOUNDS: Final[Mapping[str, tuple[float, float]]] = MappingProxyType(
    {
        "dep_ratio": (0, 3),
        "lvi_female_head": (0, 1),
        "lvi_head_unschooled": (0, 1),
        "lvi_migrant": (0, 1),
        "lvi_farm_only": (0, 1),
        "lvi_few_sources": (0.1, 1),
        "lvi_help_ratio": (0, 3),
        "lvi_no_lender": (0, 1),
        "lvi_ill": (0, 1),
        "lvi_clinic_min": (0, 60),
        "lvi_own_crops": (0, 1),
        "rcsi": (0, 56),
        "lvi_water_short": (0, 1),
        "lvi_water_min": (0, 60),
        "lvi_shocks": (0, 9),
        "hazard_any": (0, 1),
    }
)
GRADES_EN: Final = (
    *("extreme disorder", "serious disorder", "moderate disorder", "mild disorder", "near disorder"),
    *("barely coordinated", "primary coordination", "intermediate coordination", "good coordination"),
    "high-quality coordination",
)
GRADES_ZH: Final = (
    *("极度失调", "严重失调", "中度失调", "轻度失调", "濒临失调"),
    *("勉强协调", "初级协调", "中级协调", "良好协调", "优质协调"),
)


def _field(default: Any, read: Read) -> Any:
    return field(default_factory=lambda: default, metadata={"read": read})


S = TypeVar("S")


def _section(kind: type[S]) -> Read:
    def read(value: Any, where: str) -> S:
        if not isinstance(value, Mapping):
            raise SettingsError(where or "settings", f"a mapping is needed, not {value!r}.")
        readers = {entry.name: entry.metadata["read"] for entry in fields(kind)}  # type: ignore[arg-type]  # `kind` is a dataclass
        for name in value:
            if name not in readers:
                known = ", ".join(readers)
                raise SettingsError(f"{where}.{name}".lstrip("."), f"there is no such setting; known are {known}.")
        return kind(**{name: readers[name](item, f"{where}.{name}".lstrip(".")) for name, item in value.items()})

    return read


@dataclass(frozen=True)
class PovertyLine:
    """Yuan per person and year, in prices of `price_year`: the year in which the incomes to compare are measured."""

    amount: float = _field(4000.0, number(0.01))
    price_year: int = _field(2020, whole(1900, 2200))


@dataclass(frozen=True)
class PriceFactors:
    """What an income of an earlier year is multiplied with to be in the prices of the line, by year."""

    default: float = _field(1.0, number(0.0001))
    by_year: Mapping[str, float] = _field(MappingProxyType({}), mapping_of(number(0.0001)))


@dataclass(frozen=True)
class Deprivation:
    """One indicator of the poverty measure; weights are shares of all weights."""

    name: str = _field("", text)
    dimension: str = _field("", text)
    weight: int = _field(1, whole(1))


def _mpi_rel() -> tuple[Deprivation, ...]:
    rows = (
        *(("schooling", "education", 3), ("attendance", "education", 3), ("insurance", "health", 3)),
        *(("care", "health", 3), ("housing", "living", 1), ("water", "living", 1), ("sanitation", "living", 1)),
        *(("fuel", "living", 1), ("electricity", "living", 1), ("assets", "living", 1)),
        *(("work", "livelihood", 3), ("food", "livelihood", 3)),
    )
    return tuple(Deprivation(*row) for row in rows)


MPI_NAMES: Final = tuple(row.name for row in _mpi_rel())


@dataclass(frozen=True)
class PovertyMeasure:
    """The multidimensional measure: its structure, cut-off, further cut-offs to report, indicators left out."""

    cutoff: Fraction = _field(Fraction(1, 3), fraction)
    also_report: tuple[Fraction, ...] = _field((Fraction(1, 5), Fraction(1, 2)), several(fraction))
    indicators: tuple[Deprivation, ...] = _field(_mpi_rel(), several(_section(Deprivation)))
    drop: tuple[str, ...] = _field((), several(one_from(*MPI_NAMES)))

    def weights(self) -> dict[str, Fraction]:
        """Exact weights that add to 1; those of dropped indicators go to the rest of their dimension."""
        total = sum(row.weight for row in self.indicators)
        found = {}
        for row in self.indicators:
            if row.name in self.drop:
                continue
            peers = [peer for peer in self.indicators if peer.dimension == row.dimension]
            kept = sum(peer.weight for peer in peers if peer.name not in self.drop)
            found[row.name] = Fraction(row.weight, total) * Fraction(sum(peer.weight for peer in peers), kept)
        whole_weight = sum(found.values(), Fraction())
        return {name: weight / whole_weight for name, weight in found.items()}


MISSING_NUMBERS: Final[Mapping[str, str]] = MappingProxyType({"-98": "dk", "-99": "rf"})
MISSING_CHOICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("dk", "dnk", "dont_know", "don_t_know", "dontknow", "do_not_know", "-98"), "dk"),
        **dict.fromkeys(("rf", "ref", "refuse", "refused", "refused_to_answer", "pnta", "-99"), "rf"),
    }
)


@dataclass(frozen=True)
class MissingCodes:
    """Answers that say why there is none: `dk` don't know, `rf` refused, `na` does not apply.

    `numbers` are answers to questions of numbers, `choices` names of choices, in lower case; what is stated replaces
    the default list.
    """

    numbers: Mapping[str, str] = _field(MISSING_NUMBERS, mapping_of(one_from("dk", "rf", "na")))
    choices: Mapping[str, str] = _field(MISSING_CHOICES, mapping_of(one_from("dk", "rf", "na")))


@dataclass(frozen=True)
class DesignSettings:
    """Where the design of the sample is found: names of questions, and sizes of populations."""

    weight: str = _field("pre_weight", text)
    village: str = _field("village", text)
    township: str = _field("township", text)
    strata: tuple[str, ...] = _field(("county", "reloc_status"), several(text))
    group: str = _field("reloc_status", text)
    household: str = _field("hh_code", text)
    wave: str = _field("wave", text)
    waves: tuple[str, ...] = _field((), several(text))
    figures_of: str = _field("", text)
    earlier_form: str = _field("", text)
    treated: str = _field("relocated", text)
    comparison: tuple[str, ...] = _field(("stayed",), several(text))
    households: Mapping[str, int] = _field(MappingProxyType({}), mapping_of(whole(1)))
    kinds: Mapping[str, str] = _field(MappingProxyType({}), mapping_of(text))
    villages_in_stratum: Mapping[str, int] = _field(MappingProxyType({}), mapping_of(whole(1)))
    lonely: str = _field("flag", one_from("flag", "adjust", "certainty"))


@dataclass(frozen=True)
class Settings:
    """All settings. Names are those of the JSON."""

    poverty_line: PovertyLine = _field(PovertyLine(), _section(PovertyLine))
    before_prices: PriceFactors = _field(PriceFactors(), _section(PriceFactors))
    income_ceiling: float = _field(4.0, number(0.01))
    goalposts: Mapping[str, tuple[float, float]] = _field(GOALPOSTS, mapping_of(several(number(), length=2), GOALPOSTS))
    caps: Mapping[str, float] = _field(CAPS, mapping_of(number(0.01), CAPS))
    lvi_bounds: Mapping[str, tuple[float, float]] = _field(
        LVI_BOUNDS, mapping_of(several(number(), length=2), LVI_BOUNDS)
    )
    bounds: str = _field("fixed", one_from("fixed", "pooled"))
    shift: float = _field(0.0, number(0, 0.49))
    zero_rule: str = _field("limit", one_from("limit", "shift"))
    water_rule: str = _field("china", one_from("china", "jmp"))
    hh_rule: str = _field("all", one_from("all", "resident"))
    partial: str = _field("strict", one_from("strict", "zero"))
    months_employed: int = _field(6, whole(0, 12))
    livestock_units: Mapping[str, float] = _field(
        MappingProxyType({"cattle": 1.0, "pig": 0.25, "sheep": 0.25, "poultry": 0.005}),
        mapping_of(number(0), {"cattle": 1.0, "pig": 0.25, "sheep": 0.25, "poultry": 0.005}),
    )
    fcs_high: bool = _field(False, flag)
    fcs_cuts: tuple[float, ...] = _field((21.0, 35.0), rising)
    fcs_high_cuts: tuple[float, ...] = _field((28.0, 42.0), rising)
    rcsi_bands: tuple[float, ...] = _field((3.0, 18.0), rising)
    hhs_bands: tuple[float, ...] = _field((1.0, 3.0), rising)
    fes_bands: tuple[float, ...] = _field((0.5, 0.65, 0.75), rising)
    farm_shares: tuple[float, ...] = _field((0.1, 0.5, 0.9), rising)
    lag_gap: float = _field(0.1, number(0, 1))
    grade_cuts: tuple[float, ...] = _field((0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), rising)
    grades: tuple[str, ...] = _field(GRADES_EN, several(text))
    stage_cuts: tuple[float, ...] = _field((0.3, 0.5, 0.8), rising)
    return_months: int = _field(3, whole(0, 12))
    mpi: PovertyMeasure = _field(PovertyMeasure(), _section(PovertyMeasure))
    design: DesignSettings = _field(DesignSettings(), _section(DesignSettings))
    missing: MissingCodes = _field(MissingCodes(), _section(MissingCodes))
    smallest_cell: int = _field(10, whole(1))
    careful_cell: int = _field(30, whole(1))
    aliases: Mapping[str, str] = _field(MappingProxyType({}), mapping_of(text))

    def in_form(self, name: str) -> str:
        """What the form calls a question of the catalogue or of the design."""
        return self.aliases.get(name, name)

    @property
    def fcs_bounds(self) -> tuple[float, ...]:
        """The cut-offs of food consumption in use."""
        return self.fcs_high_cuts if self.fcs_high else self.fcs_cuts

    @property
    def highest_income(self) -> float:
        """The income per head that has the full score."""
        return self.income_ceiling * self.poverty_line.amount

    def with_village_sizes(self, households: Mapping[str, int]) -> "Settings":
        """The same with the households of each village, as the village profiles state them (`vp_households`)."""
        return replace(self, design=replace(self.design, households=MappingProxyType(dict(households))))

    def with_village_kinds(self, kinds: Mapping[str, str]) -> "Settings":
        """The same with the kind of each village, as the village profiles state it (`vp_kind`)."""
        return replace(self, design=replace(self.design, kinds=MappingProxyType(dict(kinds))))

    def as_json(self) -> dict[str, Any]:
        """All settings as JSON values, defaults included."""
        found: dict[str, Any] = _plain(self)
        return found

    @property
    def hash(self) -> str:
        """SHA-256 of the settings in canonical JSON: the same settings, the same hash, on every machine."""
        canonical = json.dumps(self.as_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
    # 35 and 35.0 are the same setting.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def read_settings(source: Mapping[str, Any] | str | bytes | None = None, *, whole: bool = True) -> Settings:
    """Settings from a mapping or from JSON text; without `whole` they are not held against one another.

    Raises SettingsError.
    """
    settings: Settings = _section(Settings)({} if source is None else read_stated(source), "")
    if whole:
        _check_together(settings)
    return settings


def read_stated(source: Mapping[str, Any] | str | bytes) -> Mapping[str, Any]:
    """What is said, without the defaults. Raises SettingsError where it is no JSON object."""
    if isinstance(source, str | bytes):
        try:
            source = json.loads(source)
        except ValueError as error:
            raise SettingsError("settings", f"this is not JSON: {error}.") from error
    if not isinstance(source, Mapping):
        raise SettingsError("settings", f"a mapping is needed, not {source!r}.")
    return source


def _as_number(code: str) -> float | str:
    try:
        return float(code)
    except ValueError:
        return code


def _check_together(settings: Settings) -> None:
    for code in settings.missing.numbers:
        number()(_as_number(code), f"missing.numbers.{code}")
    if len(settings.grades) != len(settings.grade_cuts) + 1:
        raise SettingsError("grades", f"{len(settings.grade_cuts) + 1} names are needed for as many grades.")
    if level := [name for name, (low, high) in settings.lvi_bounds.items() if low == high]:
        raise SettingsError(f"lvi_bounds.{level[0]}", "the two bounds must differ.")
    for name, cuts, needed in (
        *(("fcs_cuts", settings.fcs_cuts, 2), ("fcs_high_cuts", settings.fcs_high_cuts, 2)),
        *(("fes_bands", settings.fes_bands, 3), ("farm_shares", settings.farm_shares, 3)),
        *(("rcsi_bands", settings.rcsi_bands, 2), ("hhs_bands", settings.hhs_bands, 2)),
    ):
        if len(cuts) != needed:
            raise SettingsError(name, f"{needed} cut-offs are needed, not {len(cuts)}.")
    names = [row.name for row in settings.mpi.indicators]
    if strange := [name for name in names if name not in MPI_NAMES]:
        raise SettingsError("mpi.indicators", f"there is no '{strange[0]}'; known are {', '.join(MPI_NAMES)}.")
    if len(set(names)) != len(names) or not names:
        raise SettingsError("mpi.indicators", "each indicator is named once, and at least one is.")
    if set(names) <= set(settings.mpi.drop):
        raise SettingsError("mpi.drop", "at least one indicator must remain.")
