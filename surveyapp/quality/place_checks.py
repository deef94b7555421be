"""Checks of positions: missing, poor, impossible, off site, stacked, too far to have travelled."""

from collections.abc import Iterator
from typing import Final

from surveyapp.quality.case import Case
from surveyapp.quality.declaration import Check, Parameter, QualityFinding, Setting
from surveyapp.quality.geography import metres_between, metres_outside
from surveyapp.quality.interview import Position
from surveyapp.quality.surroundings import Nearby, Other, name_beside


def no_position(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """G01."""
    summary = case.interview.summary
    if summary.position_asked and summary.position is None:
        yield case.find(setting, case.plan.roles.get("position"), expected="a position")


def poor_accuracy(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """G02."""
    position, path = case.interview.summary.position, case.plan.roles.get("position")
    accuracy = None if position is None else position.accuracy
    logged = case.interview.paradata is not None and case.interview.paradata.mocked
    if accuracy == 0 or logged:
        yield case.find(setting, path, message="mock", severity=setting.other_degree, observed="0", expected="> 0 m")
        return
    if accuracy is None:
        return
    for name, severity in (("error", setting.other_degree), ("warning", setting.degree)):
        if accuracy > setting.number(name):
            expected = f"≤ {setting.number(name):g} m"
            yield case.find(setting, path, severity=severity, observed=f"{accuracy:g}", expected=expected)
            return


def off_site(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """G03."""
    position, path = _possible(case), case.plan.roles.get("position")
    if position is None:
        return
    sample, summary = case.plan.sample, case.interview.summary
    point = sample.points.get(summary.household) or sample.centres.get(summary.cluster)
    if point is not None:
        metres = metres_between(position.point, point)
        for name, severity in (("error", setting.other_degree), ("warning", setting.degree)):
            if metres > setting.number(name):
                expected = f"≤ {setting.number(name):g} m"
                yield case.find(setting, path, severity=severity, observed=f"{metres:.0f}", expected=expected)
                break
    area = sample.areas.get(summary.cluster)
    if area:
        outside = metres_outside(position.point, area)
        if outside > (position.accuracy or 0):
            yield case.find(
                setting, path, message="area", observed=f"{outside:.0f}", expected=f"inside {summary.cluster}"
            )


def stacked(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """G04."""
    position = _possible(case)
    if position is None or case.surroundings is None:
        return
    summary = case.interview.summary
    metres = setting.number("metres")
    near = [
        one
        for one in case.surroundings.list_near(position, metres, summary.instance_id)
        if _is_another_household(one.other, summary.household)
    ]
    households = {one.other.household or one.other.instance_id for one in near}
    if len(households) >= setting.number("others") or any(one.metres <= setting.number("touching") for one in near):
        yield case.find(
            setting,
            case.plan.roles.get("position"),
            observed=str(len(households)),
            expected="none",
            metres=f"{metres:g}",
            others=_listed(near),
        )


def _is_another_household(other: Other, household: str) -> bool:
    return not household or other.household != household


def _listed(near: list[Nearby]) -> str:
    return ", ".join(dict.fromkeys(name_beside(one.other.household, one.other.instance_id, "") for one in near[:5]))


def same_position(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """G05."""
    summary = case.interview.summary
    for value in summary.keys.get("position", ()):
        others = case.surroundings.list_same("position", value, summary.instance_id) if case.surroundings else ()
        other = next((one for one in others if _is_another_household(one, summary.household)), None)
        if other is not None:
            yield case.find(
                setting,
                case.plan.roles.get("position"),
                observed=value,
                expected="a position of its own",
                other=name_beside(other.household, other.instance_id, summary.household),
                binding=f"position:{value}",
            )


def impossible_position(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """G06."""
    position, path, box = case.interview.summary.position, case.plan.roles.get("position"), case.plan.sample.box
    if position is None:
        return
    observed = f"{position.latitude:g} {position.longitude:g}"
    swapped = f"{position.longitude:g} {position.latitude:g}"
    if not position.possible:
        # Latitude and longitude in the wrong order is the usual reason for a latitude above 90.
        fits = box is not None and box.holds((position.longitude, position.latitude))
        yield case.find(
            setting, path, observed=observed, expected="a place on earth", suggestion=swapped if fits else ""
        )
    elif box is not None and not box.holds(position.point) and box.holds((position.longitude, position.latitude)):
        yield case.find(
            setting, path, message="swapped", observed=observed, expected="latitude first", suggestion=swapped
        )


def far_from_cluster(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """G07."""
    position, cluster = _possible(case), case.interview.summary.cluster
    if position is None or not cluster or case.surroundings is None:
        return
    centre = case.surroundings.find_centre(cluster)
    if centre is None or not centre.distances.enough:
        case.skip(setting, "too few positions in the cluster")
        return
    metres = metres_between(position.point, centre.point)
    z = centre.distances.robust_z(metres, logarithm=False)
    if z is not None and z > setting.number("z") and metres > setting.number("metres"):
        yield case.find(
            setting,
            case.plan.roles.get("position"),
            observed=f"{metres:.0f}",
            expected=f"≤ {setting.number('metres'):g} m or z ≤ {setting.number('z'):g} (z = {z:.1f})",
            cluster=cluster,
        )


def too_fast_travelled(case: Case, setting: Setting) -> Iterator[QualityFinding]:
    """G08."""
    position, summary = _possible(case), case.interview.summary
    if position is None or summary.start is None or not summary.enumerator or case.surroundings is None:
        return
    before = case.surroundings.find_previous("enumerator", summary.enumerator, summary.start, summary.instance_id)
    if before is None or before.position is None or not before.position.possible:
        return
    hours = (summary.start - before.end).total_seconds() / 3600
    kilometres = metres_between(position.point, before.position.point) / 1000
    # Within the accuracy of phones, and across an overlap, which is a finding of its own, no speed can be told.
    if hours <= 0 or kilometres < setting.number("kilometres"):
        return
    for name, severity in (("error", setting.other_degree), ("warning", setting.degree)):
        if kilometres / hours > setting.number(name):
            yield case.find(
                setting,
                case.plan.roles.get("position"),
                severity=severity,
                observed=f"{kilometres / hours:.0f}",
                expected=f"≤ {setting.number(name):g} km/h",
                other=name_beside(before.household, before.instance_id, summary.household),
            )
            return


def _possible(case: Case) -> Position | None:
    position = case.interview.summary.position
    return position if position is not None and position.possible else None


CHECKS: Final = (
    Check(
        "G01",
        "no position",
        "缺少定位",
        "the position was asked for and is empty",
        "submission",
        "receipt",
        "warning",
        {"": ("“{label}” is empty.", "“{label}”为空。")},
        "DHS",
        run_case=no_position,
        automatic="forms with a position",
    ),
    Check(
        "G02",
        "poor accuracy",
        "定位精度",
        "accuracy above 20 m (warning) or 100 m (error); exactly 0 is a mock location (error)",
        "submission",
        "receipt",
        "warning",
        {
            "": ("The position is accurate to {observed} m only.", "定位精度仅为{observed}米。"),
            "mock": ("The position comes from a program and not from the satellites.", "定位来自模拟程序而非卫星。"),
        },
        "ODK audit specification",
        run_case=poor_accuracy,
        other_severity="error",
        parameters=(Parameter("warning", 20.0, "m"), Parameter("error", 100.0, "m")),
        automatic="forms with a position",
    ),
    Check(
        "G03",
        "off site",
        "偏离样本点",
        "further than 500 m (warning) or 2 km (error) from the sampled point or the centre of the cluster; "
        "or outside its area by "
        "more than the accuracy",
        "submission",
        "receipt",
        "warning",
        {
            "": ("The interview was held {observed} m from where it should be.", "访谈地点偏离{observed}米。"),
            "area": ("The interview was held {observed} m outside the area.", "访谈地点在区域外{observed}米。"),
        },
        "a survey's cleaning log",
        run_case=off_site,
        other_severity="error",
        parameters=(Parameter("warning", 500.0, "m"), Parameter("error", 2000.0, "m")),
        automatic="forms with a position",
    ),
    Check(
        "G04",
        "stacked",
        "定位堆叠",
        "two other households within 5 m, or one within 1 m",
        "submission",
        "comparison",
        "warning",
        {
            "": (
                "{observed} other households within {metres} m: {others}.",
                "{metres}米内有{observed}个其他住户：{others}。",
            )
        },
        "IMPACT; IPA",
        run_case=stacked,
        parameters=(
            Parameter("metres", 5.0, "m"),
            Parameter("others", 2.0, "households"),
            Parameter("touching", 1.0, "m"),
        ),
        automatic="forms with a position",
    ),
    Check(
        "G05",
        "same position",
        "定位相同",
        "latitude and longitude equal those of another household to 6 decimals",
        "submission",
        "comparison",
        "warning",
        {"": ("The position is exactly that of {other}.", "定位与{other}完全相同。")},
        "IPA",
        run_case=same_position,
        automatic="forms with a position",
    ),
    Check(
        "G06",
        "impossible position",
        "不可能的定位",
        "0 0, a latitude above 90, or latitude and longitude in the wrong order",
        "submission",
        "receipt",
        "error",
        {
            "": ("There is no such place: {observed}.", "不存在的位置：{observed}。"),
            "swapped": ("Latitude and longitude are swapped: {observed}.", "经纬度颠倒：{observed}。"),
        },
        "ours",
        run_case=impossible_position,
        automatic="forms with a position",
    ),
    Check(
        "G07",
        "far from the cluster",
        "远离村组中心",
        "the distance from the cluster's median position has a robust z above 3.5 and is above 1 km",
        "submission",
        "comparison",
        "warning",
        {"": ("{observed} m from the middle of {cluster}.", "距{cluster}中心{observed}米。")},
        "DHS",
        run_case=far_from_cluster,
        parameters=(Parameter("z", 3.5, "robust z"), Parameter("metres", 1000.0, "m")),
        automatic="forms with a position and a cluster",
    ),
    Check(
        "G08",
        "travelled too fast",
        "移动速度异常",
        "more than 80 km/h (warning) or 150 km/h (error) from the same enumerator's interview before",
        "submission",
        "comparison",
        "warning",
        {
            "": (
                "{observed} km/h from the interview before ({other}).",
                "距上一次访谈（{other}）的速度为{observed}公里/时。",
            )
        },
        "REACH",
        run_case=too_fast_travelled,
        other_severity="error",
        parameters=(
            Parameter("warning", 80.0, "km/h"),
            Parameter("error", 150.0, "km/h"),
            Parameter("kilometres", 0.2, "km; nearer than that no speed is told"),
        ),
        automatic="forms with a position",
    ),
)
