"""`jr:choice-name`: the label of a choice in the active language."""

import posixpath

from surveyapp.expressions.errors import NotCheckable
from surveyapp.expressions.scope import Scope
from surveyapp.validate.rules import CompiledRules
from surveyapp.xform.definition import Question


def choice_label(rules: CompiledRules, value: str, path: str, scope: Scope) -> str:
    """The label of the choice `value` of the question at `path`, '' where there is none.

    Raises:
        NotCheckable: the label quotes other answers, or its list lies in a file that is not here.
    """
    definition = rules.definition
    element = definition.elements.get(_absolute(path.strip(), scope))
    if not isinstance(element, Question):
        return ""
    itemset = element.itemset
    if itemset is not None and definition.choice_file(element):
        return _label_in_file(rules, itemset.list_name, itemset.value_ref, value, itemset.label_ref)
    language = scope.environment.language
    label = next((definition.text(c.label, language) for c in definition.choices(element) if c.name == value), "")
    if "${" in label:
        raise NotCheckable("the label of the choice quotes other answers")
    return label


def _absolute(path: str, scope: Scope) -> str:
    return path if path.startswith("/") else posixpath.normpath(posixpath.join(scope.node.path(), path))


def _label_in_file(rules: CompiledRules, list_name: str, value_ref: str, value: str, label_ref: str) -> str:
    for root in rules.instances.get(list_name).children[:1]:
        for item in rules.instances.index(root, "item", value_ref).get(value, ())[:1]:
            cell = item.find(label_ref)
            return "" if cell is None else cell.value
    return ""
