"""The compiled rules of each published version, kept in memory: a published version never changes."""

from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from surveyapp.store.files import Files
from surveyapp.store.forms import FormVersion, get_definition, list_form_attachments
from surveyapp.validate.rules import CompiledRules, compile_rules

_compiled: WeakKeyDictionary[Files, dict[int, CompiledRules]] = WeakKeyDictionary()


def get_rules(session: Session, files: Files, version: FormVersion) -> CompiledRules:
    """The rules of `version`, with the files that its choice lists and look-ups read."""
    known = _compiled.setdefault(files, {})
    if version.id not in known:
        attachments = {
            attachment.name: files.path(attachment.sha256).read_bytes()
            for attachment in list_form_attachments(session, version)
            if attachment.name.endswith((".csv", ".xml", ".geojson"))
        }
        known[version.id] = compile_rules(get_definition(session, version), attachments)
    return known[version.id]
