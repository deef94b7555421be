"""A point among others, as a small drawing without a map below it: nobody else's server is asked for one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

Point: TypeAlias = tuple[float, float]

# Units of the drawing.
SIDE: Final = 300.0
EDGE: Final = 12.0
METRES_A_DEGREE: Final = 111_320.0
# A single point stands in the middle of so many metres.
LEAST_METRES: Final = 100.0


@dataclass(frozen=True, slots=True)
class PointMap:
    """`here` and the `others` in the units of a square of SIDE, north above; `metres` is the length of its side."""

    latitude: float
    longitude: float
    here: Point
    others: tuple[Point, ...]
    metres: float


def draw_points(here: Point, others: Sequence[Point]) -> PointMap:
    """Put (latitude, longitude) in degrees on a plane that is true around `here`; others far away are left out."""
    narrowing = max(math.cos(math.radians(here[0])), 0.01)

    def metres(point: Point) -> Point:
        east = (point[1] - here[1] + 180) % 360 - 180
        return east * METRES_A_DEGREE * narrowing, (point[0] - here[0]) * METRES_A_DEGREE

    distances = sorted(math.hypot(*metres(point)) for point in others)
    # The nearest nine of ten: one phone that dreams of another country makes no map of two dots.
    reach = distances[int(len(distances) * 0.9)] if distances else 0.0
    half = max(reach * 1.1, LEAST_METRES / 2)
    scale = (SIDE / 2 - EDGE) / half

    def place(point: Point) -> Point:
        east, north = metres(point)
        return round(SIDE / 2 + east * scale, 1), round(SIDE / 2 - north * scale, 1)

    near = tuple(place(point) for point in others if max(map(abs, metres(point))) <= half)
    return PointMap(here[0], here[1], (SIDE / 2, SIDE / 2), near, SIDE / scale)
