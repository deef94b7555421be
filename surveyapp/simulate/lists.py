"""The choice lists of a form as trees, also those that lie in CSV files beside it."""

import csv
import io
from collections.abc import Mapping

from surveyapp.answers import Node
from surveyapp.expressions.scope import Instances
from surveyapp.xform.definition import ChoiceList, FormDefinition


def build_instances(definition: FormDefinition, attachments: Mapping[str, bytes]) -> Instances:
    """Every secondary instance by its id: `<instance><root><item><name>…`. Files other than CSV stay empty."""
    return Instances({name: _instance(listed, attachments) for name, listed in definition.choice_lists.items()})


def _instance(listed: ChoiceList, attachments: Mapping[str, bytes]) -> Node:
    instance = Node("instance")
    root = instance.append(Node("root"))
    if listed.source:
        content = attachments.get(listed.source.rpartition("/")[2], b"")
        rows = read_csv(content) if listed.source.lower().endswith(".csv") else []
    else:
        rows = [{"name": choice.name, **choice.columns} for choice in listed.choices]
    for row in rows:
        item = root.append(Node("item"))
        for column, value in row.items():
            item.append(Node(column, value))
    return instance


def read_csv(content: bytes) -> list[dict[str, str]]:
    """The rows of a choice file by column, as ODK Collect reads them."""
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig", "replace"), newline=""))
    return [{key: value or "" for key, value in row.items() if key} for row in reader]
