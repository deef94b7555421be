"""A record becomes an Interview: answers by path, times, keys, numbers to compare, what the audit log says."""

import datetime
import hashlib
import itertools
import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from surveyapp.answers import Node
from surveyapp.quality.audit import Paradata, read_audit, summarise
from surveyapp.quality.code_matrix import encode_answers
from surveyapp.quality.declaration import Setting
from surveyapp.quality.interview import Counts, Facts, Interview, Measures, Position, Row, Summary
from surveyapp.quality.plan import DONT_KNOW_CODES, NUMERIC_TYPES, REFUSED_CODES, SUSPECT_CODES, Plan
from surveyapp.quality.ratios import list_ratios, read_number
from surveyapp.quality.sample import household_key
from surveyapp.quality.words import plain
from surveyapp.values import INVALID, canonical_text, read_value
from surveyapp.xform.definition import Question, Repeat

PHONE_DIGITS: Final = 9
# A position is the same to 6 decimals: a tenth of a metre.
SAME_PLACE_DECIMALS: Final = 6
NO_NAMES: Final = frozenset[str]()


def read_interview(plan: Plan, root: Node, facts: Facts) -> Interview:
    """The interview of the bound record `root` (see `surveyapp.xform.bind`).

    `facts.row_keys` gives the permanent key of a row by its path with row numbers (`/data/member[2]`); without one that
    path itself is its key.
    """
    reader = _Reader(plan, facts)
    main = reader.read_main(root)
    paradata = _read_paradata(plan, facts)
    files = tuple(reader.files)
    summary = _summarise(plan, facts, main, reader.rows, paradata, files)
    return Interview(facts, summary, main, reader.rows, paradata, files)


class _Reader:
    """Walks a record once."""

    def __init__(self, plan: Plan, facts: Facts) -> None:
        self.plan = plan
        self.keys = facts.row_keys
        self.rows: dict[str, list[Row]] = {}
        self.files: list[str] = []

    def read_main(self, root: Node) -> Row:
        values: dict[str, Any] = {}
        texts: dict[str, str] = {}
        meta = root.find("meta")
        for node in meta.children if meta is not None else ():
            if node.name == "audit" and node.value.strip():
                self.files.append(node.value.strip())
        self.read_answers(root, f"/{root.name}", "", values, texts)
        return Row("", "", 1, "", f"/{root.name}", values, texts, root)

    def read_answers(
        self, parent: Node, place: str, row_key: str, values: dict[str, Any], texts: dict[str, str]
    ) -> None:
        """The answers below `parent`, and the rows of the repeats in it."""
        ordinals: dict[str, int] = {}
        for node in parent.children:
            element = node.element
            if isinstance(element, Repeat):
                ordinal = ordinals[node.name] = ordinals.get(node.name, 0) + 1
                self.read_row(node, f"{place}/{node.name}[{ordinal}]", ordinal, row_key, element)
            elif isinstance(element, Question):
                node.type = "" if element.bind_type == "string" else element.bind_type
                texts[element.path] = text = (node.text or "").strip()
                values[element.path] = node.typed
                if element.type == "file" and text:
                    self.files.append(text)
            elif element is not None:
                self.read_answers(node, f"{place}/{node.name}", row_key, values, texts)

    def read_row(self, node: Node, place: str, ordinal: int, parent_key: str, repeat: Repeat) -> None:
        """One row of a repeat."""
        values: dict[str, Any] = {}
        texts: dict[str, str] = {}
        key = self.keys.get(place, place)
        row = Row(key, parent_key, ordinal, repeat.path, place, values, texts, node)
        self.rows.setdefault(repeat.path, []).append(row)
        self.read_answers(node, place, key, values, texts)


def _read_paradata(plan: Plan, facts: Facts) -> Paradata | None:
    if not facts.audit:
        return None
    return summarise(read_audit(facts.audit), plan.order, plan.section_of, plan.shortest)


# -- the summary ------------------------------------------------------------------------------------------------------
def _summarise(
    plan: Plan,
    facts: Facts,
    main: Row,
    rows: Mapping[str, Sequence[Row]],
    paradata: Paradata | None,
    files: Sequence[str],
) -> Summary:
    times = {"received": facts.received_at, **_stamps(plan, main)}
    position, asked = _position(plan, main)
    everything = [main, *(row for listed in rows.values() for row in listed)]
    counts, others, with_other = _count(plan, everything)
    household = _role_text(plan, main, "household")
    consent = plan.roles.get("consent")
    visit = plan.roles.get("visit_result")
    replaced = plan.roles.get("replaced")
    return Summary(
        instance_id=facts.instance_id,
        household=household_key(household, strip_zeros=plan.sample.strip_zeros),
        enumerator=facts.enumerator or _role_text(plan, main, "enumerator"),
        device=facts.device,
        team=facts.team,
        cluster=_role_text(plan, main, "cluster"),
        stratum=_role_text(plan, main, "stratum"),
        form_version=facts.form_version,
        received_at=facts.received_at,
        start=times.get("start"),
        end=times.get("end"),
        consent=_meant(main, consent, plan.yes),
        visit_refused=bool(_meant(main, visit, plan.refused)),
        replaced=bool(_meant(main, replaced, plan.yes)),
        position=position,
        position_asked=asked,
        counts=counts,
        measures=_measure(plan, main, rows, counts, times, paradata),
        keys=_keys(plan, facts, main, everything, household, position),
        groups={path: text for path in plan.grouped if (text := main.texts.get(path, ""))},
        grids=_grids(plan, main),
        others=others,
        with_other=with_other,
        compared=plan.compared,
        codes=_codes(plan, main, rows),
        media_missing=sum(name not in facts.files for name in files),
        corrections=facts.corrections,
        rejected=facts.rejected,
        backcheck=_role_text(plan, main, "backcheck") in plan.marking,
        coded=_find_coded(plan, main, rows),
    )


def _stamps(plan: Plan, main: Row) -> dict[str, datetime.datetime]:
    found = {}
    for question in plan.definition.questions:
        if question.rules.preload == "timestamp" and question.rules.preload_parameters in ("start", "end"):
            value = read_value("datetime", main.texts.get(question.path, ""))
            if isinstance(value, datetime.datetime):
                found[question.rules.preload_parameters] = value
    return found


def _role_text(plan: Plan, main: Row, role: str) -> str:
    path = plan.roles.get(role)
    return main.texts.get(path, "") if path else ""


def _meant(main: Row, path: str, meant: Mapping[str, frozenset[str]]) -> bool | None:
    """Whether the answer at `path` is one of those meant; None where it was not asked or none means so."""
    if not path or path not in main.texts or path not in meant:
        return None
    return main.texts[path] in meant[path]


def _position(plan: Plan, main: Row) -> tuple[Position | None, bool]:
    """The position as sent, impossible ones too, and whether it was asked for."""
    path = plan.roles.get("position")
    if not path or path not in main.texts:
        return None, False
    return parse_position(main.texts[path]), True


def parse_position(text: str) -> Position | None:
    """The position in a text of two to four numbers, however far off the earth; None of anything else."""
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        return None
    if not 2 <= len(numbers) <= 4 or not all(map(math.isfinite, numbers)):
        return None
    return Position(numbers[0], numbers[1], numbers[3] if len(numbers) == 4 else None)


def _count(plan: Plan, everything: Sequence[Row]) -> tuple[Counts, frozenset[str], frozenset[str]]:
    counts = Counts()
    others, with_other = set(), set()
    for row in everything:
        for path, text in row.texts.items():
            question = plan.visible.get(path)
            if question is None:
                continue
            counts.asked += 1
            if not text:
                continue
            counts.answered += 1
            chosen = set(text.split())
            value = row.values.get(path)
            numeric = question.type in NUMERIC_TYPES
            counts.dont_know += (
                value in DONT_KNOW_CODES if numeric else bool(chosen & plan.dont_know.get(path, NO_NAMES))
            )
            counts.refused += value in REFUSED_CODES if numeric else bool(chosen & plan.refused.get(path, NO_NAMES))
            _count_digits(counts, value)
            if path in plan.other:
                with_other.add(path)
                counts.with_other += 1
                if chosen & plan.other[path]:
                    others.add(path)
                    counts.other += 1
            if path in plan.gates and path in plan.no:
                counts.gates += 1
                counts.gates_no += bool(chosen & plan.no[path])
    return counts, frozenset(others), frozenset(with_other)


def _count_digits(counts: Counts, value: Any) -> None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 10:
        counts.digits += 1
        counts.fives += value % 5 == 0


def _measure(
    plan: Plan,
    main: Row,
    rows: Mapping[str, Sequence[Row]],
    counts: Counts,
    times: Mapping[str, datetime.datetime],
    paradata: Paradata | None,
) -> Measures:
    now = times.get("start", times["received"])
    numbers = array("d", [math.nan]) * len(plan.measures)
    for name, place in plan.measures.items():
        number = read_number(main.values.get(name))
        if number is not None:
            numbers[place] = number
    many: dict[str, tuple[float, ...]] = {}
    for name in plan.many:
        listed = rows.get(plan.definition.repeat_of.get(name, ""), ())
        found = tuple(number for row in listed if (number := read_number(row.values.get(name))) is not None)
        if found:
            many[name] = found
    for name, value in _circumstances(counts, times, paradata):
        if name in plan.measures:
            numbers[plan.measures[name]] = value
    for setting in plan.settings:
        if setting.check.id == "S15":
            ratios = [ratio for _, ratio in list_ratios(plan, setting, main, rows, now)]
            _enter_ratio(plan, setting, ratios, numbers, many)
    return Measures(plan.measures, numbers, many)


def _circumstances(
    counts: Counts, times: Mapping[str, datetime.datetime], paradata: Paradata | None
) -> Iterator[tuple[str, float]]:
    start, end = times.get("start"), times.get("end")
    if start is not None and end is not None and end >= start:
        yield "minutes", (end - start).total_seconds() / 60
    if counts.asked:
        yield "missing_share", counts.missing / counts.asked
    if paradata is not None:
        yield "active_minutes", paradata.active / 60
        yield "edits", float(paradata.edits)
        yield "backs", float(paradata.backs)
        yield "constraint_errors", float(paradata.constraint_errors)
        for path, seconds in paradata.sections.items():
            yield f"section:{path}", seconds


def _enter_ratio(
    plan: Plan, setting: Setting, ratios: Sequence[float], numbers: "array[float]", many: dict[str, tuple[float, ...]]
) -> None:
    name = f"ratio:{setting.id}"
    if name not in plan.measures:
        many.update({name: tuple(ratios)} if ratios else {})
    elif ratios:
        numbers[plan.measures[name]] = ratios[0]


def _find_coded(plan: Plan, main: Row, rows: Mapping[str, Sequence[Row]]) -> dict[str, tuple[float, ...]]:
    """The numbers that S08 suspects, by the path of their question."""
    found: dict[str, tuple[float, ...]] = {}
    for setting in plan.settings:
        if setting.check.id == "S08":
            codes = SUSPECT_CODES.union(map(float, setting.names("declared")))
            for path in setting.questions:
                repeat = plan.definition.repeat_of.get(path, "")
                listed = rows.get(repeat, ()) if repeat else (main,)
                values = (row.values.get(path) for row in listed)
                coded = {float(value) for value in values if isinstance(value, int | float) and value in codes}
                if coded:
                    found[path] = tuple(sorted(coded.union(found.get(path, ()))))
    return found


def _grids(plan: Plan, main: Row) -> dict[str, float]:
    """For each grid that was answered whole the longest run of equal answers, as a share of its questions."""
    found = {}
    for first, paths in plan.grids.items():
        answers = [main.texts.get(path, "") for path in paths]
        if all(answers):
            longest = run = 1
            for before, after in itertools.pairwise(answers):
                run = run + 1 if before == after else 1
                longest = max(longest, run)
            found[first] = longest / len(answers)
    return found


# -- keys -------------------------------------------------------------------------------------------------------------
def _keys(
    plan: Plan, facts: Facts, main: Row, everything: Sequence[Row], household: str, position: Position | None
) -> dict[str, tuple[str, ...]]:
    found = {"content": _content_hash(plan, everything)}
    if household:
        found["household"] = household_key(household, strip_zeros=plan.sample.strip_zeros)
    phone = phone_key(_role_text(plan, main, "phone"))
    cluster, head = _role_text(plan, main, "cluster"), plain(_role_text(plan, main, "head_name"))
    if cluster and head and phone:
        found["composite"] = f"{cluster}|{head}|{phone}"
    if phone:
        found["phone"] = phone
    if position is not None and position.possible:
        found["position"] = f"{position.latitude:.{SAME_PLACE_DECIMALS}f} {position.longitude:.{SAME_PLACE_DECIMALS}f}"
    keys = {kind: (value,) for kind, value in found.items() if value}
    photos = tuple(digest for name, digest in facts.files.items() if not name.endswith(".csv"))
    return keys | ({"photo": photos} if photos else {})


def phone_key(text: str) -> str:
    """The last digits of a telephone number, '' of fewer than seven or of one digit only."""
    digits = "".join(letter for letter in text if letter.isdigit())
    return digits[-PHONE_DIGITS:] if len(digits) >= 7 and len(set(digits)) > 1 else ""


def _content_hash(plan: Plan, everything: Sequence[Row]) -> str:
    """A hash of every answer that a person gave but the names of files; '' where there are none."""
    digest = hashlib.sha256()
    answered = 0
    for row in everything:
        for path, text in row.texts.items():
            if text and path in plan.visible and plan.visible[path].type != "file":
                digest.update(f"{row.place}\x1f{path}\x1f{text}\x1e".encode("utf-8", "replace"))
                answered += 1
    return digest.hexdigest() if answered else ""


def _codes(plan: Plan, main: Row, rows: Mapping[str, Sequence[Row]]) -> bytes:
    """The row of the CodeMatrix: one text for each compared question, those of a roster joined."""
    texts = []
    for path in plan.compared:
        repeat = plan.definition.repeat_of[path]
        if repeat:
            parts = [_canonical(row, path) for row in rows.get(repeat, ())]
            texts.append("\x1f".join(parts) if any(parts) else "")
        else:
            texts.append(_canonical(main, path))
    return encode_answers(texts)


def _canonical(row: Row, path: str) -> str:
    value = row.values.get(path)
    return row.texts.get(path, "") if value is None or value is INVALID else canonical_text(value)
