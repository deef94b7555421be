"""The disclosure sheet: what was done to protect people, and what the file still gives away."""

from collections.abc import Iterator

from surveyapp.disclosure.protection import SMALLEST_GROUP
from surveyapp.export.cells import Row
from surveyapp.export.guard import Guard
from surveyapp.export.sheets import Sheet, SheetColumn

DISCLOSURE_SHEET = Sheet(
    "disclosure",
    (
        SheetColumn(("topic",), "code", 26),
        SheetColumn(("sheet",), "code", 16),
        SheetColumn(("item",), "text", 36),
        SheetColumn(("value",), "float", 12),
        SheetColumn(("note",), "text", 80),
    ),
    1,
)
_SMALL = (2, SMALLEST_GROUP, 5)


def disclosure_rows(guard: Guard) -> Iterator[Row]:
    """The rows, once all sheets of answers are written."""
    main = guard.layout.tables[0].title
    figures = guard.risks[main]
    yield ("classes", None, "confirmed by an admin", None, "the manifest says by whom")
    for name in guard.key_names:
        yield ("key variables", main, name, None, "taken to be known of a household; missing is a value of its own")
    yield ("k", main, "records", figures.records, None)
    for limit in _SMALL:
        name = "records with k = 1" if limit == _SMALL[0] else f"records with k < {limit}"
        yield ("k", main, name, figures.below(limit), "k: records that share all key variables")
    for size, count in figures.sizes.items():
        yield ("distribution of k", main, f"k = {size}", count, "records")
    for variety, count in figures.variety.items():
        words = f"records; l: different values of {guard.protection.sensitive} in a group"
        yield ("l-diversity", main, f"l = {variety}", count, words)
    weighted = f"weights: {guard.protection.weight}" if guard.protection.weight else "no weights: the sample itself"
    yield ("risk", main, "expected re-identification rate", figures.rate, f"mean of 1 / sum of weights; {weighted}")
    for table in guard.layout.tables[1:]:
        found, names = guard.risks[table.title], ", ".join(guard.member_key_names(table))
        words = f"households with a member whose group is that small; known of a member: {names or 'nothing'}"
        yield ("members", table.title, "households by members with k = 1", found.unique_by_members, words)
        yield ("members", table.title, "households by members with k < 3", found.small_by_members, words)
    if guard.protection.accept_risk:
        yield (
            "override",
            None,
            "given out although k < 3",
            figures.below(SMALLEST_GROUP),
            guard.protection.accept_risk,
        )
    for sheet, question in guard.dropped:
        yield ("dropped", sheet, question, None, "not in this file")
    for sheet, column, words in guard.measures():
        yield ("changed", sheet, column, None, words)
