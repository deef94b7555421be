"""What a supervisor reads: one plain sentence for each kind of finding."""

from typing import Final

from surveyapp.answers import Node
from surveyapp.findings import Finding, Outcome, Severity
from surveyapp.validate.record import label_of
from surveyapp.xform.bind import indexed_path
from surveyapp.xform.definition import FormDefinition, Repeat

LONGEST_VALUE: Final = 200
# Raised when the engine judges otherwise than before; what an older one judged can be judged again
# (`surveyapp recheck`).
ENGINE: Final = 2

SEVERITIES: Final[dict[str, Severity]] = {
    "type-mismatch": "error",
    "unknown-question": "warning",
    "unknown-choice": "error",
    "choice-not-offered": "warning",
    "required-missing": "error",
    "constraint-violated": "error",
    "out-of-range": "error",
    "repeat-count": "warning",
    "attachment-missing": "warning",
    "not-relevant-answered": "error",
    "calculate-differs": "warning",
    "device-clock": "warning",
}


def shorten(text: str) -> str:
    """`text`, cut where it is too long to read."""
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def place_of(node: Node) -> str:
    """The path of `node` with row numbers; of a repeat without rows the path without one."""
    parent = node.parent
    if parent is not None and isinstance(node.element, Repeat) and parent.find(node.name) is None:
        return f"{indexed_path(parent)}/{node.name}"
    return indexed_path(node)


def make_finding(
    definition: FormDefinition,
    check: str,
    node: Node,
    what: str,
    *,
    rule: str = "",
    outcome: Outcome = "violated",
) -> Finding:
    """A finding about `node`; `what` follows the question's label in its sentence."""
    element = node.element
    label = node.name if element is None else label_of(definition, element)
    severity: Severity = SEVERITIES[check] if outcome == "violated" else "info"
    return Finding(
        check=check,
        severity=severity,
        message=f"“{shorten(label)}” {what}",
        path=place_of(node),
        question=node.name,
        value=shorten(node.value),
        rule=rule,
        outcome=outcome,
    )
