"""What every part of the JSON API shares: its refusals."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from flask_smorest import Api, Blueprint
from marshmallow import ValidationError
from webargs.flaskparser import FlaskParser

from surveyapp.values import storable
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


class StorableParser(FlaskParser):
    """Takes no text that a database cannot hold: for records the room `collect` sees to that, here it is refused."""

    def pre_load(self, location_data: Any, **_: Any) -> Any:
        """The arguments as they came.

        Raises:
            ValidationError: a text holds NUL, or half of a character.
        """
        _refuse_unstorable(location_data)
        return location_data


def _refuse_unstorable(value: Any, field: str = "") -> None:
    if isinstance(value, str) and storable(value) != value:
        raise ValidationError("This text holds a character that cannot be kept.", field or "_schema")
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _refuse_unstorable(name, field)
            _refuse_unstorable(inner, field or str(name))
    elif isinstance(value, list):
        for inner in value:
            _refuse_unstorable(inner, field)


class ApiBlueprint(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """A part of the API whose refusals are problem+json, and which reads nothing that strangers send."""

    ARGUMENTS_PARSER = StorableParser()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.before_request(admit_program)

    def arguments(self, schema: Any, *, location: str = "json", **options: Any) -> Callable[[View], View]:
        """As in flask-smorest; what it refuses by itself is documented, too."""
        read = super().arguments(schema, location=location, **options)
        refused = (422,) if location == "query" else (400, 422)
        return lambda view: self._document(read(view), refused)

    def refuses(self, *statuses: int) -> Callable[[View], View]:
        """Document these refusals; 401 and 403 are everywhere."""

        return lambda view: self._document(view, sorted({401, 403, *statuses}))

    def _document(self, view: View, statuses: Iterable[int]) -> View:
        for status in statuses:
            view = self.alt_response(
                status, schema=ProblemOut, description=TITLES[status], content_type="application/problem+json"
            )(view)
        return view
