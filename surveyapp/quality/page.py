"""The table of docs/quality.md, written from the declarations; a test holds the page to it."""

from collections.abc import Iterator
from typing import Final

from surveyapp.quality.catalogue import CATALOGUE
from surveyapp.quality.declaration import Check, Parameter

START: Final = "<!-- written from the declarations: start -->"
END: Final = "<!-- written from the declarations: end -->"
CHAPTERS: Final = {
    "S": "Submissions",
    "R": "Rosters",
    "G": "Places",
    "T": "Time and audit log",
    "D": "Duplicates",
    "E": "Enumerators",
    "F": "The form",
    "B": "Backchecks",
}
HEAD: Final = ("id", "check", "fires when", "parameters", "severity", "runs", "set by itself for", "source")
RUNS: Final = {"receipt": "at the receipt", "comparison": "against the others", "survey": "over all"}


def write_tables() -> str:
    """All tables, as Markdown between the two markers."""
    return "\n".join([START, "", *_tables(), END])


def _tables() -> Iterator[str]:
    for letter, title in CHAPTERS.items():
        checks = [check for check in CATALOGUE.values() if check.id[0] == letter]
        yield f"### {title} ({len(checks)})"
        yield ""
        yield "| " + " | ".join(HEAD) + " |"
        yield "|" + "---|" * len(HEAD)
        for check in checks:
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in _row(check)) + " |"
        yield ""


def _row(check: Check) -> tuple[str, ...]:
    severities = check.severity + (f", {check.other_severity}" if check.other_severity else "")
    return (
        check.id,
        f"{check.label_en} / {check.label_zh}",
        check.fires,
        "; ".join(map(_parameter, check.parameters)),
        severities,
        RUNS[check.moment],
        check.automatic or "a row of the checks sheet",
        check.source,
    )


def _parameter(parameter: Parameter) -> str:
    unit = f" ({parameter.unit})" if parameter.unit else ""
    return f"`{parameter.name}` {_shown(parameter)}{unit}".replace("  ", " ")


def _shown(parameter: Parameter) -> str:
    value = parameter.default
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return " ".join(value) if isinstance(value, tuple) else value or ""
