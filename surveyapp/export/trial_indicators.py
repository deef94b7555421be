"""The figures of the project as they are, and as another cleaning would make them."""

from dataclasses import dataclass
from pathlib import Path

from surveyapp.clean.pipeline import Cleaner
from surveyapp.export.clean_rows import CleanRows
from surveyapp.export.cleaned import CleanedForm
from surveyapp.export.from_store import StoredForm
from surveyapp.export.source import Cleanable
from surveyapp.indicators.figures import Figure
from surveyapp.store.cleaning_source import StoredSubmissions
from surveyapp.store.selection import Selection


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure of the project before and after, with the households that it is of; None where there is none, or where
    there are too few households.
    """

    code: str
    before: float | None
    after: float | None
    households_before: int
    households_after: int


def compare_figures(form: StoredForm, now: Cleaner, draft: Cleaner, folder: Path) -> list[FigureChange] | None:
    """The figures that would be others; None where the form can give no indicator of the core."""
    before, after = _tabulate(form, now, folder), _tabulate(form, draft, folder)
    if before is None or after is None:
        return None
    changes = []
    for code in dict.fromkeys((*before, *after)):
        old, new = before.get(code), after.get(code)
        change = FigureChange(code, _estimate(old), _estimate(new), _households(old), _households(new))
        if (change.before, change.households_before) != (change.after, change.households_after):
            changes.append(change)
    return changes


def _tabulate(form: StoredForm, cleaner: Cleaner, folder: Path) -> dict[str, Figure] | None:
    source = StoredSubmissions(
        form.session, form.form, cleaner.form, flags=True, selection=Selection(states=form.states)
    )
    rows = CleanRows(Cleanable(cleaner, source, lambda: source.unreadable), folder)
    try:
        found = CleanedForm(form, rows).indicators
        return None if found is None else {figure.code: figure for figure in found.summary.project}
    finally:
        rows.close()


def _estimate(figure: Figure | None) -> float | None:
    return None if figure is None or figure.masked or figure.estimate != figure.estimate else float(figure.estimate)


def _households(figure: Figure | None) -> int:
    return 0 if figure is None or figure.masked else int(figure.n)
