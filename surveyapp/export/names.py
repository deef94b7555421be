"""Names that Excel and statistics programs take: sheet titles and column names, always the same for the same form."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

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


def path_names(paths: Sequence[str], inside: str, separator: str) -> dict[str, str]:
    """A column name for each question path: the path within the form, or within the repeat `inside`."""
    names = {}
    for path in paths:
        steps = path.removeprefix(inside) if inside and path.startswith(f"{inside}/") else path.partition("/")[2]
        names[path] = separator.join(
            steps.strip("/").split("/")[0 if inside and path.startswith(f"{inside}/") else 1 :]
        )
    return names


# What SPSS and Stata both take: letters, digits and underscores, 32 bytes.
STATS_LENGTH: Final = 32
_HASH: Final = 4
_STATA = "byte double e float if in int long str strl using with"
_SPSS = "all and by eq ge gt le lt ne not or to"
_STATS_WORDS: Final = frozenset(f"{_STATA} {_SPSS}".split())
_STATA_STRINGS = re.compile(r"str\d+")


def stats_names(names: Sequence[str]) -> list[str]:
    """Names that SPSS and Stata take, one for each of `names`, unlike each other whatever the case.

    A name that is already one of those is kept. Of another one, what cannot stand is left out or becomes `_`; where
    that is too long, or another has it, it ends in four letters and digits that are made of the whole name.
    """
    kept = {name.lower() for name in names if _is_stats_name(name)}
    used: set[str] = set()
    found = []
    for name in names:
        candidate = name if _is_stats_name(name) else _as_stats_name(name)
        attempt = name
        while candidate.lower() in used or (candidate != name and candidate.lower() in kept):
            candidate = _hashed(_as_stats_name(name), attempt)
            attempt += "\x1f"
        used.add(candidate.lower())
        found.append(candidate)
    return found


def _is_stats_name(name: str) -> bool:
    plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,31}", name) is not None and not name.endswith("_")
    return plain and not _is_reserved(name)


def _is_reserved(name: str) -> bool:
    return name.lower() in _STATS_WORDS or _STATA_STRINGS.fullmatch(name.lower()) is not None


def _as_stats_name(name: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name).strip("_")
    if not plain:
        return _hashed("v", name)
    if not plain[0].isalpha():
        plain = f"v{plain}"
    if not name.isascii() or len(plain) > STATS_LENGTH:
        return _hashed(plain, name)
    return f"{plain}_" if _is_reserved(plain) else plain


def _hashed(plain: str, name: str) -> str:
    digest = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:_HASH]
    return f"{plain[: STATS_LENGTH - _HASH - 1].rstrip('_')}_{digest}"


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
