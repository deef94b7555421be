"""A check as a declared object, how a form sets it, and what it finds.

A `Check` is a kind of check as the catalogue declares it. A `Setting` is one use of it in one form: on which questions,
with which parameters. A `QualityFinding` is one thing that it found.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from surveyapp.findings import Severity
from surveyapp.quality.chinese import expected_in_chinese

if TYPE_CHECKING:
    from surveyapp.quality.backchecks import Comparison
    from surveyapp.quality.case import Case
    from surveyapp.quality.survey import Survey

Scope: TypeAlias = Literal["submission", "roster row", "enumerator", "form", "backcheck"]
# At the receipt from the submission alone; then against what is there; at night and on demand over all.
Moment: TypeAlias = Literal["receipt", "comparison", "survey"]
ParameterValue: TypeAlias = float | str | bool | tuple[str, ...] | None
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a check. The type of `default` is that of the value; None stands for a number not set."""

    name: str
    default: ParameterValue
    unit: str = ""


@dataclass(frozen=True, slots=True)
class QualityFinding:
    """One odd thing that a check found.

    `check` is the id of the setting (`S06`, or what the author called it), `kind` the catalogue's id. It is about a row
    where `row_key` is set (of the repeat `repeat_path`), about a whole submission where only `instance_id` is, else
    about `subject`: an enumerator, a stratum, a day, a question. `questions` are paths. `message` is the key of one of
    the check's messages and `arguments` fill it. Findings of one `binding` belong together: one decision settles all.
    """

    check: str
    kind: str
    version: int
    severity: Severity
    message: str = ""
    instance_id: str = ""
    repeat_path: str = ""
    row_key: str = ""
    subject: str = ""
    questions: tuple[str, ...] = ()
    observed: str = ""
    expected: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    binding: str = ""
    suggestion: str = ""

    @property
    def identity(self) -> tuple[str, str, str, str, tuple[str, ...], str]:
        """What makes two findings the same one: check, submission, row, subject, questions and the observed value."""
        return self.check, self.instance_id, self.row_key, self.subject, self.questions, self.observed


CaseFunction: TypeAlias = "Callable[[Case, Setting], Iterable[QualityFinding]]"
CaseQuestion: TypeAlias = "Callable[[Case, Setting], bool]"
SurveyFunction: TypeAlias = "Callable[[Survey, Setting], Iterable[QualityFinding]]"
BackcheckFunction: TypeAlias = "Callable[[Comparison, Setting], Iterable[QualityFinding]]"


@dataclass(frozen=True)
class Check:
    """One kind of check.

    `fires` says in words when; `messages` are sentences in English and Chinese by key, '' the usual one. `severity` is
    the usual one; `other_severity` that of its second degree, where it has two. `questions` says how many questions a
    setting names: none, one or several. `automatic` says what of a form sets it without being asked. A comparison whose
    `run_case` looks at more than the summary of an interview has `must_read`: whether, by the summary, it may find
    anything, so that the answers must be read.
    """

    id: str
    label_en: str
    label_zh: str
    fires: str
    scope: Scope
    moment: Moment
    severity: Severity
    messages: Mapping[str, tuple[str, str]]
    source: str
    run_case: "CaseFunction | None" = None
    must_read: "CaseQuestion | None" = None
    run_survey: "SurveyFunction | None" = None
    run_backcheck: "BackcheckFunction | None" = None
    parameters: tuple[Parameter, ...] = ()
    other_severity: Severity | None = None
    questions: Literal["none", "one", "several"] = "none"
    automatic: str = ""
    version: int = 1

    @cached_property
    def defaults(self) -> Mapping[str, ParameterValue]:
        """Every parameter with its default."""
        return {parameter.name: parameter.default for parameter in self.parameters}


@dataclass(frozen=True)
class Setting:
    """One use of a check in one form.

    `questions` are paths, `by` the path of the question that makes the groups ('' = none), `parameters` what differs
    from the check's defaults, `messages` the author's own sentence by language.
    """

    id: str
    check: Check
    questions: tuple[str, ...] = ()
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    by: str = ""
    severity: Severity | None = None
    messages: Mapping[str, str] = field(default_factory=dict)
    active: bool = True

    def number(self, name: str) -> float:
        """A parameter that is always a number."""
        value = self.value(name)
        assert isinstance(value, int | float), f"{self.check.id} has no number {name}"
        return float(value)

    def limit(self, name: str) -> float | None:
        """A parameter that is a number or not set."""
        value = self.value(name)
        return None if value is None else float(value) if isinstance(value, int | float) else None

    def text(self, name: str) -> str:
        """A parameter that is a text."""
        value = self.value(name)
        return value if isinstance(value, str) else ""

    def names(self, name: str) -> tuple[str, ...]:
        """A parameter that is a list of words."""
        value = self.value(name)
        return value if isinstance(value, tuple) else ()

    def value(self, name: str) -> ParameterValue:
        """A parameter, the check's default where the setting says nothing."""
        return self.parameters[name] if name in self.parameters else self.check.defaults[name]

    @property
    def degree(self) -> Severity:
        """The severity of what it usually finds."""
        return self.severity or self.check.severity

    @property
    def other_degree(self) -> Severity:
        """The severity of the check's second degree."""
        return self.check.other_severity or self.degree

    def find(self, message: str = "", **parts: Any) -> QualityFinding:
        """A finding of this setting; `parts` are fields of QualityFinding."""
        parts.setdefault("severity", self.degree)
        return QualityFinding(check=self.id, kind=self.check.id, version=self.check.version, message=message, **parts)


def tell(check: Check, finding: QualityFinding, language: str = "en", own: Mapping[str, str] = NOTHING) -> str:
    """The sentence of a finding in English or Chinese; `own` are the author's sentences by language."""
    if own:
        for key, text in own.items():
            if key == language or key.endswith(f"({language})"):
                return text
        return next(iter(own.values()))
    texts = check.messages.get(finding.message) or check.messages[""]
    if language.startswith("zh"):
        return texts[1].format_map(_Known(replace(finding, expected=expected_in_chinese(finding.expected))))
    return texts[0].format_map(_Known(finding))


class _Known(dict[str, str]):
    """The words that a message may use; what is not known is left empty."""

    def __init__(self, finding: QualityFinding) -> None:
        super().__init__(finding.arguments)
        self.setdefault("observed", finding.observed)
        self.setdefault("expected", finding.expected)
        self.setdefault("suggestion", finding.suggestion)
        self.setdefault("subject", finding.subject)
        names = ", ".join(path.rpartition("/")[2] for path in finding.questions)
        self.setdefault("question", names)

    def __missing__(self, key: str) -> str:
        return ""
