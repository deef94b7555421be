"""What a kept finding says to people: its sentence, the name of its check, the questions."""

from collections.abc import Mapping
from dataclasses import replace

from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.declaration import NOTHING, QualityFinding, tell
from surveyapp.xform.definition import FormDefinition, Question


def title_of(kind: str, language: str = "en") -> str:
    """The name of a check in English or Chinese; its id where this version has no such check any more."""
    check = CATALOGUE.get(kind)
    if check is None:
        return kind
    return check.label_zh if language.startswith("zh") else check.label_en


def sentence_of(finding: QualityFinding, language: str = "en", own: Mapping[str, str] = NOTHING) -> str:
    """The sentence of a finding in English or Chinese, the author's own first."""
    check = CATALOGUE.get(finding.kind)
    if check is None:
        return next(iter(own.values()), "") or f"{finding.kind}: {finding.observed}"
    return tell(check, finding, language, own)


def language_of(definition: FormDefinition, language: str) -> str:
    """The form's language that is `language`: of `中文 (zh)` the code counts; its default where it has none such."""
    fitting = (name for name in definition.languages if f"({language}" in name.lower())
    return next(fitting, definition.default_language)


def with_label(finding: QualityFinding, definition: FormDefinition, language: str) -> QualityFinding:
    """The finding with the label that its question has in a language; as it was kept where the form has no such
    question any more.
    """
    question = definition.elements.get(finding.questions[0]) if finding.questions else None
    if "label" not in finding.arguments or not isinstance(question, Question):
        return finding
    label = " ".join(definition.text(question.label, language_of(definition, language)).split())
    return replace(finding, arguments={**finding.arguments, "label": label or question.name})


def names_of(finding: QualityFinding) -> str:
    """The names of its questions, separated by spaces."""
    return " ".join(path.rpartition("/")[2] for path in finding.questions)
