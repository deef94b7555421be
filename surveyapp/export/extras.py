"""Libraries that only some exports need, and that not every server has."""

from importlib import import_module
from types import ModuleType

from surveyapp.problems import EXPORT_EXTRA, Problem
from surveyapp.sentences import say


def import_extra(library: str, extra: str) -> ModuleType:
    """The library, which the optional extra of that name installs.

    Raises:
        Problem: EXPORT_EXTRA where it is not installed.
    """
    try:
        return import_module(library)
    except ImportError as error:
        remedy = say(
            "Install it on the server: pip install 'surveyapp[{extra}]'. xlsx and csv work without.", extra=extra
        )
        raise Problem(
            EXPORT_EXTRA, say("This format needs {library}, which is not installed.", library=library), remedy=remedy
        ) from error
