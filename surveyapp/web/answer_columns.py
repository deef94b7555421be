"""The questions of a form as columns of a page: which there are, how they are headed, what an answer looks like."""

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext

from surveyapp.clean.fields import SELECTS, Field, Questionnaire, find_language
from surveyapp.clean.records import write_text
from surveyapp.web.i18n import page_language
from surveyapp.web.office import asked

_REFERENCE: Final = re.compile(r"\$\{\s*[^${}]+?\s*\}")
# Signs of an answer in a cell; the rest is on the page of the submission.
MOST_SHOWN: Final = 160
# What addresses call the table of the submissions themselves.
MAIN: Final = "main"


@dataclass(frozen=True, slots=True)
class Column:
    """A question. `key` names it in addresses, also when later versions bring others; `choices` are labels by code."""

    key: str
    path: str
    name: str
    label: str
    type: str
    shown: bool
    choices: Mapping[str, str]

    def tell(self, value: Any) -> str:
        """An answer as text, with the labels of its choices."""
        if value is None:
            return ""
        if self.type in SELECTS and isinstance(value, str):
            codes = [value] if self.type == "select_one" else value.split()
            return ", ".join(self.choices.get(code) or code for code in codes)
        if isinstance(value, bool):
            said: str = gettext("Yes") if value else gettext("No")
            return said
        if isinstance(value, datetime.datetime):
            return value.isoformat(" ", "minutes")
        if isinstance(value, tuple):
            return ", ".join(f"{degrees:.5f}" for degrees in value[:2])
        text = write_text(value)
        return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def list_columns(form: Questionnaire, repeat: str, added: Iterable[Field] = ()) -> list[Column]:
    """The questions of a repeat ('' = the submission), in the language of the page where the form has it; after them
    the columns that rules of cleaning have `added`.
    """
    wish = asked("labels")
    language = wish if wish in form.newest.languages else find_language(form, page_language())
    known = [*enumerate(form.fields.values()), *((f"+{one.name}", one) for one in added)]
    return [_column(form, language, str(key), one) for key, one in known if one.repeat == repeat]


def _column(form: Questionnaire, language: str, key: str, one: Field) -> Column:
    choices = {code: form.newest.text(label, language) for code, label in one.choices.items()}
    label = _REFERENCE.sub("…", form.newest.text(one.label, language)) or one.name
    shown = one.added or (one.newest is not None and one.newest.visible)
    return Column(key, one.path, one.name, label, one.type, shown, choices)


def list_tables(form: Questionnaire) -> list[tuple[str, str]]:
    """The repeats by kept path with what they are called, the submissions themselves first."""
    language = find_language(form, page_language())
    called = {form.kept_path(one.path): form.newest.text(one.label, language) for one in form.newest.repeats}
    named = [(path, called.get(path) or path.rpartition("/")[2]) for path in form.repeats]
    return [(MAIN, gettext("One row an interview")), *named]


def asked_table(form: Questionnaire) -> str:
    """The repeat that the address asks for, '' for the submissions."""
    return asked("table") if asked("table") in form.repeats else ""
