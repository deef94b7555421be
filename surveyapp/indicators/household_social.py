"""Social and governance space (社会与治理空间).

All answers on the scale of five are scored (x − 1)/4.
"""

from typing import Final

import numpy as np

from surveyapp.indicators.columns import Column, count_ticks
from surveyapp.indicators.declaration import SHARE, UNLIMITED, Formula, Indicator
from surveyapp.indicators.reading import Reading
from surveyapp.indicators.scoring import mean_of

TRUSTED: Final = ("tr_neigh", "tr_fellow", "tr_host", "tr_cadre", "tr_gov")
RULES: Final = ("co_voice", "co_open", "co_rules")


def scale(column: Column) -> Column:
    """1 to 5 as 0 to 1."""
    return (column - 1.0) / 4.0


def scaled(name: str) -> Formula:
    """The formula of one answer on the scale of five."""
    return lambda reading: scale(reading[name])


def _trust_idx(reading: Reading) -> Column:
    return mean_of([scale(reading[name]) for name in TRUSTED], at_least=3)


def _particip_idx(reading: Reading) -> Column:
    met = reading.share_of_cap("meetings", reading["co_meet"])
    return mean_of([met, *(scale(reading[name]) for name in RULES)], at_least=3)


def _net_size(reading: Reading) -> Column:
    lenders = reading.share_of_cap("lenders", reading["net_money"])
    return mean_of([lenders, reading.share_of_cap("visits", reading["net_visit_n"])])


def _net_visit(reading: Reading) -> Column:
    return reading.share_of_cap("visits", reading["net_visit_b"])


def _mutual_help(reading: Reading) -> Column:
    return reading["mh_given"] + reading["mh_got"]


def _reciprocity(reading: Reading) -> Column:
    given, got = reading["mh_given"], reading["mh_got"]
    reasons = np.maximum(given.reasons, got.reasons)
    less, more = np.minimum(given.values, got.values), np.maximum(given.values, got.values)
    return Column(less, reasons) / Column(more, reasons)


def _space_use(reading: Reading) -> Column:
    return reading.share_of_cap("places", count_ticks(reading["co_space"]))


def _u_social(reading: Reading) -> Column:
    helped = reading.share_of_cap("help", reading["mutual_help"])
    parts = [reading[name] for name in ("trust_idx", "particip_idx", "net_size", "space_use")]
    return mean_of([*parts, helped], at_least=4)


def ticks_of(name: str) -> Formula:
    """The formula of a number of ticks."""
    return lambda reading: count_ticks(reading[name])


INDICATORS: Final = (
    Indicator(
        code="trust_idx",
        set="CORE",
        unit="0–1",
        label_en="Trust",
        label_zh="信任指数",
        definition="Mean score of trust in neighbours, fellow migrants, the other community, cadres, government.",
        formula=_trust_idx,
        missing="At least 3 of 5.",
        recall="panel",
        source=("S16",),
        inputs=TRUSTED,
        bounds=SHARE,
    ),
    Indicator(
        code="particip_idx",
        set="CORE",
        unit="0–1",
        label_en="Participation",
        label_zh="参与指数",
        definition="Mean of min(`co_meet`, 6)/6 and the scores of voice, openness, rules.",
        formula=_particip_idx,
        missing="At least 3 of 4.",
        recall="panel",
        source=("S16",),
        inputs=("co_meet", *RULES),
        bounds=SHARE,
    ),
    Indicator(
        code="net_size",
        set="BLOCK",
        unit="0–1",
        label_en="Size of the network",
        label_zh="关系网络规模",
        definition="Mean of min(`net_money`, 10)/10 and min(`net_visit_n`, 30)/30.",
        formula=_net_size,
        missing="Both needed.",
        recall="panel; visiting term recall",
        source=("S1", "S16"),
        inputs=("net_money", "net_visit_n"),
        bounds=SHARE,
    ),
    Indicator(
        code="net_size_b",
        set="BLOCK",
        unit="0–1",
        label_en="Visiting at New Year, before",
        label_zh="过年走动（搬迁前）",
        definition="The visiting term alone: min(`net_visit_b`, 30)/30. Not to be compared with `net_size`.",
        formula=_net_visit,
        missing="Missing if the answer is.",
        recall="recall",
        source=("S1", "S16"),
        inputs=("net_visit_b",),
        bounds=SHARE,
        twin_of="net_size",
        when="before",
    ),
    Indicator(
        code="mutual_help",
        set="BLOCK",
        unit="times/year",
        label_en="Mutual help",
        label_zh="互助次数",
        definition="`mh_given` + `mh_got`.",
        formula=_mutual_help,
        missing="Both needed.",
        recall="panel",
        source=("S1", "S16"),
        inputs=("mh_given", "mh_got"),
        bounds=UNLIMITED,
    ),
    Indicator(
        code="reciprocity",
        set="EXT",
        unit="0–1",
        label_en="Reciprocity of help",
        label_zh="互惠程度",
        definition="min(given, got) / max(given, got).",
        formula=_reciprocity,
        missing="Strict; undefined if both are 0.",
        recall="panel",
        source=("S16",),
        inputs=("mh_given", "mh_got"),
        bounds=SHARE,
    ),
    Indicator(
        code="space_use",
        set="BLOCK",
        unit="0–1",
        label_en="Use of common places",
        label_zh="公共空间使用",
        definition="min(number of common places used, 4)/4.",
        formula=_space_use,
        missing="Missing if not answered; `none` is 0.",
        recall="panel",
        source=("S1",),
        inputs=("co_space",),
        bounds=SHARE,
    ),
    Indicator(
        code="belonging",
        set="EXT",
        unit="0–1",
        label_en="Belonging",
        label_zh="归属感",
        definition="Score of `belong`.",
        formula=scaled("belong"),
        missing="Missing if the answer is.",
        recall="panel",
        source=("S16",),
        inputs=("belong",),
        bounds=SHARE,
    ),
    Indicator(
        code="u_social",
        set="CORE",
        unit="0–1",
        label_en="Social-space index (U3)",
        label_zh="社会空间指数",
        definition="Mean of trust_idx, particip_idx, net_size, min(mutual_help, 24)/24, space_use.",
        formula=_u_social,
        missing="At least 4 of 5.",
        recall="panel",
        source=("S4", "S5"),
        depends=("trust_idx", "particip_idx", "net_size", "mutual_help", "space_use"),
        bounds=SHARE,
    ),
    Indicator(
        code="org_n",
        set="BLOCK",
        unit="count",
        label_en="Organisations",
        label_zh="参加组织数",
        definition="Organisations ticked, `none` = 0.",
        formula=ticks_of("co_org"),
        missing="`dk` or no answer is missing.",
        recall="panel",
        source=("S16",),
        inputs=("co_org",),
        bounds=UNLIMITED,
    ),
)
