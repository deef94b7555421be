"""A kept record read again: its bytes become the bound tree that they were at receipt."""

from sqlalchemy.orm import Session

from surveyapp.answers import Node
from surveyapp.collect.from_json import read_json, read_record
from surveyapp.collect.from_xml import read_xml
from surveyapp.store.forms import Form, get_definition, get_form_version_by_pk
from surveyapp.store.submissions import Version, get_content
from surveyapp.xform.bind import bind

JSON = "application/json"


def read_version(session: Session, form: Form, version: Version) -> tuple[Node, list[Node]]:
    """The bound record of a kept version, and the nodes that its form version does not know."""
    definition = get_definition(session, get_form_version_by_pk(session, version.form_version_id))
    content, content_type = get_content(session, version.id)
    if content_type == JSON:
        root = read_record(read_json(content), form.form_id, definition.root.name)
    else:
        root = read_xml(content)
    return root, bind(definition, root)
