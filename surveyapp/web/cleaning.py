"""What the pages and the API of cleaning share."""

from typing import Final

from surveyapp.correct.log_import import Importer
from surveyapp.store.forms import Form
from surveyapp.web.current import now
from surveyapp.web.identity import Access

WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def importer_of(access: Access) -> Importer:
    """Whoever is asking, as somebody who imports a log."""
    return Importer(access.who.actor, access.reach, access.may("remove"), now())


def work_log_name(form: Form) -> str:
    """The name of the file of a work log."""
    name = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in form.form_id)
    return f"{name}_log.xlsx"
