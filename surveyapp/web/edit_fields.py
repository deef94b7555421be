"""What the page on which answers are edited shows: each answer that may be changed, and each row of a roster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.collect.answering import change_record, is_editable
from surveyapp.collect.changes import map_rows
from surveyapp.collect.office_edit import bring_to
from surveyapp.collect.reading import read_version
from surveyapp.problems import Problem
from surveyapp.quality.telling import language_of
from surveyapp.store.forms import Form, get_definition, get_form_version, get_form_version_by_pk
from surveyapp.store.submissions import Version
from surveyapp.web.i18n import page_language
from surveyapp.xform.definition import Element, FormDefinition, Group, Question, Repeat


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed into the page and has not saved: answers by path, rows to add and to remove."""

    answers: Mapping[str, str] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page. `kind` is answer, row (the head of one) or more (where a row can be added).

    `path` is that of the question, the row, or the next new row; `words` what people call it.
    """

    kind: str
    path: str
    words: str
    type: str = ""
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    number: int = 0
    new: bool = False


def list_lines(session: Session, form: Form, version: Version, typed: Typed, *, newest: bool) -> dict[str, Any]:
    """What edit.html shows: its lines, the answers that the form's version does not ask (`orphans`), and which version
    of the form there is beside the submission's own (`newer`, '' for none).
    """
    own, last = get_form_version_by_pk(session, version.form_version_id), get_form_version(session, form)
    root, unknown = read_version(session, form, version)
    if newest:
        unknown = bring_to(root, get_definition(session, last))
    definition = get_definition(session, last if newest else own)
    rows = map_rows(root)
    added = _list_possible(definition, root, rows, typed.added)
    lines: list[Line] = []
    _list_below(definition, root, f"/{root.name}", {id(row): path for path, row in rows.items()}, lines)
    return {
        "form": form,
        "number": version.submission_id,
        "base": version.number,
        "lines": [_retype(line, typed) for line in lines],
        "orphans": [(node.path(), node.text or "…") for node in unknown],
        "newer": "" if own.id == last.id else last.version,
        "newest": newest,
        "added": added,
        "removed": typed.removed,
    }


def _list_possible(definition: FormDefinition, root: Node, rows: dict[str, Node], added: Sequence[str]) -> list[str]:
    """The new rows, put into the record; one for which it has no place is left out."""
    possible = []
    for path in added:
        try:
            change_record(definition, root, rows, {}, (path,), ())
        except Problem:
            continue
        possible.append(path)
    return possible


def _retype(line: Line, typed: Typed) -> Line:
    if line.kind != "answer" or line.path not in typed.answers:
        return line
    return Line(line.kind, line.path, line.words, line.type, typed.answers[line.path], line.choices)


def _list_below(
    definition: FormDefinition, holder: Node, path: str, rows: Mapping[int, str], lines: list[Line]
) -> None:
    """What may be changed below a group or row, also questions that the phone left out."""
    for child in definition.children_by_name[holder.element.path].values():
        nodes = holder.all(child.name)
        if isinstance(child, Question):
            if is_editable(child):
                lines.append(_answer(definition, child, f"{path}/{child.name}", nodes[0].value if nodes else ""))
        elif isinstance(child, Group):
            group = nodes[0] if nodes else _stand_in(holder, child)
            _list_below(definition, group, f"{path}/{child.name}", rows, lines)
        else:
            _list_rows(definition, nodes, child, path, rows, lines)


def _list_rows(
    definition: FormDefinition,
    nodes: Sequence[Node],
    repeat: Repeat,
    path: str,
    rows: Mapping[int, str],
    lines: list[Line],
) -> None:
    words = _label(definition, repeat)
    for number, node in enumerate(nodes, 1):
        here = rows[id(node)]
        lines.append(
            Line("row", here, words, number=number, new=here.endswith("]") and "[+" in here.rpartition("/")[2])
        )
        _list_below(definition, node, here, rows, lines)
    fresh = [int(rows[id(node)].rpartition("[+")[2].rstrip("]")) for node in nodes if "[+" in rows[id(node)][-9:]]
    lines.append(Line("more", f"{path}/{repeat.name}[+{max(fresh, default=0) + 1}]", words))


def _stand_in(holder: Node, group: Group) -> Node:
    node = Node(group.name)
    node.element, node.parent = group, holder
    return node


def _answer(definition: FormDefinition, question: Question, path: str, value: str) -> Line:
    listed = definition.choices(question) if question.type == "select_one" else ()
    language = language_of(definition, page_language())
    choices = tuple((one.name, definition.text(one.label, language) or one.name) for one in listed)
    return Line("answer", path, _label(definition, question), question.type, value, choices)


def _label(definition: FormDefinition, element: Element) -> str:
    return " ".join(definition.text(element.label, language_of(definition, page_language())).split()) or element.name
