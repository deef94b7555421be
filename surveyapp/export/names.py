"""Names that Excel and statistics programs take: sheet titles and column names, always the same for the same form."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

TITLE_LENGTH = 31
_BAD_IN_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_RESERVED_TITLE = "history"


def sheet_title(wanted: str, taken: Collection[str]) -> str:
    """A title of at most 31 characters that Excel takes, unlike any in `taken` whatever the case.

    `_2`, `_3` mark the later ones.
    """
    base = _BAD_IN_TITLE.sub("_", wanted).strip("' ") or "sheet"
    if base.lower() == _RESERVED_TITLE:
        base += "_"
    used = {title.lower() for title in taken}
    title, number = _clip(base, TITLE_LENGTH), 2
    while title.lower() in used:
        title = _clip(base, TITLE_LENGTH - len(str(number)) - 1) + f"_{number}"
        number += 1
    return title


def _clip(text: str, limit: int) -> str:
    """At most `limit` UTF-16 units of `text`, as Excel counts them."""
    while len(text.encode("utf-16-le")) // 2 > limit:
        text = text[:-1]
    return text.rstrip("' ")


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """A column name for each question path.

    The question's name, or where two share it the shortest ending of the path that tells them apart.
    """
    names: dict[str, str] = {}
    for group in _groups(paths, 1).values():
        names.update(_told_apart(group))
    return names


def _groups(paths: Iterable[str], depth: int) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        found.setdefault(_ending(path, depth).lower(), []).append(path)
    return found


def _ending(path: str, depth: int) -> str:
    return "_".join(path.strip("/").split("/")[-depth:])


def _told_apart(paths: list[str]) -> dict[str, str]:
    deepest = max(path.count("/") for path in paths)
    for depth in range(1, deepest + 1):
        groups = _groups(paths, depth)
        if all(len(group) == 1 for group in groups.values()):
            return {path: _ending(path, depth) for path in paths}
    return {path: _ending(path, 1) for path in paths}


def unique_names(wanted: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """`wanted` in order, the later of two alike (whatever the case) with `_2`, `_3` after it."""
    used = {name.lower() for name in taken}
    found = []
    for name in wanted:
        candidate, number = name, 2
        while candidate.lower() in used:
            candidate, number = f"{name}_{number}", number + 1
        used.add(candidate.lower())
        found.append(candidate)
    return found
