"""What the rules of a form found, told to whoever reads a page in another language than English: findings are kept in
English, as phones and programs read them.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from flask_babel import lazy_gettext

from surveyapp.answers import Node
from surveyapp.findings import Finding
from surveyapp.web.i18n import page_language
from surveyapp.xform.definition import Question
from surveyapp.xform.shown import Reading

SENTENCES: Final = {
    "type-mismatch": lazy_gettext("“%(label)s” has the answer “%(value)s”, which is not of its type."),
    "unknown-question": lazy_gettext("“%(label)s” is not a question of this version of the form."),
    "unknown-choice": lazy_gettext("“%(label)s” has the answer “%(value)s”, which is not among its choices."),
    "choice-not-offered": lazy_gettext("“%(label)s” has the answer “%(value)s”, which was not offered."),
    "required-missing": lazy_gettext("“%(label)s” has to be answered and is empty."),
    "constraint-violated": lazy_gettext("“%(label)s” has the answer “%(value)s”, which its rule does not allow."),
    "out-of-range": lazy_gettext("“%(label)s” has the answer “%(value)s”, which is outside of its range."),
    "repeat-count": lazy_gettext("“%(label)s” has another number of rows than the form asks for."),
    "attachment-missing": lazy_gettext("“%(label)s” names the file “%(value)s”, which has not arrived."),
    "not-relevant-answered": lazy_gettext("“%(label)s” has an answer, although it was not asked."),
    "calculate-differs": lazy_gettext("“%(label)s” is “%(value)s”, and something else by the answers given."),
}


class Told(NamedTuple):
    """A sentence, and the tag of its language where that is not the page's."""

    words: str
    language: str


def tell_finding(finding: Finding, reading: Reading, nodes: Mapping[str, Node], root: Node) -> Told:
    """The sentence of a finding, the labels in it filled in; `nodes` are those of the record by path."""
    node = nodes.get(finding.path)
    sentence = SENTENCES.get(finding.check)
    if page_language() == "en" or sentence is None or finding.outcome != "violated":
        return Told(reading.fill(finding.message, node or root), "en")
    element = None if node is None else node.element
    label = finding.question if element is None or node is None else reading.label(element, node)
    words = str(sentence) % {"label": label, "value": finding.value}
    if finding.check == "constraint-violated" and node is not None and isinstance(element, Question):
        # What the form's author wrote for the enumerator says more than we can.
        own = reading.definition.text(element.rules.constraint_message, reading.language)
        words = f"{words} {reading.fill(own, node)}".rstrip()
    return Told(words, "")
