"""Stages 3, 4, 5 and 7: what becomes of one answer."""

import math
from collections.abc import Callable
from typing import Any

from surveyapp.clean.fields import SELECTS, Field
from surveyapp.clean.language import describe, scalar_text
from surveyapp.clean.making import Cell, Clean, Making, Unusable, Verdict
from surveyapp.clean.records import write_text
from surveyapp.expressions.errors import ExpressionError, NotCheckable
from surveyapp.expressions.regexes import compile_pattern, matches
from surveyapp.sentences import say
from surveyapp.values import INVALID, canonical_text, read_value

DIALECT = "javarosa"


# -- stage 4 ----------------------------------------------------------------------------------------------------------
def make_recode(making: Making, known: Field) -> Clean:
    """map old -> new; match exact, casefold or regex (of the whole answer)."""
    given = making.given
    allowed = set(given["new_choice"])
    targets = {old: _target(making, known, new, allowed) for old, new in given["map"].items()}
    find = _finder(given["match"], targets, "parameters.map")
    several = known.type in ("select_multiple", "rank")

    def clean(value: Any, cell: Cell) -> Verdict | None:
        del cell
        if value is None:
            return None
        if not several:
            found = find(write_text(value))
            return None if found is None else _verdict(found[0])
        names = [name for old in str(value).split() for name in (find(old) or (old,)) if name is not None]
        text = " ".join(dict.fromkeys(str(name) for name in names))
        return None if text == value else _verdict(text or None)

    return clean


def _verdict(value: Any) -> Verdict:
    return Verdict(value) if value is not None else Verdict(None, "blanked")


def _target(making: Making, known: Field, new: Any, allowed: set[str]) -> Any:
    if isinstance(new, str) and new in allowed:
        if known.type not in SELECTS:
            raise Unusable(
                "parameters.new_choice", say("{name} has no choices.", name=known.name), say("Take new_choice away.")
            )
        return new
    return making.typed(known, new, "parameters.map")


def _finder(match: str, targets: dict[str, Any], name: str) -> Callable[[str], tuple[Any] | None]:
    """Gives the target of a text in a tuple, None where none fits."""
    if match == "exact":
        return lambda text: (targets[text],) if text in targets else None
    if match == "casefold":
        folded = {_fold(old): new for old, new in targets.items()}
        return lambda text: (folded[key],) if (key := _fold(text)) in folded else None
    if match == "regex":
        for pattern in targets:
            _check_pattern(pattern, name)
        return lambda text: next(((new,) for old, new in targets.items() if matches(text, old, DIALECT)), None)
    tests: dict[str, Callable[[str, str], bool]] = {
        "contains": lambda text, old: old in text,
        "begins": lambda text, old: text.startswith(old),
        "ends": lambda text, old: text.endswith(old),
    }
    test = tests[match]
    parts = {_fold(old): new for old, new in targets.items()}
    return lambda text: next(((new,) for old, new in parts.items() if test(_fold(text), old)), None)


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def _check_pattern(pattern: str, name: str) -> None:
    try:
        compile_pattern(pattern, DIALECT)
    except (ExpressionError, NotCheckable) as error:
        raise Unusable(
            name,
            say("The pattern “{pattern}” cannot be used: {error}", pattern=pattern, error=error),
            say("Write a simpler pattern."),
        ) from error


def make_recode_other(making: Making, known: Field) -> Clean:
    """What was typed under "other" becomes a choice of `parent`; the text is blanked or kept."""
    given = making.given
    parent = making.field(given["parent"], "parameters.parent")
    if parent.type not in ("select_one", "select_multiple") or parent.repeat != known.repeat:
        raise Unusable(
            "parameters.parent",
            say("{name} is no select beside {other}.", name=parent.name, other=known.name),
            say("Name its select."),
        )
    if not parent.allows(given["other"]):
        names = ", ".join(list(parent.choices)[:12])
        message = say("“{choice}” is not among the choices of {name}.", choice=given["other"], name=parent.name)
        raise Unusable("parameters.other", message, say("Choose from {names}.", names=names))
    allowed = set(given["new_choice"])
    targets = {old: _target(making, parent, new, allowed) for old, new in given["map"].items()}
    if empty := [old for old, new in targets.items() if new is None]:
        raise Unusable(
            "parameters.map",
            say("“{text}” has no choice beside it.", text=empty[0]),
            say("Write the name of a choice."),
        )
    find = _finder("casefold" if given["match"] == "exact" else given["match"], targets, "parameters.map")
    other, keeps = given["other"], given["text"] == "keep"

    def clean(value: Any, cell: Cell) -> Verdict | None:
        found = find(value) if isinstance(value, str) else None
        if found is None:
            return None
        chosen = str(cell.row.values.get(parent.path) or "").split()
        if other not in chosen:
            return Verdict(value, finding=f"{parent.name} is not “{other}”, so its text was left alone.", keep=True)
        if parent.type == "select_one":
            named = str(found[0])
        else:
            kept = [name for name in chosen if name != other]
            named = " ".join(dict.fromkeys([*kept, *str(found[0]).split()]))
        also = ((parent, named, ""),)
        return Verdict(value, also=also) if keeps else Verdict(None, "blanked", also)

    return clean


# -- stage 7 ----------------------------------------------------------------------------------------------------------
def make_set(making: Making, known: Field) -> Clean:
    """A value, or an expression; also where there was no answer."""
    given = making.given
    if (given["value"] is None) is (given["expression"] is None):
        raise Unusable(
            "parameters.value", say("Either a value or an expression is needed."), say("Give one of the two.")
        )
    if given["expression"] is None:
        fixed = Verdict(making.typed(known, given["value"], "parameters.value"))
        return lambda value, cell: fixed
    formula = making.formula(given["expression"], known.path, "parameters.expression")

    def clean(value: Any, cell: Cell) -> Verdict | None:
        try:
            found = formula.value(cell.draft.tree(), cell.row.key, known.path)
        except ExpressionError as error:
            return Verdict(value, finding=describe(error, known), keep=True)
        return fit(known, scalar_text(found), value)

    return clean


def fit(known: Field, text: str, value: Any) -> Verdict:
    """A computed text as an answer of `known`; a finding, and the old `value`, where it cannot hold it."""
    if known.type == "integer" and text.endswith(".0"):
        text = text[:-2]
    typed = read_value(known.type, text)
    if typed is INVALID or (isinstance(typed, str) and not known.allows(typed)):
        return Verdict(value, finding=f"{known.name} cannot hold “{text[:80]}”.", keep=True)
    return Verdict(typed, "" if typed is not None else "blanked")


def make_blank_if(making: Making, known: Field) -> Clean:
    """Empties an answer; `missing` is the reason that stays."""
    del known
    blanked = Verdict(None, making.given["missing"])
    return lambda value, cell: None if value is None else blanked


def make_clip(making: Making, known: Field) -> Clean:
    """min, max; mode flag (a finding), blank, or clip: the limit goes to a column `<question>__clipped`."""
    given = making.given
    low, high, mode = given["min"], given["max"], given["mode"]
    if low is None and high is None:
        raise Unusable("parameters.min", say("A limit is needed."), say("Give min, max or both."))
    if low is not None and high is not None and low > high:
        raise Unusable(
            "parameters.min", say("min {low:g} is above max {high:g}.", low=low, high=high), say("Turn them round.")
        )
    copy = making.column(known, f"{known.name}__clipped", known.type) if mode == "clip" else None
    least, most = -math.inf if low is None else low, math.inf if high is None else high

    def clean(value: Any, cell: Cell) -> Verdict | None:
        del cell
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        inside = least <= value <= most
        if copy is not None:
            limited = min(max(value, least), most)
            return Verdict(value, also=((copy, _of_type(known, limited), ""),))
        if inside:
            return None
        if mode == "blank":
            return Verdict(None, "blanked")
        return Verdict(value, finding=f"{value:g} lies outside {least:g} to {most:g}.", keep=True)

    return clean


def _of_type(known: Field, number: float) -> Any:
    return int(number) if known.type == "integer" else float(number)


# -- stage 5 ----------------------------------------------------------------------------------------------------------
def make_convert(making: Making, known: Field) -> Clean:
    """Amounts in several units to one: by the `unit` question, a table unit -> factor, and the target unit."""
    given = making.given
    unit = making.field(given["unit"], "parameters.unit")
    if unit.repeat != known.repeat:
        raise Unusable(
            "parameters.unit",
            say("{name} does not stand beside {other}.", name=unit.name, other=known.name),
            say("Name its own unit."),
        )
    target = making.typed(unit, given["target"], "parameters.target")
    factors = {write_text(making.typed(unit, name, "parameters.factors")): f for name, f in given["factors"].items()}
    factors.setdefault(write_text(target), 1)
    original = making.column(known, f"{known.name}__orig", known.type) if given["keep_original"] else None

    def clean(value: Any, cell: Cell) -> Verdict | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        name = cell.row.values.get(unit.path)
        factor = factors.get(write_text(name))
        if factor is None:
            what = "no unit" if name is None else f"the unit “{write_text(name)}”, which the table lacks"
            return Verdict(value, finding=f"{known.name} has {what}; it was not converted.", keep=True)
        found = fit(known, _product(value, factor), value)
        if found.keep:
            return found
        kept = () if original is None else ((original, value, ""),)
        return Verdict(found.value, also=(*kept, (unit, target, "")))

    return clean


def _product(value: float, factor: float) -> str:
    """The product as a person would write it: 0.1 x 3 is 0.3."""
    product = float(f"{value * factor:.15g}")
    return canonical_text(int(product)) if product.is_integer() and abs(product) < 1e15 else canonical_text(product)


def make_scale10(making: Making, known: Field) -> Clean:
    """Times 10^exponent, in the instances that are named, or where the suggestion of a check was accepted."""
    given = making.given
    if not -9 <= given["exponent"] <= 9 or given["exponent"] == 0:
        raise Unusable(
            "parameters.exponent", say("The exponent must be -9 to 9 and not 0."), say("Write -1 for a tenth.")
        )
    if not given["instances"] and not given["finding"]:
        raise Unusable(
            "parameters.instances", say("Neither instances nor a check is named."), say("Name one of the two.")
        )
    factor, instances, check = 10.0 ** given["exponent"], frozenset(given["instances"]), given["finding"]

    def clean(value: Any, cell: Cell) -> Verdict | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        submission = cell.draft.submission
        accepted = any(
            flag.check == check and flag.state == "accepted" and (flag.path, flag.row_key) == (known.path, cell.row.key)
            for flag in submission.flags
        )
        if not accepted and submission.instance_id not in instances:
            return None
        return fit(known, _product(value, factor), value)

    return clean
