"""Shapes of cleaning in the JSON API, by direction: what comes in, what goes out."""

from marshmallow import Schema, fields


class RulesIn(Schema):
    """Rules, in order; see docs/cleaning.md."""

    rules = fields.List(fields.Dict(), required=True)


class RulesetOut(Schema):
    """A ruleset."""

    number = fields.Integer()
    state = fields.String(metadata={"description": "draft or published"})
    rules = fields.List(fields.Dict())
    hash = fields.String(metadata={"description": "SHA-256 of what was published."})
    made_by = fields.String()
    made_at = fields.AwareDateTime()
    published_by = fields.String()
    published_at = fields.AwareDateTime(allow_none=True)


class CellOut(Schema):
    """A cell before and after."""

    instance_id = fields.String()
    row_key = fields.String()
    path = fields.String()
    before = fields.String()
    after = fields.String()


class EffectOut(Schema):
    """What one rule does."""

    rule = fields.String()
    touched = fields.Integer()
    blocked = fields.Integer(metadata={"description": "How often a decision of a person stopped it."})
    examples = fields.List(fields.Nested(CellOut))


class FindingEffectOut(Schema):
    """What a trial means for the findings of a check."""

    check = fields.String()
    open = fields.Integer(metadata={"description": "Open findings of checks and of rules of the form."})
    settled = fields.Integer(metadata={"description": "Of these, about answers that would be others."})
    before = fields.Integer(metadata={"description": "What cleaning itself finds now."})
    after = fields.Integer(metadata={"description": "What it would find then."})


class RulesetTrialOut(Schema):
    """What rules would do."""

    against = fields.Integer(metadata={"description": "The ruleset that holds now; 0 is none."})
    faults = fields.List(fields.Dict(), metadata={"description": "Examples that do not come out as they should."})
    effects = fields.List(fields.Nested(EffectOut))
    findings = fields.List(fields.Nested(FindingEffectOut))
    cells = fields.Dict(keys=fields.String(), values=fields.Integer(), metadata={"description": "By path."})
    examples = fields.List(fields.Nested(CellOut))
    added = fields.Integer(metadata={"description": "Submissions that come back into the clean data."})
    gone = fields.Integer(metadata={"description": "Submissions that leave them."})


class NoticeOut(Schema):
    """Something to say about a row of a log."""

    row = fields.Integer()
    weight = fields.String()
    code = fields.String()
    message = fields.String()


class DifferenceOut(Schema):
    """A cell before and after an import."""

    row = fields.Integer()
    instance_id = fields.String()
    row_key = fields.String()
    question = fields.String()
    old = fields.String()
    old_label = fields.String()
    new = fields.String()
    new_label = fields.String()


class LogTrialOut(Schema):
    """What a log would do, and the token with which to apply it."""

    token = fields.String()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer())
    notices = fields.List(fields.Nested(NoticeOut))
    differences = fields.List(fields.Nested(DifferenceOut))
    removals = fields.List(fields.String())


class ImportedOut(LogTrialOut):
    """What was applied; `number` is null where nothing was to be changed."""

    number = fields.Integer(allow_none=True)


class LogImportOut(Schema):
    """An import."""

    id = fields.Integer(data_key="number")
    file_name = fields.String()
    file_hash = fields.String(metadata={"description": "SHA-256"})
    decisions = fields.Integer()
    imported_by = fields.String()
    imported_at = fields.AwareDateTime()
    undone_by = fields.String()
    undone_at = fields.AwareDateTime(allow_none=True)
