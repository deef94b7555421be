"""Shapes of the JSON API for the checks across interviews."""

from marshmallow import Schema, fields, validate


class QualityIn(Schema):
    """Which findings."""

    state = fields.String(validate=validate.OneOf(["open", "acknowledged", "closed"]), load_default="open")
    check = fields.String(load_default=None, metadata={"description": "Id of a check, such as D06."})
    enumerator = fields.String(load_default=None)
    severity = fields.String(validate=validate.OneOf(["error", "warning", "info"]), load_default=None)
    after = fields.Integer(load_default=0, validate=validate.Range(0, 2**62))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 1000))


class QualityFindingOut(Schema):
    """One thing that a check found."""

    number = fields.Integer()
    check = fields.String(metadata={"description": "As the form calls the check."})
    kind = fields.String(metadata={"description": "As the catalogue calls it."})
    severity = fields.String()
    state = fields.String()
    submission_no = fields.Integer(allow_none=True)
    instance_id = fields.String(
        metadata={"description": "Of the first version; empty where it is about no submission."}
    )
    row_key = fields.String()
    subject = fields.String(metadata={"description": "An enumerator, a day, a question: whom or what it is about."})
    enumerator = fields.String()
    questions = fields.List(fields.String())
    observed = fields.String()
    expected = fields.String()
    suggestion = fields.String()
    binding = fields.String(metadata={"description": "Findings of one binding belong together."})
    message = fields.String()
    opened_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)
    settled_by = fields.String()
    reason = fields.String()
    settled_at = fields.AwareDateTime(allow_none=True)


class QualityCountOut(Schema):
    """How many findings there are of a check about one enumerator's interviews."""

    check = fields.String()
    severity = fields.String()
    enumerator = fields.String()
    count = fields.Integer()


class QualityOut(Schema):
    """A page of findings, and the counts of all that were asked for."""

    waiting = fields.Integer(metadata={"description": "Submissions that wait for their checks."})
    failed = fields.Integer(metadata={"description": "Submissions that could not be checked."})
    counts = fields.List(fields.Nested(QualityCountOut))
    items = fields.List(fields.Nested(QualityFindingOut))
    next = fields.Integer(allow_none=True)


class AcknowledgeIn(Schema):
    """Findings that may stay as they are, and why."""

    numbers = fields.List(fields.Integer(), required=True, validate=validate.Length(1, 1000))
    reason = fields.String(required=True, validate=validate.Length(1, 500))


class AcknowledgedOut(Schema):
    """Those that were open before."""

    numbers = fields.List(fields.Integer())


class BackchecksIn(Schema):
    """Whose interviews."""

    enumerator = fields.String(load_default="", metadata={"description": "Empty for those of everybody."})


class BackcheckRateOut(Schema):
    """How many answers of one type differ."""

    type = fields.Integer(metadata={"description": "1: one true answer; 2: hard to ask; 3: asked for its stability."})
    differing = fields.Integer()
    compared = fields.Integer()
    share = fields.Float(metadata={"description": "Differing by compared, 0 to 1."})
    alarming = fields.Boolean(metadata={"description": "Whether it is above the limit of its type."})


class PairedTestOut(Schema):
    """A test of answers given twice; two-sided."""

    statistic = fields.Float()
    n = fields.Integer(metadata={"description": "On how many differences it rests."})
    p = fields.Float()


class BackcheckQuestionOut(BackcheckRateOut):
    """One question that was asked twice. What cannot be told is null; tests need five pairs."""

    path = fields.String()
    label = fields.String()
    mean_difference = fields.Float(allow_none=True, metadata={"description": "Backcheck less interview."})
    response_variance = fields.Float(allow_none=True)
    reliability = fields.Float(allow_none=True)
    t_test = fields.Nested(PairedTestOut, allow_none=True, metadata={"description": "Student's, of numbers."})
    signed_rank = fields.Nested(PairedTestOut, allow_none=True, metadata={"description": "Wilcoxon's, of numbers."})
    mcnemar = fields.Nested(PairedTestOut, allow_none=True, metadata={"description": "Exact, of yes and no."})


class BackcheckPersonOut(Schema):
    """The rates of somebody, by type."""

    by = fields.String(metadata={"description": "enumerator, backchecker or team."})
    name = fields.String()
    pairs = fields.Integer()
    types = fields.List(fields.Nested(BackcheckRateOut))


class BackchecksOut(Schema):
    """How far the answers of households that were asked again agree."""

    pairs = fields.Integer()
    unmatched = fields.Integer(
        metadata={"description": "Backchecks without an interview; 0 for who sees some teams only."}
    )
    types = fields.List(fields.Nested(BackcheckRateOut))
    questions = fields.List(fields.Nested(BackcheckQuestionOut))
    people = fields.List(fields.Nested(BackcheckPersonOut))
