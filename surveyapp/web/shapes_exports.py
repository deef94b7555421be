"""What goes over the JSON API about options of exports that are kept under a name."""

from marshmallow import Schema, fields

from surveyapp.web.shapes import ExportIn


class ExportDefinitionIn(Schema):
    """A name, and the options to keep under it."""

    name = fields.String(required=True, metadata={"description": "1 to 100 characters, taken once a form."})
    options = fields.Nested(ExportIn, load_default=dict)


class ExportDefinitionOut(Schema):
    """Options under a name; what they do not name is as usual."""

    number = fields.Integer(attribute="id")
    name = fields.String()
    options = fields.Dict()
    made_by = fields.String()
    made_at = fields.AwareDateTime()


class ExportAskedIn(ExportIn):
    """An export as it is asked for."""

    definition = fields.String(metadata={"description": "The name of kept options; what is said besides goes before."})
