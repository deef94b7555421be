"""An XForm that was uploaded as XML: looked at, never changed."""

from lxml import etree

from surveyapp.findings import FormFinding
from surveyapp.sentences import say
from surveyapp.xlsform.faults import fault

_H = "{http://www.w3.org/1999/xhtml}"
_X = "{http://www.w3.org/2002/xforms}"
MAX_DEPTH = 200


def check_xform(content: bytes) -> list[FormFinding]:
    """What is to be said about the XForm. Raises FormFaultsError where it is none, or holds a DTD or entities."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        row = getattr(error, "lineno", 0) or 0
        raise fault(
            "xml-unreadable",
            say("The XML cannot be read: {error}.", error=error),
            say("Export the form again."),
            row=row,
        ) from error
    if getattr(root.getroottree().docinfo, "doctype", "") or any(
        isinstance(node, etree._Entity) for node in root.iter(etree.Entity)
    ):
        raise fault(
            "xml-forbidden", say("The XML has a DOCTYPE or entities."), say("Take them out; an XForm needs none.")
        )
    if root.tag != f"{_H}html":
        name = etree.QName(root).localname if isinstance(root.tag, str) else "?"
        remedy = say("Upload the XForm, or the XLSForm workbook.")
        raise fault("xml-no-form", say("The XML is no XForm: its root is <{name}>, not <h:html>.", name=name), remedy)
    instance = root.find(f"{_H}head/{_X}model/{_X}instance")
    record = next((child for child in instance if isinstance(child.tag, str)), None) if instance is not None else None
    if record is None or root.find(f"{_H}body") is None:
        raise fault(
            "xml-no-form", say("The XForm lacks its model, its record or its body."), say("Export the form again.")
        )
    return _about_record(record)


def _about_record(record: etree._Element) -> list[FormFinding]:
    if not record.get("id") and etree.QName(record).namespace in (None, "", _X[1:-1]):
        raise fault(
            "form-id-missing", say("The record in the XForm has no id."), say('Write the form id as <data id="...">.')
        )
    if record.get("version"):
        return []
    message = say("The XForm states no version.")
    return [FormFinding("version-missing", "warning", message, 'Write one as <data id="..." version="...">.')]
