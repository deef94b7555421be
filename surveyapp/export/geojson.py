"""Positions, traces and shapes as GeoJSON (RFC 7946): one file for each question that has them."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from surveyapp.export.cells import Row
from surveyapp.export.columns import TableLayout
from surveyapp.export.json_lines import json_object
from surveyapp.export.names import sheet_title

_HEAD = '{"type":"FeatureCollection","features":['
_WKT = re.compile(r"(LINESTRING|POLYGON) \({1,2}([^()]*)\){1,2}")


class GeoJson:
    """`<title>_<question>.geojson`: a feature is a row with a geometry, its properties are the other answers."""

    def write(self, folder: Path, table: TableLayout, rows: Iterator[Row]) -> list[Path]:
        """Write the rows as they come; a table without places gives no file."""
        readers = _geometry_readers(table)
        names = [column.name for column in table.columns]
        taken: list[str] = []
        for name, _ in readers:
            taken.append(sheet_title(f"{table.title}_{name}", taken))
        paths = [folder / f"{name}.geojson" for name in taken]
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("w", encoding="utf-8", errors="replace")) for path in paths]
            layers = [_Layer(file, read) for file, (_, read) in zip(files, readers, strict=True)]
            for row in rows:
                properties = json_object(names, row)
                for layer in layers:
                    layer.add(row, properties)
            for layer in layers:
                layer.close()
        return paths


class _Layer:
    """One FeatureCollection while it is written."""

    def __init__(self, file: IO[str], read: Callable[[Row], Any]) -> None:
        self._file = file
        self._read = read
        self._between = _HEAD

    def add(self, row: Row, properties: str) -> None:
        geometry = self._read(row)
        if geometry is not None:
            shape = json.dumps(geometry, separators=(",", ":"))
            self._file.write(f'{self._between}\n{{"type":"Feature","geometry":{shape},"properties":{properties}}}')
            self._between = ","

    def close(self) -> None:
        self._file.write(f"{_HEAD if self._between == _HEAD else ''}\n]}}\n")


def _geometry_readers(table: TableLayout) -> list[tuple[str, Callable[[Row], Any]]]:
    """For each question with places its column name, and what makes a geometry of a row."""
    found: list[tuple[str, Callable[[Row], Any]]] = []
    parts: dict[str, dict[str, int]] = {}
    names: dict[str, str] = {}
    for place, column in enumerate(table.columns):
        question = column.question
        if question is None or column.role != "answer":
            continue
        if question.type == "geopoint":
            part = column.name.rpartition("_")[2]
            parts.setdefault(question.path, {})[part] = place
            names.setdefault(question.path, column.name.rpartition("_")[0])
        elif question.type in ("geotrace", "geoshape") and column.kind == "text":
            found.append((column.name, _shape_reader(place)))
    points = [(names[path], _point_reader(at)) for path, at in parts.items() if {"lat", "lon"} <= at.keys()]
    return points + found


def _point_reader(at: dict[str, int]) -> Callable[[Row], Any]:
    latitude, longitude, altitude = at["lat"], at["lon"], at.get("alt", -1)

    def read(row: Row) -> Any:
        if not isinstance(row[latitude], int | float) or not isinstance(row[longitude], int | float):
            return None
        position = [row[longitude], row[latitude]]
        if altitude >= 0 and isinstance(row[altitude], int | float):
            position.append(row[altitude])
        return {"type": "Point", "coordinates": position}

    return read


def _shape_reader(place: int) -> Callable[[Row], Any]:
    return lambda row: geometry_of(row[place]) if isinstance(row[place], str) else None


def geometry_of(wkt: str) -> dict[str, Any] | None:
    """The geometry of a trace or shape in well-known text; None for text that is none, or has too few points.

    The ring of a polygon is closed where the phone left it open.
    """
    matched = _WKT.fullmatch(wkt)
    if matched is None:
        return None
    try:
        points = [_position(point.split()) for point in matched[2].split(",")]
    except ValueError:
        return None
    if matched[1] == "LINESTRING":
        return {"type": "LineString", "coordinates": points} if len(points) > 1 else None
    if points[0] != points[-1]:
        points.append(points[0])
    return {"type": "Polygon", "coordinates": [points]} if len(points) > 3 else None


def _position(numbers: Sequence[str]) -> list[float]:
    longitude, latitude = map(float, numbers)
    return [longitude, latitude]
