"""Everything that we refuse, on one page: we did not keep it.

    Problem(Exception)
        kind      a row of the catalogue: slug code, HTTP status, title, remedy
        detail    one sentence: what, and where
        remedy    what the reader can do about it
        errors    the single faults, where there are several (FormFinding and the like, as dicts)

Raised anywhere, written by `surveyapp.web.problems` in the caller's dialect. A thing that we keep although it looks
wrong is a `surveyapp.findings.Finding`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of being refused."""

    code: str
    status: int
    title: str
    remedy: str


class Problem(Exception):
    """We did not keep it, or cannot give it: why, and what to do."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        remedy: str | None = None,
        errors: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.remedy = kind.remedy if remedy is None else remedy
        self.errors = list(errors)

    def __str__(self) -> str:
        return f"{self.detail} {self.remedy}".strip()


CATALOGUE: dict[str, Kind] = {}


def _kind(code: str, status: int, title: str, remedy: str) -> Kind:
    kind = CATALOGUE[code] = Kind(code, status, title, remedy)
    return kind


# -- the request ------------------------------------------------------------------------------------------------------
BAD_REQUEST = _kind("bad-request", 400, "The request cannot be read", "Check the request against the documentation.")
BAD_MULTIPART = _kind(
    "bad-multipart", 400, "The upload cannot be read", "Send it again; if it fails again, check the connection."
)
BAD_JSON = _kind("bad-json", 400, "The JSON cannot be read", "Send one JSON document in UTF-8.")
INVALID_FIELDS = _kind("invalid-fields", 422, "Some fields are not right", "Correct the fields named in errors.")
NOT_FOUND = _kind("not-found", 404, "There is nothing at this address", "Check the address.")
METHOD_NOT_ALLOWED = _kind("method-not-allowed", 405, "This address does not take that method", "See the Allow header.")
TOO_LARGE = _kind(
    "too-large", 413, "The upload is too large", "Send smaller photos or files, or ask for a higher limit."
)
INTERNAL = _kind("internal-error", 500, "The server failed", "Try again later; your data are still on the phone.")
BUSY = _kind("busy", 503, "The server is busy", "Try again in a minute.")
UNKNOWN_HOST = _kind(
    "unknown-host",
    400,
    "The server is not asked under this name",
    "Use the address that the server prints; its operator can add names to SURVEYAPP_ALLOWED_HOSTS.",
)

# -- who is asking ----------------------------------------------------------------------------------------------------
UNKNOWN_TOKEN = _kind(
    "unknown-token", 403, "This phone is not, or no longer, allowed", "Ask for a new server address for this phone."
)
NOT_SIGNED_IN = _kind("not-signed-in", 401, "Sign in first", "Send a valid token as Authorization: Bearer.")
NOT_ALLOWED = _kind("not-allowed", 403, "You may not do this", "Ask an admin of the project.")
SIGN_IN_FAILED = _kind(
    "sign-in-failed",
    401,
    "That did not work",
    "Check the name, the password and the code; an admin can send a new link.",
)
TOO_MANY_ATTEMPTS = _kind("too-many-attempts", 429, "Too many attempts", "Wait, then try again.")
LINK_EXPIRED = _kind("link-expired", 410, "This link does not work any more", "Ask for a new link.")
PASSWORD_WEAK = _kind(
    "password-weak", 422, "That password is too easy to guess", "Take a longer one, of several words."
)
PASSWORD_WRONG = _kind("password-wrong", 422, "That is not your password", "Type the password with which you sign in.")
FORGED_REQUEST = _kind("forged-request", 403, "The page was open for too long", "Load the page again and repeat.")

# -- projects, people, devices ----------------------------------------------------------------------------------------
PROJECT_NOT_FOUND = _kind(
    "project-not-found", 404, "No such project", "List the projects with `surveyapp project list`."
)
PROJECT_EXISTS = _kind("project-exists", 409, "That project exists", "Choose another name.")
DEVICE_NOT_FOUND = _kind("device-not-found", 404, "No such device", "List the devices with `surveyapp device list`.")
DEVICE_EXISTS = _kind("device-exists", 409, "That device exists", "Choose another name, or revoke the old one first.")
ACCOUNT_NOT_FOUND = _kind("person-not-found", 404, "No such person", "List the people with `surveyapp person list`.")
ACCOUNT_EXISTS = _kind("person-exists", 409, "That sign-in name is taken", "Choose another sign-in name.")
NOT_VOUCHED = _kind(
    "not-vouched",
    403,
    "This person was invited by somebody else",
    "Ask an operator of the server, who makes sure that it is the right person, to give the role.",
)
LAST_OPERATOR = _kind("last-operator", 409, "Nobody else could let people in", "Make another person an operator first.")
TEAM_NOT_FOUND = _kind("team-not-found", 404, "No such team", "List the teams with `surveyapp team list`.")
TEAM_EXISTS = _kind("team-exists", 409, "That team exists", "Choose another name.")
TOKEN_NOT_FOUND = _kind("token-not-found", 404, "No such token", "List the tokens with `surveyapp token list`.")
INVALID_NAME = _kind("invalid-name", 422, "That name cannot be used", "Use letters, digits, dash and underscore.")

# -- forms ------------------------------------------------------------------------------------------------------------
FORM_NOT_FOUND = _kind("form-not-found", 404, "No such form", "Check the form id; `surveyapp forms` lists them.")
FORM_VERSION_NOT_FOUND = _kind(
    "form-version-not-found", 404, "No such version of the form", "`surveyapp forms` lists the versions."
)
FORM_INVALID = _kind("form-invalid", 422, "The form cannot be published", "Mend the rows named in errors.")
FORM_VERSION_EXISTS = _kind(
    "form-version-exists",
    409,
    "That version is published with other content",
    "Raise the version in the settings sheet and publish again.",
)
FORM_NARROWED = _kind(
    "form-narrowed",
    409,
    "The new version narrows a question",
    "Give the question a new name, or keep its former type.",
)
MEDIA_NOT_FOUND = _kind("media-not-found", 404, "No such file", "Publish the form with the file attached.")
FORM_FILE_UNSUPPORTED = _kind(
    "form-file-unsupported", 422, "This is not a form", "Send an XLSForm (.xlsx, .xls, .csv, .md) or XForm XML."
)

# -- submissions ------------------------------------------------------------------------------------------------------
NO_XML_PART = _kind(
    "no-xml-part", 400, "The upload holds no record", "Send the record as the part xml_submission_file."
)
BAD_XML = _kind(
    "bad-xml", 400, "The record is not readable XML", "Send it again; the record on the phone may be damaged."
)
FORBIDDEN_XML = _kind(
    "forbidden-xml", 400, "The record holds XML that we do not read", "Send it without DOCTYPE and entities."
)
NO_FORM_ID = _kind("no-form-id", 400, "The record does not name its form", "The root element needs an id attribute.")
CONFLICT = _kind(
    "submission-conflict",
    409,
    "Another record has this id",
    "Both copies are kept; a supervisor will compare them. Nothing needs to be sent again.",
)
STALE_EDIT = _kind(
    "stale-edit",
    409,
    "This edit starts from an older version of the record",
    "It is kept beside the newer one; a supervisor will compare them. Nothing needs to be sent again.",
)
SUBMISSION_NOT_FOUND = _kind("submission-not-found", 404, "No such submission", "Check the instance id.")

# -- review -----------------------------------------------------------------------------------------------------------
REVIEW_STATE = _kind(
    "review-state", 409, "The submission cannot go to that state now", "Load it again: somebody may have decided."
)
REVIEW_INCOMPLETE = _kind(
    "review-incomplete", 422, "The decision needs something more", "Give what the detail names, and decide again."
)
EDIT_CONFLICT = _kind(
    "edit-conflict", 409, "Somebody changed the submission meanwhile", "Look at what changed, then apply yours on top."
)
EDIT_REFUSED = _kind(
    "edit-refused", 422, "The form does not allow these answers", "Correct the answers named in errors, or keep them."
)
COMMENT_NOT_FOUND = _kind("comment-not-found", 404, "No such comment", "Load the submission again.")
BULK_NOT_FOUND = _kind("bulk-review-not-found", 404, "No such bulk decision", "List those of the form.")

# -- indicators -------------------------------------------------------------------------------------------------------
INDICATOR_SETTINGS = _kind(
    "indicator-settings", 422, "A setting of the indicators cannot be used", "See docs/indicators.md for the settings."
)

# -- quality ----------------------------------------------------------------------------------------------------------
FINDING_NOT_FOUND = _kind("finding-not-found", 404, "No such finding", "`surveyapp quality` lists those of a form.")
QUALITY_SETTINGS = _kind(
    "quality-settings", 422, "A setting of the checks cannot be used", "See docs/quality.md for the settings."
)

# -- cleaning ---------------------------------------------------------------------------------------------------------
RULESET_INVALID = _kind("ruleset-invalid", 422, "The rules cannot be used", "Mend the rules named in errors.")
LOG_UNREADABLE = _kind(
    "log-unreadable", 422, "This is not a cleaning log", "Name the columns for uuid, question and new value."
)
LOG_INVALID = _kind("log-invalid", 422, "The cleaning log has faults", "Mend the rows named in errors, and try again.")
LOG_CHANGED = _kind(
    "log-changed", 409, "The file or the data changed since the dry run", "Look at a new dry run, then apply it."
)
RULESET_NOT_FOUND = _kind("ruleset-not-found", 404, "No such ruleset", "List them with `surveyapp clean FORM`.")
RULE_NOT_FOUND = _kind("rule-not-found", 404, "No such rule", "Look at the ruleset as it is now.")
RULESET_PUBLISHED = _kind(
    "ruleset-published", 409, "A published ruleset never changes", "Make a new draft, and publish that."
)
LOG_IMPORT_NOT_FOUND = _kind("log-import-not-found", 404, "No such import", "List them with `surveyapp log list FORM`.")
LOG_IMPORT_UNDONE = _kind("log-import-undone", 409, "This import was undone before", "Import the log again.")
CLEANING_BROKEN = _kind(
    "cleaning-broken",
    500,
    "The clean data could not be verified",
    "Nothing was given out. Send what stands in the server's log to the makers of surveyapp; raw data are unharmed.",
)
SHEET_CHANGED = _kind(
    "sheet-changed",
    422,
    "The edited sheet does not fit its export",
    "Change cells only, or take rows out; nothing else.",
)

# -- exports ----------------------------------------------------------------------------------------------------------
EXPORT_NOT_FOUND = _kind("export-not-found", 404, "No such export", "It may have expired; start a new one.")
EXPORT_NOT_READY = _kind("export-not-ready", 409, "The export is not ready", "Ask for its state until it is done.")
EXPORT_OPTION = _kind("export-option", 422, "An export option cannot be used", "See the options in the documentation.")
EXPORT_DEFINITION_NOT_FOUND = _kind(
    "export-definition-not-found", 404, "No such export definition", "Look at the list of those of the form."
)
EXPORT_DEFINITION_EXISTS = _kind(
    "export-definition-exists", 409, "There is one of that name", "Choose another name, or delete the other one first."
)
EXPORT_EXTRA = _kind(
    "export-extra-missing", 501, "This server cannot write that format", "Ask whoever runs the server to install it."
)
PII_UNCONFIRMED = _kind(
    "pii-unconfirmed",
    422,
    "Nobody has confirmed what the answers give away",
    "Give each question named in errors a class: direct, indirect, sensitive or none.",
)
DISCLOSURE_RISK = _kind(
    "disclosure-risk",
    409,
    "People could be known again in this file",
    "Choose fewer key questions or coarser answers, or say under accept_risk why it is given out all the same.",
)

# -- backups ----------------------------------------------------------------------------------------------------------
BACKUP_BUSY = _kind("backup-busy", 409, "A backup is being written", "Wait until it is finished.")
BACKUP_UNREADABLE = _kind(
    "backup-unreadable", 422, "The backup cannot be used", "Take another one; `surveyapp restore --check` tries it."
)
RESTORE_NOT_EMPTY = _kind(
    "restore-not-empty",
    409,
    "There is something already",
    "Restore into a new database, and set SURVEYAPP_DATABASE_URL or SURVEYAPP_DATA_DIR for it.",
)
