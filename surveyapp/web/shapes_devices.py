"""Shapes of phones in the JSON API, by direction: what comes in, what goes out."""

from marshmallow import Schema, fields, validate

from surveyapp.people.phone_names import MOST_AT_ONCE
from surveyapp.people.phones import LONGEST_NAME


def _name() -> fields.String:
    return fields.String(validate=validate.Length(1, LONGEST_NAME))


class DevicesIn(Schema):
    """Phones to let in, all of one person and team."""

    names = fields.List(_name(), required=True, validate=validate.Length(1, MOST_AT_ONCE))
    person = fields.String(load_default=None, allow_none=True, metadata={"description": "Sign-in name."})
    team = fields.String(load_default=None, allow_none=True, metadata={"description": "Name of the team."})


class DeviceIn(Schema):
    """What changes of a phone; null takes it away, what is not named stays."""

    person = fields.String(allow_none=True, metadata={"description": "Sign-in name."})
    team = fields.String(allow_none=True, metadata={"description": "Name of the team."})


class DeviceOut(Schema):
    """A phone."""

    name = fields.String()
    person = fields.String(allow_none=True)
    team = fields.String(allow_none=True)
    username = fields.String(allow_none=True, metadata={"description": "For clients that sign in by password."})
    app = fields.String(metadata={"description": "What it said it runs when it was last seen."})
    submissions = fields.Integer(metadata={"description": "How many new ones it has sent."})
    last_seen_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    revoked_at = fields.AwareDateTime(allow_none=True)


class CredentialsOut(Schema):
    """The secrets of a phone, given this once and kept as hashes."""

    name = fields.String()
    server_url = fields.String(metadata={"description": "All that ODK Collect needs; holds the token."})
    token = fields.String(metadata={"description": "For Authorization: Bearer."})
    username = fields.String()
    password = fields.String(metadata={"description": "With the server URL …/collect."})
    settings_code = fields.String(metadata={"description": "Text of the QR code with the settings of ODK Collect."})
    web_url = fields.String(metadata={"description": "Opens the web app as this phone."})
