"""A record heard under the rules of one dialect: how a rule is tried at a node, and what is noted of it.

A rule that cannot be evaluated is not checkable, with its reason; it is never taken as kept or broken.
"""

import datetime
from collections.abc import Iterator, Sequence
from typing import Final

from surveyapp.answers import Node
from surveyapp.expressions.errors import ExpressionError, NotCheckable
from surveyapp.expressions.evaluation import DialectName
from surveyapp.expressions.scope import Environment, Scope
from surveyapp.findings import Finding
from surveyapp.validate.circumstances import Clock
from surveyapp.validate.labels import choice_label
from surveyapp.validate.record import PreparedRecord
from surveyapp.validate.rules import Book, CompiledRules, Rule
from surveyapp.validate.wording import make_finding

DISTRUSTED: Final = "the phone's clock is wrong"


class Hearing:
    """What one dialect says of one record.

    `violated` and `unknown` are by check and path; `kept` counts the rules that were found kept.
    """

    def __init__(self, rules: CompiledRules, dialect: DialectName, record: PreparedRecord, clock: Clock) -> None:
        self.rules = rules
        self.dialect: DialectName = dialect
        self.book: Book = rules.books[dialect]
        self.record = record
        self.clock = clock
        self.violated: dict[tuple[str, str], Finding] = {}
        self.unknown: dict[tuple[str, str], Finding] = {}
        self.kept = 0
        definition = rules.definition
        self.environment = Environment(
            record.root,
            now=clock.instants[0],
            instances=rules.instances,
            language=definition.default_language,
            version=definition.version,
            by_path=record.by_path,
        )
        self.environment.choice_name = lambda value, path, scope: choice_label(rules, value, path, scope)

    # -- outcomes -----------------------------------------------------------------------------------------------------
    def violate(self, check: str, node: Node, what: str, rule: str = "") -> None:
        """Enter that a rule is broken at `node`."""
        finding = make_finding(self.rules.definition, check, node, what, rule=rule)
        self.violated[check, finding.path] = finding

    def doubt(self, check: str, node: Node, reason: str, rule: str = "") -> None:
        """Enter that a rule could not be checked at `node`."""
        what = f"could not be checked: {reason}."
        finding = make_finding(self.rules.definition, check, node, what, rule=rule, outcome="not_checkable")
        self.unknown[check, finding.path] = finding

    # -- evaluation ---------------------------------------------------------------------------------------------------
    def settings(self, rule: Rule) -> Iterator[None]:
        """Put each moment and language in place at which `rule` must be tried."""
        moments: Sequence[datetime.datetime] = self.clock.instants if rule.timed else self.clock.instants[:1]
        languages: Sequence[str] = [self.environment.language]
        if rule.worded:
            languages = self.rules.definition.languages or languages
        first_language = self.environment.language
        for moment in moments:
            for language in languages:
                self.environment.now, self.environment.language = moment, language
                yield
        self.environment.now, self.environment.language = self.clock.instants[0], first_language

    def truths(self, rule: Rule, node: Node) -> set[bool]:
        """Every truth that `rule` takes at `node`.

        Raises:
            NotCheckable: it cannot be known, with the reason.
        """
        self.ready(rule)
        scope = Scope(self.environment, node)
        if not rule.timed and not rule.worded:
            return {self.evaluate_truth(rule, scope)}
        return {self.evaluate_truth(rule, scope) for _ in self.settings(rule)}

    def evaluate_truth(self, rule: Rule, scope: Scope) -> bool:
        """The truth of `rule`; an error on the phone makes it not checkable."""
        assert rule.compiled is not None
        try:
            return rule.compiled.boolean(scope)
        except NotCheckable:
            raise
        except ExpressionError as error:
            raise NotCheckable(f"the phone could not evaluate the rule ({error})") from error

    def ready(self, rule: Rule) -> None:
        """Raise NotCheckable where `rule` cannot be tried at all."""
        if rule.fault:
            raise NotCheckable(rule.fault)
        if rule.timed and self.clock.fault:
            raise NotCheckable(DISTRUSTED)
