"""Shapes of review in the JSON API, by direction: what comes in, what goes out."""

from typing import Any

from marshmallow import Schema, fields, validate

from surveyapp.review.states import REASON_CODES, STATES

MOST_TEXT = 10_000


def _text(description: str = "") -> fields.String:
    about: dict[str, Any] = {"description": description} if description else {}
    return fields.String(load_default="", validate=validate.Length(0, MOST_TEXT), metadata=about)


class QuestionCommentIn(Schema):
    """A remark about one question."""

    path = fields.String(required=True, metadata={"description": "With the index of each repeat: /data/member[2]/age."})
    text = fields.String(required=True, validate=validate.Length(1, MOST_TEXT))


class DecisionIn(Schema):
    """What shall become of a submission."""

    to = fields.String(required=True, validate=validate.OneOf(STATES))
    comment = _text()
    questions = fields.List(fields.Nested(QuestionCommentIn), load_default=list)
    reason_code = fields.String(load_default="", validate=validate.OneOf(["", *REASON_CODES]))
    override = _text("Why it is approved although findings are open.")
    base = fields.Integer(load_default=None, allow_none=True, metadata={"description": "The version looked at."})


class CommentIn(Schema):
    """A remark about a submission, or about one question."""

    path = fields.String(load_default="")
    text = fields.String(required=True, validate=validate.Length(1, MOST_TEXT))
    for_field = fields.Boolean(load_default=False, metadata={"description": "The enumerator reads it, when returned."})


class CommentChangeIn(Schema):
    """What becomes of a remark."""

    resolved = fields.Boolean()
    struck = fields.Boolean(validate=validate.Equal(True))


class AcknowledgementIn(Schema):
    """Why a finding may stand."""

    finding = fields.Integer(
        required=True, metadata={"description": "Its number, as the review of the submission has it."}
    )
    reason = fields.String(required=True, validate=validate.Length(1, MOST_TEXT))


def _rows(description: str) -> fields.List[Any]:
    about = {"description": description}
    return fields.List(fields.String(), load_default=list, validate=validate.Length(0, 200), metadata=about)


class AnswersIn(Schema):
    """Answers to change, rows to add and to remove."""

    base = fields.Integer(required=True, metadata={"description": "The number of the version looked at."})
    changes = fields.Dict(
        keys=fields.String(), values=fields.String(), load_default=dict, validate=validate.Length(0, 1000)
    )
    add_rows = _rows("New rows of repeats: /data/member[+1], the next one /data/member[+2].")
    remove_rows = _rows("Rows to remove: /data/member[2].")
    reason = _text("Needed once somebody has decided.")
    merge = fields.Boolean(load_default=False, metadata={"description": "Put it on top of what others changed."})
    over = _rows("Where both changed something: the paths, of those in overlap, at which yours counts.")
    seen = fields.Integer(load_default=0, metadata={"description": "The version that others made, for `over`."})
    keep_odd = fields.Boolean(load_default=False, metadata={"description": "Keep answers that break a rule."})
    leave_out = fields.Boolean(load_default=False, metadata={"description": "Drop what is not asked any more."})
    newest = fields.Boolean(load_default=False, metadata={"description": "Bring it to the form's newest version."})


class ReasonIn(Schema):
    """Why."""

    reason = fields.String(required=True, validate=validate.Length(1, MOST_TEXT))


class PolicyIn(Schema):
    """What changes of a form's policy."""

    exported = fields.List(fields.String())
    two_approvals = fields.Boolean()
    warnings = fields.Boolean()
    four_eyes = fields.Boolean(metadata={"description": "Who edited a submission does not approve it."})


class PolicyOut(Schema):
    """The policy of a form."""

    exported = fields.List(fields.String())
    two_approvals = fields.Boolean()
    warnings = fields.Boolean()
    four_eyes = fields.Boolean(metadata={"description": "Who edited a submission does not approve it."})


class CommentOut(Schema):
    """A remark."""

    id = fields.Integer()
    path = fields.String()
    content = fields.String()
    author = fields.String()
    for_field = fields.Boolean()
    at = fields.AwareDateTime()
    resolved_by = fields.String()
    resolved_at = fields.AwareDateTime(allow_none=True)
    struck_by = fields.String()
    struck_at = fields.AwareDateTime(allow_none=True)


class AnswerChangeOut(Schema):
    """One answer that a version changed."""

    path = fields.String()
    old = fields.String()
    new = fields.String()


class EntryOut(Schema):
    """One line of the history."""

    at = fields.AwareDateTime()
    kind = fields.String()
    actor = fields.String()
    channel = fields.String()
    reason = fields.String()
    number = fields.Integer(allow_none=True, metadata={"description": "Of the event; null for what phones sent."})
    version = fields.Integer(allow_none=True)
    detail = fields.Dict()
    changes = fields.List(fields.Nested(AnswerChangeOut))


class WeighedOut(Schema):
    """A finding, and who has acknowledged it."""

    number = fields.Integer()
    check = fields.String()
    severity = fields.String()
    message = fields.String()
    path = fields.String()
    value = fields.String()
    outcome = fields.String()
    acknowledged_by = fields.String()
    acknowledged_why = fields.String()


class ReviewOut(Schema):
    """How a submission stands."""

    submission_no = fields.Integer()
    instance_id = fields.String()
    version = fields.Integer()
    state = fields.String()
    reviewed_by = fields.String()
    reviewed_at = fields.AwareDateTime(allow_none=True)
    approved_once_by = fields.String()
    next = fields.List(fields.String(), metadata={"description": "The states to which the caller may bring it."})
    findings = fields.List(fields.Nested(WeighedOut))
    comments = fields.List(fields.Nested(CommentOut))
    history = fields.List(fields.Nested(EntryOut))
    history_whole = fields.Boolean(metadata={"description": "Whether no event was changed or taken out."})


class EditedOut(Schema):
    """The version that an edit made."""

    number = fields.Integer()
    instance_id = fields.String()
    changes = fields.List(fields.Nested(AnswerChangeOut))
    rows_added = fields.List(fields.String())
    rows_removed = fields.List(fields.String())
    form_version = fields.String(metadata={"description": "The version of the form, where the edit changed it."})


class TheirsOut(Schema):
    """What others made of an answer."""

    path = fields.String()
    base = fields.String()
    current = fields.String()


class ClashOut(Schema):
    """problem+json with what an edit clashes with."""

    code = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    remedy = fields.String()
    current = fields.Integer()
    base = fields.Integer()
    changed_by_others = fields.List(fields.Nested(TheirsOut))
    rows_added = fields.List(fields.String(), metadata={"description": "Rows that others added."})
    rows_removed = fields.List(fields.String(), metadata={"description": "Rows that others removed."})
    yours = fields.Dict()
    overlap = fields.List(fields.String())
    gone = fields.List(fields.String(), metadata={"description": "Of these, what lies in rows that others removed."})


class QueueIn(Schema):
    """Which part of the queue."""

    severity = fields.String(load_default=None, validate=validate.OneOf(["error", "warning", "info"]))
    team_id = fields.Integer(load_default=None)
    after = fields.Integer(load_default=0)
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 500))


class QueuedOut(Schema):
    """A submission that waits for somebody."""

    submission_no = fields.Integer()
    instance_id = fields.String()
    instance_name = fields.String()
    state = fields.String()
    received_at = fields.AwareDateTime()
    team = fields.String(allow_none=True)
    person = fields.String(allow_none=True)
    errors = fields.Integer()
    warnings = fields.Integer()


class FilterIn(Schema):
    """Which submissions; what is not said does not narrow."""

    state = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(STATES))
    team_id = fields.Integer(load_default=None, allow_none=True)
    version = fields.String(load_default=None, allow_none=True)
    since = fields.AwareDateTime(load_default=None, allow_none=True)
    until = fields.AwareDateTime(load_default=None, allow_none=True)
    severity = fields.String(load_default=None, allow_none=True)
    check = fields.String(load_default=None, allow_none=True)
    text = fields.String(load_default="")


class ManyIn(Schema):
    """All submissions that a filter finds."""

    where = fields.Nested(FilterIn, required=True)
    up_to = fields.Integer(
        load_default=None, allow_none=True, metadata={"description": "As the preview said: what came since stays out."}
    )
    preview = fields.Boolean(load_default=False)


class BulkIn(ManyIn, DecisionIn):
    """One decision about all submissions that a filter finds."""


class BulkEditIn(ManyIn):
    """One answer for all submissions that a filter finds."""

    path = fields.String(required=True)
    text = fields.String(required=True, validate=validate.Length(0, MOST_TEXT))
    reason = fields.String(required=True, validate=validate.Length(1, MOST_TEXT))
    keep_odd = fields.Boolean(load_default=False, metadata={"description": "Keep answers that break a rule."})


class SkippedOut(Schema):
    """A submission that stays as it is, and why."""

    submission_no = fields.Integer()
    reason = fields.String()


class ChangeOfManyOut(AnswerChangeOut):
    """One answer that would change."""

    submission_no = fields.Integer()


class BulkOut(Schema):
    """What a decision about many, or an answer set in many, did, or would do to the first ones."""

    id = fields.Integer(allow_none=True, metadata={"description": "By which it can be undone; null for a preview."})
    count = fields.Integer(metadata={"description": "How many submissions the filter finds."})
    up_to = fields.Integer()
    decided = fields.List(fields.Integer())
    skipped = fields.List(fields.Nested(SkippedOut))
    changes = fields.List(fields.Nested(ChangeOfManyOut), metadata={"description": "Of a preview."})
