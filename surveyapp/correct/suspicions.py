"""What checks and rules of the form have found, beside the submissions that it is about."""

from collections.abc import Iterator, Mapping

from surveyapp.clean.records import CellKey, Submission
from surveyapp.store.cleaning_source import StoredSubmissions, Suspicion


class Suspicions:
    """What nobody has settled, given out submission by submission while `source` lists them; both in receipt order."""

    def __init__(self, source: StoredSubmissions, found: Iterator[Suspicion]) -> None:
        self.source = source
        self._rest = found
        self._next = next(self._rest, None)

    def of(self, submission: Submission) -> Mapping[Suspicion, CellKey]:
        """What is about the submission that the source gave last, with its cells; what is about earlier ones is passed
        over.
        """
        found: dict[Suspicion, CellKey] = {}
        while self._next is not None and self._next.number <= submission.number:
            if self._next.number == submission.number:
                found[self._next] = self._find_cell(self._next, submission)
            self._next = next(self._rest, None)
        return found

    def _find_cell(self, one: Suspicion, submission: Submission) -> CellKey:
        place = None if one.row_key else self.source.find_place(one.path, submission.main)
        return CellKey(one.row_key, one.path) if place is None else CellKey(place[0].key, place[1])
