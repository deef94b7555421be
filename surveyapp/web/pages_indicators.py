"""The indicators of a form: figures of the project and of each village, with their standard errors."""

from flask import Blueprint, render_template

from surveyapp.assess import assess
from surveyapp.export.figure_labels import figure_label
from surveyapp.indicators.listing import explain_lack, gives_nothing, list_figure_rows
from surveyapp.store.forms import get_form
from surveyapp.web.current import database, files
from surveyapp.web.i18n import page_language
from surveyapp.web.identity import allow_person
from surveyapp.web.office import asked

pages_indicators = Blueprint("indicator_pages", __name__, url_prefix="/p/<project>/forms/<form_id>/indicators")


@pages_indicators.get("")
def indicators(project: str, form_id: str) -> str:
    """The figures of the project, or with `?village=` those of a village; small cells are masked."""
    with database().reading() as session:
        access = allow_person(session, "export", project)
        form = get_form(session, access.project.id, form_id)
        found = assess(session, files(), form, reach=access.reach)
    chinese = page_language() == "zh"
    by_village = list(list_figure_rows(found, "village"))
    village = asked("village")
    rows = [row for row in by_village if row["place"] == village] if village else list_figure_rows(found, "project")
    return render_template(
        "indicators.html",
        form=form,
        rows=[{**row, "label": figure_label(row["code"], chinese)} for row in rows],
        village=village,
        villages=[(name, name) for name in sorted({row["place"] for row in by_village})],
        households=len(found.households),
        lacking=explain_lack(found),
        nothing=gives_nothing(found),
        bounded=not access.reach.everything,
    )
