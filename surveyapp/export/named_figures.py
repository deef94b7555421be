"""Figures of places as rows that a reader understands: with labels, units and the names of the villages."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from surveyapp.export.figure_labels import figure_label, figure_unit, indicator_label, is_chinese, unit_label
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.listing import list_rows
from surveyapp.indicators.settings import Settings
from surveyapp.indicators.tabulation import Tabulation
from surveyapp.store.forms import Form, get_definition, list_form_versions


def list_named_rows(
    session: Session, form: Form, found: Tabulation, by: str, *, chinese: bool = False
) -> Iterator[dict[str, Any]]:
    """The rows of `surveyapp.indicators.listing`; those of figures also with `label`, `place_name` and `unit`."""
    if by == "household":
        yield from list_rows(found, by)
        return
    names = list_village_names(session, form, found.settings, chinese=chinese)
    for row in list_rows(found, by):
        code, place = row["code"], row["place"]
        named = {"code": code, "label": _label(code, chinese), "place": place, "place_name": names.get(place, place)}
        yield {**named, "unit": _unit(code, chinese), **row}


def list_village_names(session: Session, form: Form, settings: Settings, *, chinese: bool = False) -> dict[str, str]:
    """The labels of the villages by code, those of the newest version that has them; of a list in a file none."""
    wanted = settings.in_form(settings.design.village)
    names: dict[str, str] = {}
    for version in list_form_versions(session, form):
        definition = get_definition(session, version)
        for question in definition.questions:
            for choice in definition.choices(question) if question.name == wanted else ():
                language = next((one for one in choice.label if is_chinese(one) == chinese), "")
                names[choice.name] = definition.text(choice.label, language) or choice.name
    return names


def _label(code: str, chinese: bool) -> str:
    return indicator_label(CATALOGUE[code], chinese) if code in CATALOGUE else figure_label(code, chinese)


def _unit(code: str, chinese: bool) -> str:
    return unit_label(CATALOGUE[code].unit, chinese) if code in CATALOGUE else figure_unit(code, chinese)
