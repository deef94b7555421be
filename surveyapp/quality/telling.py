"""What a kept finding says to people: its sentence, the name of its check, the questions."""

from collections.abc import Mapping

from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.declaration import NOTHING, QualityFinding, tell


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


def names_of(finding: QualityFinding) -> str:
    """The names of its questions, separated by spaces."""
    return " ".join(path.rpartition("/")[2] for path in finding.questions)
