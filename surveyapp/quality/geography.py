"""Positions on the earth: distances, and whether one lies inside an area. Degrees in, metres out."""

import math
from collections.abc import Sequence
from typing import Final, TypeAlias

EARTH_RADIUS: Final = 6_371_008.8
Point: TypeAlias = tuple[float, float]


def metres_between(one: Point, other: Point) -> float:
    """The great-circle distance between two (latitude, longitude), by the haversine formula on a sphere."""
    north, south = math.radians(one[0]), math.radians(other[0])
    half = math.sin((south - north) / 2) ** 2
    half += math.cos(north) * math.cos(south) * math.sin(math.radians(other[1] - one[1]) / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, half)))


def is_inside(point: Point, area: Sequence[Point]) -> bool:
    """Whether `point` lies inside the polygon `area` (corners in order, closed or not)."""
    latitude, longitude = point
    inside = False
    for (north, east), (south, west) in zip(area, [*area[1:], area[0]], strict=True):
        if (north > latitude) != (south > latitude):
            crossing = east + (latitude - north) / (south - north) * (west - east)
            inside ^= longitude < crossing
    return inside


def metres_outside(point: Point, area: Sequence[Point]) -> float:
    """How far `point` lies outside the polygon `area`, 0 inside. For areas of some kilometres, away from the poles."""
    if is_inside(point, area):
        return 0.0
    return min(_metres_to_side(point, one, other) for one, other in zip(area, [*area[1:], area[0]], strict=True))


def _metres_to_side(point: Point, one: Point, other: Point) -> float:
    narrowing = math.cos(math.radians(point[0]))
    scale = math.radians(1) * EARTH_RADIUS
    ax, ay = (one[1] - point[1]) * narrowing * scale, (one[0] - point[0]) * scale
    bx, by = (other[1] - point[1]) * narrowing * scale, (other[0] - point[0]) * scale
    length = (bx - ax) ** 2 + (by - ay) ** 2
    along = 0.0 if not length else max(0.0, min(1.0, -(ax * (bx - ax) + ay * (by - ay)) / length))
    return math.hypot(ax + along * (bx - ax), ay + along * (by - ay))
