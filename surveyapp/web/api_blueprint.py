"""What every part of the JSON API shares: its refusals."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask_smorest import Api, Blueprint

from surveyapp.web.identity import admit_program
from surveyapp.web.shapes import ProblemOut

View = TypeVar("View", bound=Callable[..., Any])

TITLES = {
    400: "The request cannot be read.",
    401: "No valid token.",
    403: "Not allowed.",
    404: "Not there.",
    409: "Clashes with what is kept.",
    413: "Too large.",
    422: "A value is not right.",
}


class ProblemApi(Api):  # type: ignore[misc]  # flask-smorest has no types
    """The API without the errors of flask-smorest in its document: `refuses` says what each operation refuses."""

    DEFAULT_ERROR_RESPONSE_NAME = None


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A part of the API whose refusals are problem+json, and which reads nothing that strangers send."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.before_request(admit_program)

    def refuses(self, *statuses: int) -> Callable[[View], View]:
        """Document these refusals; 401 and 403 are everywhere."""

        def document(view: View) -> View:
            for status in sorted({401, 403, *statuses}):
                view = self.alt_response(
                    status, schema=ProblemOut, description=TITLES[status], content_type="application/problem+json"
                )(view)
            return view

        return document
