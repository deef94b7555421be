"""Every rule tried again on what was received before, after the rule engine has learnt something."""

from sqlalchemy.orm import Session

from surveyapp.collect.reading import read_version
from surveyapp.collect.rules import get_rules
from surveyapp.store.files import Files
from surveyapp.store.findings import add_findings, remove_findings
from surveyapp.store.forms import Form, get_form_version_by_pk
from surveyapp.store.submissions import RuleCounts, get_arrival, list_attachments, mark_judged
from surveyapp.validate.circumstances import Circumstances
from surveyapp.validate.judge import judge
from surveyapp.validate.wording import ENGINE, SEVERITIES


def recheck(session: Session, files: Files, form: Form, version_id: int) -> RuleCounts:
    """Judge one kept version again: its findings about rules are replaced, those about how it arrived stay."""
    arrival = get_arrival(session, form.id, version_id)
    record, unknown = read_version(session, form, arrival.version)
    circumstances = Circumstances(
        received_at=arrival.received_at,
        user_agent=arrival.user_agent,
        device_identifier=arrival.device_identifier,
        files=frozenset(attachment.name for attachment in list_attachments(session, version_id)),
    )
    rules = get_rules(session, files, get_form_version_by_pk(session, arrival.version.form_version_id))
    judged = judge(rules, record, unknown, circumstances)
    counts = RuleCounts(judged.ok, judged.violated, judged.not_checkable)
    remove_findings(session, version_id, *SEVERITIES)
    add_findings(session, version_id, judged.findings)
    mark_judged(session, version_id, ENGINE, counts)
    return counts
