"""Many points as a drawing without a map below it, with a scale: nobody else's server is asked for one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

Point: TypeAlias = tuple[float, float]

# Units of the drawing.
WIDTH: Final = 800.0
HEIGHT: Final = 600.0
EDGE: Final = 24.0
METRES_A_DEGREE: Final = 111_320.0
# Points nearer to each other than this are drawn as if they were so far apart.
LEAST_METRES: Final = 50.0
# The bar of the scale is at most this long.
LONGEST_BAR: Final = 200.0
# One phone that dreams of another country must not shrink all others to a dot: left out is what lies this many times as
# far from the middle as three points of four do, and so many metres more.
MOST: Final = 0.75
FAR_OFF: Final = 20.0
FAR_METRES: Final = 20_000.0


@dataclass(frozen=True, slots=True)
class Scatter:
    """`places` are where the points go, by their index, north above; `outside` are the indices of points that lie too
    far off. `bar` is the length of the scale in units of the drawing, for so many `metres`.
    """

    places: dict[int, Point]
    outside: tuple[int, ...]
    bar: float
    metres: float


def draw_scatter(points: Sequence[Point]) -> Scatter | None:
    """Put (latitude, longitude) in degrees on a plane that is true around the middle one; None without points."""
    if not points:
        return None
    middle = (_median([point[0] for point in points]), _median([point[1] for point in points]))
    narrowing = max(math.cos(math.radians(middle[0])), 0.01)
    plane = [
        (_turn(longitude - middle[1]) * METRES_A_DEGREE * narrowing, (latitude - middle[0]) * METRES_A_DEGREE)
        for latitude, longitude in points
    ]
    distances = sorted(math.hypot(*place) for place in plane)
    limit = distances[math.ceil(len(distances) * MOST) - 1] * FAR_OFF + FAR_METRES
    near = {index: place for index, place in enumerate(plane) if math.hypot(*place) <= limit}
    east, north = ([place[axis] for place in near.values()] for axis in (0, 1))
    scale = min(
        (WIDTH - 2 * EDGE) / max(max(east) - min(east), LEAST_METRES),
        (HEIGHT - 2 * EDGE) / max(max(north) - min(north), LEAST_METRES),
    )
    centre = ((max(east) + min(east)) / 2, (max(north) + min(north)) / 2)
    metres = _round_length(LONGEST_BAR / scale)
    return Scatter(
        {
            index: (
                round(WIDTH / 2 + (place[0] - centre[0]) * scale, 1),
                round(HEIGHT / 2 - (place[1] - centre[1]) * scale, 1),
            )
            for index, place in near.items()
        },
        tuple(index for index in range(len(points)) if index not in near),
        round(metres * scale, 1),
        metres,
    )


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def _turn(degrees: float) -> float:
    """Across the date line the short way."""
    return (degrees + 180) % 360 - 180


def _round_length(most: float) -> float:
    """The longest of 1, 2, 5, 10, … that is not above `most`."""
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= most)
