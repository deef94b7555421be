"""Shapes of the JSON API, by direction: what comes in, what goes out."""

from marshmallow import Schema, fields, validate

from surveyapp.indicators.listing import BY


class ProblemOut(Schema):
    """RFC 9457."""

    type = fields.String(required=True)
    code = fields.String(required=True, metadata={"description": "Slug of the kind of problem."})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "What, and where."})
    remedy = fields.String(required=True, metadata={"description": "What can be done."})
    errors = fields.List(fields.Dict(), metadata={"description": "The single faults, where there are several."})


class FormFindingOut(Schema):
    """Something about a form definition."""

    code = fields.String()
    severity = fields.String()
    message = fields.String()
    remedy = fields.String()
    sheet = fields.String()
    row = fields.Integer()
    column = fields.String()


class FormVersionOut(Schema):
    """A published version."""

    version = fields.String()
    md5 = fields.String(metadata={"description": "Of the XForm's bytes, hex."})
    published_at = fields.AwareDateTime()
    findings = fields.List(fields.Nested(FormFindingOut))


class FormOut(Schema):
    """A form with its versions, oldest first."""

    form_id = fields.String()
    title = fields.String()
    state = fields.String(validate=validate.OneOf(["open", "closed"]))
    versions = fields.List(fields.Nested(FormVersionOut))


class FindingCountOut(Schema):
    """How often a check found something."""

    check = fields.String()
    severity = fields.String()
    count = fields.Integer()


class FormFindingsOut(Schema):
    """What looks wrong in the submissions of a form, and how many of its rules could be checked."""

    counts = fields.List(fields.Nested(FindingCountOut))
    rules_ok = fields.Integer()
    rules_violated = fields.Integer()
    rules_not_checkable = fields.Integer()


class IndicatorsIn(Schema):
    """Which indicators."""

    by = fields.String(
        load_default="project",
        validate=validate.OneOf(BY),
        metadata={"description": "What a row is about."},
    )
    answers = fields.String(
        load_default="clean",
        validate=validate.OneOf(("clean", "raw")),
        metadata={"description": "From clean answers, or from those that were sent."},
    )


class IndicatorsOut(Schema):
    """Indicators with the hash of the settings under which they were computed."""

    answers = fields.String(metadata={"description": "clean, or raw: as they were sent."})
    settings_hash = fields.String()
    parameters_hash = fields.String()
    inputs = fields.Dict(metadata={"description": "Inputs of the catalogue that the form asks by other names."})
    wave = fields.String(metadata={"description": "The wave that the figures of places are of; empty without waves."})
    panel = fields.List(fields.Dict(), metadata={"description": "How households of later waves match the first."})
    not_computable = fields.Dict(metadata={"description": "By form version: indicators, and the questions they lack."})
    lacking = fields.String(metadata={"description": "What the newest version cannot give and why, in words."})
    rows = fields.List(fields.Dict())


class FormStateIn(Schema):
    """Opens or closes a form."""

    state = fields.String(required=True, validate=validate.OneOf(["open", "closed"]))


class PublishedOut(Schema):
    """What became of an upload."""

    form_id = fields.String()
    version = fields.String()
    fresh = fields.Boolean(metadata={"description": "False when this version was published before."})
    findings = fields.List(fields.Nested(FormFindingOut))


class ChangeOut(Schema):
    """One difference between two versions of a form."""

    kind = fields.String()
    path = fields.String(metadata={"description": "In the new version; in the old one for what was removed."})
    name = fields.String(metadata={"description": "Of the question, list or language."})
    old = fields.String()
    new = fields.String()
    verdict = fields.String(
        metadata={"description": "ok, widened, or refused: cannot be published after the old version."}
    )
    remedy = fields.String()


class FindingOut(Schema):
    """Something odd about a record that was kept."""

    check = fields.String()
    severity = fields.String()
    outcome = fields.String()
    message = fields.String()
    path = fields.String()
    question = fields.String()
    value = fields.String()
    rule = fields.String()
    version = fields.Integer(metadata={"description": "The version that it is about, where it is told."})


class ReceiptOut(Schema):
    """What became of one record."""

    status = fields.Integer(metadata={"description": "As the answer to this record alone would be: 201, 202, 4xx."})
    outcome = fields.String()
    instance_id = fields.String()
    problem = fields.Nested(ProblemOut)


class BatchOut(Schema):
    """What became of each record, in the order in which they came."""

    items = fields.List(fields.Nested(ReceiptOut))


class AttachmentOut(Schema):
    """A file of a submission."""

    name = fields.String()
    size = fields.Integer()
    sha256 = fields.String()
    content_type = fields.String()
    conflict = fields.Boolean(metadata={"description": "True for other bytes under a name that had arrived before."})


class SubmissionVersionOut(Schema):
    """One record as it was sent."""

    number = fields.Integer()
    kind = fields.String()
    instance_id = fields.String()
    deprecated_id = fields.String(allow_none=True)
    sha256 = fields.String()
    current = fields.Boolean()


class SubmissionOut(Schema):
    """A submission with what looks wrong in it."""

    submission_no = fields.Integer()
    instance_id = fields.String()
    versions = fields.List(fields.Nested(SubmissionVersionOut))
    findings = fields.List(fields.Nested(FindingOut))
    attachments = fields.List(fields.Nested(AttachmentOut))


class SubmissionRowOut(Schema):
    """A line of the list of submissions."""

    submission_no = fields.Integer()
    instance_id = fields.String(metadata={"description": "Of the current version."})
    instance_name = fields.String()
    form_version = fields.String()
    received_at = fields.AwareDateTime()


class SubmissionPageIn(Schema):
    """Which part of the list."""

    after = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 2**63 - 1),
        metadata={"description": "The submission_no after which to go on."},
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 1000))


class SubmissionPageOut(Schema):
    """A part of the list, in order of receipt. `next` is the `after` of the next part, null at the end."""

    items = fields.List(fields.Nested(SubmissionRowOut))
    next = fields.Integer(allow_none=True)


class ExportIn(Schema):
    """What to export; what is left out is as in the documentation of exports."""

    kind = fields.String()
    format = fields.String()
    labels = fields.String()
    headers = fields.String()
    select = fields.String()
    missing = fields.String()
    names = fields.String()
    separator = fields.String()
    language = fields.String()
    versions = fields.List(fields.String())
    columns = fields.List(fields.String(), metadata={"description": "Questions by name or path, groups by path."})
    received_from = fields.String(metadata={"description": "The first day, 2026-03-31; both ends belong to it."})
    received_until = fields.String()
    interviewed_from = fields.String()
    interviewed_until = fields.String()
    wide = fields.Integer()
    banner = fields.Boolean()
    index = fields.Boolean(metadata={"description": "Columns _index, _parent_index, _parent_table_name."})
    states = fields.List(fields.String())
    teams = fields.List(fields.String(), metadata={"description": "Names of teams."})
    delimiter = fields.String()
    csv_bom = fields.Boolean()
    formula_safe = fields.Boolean()
    zone = fields.String()
    query = fields.String(metadata={"description": "Only submissions for which it holds: `${village} = 'v03'`."})
    media_links = fields.Boolean(metadata={"description": "A column for each file with where it can be opened."})
    protection = fields.Dict(metadata={"description": "For the kind deidentified; see the documentation of exports."})


class ExportOut(Schema):
    """An export and how far it is."""

    id = fields.String()
    state = fields.String()
    done = fields.Integer()
    total = fields.Integer()
    error = fields.String()
    created_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    url = fields.String(allow_none=True, metadata={"description": "Where the file is, once done."})
