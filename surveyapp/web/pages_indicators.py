"""The indicators of a form: figures of the project and of each village, with their standard errors."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, render_template
from flask_babel import gettext, lazy_gettext

from surveyapp.assess import assess
from surveyapp.export.named_figures import list_named_rows, list_village_names
from surveyapp.indicators.listing import explain_lack, gives_nothing
from surveyapp.store.forms import get_form
from surveyapp.web.current import database, files
from surveyapp.web.i18n import page_language
from surveyapp.web.identity import allow_person
from surveyapp.web.office import asked

pages_indicators = Blueprint("indicator_pages", __name__, url_prefix="/p/<project>/forms/<form_id>/indicators")

# What a flag of docs/indicators.md says to whoever reads the page. Numbers in flags: `negative=3`.
FLAGS: Final = {
    "complementary": lazy_gettext("hidden so that another village's figure cannot be had by subtraction"),
    "lonely_cluster": lazy_gettext("one cluster only: no error can be told"),
    "census": lazy_gettext("everybody was interviewed: the error is 0"),
    "constant": lazy_gettext("all values are equal"),
    "coverage<80%": lazy_gettext("values of fewer than 80 per cent"),
    "panel": lazy_gettext("between two waves"),
    "weights_from_wave": lazy_gettext("weights of the first wave"),
    "recall": lazy_gettext("by recall"),
    "parallel trends assumed, not shown": lazy_gettext("parallel trends assumed"),
}


@pages_indicators.get("")
def indicators(project: str, form_id: str) -> str:
    """The figures of the project, with `?village=` those of a village, with `?code=` one of all places; small cells are
    masked.
    """
    chinese = page_language() == "zh"
    with database().reading() as session:
        access = allow_person(session, "export", project)
        form = get_form(session, access.project.id, form_id)
        found = assess(session, files(), form, reach=access.reach)
        names = list_village_names(session, form, found.settings, chinese=chinese)
        of_project = list(list_named_rows(session, form, found, "project", chinese=chinese))
        by_village = list(list_named_rows(session, form, found, "village", chinese=chinese))
    village, code = asked("village"), asked("code")
    rows = [row for row in by_village if row["place"] == village] if village else of_project
    if code:
        rows = [row for row in (*of_project, *by_village) if row["code"] == code]
    return render_template(
        "indicators.html",
        form=form,
        rows=[{**row, "remarks": _remarks(row)} for row in rows],
        code=code,
        village=village,
        village_name=names.get(village, village),
        villages=[(name, names.get(name, name)) for name in sorted({row["place"] for row in by_village})],
        households=len(found.households),
        line=found.settings.poverty_line,
        lacking=explain_lack(found),
        nothing=gives_nothing(found),
        bounded=not access.reach.everything,
    )


def _remarks(row: dict[str, Any]) -> Sequence[str]:
    """What there is to know of a figure, in the words of the page."""
    flags = [flag for flag in row["flags"].split("; ") if flag and not (row["masked"] and flag.startswith("n<"))]
    said = [row["text"]] if row["text"] else []
    if row["masked"] and "complementary" not in flags:
        said.append(gettext("too few to be shown"))
    elif row["estimate"] is None and not row["masked"]:
        said.append(gettext("not computable"))
    return [*said, *map(_say_flag, flags)]


def _say_flag(flag: str) -> str:
    """A flag in words; one that is not known as it is."""
    name, _, count = flag.partition("=")
    if name == "negative":
        return str(gettext("%(count)s negative incomes counted as 0", count=count))
    if flag.startswith("n<"):
        return str(gettext("fewer than %(count)s households", count=flag[2:]))
    return str(FLAGS.get(flag, flag))
