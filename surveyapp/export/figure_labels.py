"""What indicators and the figures of places are called, in English or Chinese."""

from collections.abc import Iterator
from typing import Final

from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.declaration import Indicator
from surveyapp.indicators.figures import Line
from surveyapp.indicators.summary import LINES

_OWN: Final = {
    "v_n": ("Interviews done", "完成访问数"),
    "v_response": ("Response rate", "应答率"),
    "v_poor_h": ("Income poverty: headcount", "收入贫困：发生率"),
    "v_pov_gap": ("Income poverty: gap", "收入贫困：深度"),
    "v_pov_sq": ("Income poverty: squared gap", "收入贫困：强度"),
    "v_inc_pc": ("Income per head: mean", "人均纯收入：均值"),
    "v_inc_pc_median": ("Income per head: median", "人均纯收入：中位数"),
    "v_lci": ("Livelihood capital index, equal weights", "生计资本指数（等权）"),
    "v_ccd_macro": ("Coupling coordination of the three means", "三类空间均值的耦合协调度"),
    "v_safe_house": ("Safe dwellings", "住房安全比例"),
    "v_safe_house_b": ("Safe dwellings, before", "住房安全比例（搬迁前）"),
    "v_safe_water": ("Safe water", "饮水安全比例"),
    "v_safe_water_b": ("Safe water, before", "饮水安全比例（搬迁前）"),
    "v_dropout": ("Children out of school", "适龄儿童失学率"),
    "v_fcs_acc": ("Acceptable food consumption", "食物消费可接受比例"),
    "v_lcs_sev": ("Crisis or emergency coping", "危机或紧急应对比例"),
    "v_trust": ("Trust", "信任指数"),
    "v_particip": ("Participation", "参与指数"),
    "v_leader": ("Most named leader, share", "首要带头人（提及比例）"),
    "v_leader_conc": ("Concentration of authority", "权威集中度"),
    "lvi_ipcc": ("LVI by exposure, capacity, sensitivity (IPCC)", "生计脆弱性指数（IPCC）"),
}
_UNITS_ZH: Final = {
    "share": "比例",
    "ratio": "比值",
    "count": "个数",
    "category": "类别",
    "minutes": "分钟",
    "years": "年",
    "times/year": "次/年",
    "workers": "劳动力",
    "cattle units": "标准牛单位",
    "m²/person": "平方米/人",
    "mu/person": "亩/人",
    "yuan": "元",
    "yuan/year": "元/年",
    "yuan/person/year": "元/人·年",
    "nats": "奈特",
    "z-score": "标准分",
}
_MPI: Final = {"h": ("headcount", "发生率"), "a": ("intensity", "强度"), "m0": ("index M0", "指数M0")}
_CUTOFF: Final = {"": ("", ""), "_k20": (", k = 1/5", "（k=1/5）"), "_k50": (", k = 1/2", "（k=1/2）")}
_MPI_PART: Final = {
    "hc": ("headcount", "未截断发生率"),
    "ch": ("censored headcount", "截断发生率"),
    "share": ("contribution", "贡献率"),
}


def is_chinese(language: str) -> bool:
    """Whether the language of the export, as the form names it, is Chinese."""
    return "zh" in language.lower() or "中文" in language


def indicator_label(indicator: Indicator, chinese: bool) -> str:
    """What an indicator of households is called."""
    return indicator.label_zh if chinese else indicator.label_en


def line_label(line: Line, chinese: bool) -> str:
    """What a line of the catalogue for places is called."""
    return line.label_zh if chinese else line.label_en


def figure_label(code: str, chinese: bool) -> str:
    """What a figure of a place is called; the code where no line declares it."""
    return _LABELS[code][chinese] if code in _LABELS else code


def unit_label(unit: str, chinese: bool) -> str:
    """What a unit of the catalogue is called; scales such as 0–1 are their own name."""
    return _UNITS_ZH.get(unit, unit) if chinese else unit


def figure_unit(code: str, chinese: bool) -> str:
    """The unit of a figure of a place; '' where no line declares it."""
    return unit_label(_UNITS.get(code, ""), chinese)


def _named(line: Line, code: str) -> tuple[str, str]:
    if code in _OWN:
        return _OWN[code]
    if code.startswith("v_mpi_"):
        return _name_mpi(code.removeprefix("v_mpi_"))
    base, mark = code.removeprefix("v_"), ("", "")
    if line.code in ("v_change", "did"):
        base, mark = code.removeprefix(f"{line.code}_"), (f"{line.label_en}: ", f"{line.label_zh}：")
    spread = (", standard deviation", "（标准差）") if base.endswith("_sd") else ("", "")
    base = base.removesuffix("_sd")
    if base in CATALOGUE:
        one = CATALOGUE[base]
        return f"{mark[0]}{one.label_en}{spread[0]}", f"{mark[1]}{one.label_zh}{spread[1]}"
    if len(line.codes) == 1 or code == line.code:
        return line.label_en, line.label_zh
    part = code.rpartition("_")[2]
    return f"{line.label_en}: {part}", f"{line.label_zh}：{part}"


def _name_mpi(rest: str) -> tuple[str, str]:
    kind, _, name = rest.partition("_")
    if kind in _MPI_PART:
        english, chinese = _MPI_PART[kind]
        one = CATALOGUE[f"mpi_d_{name}"]
        return f"MPI {english}. {one.label_en}", f"多维贫困{chinese}：{one.label_zh}"
    what, cut = _MPI[kind], _CUTOFF[f"_{name}" if name else ""]
    return f"Multidimensional poverty: {what[0]}{cut[0]}", f"多维贫困：{what[1]}{cut[1]}"


def _all_codes() -> Iterator[tuple[Line, str, str]]:
    for line in LINES:
        for code, unit in line.codes.items():
            yield line, code, unit


_LABELS: Final = {code: _named(line, code) for line, code, _ in _all_codes()}
_UNITS: Final = {code: unit for _, code, unit in _all_codes()}
