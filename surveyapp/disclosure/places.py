"""Positions that are near the truth but not it. Latitudes and longitudes in degrees, distances in metres.

The displacement is that of the DHS Program (Burgert et al. 2013, Geographic displacement procedure, DHS Spatial
Analysis Reports 7): a random direction, and a random distance of up to 2 km in towns, 5 km in the country, and 10 km
for one place of the country in a hundred. That a place stays in its district is not checked: the form has no borders.
"""

import math
from typing import Final

from surveyapp.disclosure.pseudonyms import chances

URBAN_METRES: Final = 2_000.0
RURAL_METRES: Final = 5_000.0
FAR_METRES: Final = 10_000.0
FAR_SHARE: Final = 0.01
ROUNDED: Final = 2
_EARTH_METRES: Final = 6_371_008.8


def displaced(secret: bytes, who: str, latitude: float, longitude: float, *, urban: bool) -> tuple[float, float]:
    """The position moved by the rule of DHS, the same way each time for the same `who`; five decimals (1 m)."""
    direction, distance, far = chances(secret, "displacement", who, 3)
    most = URBAN_METRES if urban else FAR_METRES if far < FAR_SHARE else RURAL_METRES
    return _moved(latitude, longitude, 2 * math.pi * direction, most * distance)


def _moved(latitude: float, longitude: float, bearing: float, metres: float) -> tuple[float, float]:
    """The end of a great circle."""
    angle, phi, lam = metres / _EARTH_METRES, math.radians(latitude), math.radians(longitude)
    sine = math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing)
    end = math.asin(max(-1.0, min(1.0, sine)))
    across = math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(end)
    )
    east = (math.degrees(lam + across) + 180) % 360 - 180
    return round(math.degrees(end), 5), round(east, 5)


def metres_between(first: tuple[float, float], second: tuple[float, float]) -> float:
    """The distance of two positions (latitude, longitude) on a sphere."""
    (phi1, lam1), (phi2, lam2) = (tuple(map(math.radians, place)) for place in (first, second))
    chord = math.sin((phi2 - phi1) / 2) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin((lam2 - lam1) / 2) ** 2
    return 2 * _EARTH_METRES * math.asin(min(1.0, math.sqrt(chord)))


# The middle of one or two households is where they live.
FEWEST_HOUSEHOLDS: Final = 3


class Centroid:
    """The mean of positions, taken as they come; right for the size of a village."""

    __slots__ = ("_east", "_first", "_north", "count")

    def __init__(self) -> None:
        self.count = 0
        self._north = self._east = self._first = 0.0

    def add(self, latitude: float, longitude: float) -> None:
        """Take one more position."""
        if not self.count:
            self._first = longitude
        self.count += 1
        self._north += latitude
        # Counted from the first one, so that a village on the date line has its middle there.
        self._east += (longitude - self._first + 180) % 360 - 180

    @property
    def position(self) -> tuple[float, float]:
        """Latitude and longitude, four decimals (10 m)."""
        east = (self._first + self._east / self.count + 180) % 360 - 180
        return round(self._north / self.count, 4), round(east, 4)
