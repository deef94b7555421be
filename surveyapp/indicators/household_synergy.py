"""Synergies of collaborative governance (协同).

A synergy of parties that are all measured is a coupling, so that one strong side cannot stand in for an absent one.
"""

from typing import Final

import numpy as np

from surveyapp.indicators.columns import (
    Column,
    Mask,
    Reason,
    count_ticks,
    is_choice,
    one_of,
    with_reason,
    with_value,
)
from surveyapp.indicators.declaration import SHARE, UNLIMITED, Indicator
from surveyapp.indicators.household_social import scale, scaled, ticks_of
from surveyapp.indicators.measures import coupling
from surveyapp.indicators.reading import Reading
from surveyapp.indicators.scoring import mean_of, mean_without_inapplicable, negation

NO_OWN_LEADER: Final = ("none", "resident_cadre")


def coupled(systems: list[Column], *, adjusted: bool = False) -> Column:
    """Coupling coordination degree D of systems with equal weights; with `adjusted`, from the adjusted degree."""
    reasons = np.maximum.reduce([system.reasons for system in systems])
    found = coupling(np.stack([system.values for system in systems], axis=1), adjusted=adjusted)
    return Column(np.asarray(found.D), reasons)


def _yes(reading: Reading, name: str) -> Column:
    return one_of(reading[name], ("yes",))


def _syn_gov_state(reading: Reading) -> Column:
    moved = is_choice(reading["reloc_status"], ("relocated",))
    stayed = reading["reloc_status"].given & ~moved
    space = with_reason(reading["gs_house_amt"].above(0), stayed, Reason.NOT_APPLICABLE)
    terms = [
        space,
        mean_of([_yes(reading, "gs_train"), _yes(reading, "gs_job")]),
        reading.share_of_cap("guidance", count_ticks(reading["gs_guide"])),
        reading.share_of_cap("cadre_visits", reading["gs_visits"]),
    ]
    return mean_without_inapplicable(terms, at_least=3, at_least_without=2)


def _syn_gov_community(reading: Reading) -> Column:
    leader = reading["co_leader"]
    without = is_choice(leader, NO_OWN_LEADER)
    terms = [
        _led(scale(reading["co_leader_trust"]), leader, without),
        _led(_yes(reading, "co_leader_help"), leader, without),
        reading["particip_idx"],
        reading.share_of_cap("common_labour", reading["co_labour"]),
    ]
    return mean_of(terms, at_least=3)


def _led(term: Column, leader: Column, without: Mask) -> Column:
    unknown = np.maximum(term.reasons, leader.reasons)
    known = Column(np.where(leader.given, term.values, np.nan), np.where(leader.given, term.reasons, unknown))
    return with_value(known, without, 0.0)


def _syn_gov(reading: Reading) -> Column:
    return coupled([reading["syn_gov_state"], reading["syn_gov_community"]])


def _syn_inter(reading: Reading) -> Column:
    terms = [
        reading.share_of_cap("ties", count_ticks(reading["ic_forms"])),
        scale(reading["ic_benefit"]),
        scale(reading["tr_host"]),
        negation(_yes(reading, "ic_conflict")),
        _yes(reading, "ic_job"),
    ]
    return mean_of(terms, at_least=4)


def _syn_intra(reading: Reading) -> Column:
    trust = mean_of([scale(reading["tr_neigh"]), scale(reading["tr_fellow"])], at_least=1)
    return coupled([reading["net_size"], trust, reading["space_use"]])


def _syn_capital(reading: Reading) -> Column:
    shares = count_ticks(reading["ca_share"]).above(0)
    yes = [_yes(reading, name) for name in ("ca_coop", "ca_contract", "ca_job")]
    return mean_of([*yes, shares, scale(reading["ca_fair"])], at_least=3)


INDICATORS: Final = (
    Indicator(
        code="syn_gov_state",
        set="BLOCK",
        unit="0–1",
        label_en="What government did",
        label_zh="政府支持度",
        definition="Mean of space = 1 if `gs_house_amt` > 0 else 0 (left out where the household did not move); "
        "capacity = mean(`gs_train` yes, `gs_job` yes); guidance = min(number of `gs_guide`, 4)/4; contact = "
        "min(`gs_visits`, 12)/12.",
        formula=_syn_gov_state,
        missing="At least 3 of 4 (2 of 3 where the household did not move); capacity needs both answers.",
        recall="panel",
        source=("S1",),
        inputs=("gs_house_amt", "gs_train", "gs_job", "gs_guide", "gs_visits", "reloc_status"),
        bounds=SHARE,
    ),
    Indicator(
        code="syn_gov_community",
        set="BLOCK",
        unit="0–1",
        label_en="What the community did itself",
        label_zh="社区自主行动度",
        definition="Mean of the score of `co_leader_trust`; `co_leader_help` yes; particip_idx; "
        "min(`co_labour`, 10)/10. Leader `none` or `resident_cadre` makes both leader terms 0.",
        formula=_syn_gov_community,
        missing="At least 3 of 4; leader `dk` or `rf` makes both leader terms missing.",
        recall="panel",
        source=("S1",),
        inputs=("co_leader", "co_leader_trust", "co_leader_help", "co_labour"),
        depends=("particip_idx",),
        bounds=SHARE,
    ),
    Indicator(
        code="syn_gov",
        set="CORE",
        unit="0–1",
        label_en="Synergy of government and community",
        label_zh="政府与社区协同",
        definition="Coupling coordination degree of syn_gov_state and syn_gov_community.",
        formula=_syn_gov,
        missing="Both needed.",
        recall="panel",
        source=("S1", "S17"),
        depends=("syn_gov_state", "syn_gov_community"),
        bounds=SHARE,
    ),
    Indicator(
        code="syn_inter",
        set="CORE",
        unit="0–1",
        label_en="Synergy between communities",
        label_zh="社区间协同",
        definition="Mean of min(number of `ic_forms`, 4)/4; scores of `ic_benefit` and `tr_host`; 1 − conflict; "
        "`ic_job` yes.",
        formula=_syn_inter,
        missing="At least 4 of 5.",
        recall="panel",
        source=("S1",),
        inputs=("ic_forms", "ic_benefit", "tr_host", "ic_conflict", "ic_job"),
        bounds=SHARE,
    ),
    Indicator(
        code="syn_intra",
        set="CORE",
        unit="0–1",
        label_en="Synergy inside the community",
        label_zh="社区内部协同",
        definition="Coupling coordination degree of net_size; mean score of `tr_neigh` and `tr_fellow`; space_use.",
        formula=_syn_intra,
        missing="All three needed; of the two trusts either alone will do.",
        recall="panel",
        source=("S1", "S17"),
        inputs=("tr_neigh", "tr_fellow"),
        depends=("net_size", "space_use"),
        bounds=SHARE,
    ),
    Indicator(
        code="syn_capital",
        set="CORE",
        unit="0–1",
        label_en="Coordination with capital",
        label_zh="与资本协同",
        definition="Mean of `ca_coop` yes; any share; `ca_contract` yes; `ca_job` yes; score of `ca_fair` (left out if "
        "not asked).",
        formula=_syn_capital,
        missing="At least 3.",
        recall="panel",
        source=("S1",),
        inputs=("ca_coop", "ca_share", "ca_contract", "ca_job", "ca_fair"),
        bounds=SHARE,
    ),
    Indicator(
        code="industry_n",
        set="EXT",
        unit="count",
        label_en="Industry projects",
        label_zh="参与产业项目数",
        definition="Industry projects ticked, `none` = 0.",
        formula=ticks_of("gs_industry"),
        missing="`dk` or no answer is missing.",
        recall="panel",
        source=("S1",),
        inputs=("gs_industry",),
        bounds=UNLIMITED,
    ),
    Indicator(
        code="support_sat",
        set="EXT",
        unit="0–1",
        label_en="Satisfaction with support",
        label_zh="后续扶持满意度",
        definition="Score of `gs_sat`.",
        formula=scaled("gs_sat"),
        missing="Missing if the answer is.",
        recall="panel",
        source=("S11",),
        inputs=("gs_sat",),
        bounds=SHARE,
    ),
)
