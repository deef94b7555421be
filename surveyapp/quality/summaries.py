"""A Summary as numbers and texts that JSON can hold, and read again; its codes are kept beside it."""

import datetime
import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from surveyapp.quality.interview import Counts, Measures, Position, Summary

TEXTS: Final = ("instance_id", "household", "enumerator", "device", "team", "cluster", "stratum", "form_version")
PLAIN: Final = ("visit_refused", "replaced", "position_asked", "media_missing", "corrections", "rejected", "backcheck")
INSTANTS: Final = ("received_at", "start", "end")


def summary_as_plain(summary: Summary) -> dict[str, Any]:
    """All of a summary but its codes and what they are compared by; what is empty is left out."""
    found: dict[str, Any] = {name: getattr(summary, name) for name in (*TEXTS, *PLAIN)}
    for name in INSTANTS:
        moment = getattr(summary, name)
        found[name] = None if moment is None else moment.isoformat()
    where = summary.position
    found["position"] = None if where is None else [where.latitude, where.longitude, where.accuracy]
    found["counts"] = asdict(summary.counts)
    single = {name: summary.measures.get(name) for name in summary.measures.names}
    found["numbers"] = {name: numbers[0] for name, numbers in single.items() if numbers and math.isfinite(numbers[0])}
    found["many"] = {name: [n for n in numbers if math.isfinite(n)] for name, numbers in summary.measures.many.items()}
    found["keys"] = {kind: list(values) for kind, values in summary.keys.items() if values}
    found["groups"], found["grids"] = dict(summary.groups), dict(summary.grids)
    found["others"], found["with_other"] = sorted(summary.others), sorted(summary.with_other)
    found["coded"] = {path: list(numbers) for path, numbers in summary.coded.items()}
    found = {name: value for name, value in found.items() if value not in (None, "", False, [], {})}
    return found if summary.consent is None else {**found, "consent": summary.consent}


def summary_from_plain(
    known: Mapping[str, Any], names: Mapping[str, int], compared: Sequence[str], codes: bytes
) -> Summary:
    """The summary that `summary_as_plain` wrote.

    `names` are the measures of its plan, shared by all summaries of a version; `codes` are of the questions `compared`:
    where they are not, since a later program compares others, it is compared with none until it is checked again.
    """
    numbers = array("d", [math.nan]) * len(names)
    for name, number in known.get("numbers", {}).items():
        if name in names:
            numbers[names[name]] = number
    fits = len(codes) == 3 * len(compared)
    values: dict[str, Any] = {name: known.get(name, "") for name in TEXTS}
    values |= {name: known.get(name, False) for name in PLAIN}
    values |= {"consent": known.get("consent"), "media_missing": known.get("media_missing", 0)}
    values |= {"corrections": known.get("corrections", 0)}
    for name in INSTANTS:
        values[name] = datetime.datetime.fromisoformat(known[name]) if name in known else None
    return Summary(
        **values,
        position=Position(*known["position"]) if "position" in known else None,
        counts=Counts(**known.get("counts", {})),
        measures=Measures(names, numbers, {name: tuple(many) for name, many in known.get("many", {}).items()}),
        keys={kind: tuple(listed) for kind, listed in known.get("keys", {}).items()},
        groups=known.get("groups", {}),
        grids=known.get("grids", {}),
        others=frozenset(known.get("others", ())),
        with_other=frozenset(known.get("with_other", ())),
        coded={path: tuple(numbers) for path, numbers in known.get("coded", {}).items()},
        compared=tuple(compared) if fits else (),
        codes=codes if fits else b"",
    )
