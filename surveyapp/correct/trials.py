"""What rules, or a log, would change: answers, and findings about them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from surveyapp.clean.comparison import CellExample, RulesetDifference, Watch, compare_rulesets
from surveyapp.clean.examples import ExampleFault, run_examples
from surveyapp.clean.log import LogRow
from surveyapp.clean.outcomes import Outcome
from surveyapp.clean.pipeline import Cleaner
from surveyapp.clean.records import Submission
from surveyapp.correct.rulesets import compile_draft
from surveyapp.correct.suspicions import Suspicions
from surveyapp.store.cleaning import Rules, find_numbers
from surveyapp.store.cleaning_source import StoredSubmissions, get_cleaning, get_compared
from surveyapp.store.files import Files
from surveyapp.store.forms import Form
from surveyapp.store.reach import Reach
from surveyapp.store.selection import Selection


@dataclass
class FindingsEffect:
    """What a change means for findings, by check.

    `settled` counts open findings about answers that would be others, or interviews that would leave, of `open` ones
    in all. `before` and `after` count what cleaning itself finds.
    """

    open: Counter[str] = field(default_factory=Counter)
    settled: Counter[str] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)

    def take(self, suspicions: Suspicions, submission: Submission, old: Outcome, new: Outcome) -> None:
        """Count what is about one submission."""
        self.before.update(finding.check for finding in old.findings)
        self.after.update(finding.check for finding in new.findings)
        if old.deletion is not None:
            return
        former, latter = ({row.key: row for row in outcome.rows} for outcome in (old, new))
        for one, cell in suspicions.of(submission).items():
            self.open[one.check] += 1
            left, right = former.get(cell.row_key), latter.get(cell.row_key)
            if left is not None and (right is None or left.values.get(cell.path) != right.values.get(cell.path)):
                self.settled[one.check] += 1


@dataclass(frozen=True)
class Trial:
    """What a change would do: how clean data differ from those of now, and findings with them. `draft` cleans as it
    would be then, `now` as it is; `against` is the number of the ruleset of now.
    """

    against: int
    now: Cleaner
    draft: Cleaner
    difference: RulesetDifference
    findings: FindingsEffect
    faults: Sequence[ExampleFault] = ()


def try_rules(session: Session, files: Files, form: Form, rules: Rules, watch: Watch | None = None) -> Trial:
    """Run rules over all submissions beside those that hold now, with the decisions of people. Changes nothing.

    Raises:
        Problem: RULESET_INVALID with every fault.
    """
    program = compile_draft(session, files, form, rules)
    now = get_cleaning(session, files, form)
    asks = now.asks_checks or any(rule.parameters.get("finding") for rule in program.ruleset.rules)
    source = get_compared(session, form, program.form, flags=asks)
    cleaners = now.cleaner, Cleaner(program, now.log)
    difference, findings = _compare(cleaners, source, source, watch)
    return Trial(now.program.ruleset.version, *cleaners, difference, findings, run_examples(program))


def try_decisions(
    session: Session, files: Files, form: Form, rows: Sequence[LogRow], reach: Reach, watch: Watch | None = None
) -> Trial:
    """The same for rows that an import would add to the log: the interviews that they name, with the rules of now."""
    now = get_cleaning(session, files, form)
    cleaners = now.cleaner, Cleaner(now.program, [*now.log, *rows])
    source = get_compared(session, form, now.program.form, flags=now.asks_checks)
    numbers = find_numbers(session, form, {row.instance_id for row in rows}, reach)
    if not numbers:
        return Trial(now.program.ruleset.version, *cleaners, RulesetDifference({}), FindingsEffect())
    selection = Selection(submissions=tuple(numbers.values()), reach=reach)
    among = StoredSubmissions(session, form, now.program.form, flags=now.asks_checks, selection=selection)
    return Trial(now.program.ruleset.version, *cleaners, *_compare(cleaners, source, among, watch))


def _compare(
    cleaners: tuple[Cleaner, Cleaner],
    source: StoredSubmissions,
    among: StoredSubmissions,
    watch: Watch | None,
) -> tuple[RulesetDifference, FindingsEffect]:
    # What is found is listed by reach alone: each number of a submission would be a parameter of the statement.
    listed = replace(among.selection, submissions=())
    reached = StoredSubmissions(among.session, among.form, among.questionnaire, selection=listed)
    effect, suspicions = FindingsEffect(), Suspicions(among, reached.list_suspicions())

    def look(submission: Submission, old: Outcome, new: Outcome, cells: Sequence[CellExample]) -> None:
        effect.take(suspicions, submission, old, new)
        if watch is not None:
            watch(submission, old, new, cells)

    return compare_rulesets(*cleaners, source, among=among, watch=look), effect
