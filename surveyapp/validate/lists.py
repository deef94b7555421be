"""Secondary instances: the lists inside the form, and the files beside it, as trees that expressions can walk."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from surveyapp.answers import Node
from surveyapp.expressions.errors import ExpressionError
from surveyapp.expressions.evaluation import read_tree
from surveyapp.expressions.scope import Instances
from surveyapp.xform.definition import ChoiceList, FormDefinition

NO_ATTRIBUTES: Final[dict[str, str]] = {}
LAST_SAVED: Final = "jr://instance/last-saved"


def build_instances(definition: FormDefinition, attachments: Mapping[str, bytes]) -> Instances:
    """Every secondary instance of the form; `attachments` are its files by name."""
    nodes: dict[str, Node] = {}
    missing: dict[str, str] = {}
    for name, listed in definition.choice_lists.items():
        if not listed.source:
            nodes[name] = _inline(listed)
            continue
        file = listed.source.rpartition("/")[2]
        if listed.source.startswith(LAST_SAVED):
            missing[name] = "it reads the last saved record, which only the phone has"
        elif file in attachments:
            _read_into(nodes, missing, name, file, attachments[file])
        else:
            missing[name] = f"the file {file} is not attached to the form"
    for file in definition.attachments:
        stem, _, kind = file.rpartition(".")
        if kind == "csv" and stem not in nodes and stem not in missing:
            if file in attachments:
                _read_into(nodes, missing, stem, file, attachments[file])
            else:
                missing[stem] = f"the file {file} is not attached to the form"
    return Instances(nodes, missing)


def _read_into(nodes: dict[str, Node], missing: dict[str, str], name: str, file: str, content: bytes) -> None:
    try:
        nodes[name] = read_file(file, content)
    except (ExpressionError, ValueError, csv.Error) as error:
        missing[name] = f"the file {file} cannot be read ({error})"


class Row(Node):
    """One row of a table as an item whose cells become nodes only when they are asked for.

    A register of 100,000 households would otherwise be a million nodes in every worker.
    """

    __slots__ = ("cells", "columns")

    def __init__(self, columns: Mapping[str, int], cells: Sequence[str]) -> None:
        self.columns = columns
        self.cells = cells
        self.name = "item"
        self.namespace = self.type = ""
        self.text = None
        self.attributes = NO_ATTRIBUTES
        self.parent = None
        self.element = self.typed = None
        self.relevant = True

    @property
    def children(self) -> list[Node]:  # type: ignore[override]  # made when first asked for
        """Its cells, made anew."""
        return [cell for name in self.columns if (cell := self.find(name)) is not None]

    def find(self, name: str) -> Node | None:
        """The cell of that column, made anew."""
        place = self.columns.get(name)
        if place is None or place >= len(self.cells):
            return None
        cell = Node(name, self.cells[place])
        cell.parent = self
        return cell

    def all(self, name: str) -> list[Node]:
        """As `find`."""
        cell = self.find(name)
        return [] if cell is None else [cell]


def _inline(listed: ChoiceList) -> Node:
    rows = []
    for choice in listed.choices:
        row = {"name": choice.name, **choice.columns}
        if "" in choice.label:
            row["label"] = choice.label[""]
        rows.append(row)
    return _table(rows)


def _table(rows: Sequence[Mapping[str, str]]) -> Node:
    # A row without a column has no such node, so each set of columns has its own table of places.
    shapes: dict[tuple[str, ...], Mapping[str, int]] = {}
    items = []
    for row in rows:
        shape = shapes.setdefault(tuple(row), {name: place for place, name in enumerate(row)})
        items.append(Row(shape, list(row.values())))
    return _instance(items)


def _instance(items: Sequence[Node]) -> Node:
    instance = Node("instance")
    root = instance.append(Node("root"))
    for item in items:
        root.append(item)
    return instance


def read_file(file: str, content: bytes) -> Node:
    """A CSV, GeoJSON or XML file as an `<instance>` element.

    Raises:
        ValueError: it is not readable.
    """
    if file.endswith(".xml"):
        instance = Node("instance")
        instance.append(read_tree(content.decode("utf-8-sig")))
        return instance
    if file.endswith(".geojson"):
        return _table([_feature(feature) for feature in json.loads(content)["features"]])
    return _instance(read_csv(content))


def read_csv(content: bytes) -> list[Row]:
    """The rows of a CSV file in UTF-8, separated by comma or semicolon as its header says."""
    text = content.decode("utf-8-sig")
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = {column.strip(): place for place, column in enumerate(next(reader, []))}
    return [Row(columns, row) for row in reader if row]


def _feature(feature: Mapping[str, Any]) -> dict[str, str]:
    """A feature's properties, with its geometry as ODK writes it."""
    row = {key: "" if value is None else str(value) for key, value in (feature.get("properties") or {}).items()}
    if "id" in feature:
        row.setdefault("id", str(feature["id"]))
    geometry = feature.get("geometry") or {}
    coordinates = geometry.get("coordinates") or []
    points = {"Point": [coordinates], "LineString": coordinates, "Polygon": coordinates[0] if coordinates else []}
    row["geometry"] = "; ".join(f"{y} {x} 0 0" for x, y, *_ in points.get(str(geometry.get("type")), []))
    return row
