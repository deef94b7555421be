"""What the page of a submission shows of the checks across interviews."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.quality.telling import sentence_of, title_of, with_label
from surveyapp.store.forms import Form
from surveyapp.store.quality import QualityFilter, QualityRow, list_quality_findings
from surveyapp.web.i18n import page_language
from surveyapp.web.identity import Access
from surveyapp.xform.shown import Reading


@dataclass(frozen=True, slots=True)
class Odd:
    """A finding as the page tells it: what its check is called, its sentence, and name and label of each question."""

    row: QualityRow
    title: str
    words: str
    questions: tuple[tuple[str, str], ...]


def list_odd(
    session: Session, access: Access, form: Form, submission_id: int, reading: Reading, root: Node
) -> list[Odd]:
    """What is open or acknowledged, for those who review: it may be about whoever interviewed."""
    if not access.may("review"):
        return []
    wanted = QualityFilter(submission_id=submission_id)
    rows = list_quality_findings(session, form.id, access.reach, wanted)
    elements = {question.path: question for question in reading.definition.questions}
    language = page_language()
    return [
        Odd(
            row,
            title_of(row.finding.kind, language),
            sentence_of(with_label(row.finding, reading.definition, language), language, row.own),
            tuple(
                (path.rpartition("/")[2], reading.label(elements[path], root) if path in elements else "")
                for path in row.finding.questions
            ),
        )
        for row in rows
        if row.state != "closed"
    ]
