"""The classes of a form's questions: suggested from the form, confirmed by an admin."""

from collections.abc import Iterator, Sequence
from typing import Any

from surveyapp.disclosure.classes import Suggestion, suggest_class
from surveyapp.disclosure.protection import Protection
from surveyapp.export.layout import Layout, plan_layout
from surveyapp.export.merge import MergedQuestion, MergedTable
from surveyapp.export.options import ExportOptions
from surveyapp.export.source import ExportSource
from surveyapp.problems import PII_UNCONFIRMED, Problem
from surveyapp.sentences import say


def suggest_for(question: MergedQuestion) -> Suggestion:
    """The class that a question seems to have."""
    labels = [text for _, one in question.every for text in one.label.values()]
    from_file = bool(question.choice_file)
    return suggest_class(question.newest.name, question.type, labels, from_file=from_file)


def suggest_classes(tables: Sequence[MergedTable]) -> Iterator[tuple[MergedQuestion, Suggestion]]:
    """Every question of the tables with the class that it seems to have."""
    return ((question, suggest_for(question)) for table in tables for question in table.questions)


def require_confirmation(layout: Layout) -> Protection:
    """The protection of the export, which has a class for each question, confirmed by somebody.

    Raises:
        Problem: PII_UNCONFIRMED, with the suggestion for each question that lacks a class.
    """
    protection = layout.view.options.protection or Protection()
    lacking = [
        _describe(question, suggestion)
        for question, suggestion in suggest_classes(layout.merged)
        if question.path not in protection.classes
    ]
    if lacking:
        told = say("{count} questions have no confirmed class.", count=len(lacking))
        raise Problem(PII_UNCONFIRMED, told, errors=lacking)
    if not protection.confirmed_by.strip():
        remedy = say("Say under confirmed_by who confirms the classes.")
        raise Problem(PII_UNCONFIRMED, "The classes of the questions are not confirmed.", remedy=remedy)
    return protection


def check_confirmation(source: ExportSource, options: ExportOptions) -> None:
    """Say before an export is begun whether its classes are confirmed; nothing is asked of other kinds.

    Raises:
        Problem: PII_UNCONFIRMED, as `require_confirmation`.
    """
    if options.kind == "deidentified":
        require_confirmation(plan_layout(source.versions, options.fitted(), source.kept_path))


def _describe(question: MergedQuestion, suggestion: Suggestion) -> dict[str, Any]:
    message = say(
        "{path} ({type}): {pii}? {why}", path=question.path, type=question.type, pii=suggestion.pii, why=suggestion.why
    )
    return {"path": question.path, "suggested": suggestion.pii, "why": suggestion.why, "message": message}
