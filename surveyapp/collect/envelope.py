"""What a record says of itself, before its answers are read: form, version, ids, the files that it names."""

import hashlib
from dataclasses import dataclass
from typing import Final

from surveyapp.answers import Node
from surveyapp.findings import Finding
from surveyapp.problems import NO_FORM_ID, Problem
from surveyapp.sentences import say
from surveyapp.values import storable
from surveyapp.xform.definition import Question
from surveyapp.xform.parse import OPENROSA, XFORMS

ENCRYPTED: Final = "http://www.opendatakit.org/xforms/encrypted"
# Longer ids do not fit a database index.
LONGEST_ID: Final = 255


@dataclass(frozen=True, slots=True)
class Envelope:
    """The head of a record. `findings` are what was odd about it."""

    form_id: str
    version: str
    instance_id: str
    deprecated_id: str | None
    instance_name: str
    encrypted: bool
    findings: tuple[Finding, ...]


def read_envelope(root: Node, content: bytes) -> Envelope:
    """The head of the record `root`, whose bytes are `content`.

    A record without a usable instance id gets one made of its bytes, so that a retry is still recognised as one.

    Raises:
        Problem: NO_FORM_ID.
    """
    namespace = "" if root.namespace in (XFORMS, ENCRYPTED) else root.namespace
    form_id = storable(root.attributes.get("id", "") or namespace).strip()
    if not form_id:
        raise Problem(NO_FORM_ID, "The record does not say which form it is for.")
    meta = next((child for child in root.children if child.name == "meta"), None)
    said = {} if meta is None else {child.name: storable(child.value).strip() for child in meta.children}
    instance_id, findings = _instance_id(said.get("instanceID", ""), content)
    encrypted = is_encrypted(root)
    if encrypted:
        findings.append(
            Finding("encrypted", "info", "The record is encrypted; no rule could be checked.", outcome="not_checkable")
        )
    return Envelope(
        form_id=form_id,
        version=storable(root.attributes.get("version", "") or root.attributes.get(f"{OPENROSA} version", "")),
        instance_id=instance_id,
        deprecated_id=said.get("deprecatedID") or None,
        instance_name=said.get("instanceName", ""),
        encrypted=encrypted,
        findings=tuple(findings),
    )


def _instance_id(said: str, content: bytes) -> tuple[str, list[Finding]]:
    if said and len(said) <= LONGEST_ID:
        return said, []
    made = f"sha256:{hashlib.sha256(content).hexdigest()}"
    message = (
        say("The record has no instance id")
        if not said
        else say("The instance id is longer than {longest_id} characters", longest_id=LONGEST_ID)
    )
    finding = Finding(
        "instance-id",
        "error",
        f"{message}; one was made from its bytes.",
        "/meta/instanceID",
        "instanceID",
        said[:LONGEST_ID],
    )
    return made, [finding]


def is_encrypted(root: Node) -> bool:
    """Whether the answers of a record are hidden from us."""
    return root.namespace == ENCRYPTED or root.attributes.get("encrypted") == "yes"


def list_named_files(root: Node) -> list[str]:
    """The names of the files that a record refers to, in the order of its questions. The record is bound, unless it
    is encrypted.
    """
    if root.namespace == ENCRYPTED:
        names = [node.value for node in root.walk() if node.name in ("file", "encryptedXmlFile")]
    else:
        names = [
            node.typed
            for node in root.walk()
            if isinstance(node.element, Question) and node.element.type == "file" and isinstance(node.typed, str)
        ]
        meta = root.find("meta")
        audit = None if meta is None else meta.find("audit")
        if audit is not None and audit.value:
            names.append(storable(audit.value.strip()))
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))
