"""How a de-identified export protects people: what an admin confirmed, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, TypeAlias, get_args

from surveyapp.disclosure.classes import CLASSES, PiiClass
from surveyapp.problems import EXPORT_OPTION, Problem
from surveyapp.sentences import say

PlaceMode: TypeAlias = Literal["drop", "displace", "round", "centroid"]
DateMode: TypeAlias = Literal["month", "shift"]

SMALLEST_GROUP: Final = 3


@dataclass(frozen=True, slots=True)
class Protection:
    """The protection of one form's answers.

    classes: question path to its class, confirmed by `confirmed_by`; every question that is exported needs one.
    keep_text: paths of text questions that are given out although free text may hold anything.
    pseudonyms: paths of direct questions of which a pseudonym is given instead of nothing.
    places: what becomes of positions; `village` is the path of the question that names the village, which centroids
    need, and `urban` a question path and the codes that mean a town (displaced by 2 km, not 5).
    dates: months instead of days, or days moved by a constant of the household.
    keys: paths of the questions that an attacker may know of a household; empty = all indirect ones of the main sheet.
    sensitive: path of the question whose variety within groups is reported; '' = none.
    weight: path of the question that holds the sampling weight; '' = every household stands for itself.
    tops: largest value that is told, by path; ages and sizes of households have one without being named.
    accept_risk: why a file is given out although a group is smaller than 3; '' = it is refused.
    """

    classes: Mapping[str, PiiClass] = field(default_factory=dict)
    confirmed_by: str = ""
    keep_text: tuple[str, ...] = ()
    pseudonyms: tuple[str, ...] = ()
    places: PlaceMode = "drop"
    village: str = ""
    urban: tuple[str, tuple[str, ...]] | None = None
    dates: DateMode = "month"
    keys: tuple[str, ...] = ()
    sensitive: str = ""
    weight: str = ""
    tops: Mapping[str, int] = field(default_factory=dict)
    accept_risk: str = ""

    def __post_init__(self) -> None:
        for path, pii in self.classes.items():
            _check(f"class of {path}", pii, CLASSES)
        _check("places", self.places, get_args(PlaceMode))
        _check("dates", self.dates, get_args(DateMode))
        if self.places == "centroid" and not self.village:
            raise Problem(EXPORT_OPTION, "Centroids need a village.", remedy="Name the question of the village.")

    def to_json(self) -> dict[str, Any]:
        """As a JSON object; `from_json` gives the same protection back."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        found |= {"classes": dict(self.classes), "tops": dict(self.tops)}
        found |= {name: list(value) for name, value in found.items() if isinstance(value, tuple)}
        if self.urban is not None:
            found["urban"] = [self.urban[0], list(self.urban[1])]
        return found

    @classmethod
    def from_json(cls, content: Any) -> "Protection":
        """Read what `to_json` wrote, or an admin's own file.

        Raises:
            Problem: EXPORT_OPTION for what is no protection, naming the entry.
        """
        if not isinstance(content, Mapping):
            raise Problem(EXPORT_OPTION, "The protection is not a JSON object.", remedy="See docs/exports.md.")
        known = {one.name for one in fields(cls)}
        if unknown := sorted(set(content) - known):
            remedy = say("Known are: {known}.", known=sorted(known))
            raise Problem(EXPORT_OPTION, say("The protection knows no {unknown}.", unknown=unknown), remedy=remedy)
        return cls(**{name: _read(name, value) for name, value in content.items()})


def _check(what: str, value: Any, offered: tuple[str, ...]) -> None:
    if value not in offered:
        raise Problem(
            EXPORT_OPTION,
            say("{what} cannot be {value!r}.", what=what, value=value),
            remedy=say("Choose one of: {offered}.", offered=offered),
        )


def _read(name: str, value: Any) -> Any:
    fits: bool
    if name == "urban":
        fits = value is None or (isinstance(value, list) and len(value) == 2 and isinstance(value[1], list))
        ready: Any = (str(value[0]), tuple(map(str, value[1]))) if fits and value else None
    elif name in ("keep_text", "pseudonyms", "keys"):
        fits = isinstance(value, list) and all(isinstance(path, str) for path in value)
        ready = tuple(value) if fits else ()
    elif name in ("classes", "tops"):
        fits, kind = isinstance(value, Mapping), str if name == "classes" else int
        fits = fits and all(isinstance(path, str) and type(one) is kind for path, one in value.items())
        ready = dict(value) if fits else {}
    else:
        fits, ready = isinstance(value, str), value
    if not fits:
        raise Problem(
            EXPORT_OPTION,
            say("{name} of the protection cannot be {value!r}.", name=name, value=value),
            remedy="See docs/exports.md.",
        )
    return ready
