"""Which submissions an export holds, by what they answer: a filter in the language of the form's own conditions."""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from surveyapp.clean.fields import KnownVersion, Questionnaire
from surveyapp.clean.language import Formula
from surveyapp.clean.records import Row, Source, Submission
from surveyapp.clean.trees import Plan, Tree
from surveyapp.expressions.errors import ExpressionError
from surveyapp.problems import EXPORT_OPTION, Problem
from surveyapp.sentences import say
from surveyapp.xform.definition import FormDefinition


class Chosen:
    """The numbers of submissions for which a query holds, in order: eight bytes each.

    `failed` counts those for which it has no value; they are not among them.
    """

    def __init__(self) -> None:
        self._numbers = array("q")
        self.failed = 0

    def add(self, number: int) -> None:
        """One more, of a higher number than those before."""
        self._numbers.append(number)

    def __contains__(self, number: int) -> bool:
        place = bisect_left(self._numbers, number)
        return place < len(self._numbers) and self._numbers[place] == number

    def __len__(self) -> int:
        return len(self._numbers)

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)


class Query:
    """A condition on one submission, as `${village} = 'v03' and count(${member}) > 4`; `chosen` is what it held for.

    Raises:
        Problem: EXPORT_OPTION: it cannot be read, with the place where, or names what the form does not have.
    """

    def __init__(self, text: str, form: Questionnaire, plans: Mapping[str, Plan] | None = None) -> None:
        self._form = form
        self._plans = plans or {name: Plan(form, name, {}) for name in form.versions}
        self.chosen = Chosen()
        try:
            self._formula = Formula(text, "", form, self._plans)
        except ExpressionError as error:
            names = ", ".join(list(form.by_name)[:12])
            raise Problem(
                EXPORT_OPTION,
                say("The query {text!r} cannot be read. {error}", text=text, error=str(error)),
                remedy=say("Write it like a relevant of the form. Its questions: {names}.", names=names),
            ) from error

    def ask(self, submission: Submission, rows: Sequence[Row]) -> None:
        """Hold the query against what a submission says in `rows`; each is asked once, in the order of receipt."""
        plan = self._plans.get(submission.version) or self._plans[self._form.newest.version]
        try:
            if self._formula.is_true(Tree(plan, rows, submission.received_at), "", ""):
                self.chosen.add(submission.number)
        except ExpressionError:
            self.chosen.failed += 1

    def ask_all(self, source: Source) -> Chosen:
        """Hold it against every submission as it was sent."""
        for submission in source.list_submissions():
            self.ask(submission, submission.rows)
        return self.chosen


def check_query(text: str, definitions: Sequence[FormDefinition]) -> None:
    """Say before an export is asked for or kept whether its query can be read; '' always can.

    Raises:
        Problem: EXPORT_OPTION.
    """
    if text and definitions:
        Query(text, Questionnaire([KnownVersion(definition) for definition in definitions]))
