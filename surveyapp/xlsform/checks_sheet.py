"""The optional sheet `checks` of an XLSForm: what its author wants checked across interviews.

pyxform never sees it. Only its cells are taken out here: what they mean is not decided on this floor (see
`surveyapp.quality.sheet`).
"""

from typing import Final

from surveyapp.xlsform.sources import Grids

CHECKS_SHEET: Final = "checks"


def read_checks_grid(grids: Grids) -> tuple[tuple[str, ...], ...]:
    """The cells of the sheet as text, row by row from its first one; nothing where there is no such sheet."""
    for title, grid in grids.items():
        if title.strip().lower() == CHECKS_SHEET:
            return tuple(tuple(cell.strip() for cell in row) for row in grid)
    return ()
