"""Finding submissions by what they are called, and by what was found in them, however many there are.

What is searched for is the beginning of words: `wang` finds `Household 12, Wang Li`, `ang` does not. Scripts that are
written without spaces between words are found from any sign on. Several words must all be there. The beginning of an
instance id, with or without `uuid:`, and the number of a submission find it too.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, insert, or_, select, text
from sqlalchemy.orm import Session

from surveyapp.store.search_tables import submission_marks, submission_words
from surveyapp.store.tables import submissions

s = submissions.c
w = submission_words.c

# Thai, Lao, Burmese, Khmer; kana; Han.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORDS: Final = re.compile(f"[{_UNSPACED}]+|[^\\W_{_UNSPACED}]+")
_IS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
LONGEST: Final = 40
MOST_WORDS: Final = 40
# Stands before an instance id; no word has it.
ID_SIGN: Final = "="
LONGEST_ID: Final = 80
LAST: Final = "\U0010ffff"
LONGEST_NUMBER: Final = 18
# What fewer submissions than these have is read from the index of words and sorted; where more have it, the newest
# submissions are looked through, among which some soon have it.
FEW: Final = 2_000

ADD_MARK: Final = text(
    "INSERT INTO submission_marks (form_pk, mark, submission_id) "
    "SELECT form_pk, :mark, submission_id FROM submission_versions WHERE id = :version_id ON CONFLICT DO NOTHING"
)
ADD_OWN_MARK: Final = text(
    "INSERT INTO submission_marks (form_pk, mark, submission_id) VALUES (:form_pk, :mark, :submission_id) "
    "ON CONFLICT DO NOTHING"
)
ADD_WORDS: Final = insert(submission_words)


# -- words ------------------------------------------------------------------------------------------------------------
def list_words(instance_name: str, instance_id: str) -> list[str]:
    """The words by which a submission is found, sorted; no more than MOST_WORDS."""
    found = {ID_SIGN + _fold_id(instance_id)}
    for word in _split(instance_name):
        found |= {word[start:] for start in range(len(word))} if _IS_UNSPACED.match(word) else {word}
        if len(found) > MOST_WORDS:
            break
    return sorted(found)[:MOST_WORDS]


def _split(told: str) -> list[str]:
    """The words of a text, as they are compared."""
    folded = unicodedata.normalize("NFKC", told).casefold().replace("\0", " ")
    return [word[:LONGEST] for word in _WORDS.findall(folded)]


def _fold_id(told: str) -> str:
    return told.casefold().replace("\0", " ").strip().removeprefix("uuid:")[:LONGEST_ID]


def add_words(session: Session, form_pk: int, submission_id: int, instance_name: str, instance_id: str) -> None:
    """Let a submission be found by what it is called."""
    words = list_words(instance_name, instance_id)
    rows = [{"form_pk": form_pk, "submission_id": submission_id, "word": word} for word in words]
    session.connection().execute(ADD_WORDS, rows)


def remove_words(session: Session, submission_id: int) -> None:
    """It is called something else now."""
    session.execute(delete(submission_words).where(w.submission_id == submission_id))


# -- marks ------------------------------------------------------------------------------------------------------------
def name_marks(found: Iterable[tuple[str, str]]) -> list[str]:
    """The marks of findings, each a (check, severity)."""
    return sorted({mark for check, severity in found for mark in (f"check:{check}", f"severity:{severity}")})


def add_marks(session: Session, version_id: int, found: Iterable[tuple[str, str]]) -> None:
    """Let the submission of a version be found by what was found in it: pairs of check and severity."""
    rows = [{"mark": mark, "version_id": version_id} for mark in name_marks(found)]
    session.connection().execute(ADD_MARK, rows)


def add_own_marks(session: Session, form_pk: int, submission_id: int, found: Iterable[tuple[str, str]]) -> None:
    """The same by the number of the submission."""
    rows = [{"mark": mark, "form_pk": form_pk, "submission_id": submission_id} for mark in name_marks(found)]
    session.connection().execute(ADD_OWN_MARK, rows)


def marked(form_pk: int, name: str, value: str) -> tuple[Any, ColumnElement[bool]]:
    """The table of marks once more, and what holds in it for the submissions that were ever marked so."""
    table = submission_marks.alias()
    return table, and_(table.c.form_pk == form_pk, table.c.mark == f"{name}:{value}")


# -- searching --------------------------------------------------------------------------------------------------------
def find_called(session: Session, form_pk: int, told: str) -> tuple[ColumnElement[bool], bool]:
    """What holds for the submissions of a form that are called so: a condition on the table submissions; and whether it
    names each of them.
    """
    numbers = {int(told)} if told.isascii() and told.isdecimal() and len(told) < LONGEST_NUMBER else set()
    words, key = list(dict.fromkeys(_split(told))), _fold_id(told)
    conditions = []
    for beginnings in [words] * bool(words) + [[ID_SIGN + key]] * bool(key):
        few = _find_few(session, form_pk, beginnings)
        if few is None:
            conditions.append(and_(*map(_has_word, beginnings)))
        else:
            numbers |= few
    known = s.id.in_(sorted(numbers))
    return or_(known, *conditions) if conditions else known, not conditions


def _find_few(session: Session, form_pk: int, beginnings: list[str]) -> set[int] | None:
    """The submissions that have a word for each of the beginnings; None where many have each of them."""
    few: set[int] | None = None
    many = []
    for beginning in beginnings:
        found = select(w.submission_id).where(w.form_pk == form_pk, _begins(beginning)).limit(FEW + 1)
        numbers = list(session.execute(found).scalars())
        if len(numbers) > FEW:
            many.append(beginning)
        else:
            few = set(numbers) if few is None else few & set(numbers)
    for beginning in many if few else ():
        among = select(w.submission_id).where(w.submission_id.in_(sorted(few or ())), _begins(beginning))
        few = set(session.execute(among).scalars())
    return few


def _begins(beginning: str) -> ColumnElement[bool]:
    return and_(w.word >= beginning, w.word < beginning + LAST)


def _has_word(beginning: str) -> ColumnElement[bool]:
    """Asked of one submission after the other. As EXISTS, PostgreSQL would read all words that begin so, once."""
    found = select(w.submission_id).where(w.submission_id == s.id, _begins(beginning)).limit(1)
    return found.correlate(submissions).scalar_subquery().is_not(None)
