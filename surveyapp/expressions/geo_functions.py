"""Areas, distances and fences, on a sphere of 6,378,100 m as JavaRosa has it.

Points are `latitude longitude [altitude accuracy]` in degrees and metres; traces and shapes have points between
semicolons.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from surveyapp.expressions.errors import ExpressionError, NotCheckable
from surveyapp.expressions.functions import ANY_NUMBER, Table
from surveyapp.expressions.numbers import NAN
from surveyapp.expressions.scope import Scope
from surveyapp.expressions.values import Value, node_text
from surveyapp.sentences import say

GEOGRAPHY: Final = Table()
EARTH_RADIUS: Final = 6_378_100.0

Point: TypeAlias = tuple[float, float]


def read_points(text: str) -> list[Point]:
    """The points in `text`.

    Raises:
        ExpressionError: one of them is no point.
    """
    points: list[Point] = []
    for part in text.split(";"):
        if not part.strip():
            continue
        try:
            latitude, longitude, *_ = (float(number) for number in part.split())
        except ValueError:
            raise ExpressionError(say("expected points as 'latitude longitude'"), found=repr(part.strip())) from None
        points.append((latitude, longitude))
    return points


def list_points(values: Sequence[Value]) -> list[Point]:
    """The points of all values; a node-set gives those of each node."""
    texts: list[str] = []
    for value in values:
        texts += [node_text(node) for node in value] if isinstance(value, list) else [str(value)]
    return [point for text in texts for point in read_points(text)]


@GEOGRAPHY.add("area", kinds=["whole"])
def area(shape: Value) -> float:
    """Square metres inside the polygon, 0 for fewer than three points."""
    points = list_points([shape])
    if len(points) < 3:
        return 0.0
    circumference = 2 * math.pi * EARTH_RADIUS
    start_latitude, start_longitude = points[0]
    plane = [
        (
            (longitude - start_longitude) * circumference * math.cos(math.radians(latitude)) / 360,
            (latitude - start_latitude) * circumference / 360,
        )
        for latitude, longitude in points
    ]
    doubled = sum(y1 * x2 - x1 * y2 for (x1, y1), (x2, y2) in pairwise(plane))
    return abs(doubled) / 2


GEOGRAPHY.add("enclosed-area", kinds=["whole"], dialects=["javarosa"])(area)


@GEOGRAPHY.add("distance", kinds=["whole"], least=1, most=ANY_NUMBER)
def distance(*values: Value) -> float:
    """Metres along the points."""
    points = list_points(values)
    return float(sum(between(one, other) for one, other in pairwise(points)))


def between(one: Point, other: Point) -> float:
    """Metres between two points, by the spherical law of cosines."""
    if one == other:
        return 0.0
    latitude, other_latitude = math.radians(one[0]), math.radians(other[0])
    turn = math.radians(one[1] - other[1])
    cosine = math.sin(latitude) * math.sin(other_latitude) + math.cos(latitude) * math.cos(other_latitude) * math.cos(
        turn
    )
    return math.acos(max(-1.0, min(1.0, cosine))) * EARTH_RADIUS


@GEOGRAPHY.add("geofence", kinds=["text", "text"])
def geofence(point: str, shape: str) -> bool | float:
    """Whether the point lies inside the shape, by the parity of crossings."""
    points, corners = read_points(point), read_points(shape)
    if not points or not corners:
        return False if corners or points else NAN
    latitude, longitude = points[0]
    inside = False
    for (lat1, lon1), (lat2, lon2) in zip(corners, [corners[-1], *corners], strict=False):
        if (lon1 > longitude) != (lon2 > longitude):
            crossing = (lat2 - lat1) * (longitude - lon1) / (lon2 - lon1) + lat1
            inside ^= latitude < crossing
    return inside


@GEOGRAPHY.add("intersects", kinds=["value"], dialects=["javarosa"], scoped=True)
def intersects(scope: Scope, trace: Value) -> bool:
    """`intersects(trace)`."""
    del scope, trace
    raise NotCheckable(say("intersects() is evaluated on the phone only"))
