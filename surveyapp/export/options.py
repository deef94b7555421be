"""What the person who exports may choose."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from surveyapp.disclosure.protection import Protection
from surveyapp.problems import EXPORT_OPTION, Problem
from surveyapp.sentences import say
from surveyapp.store.selection import EVERYTHING, Selection

Kind: TypeAlias = Literal["clean", "raw", "both", "deidentified", "quality", "worklog"]
Format: TypeAlias = Literal["xlsx", "csv", "sav", "dta", "parquet", "geojson", "jsonl", "media", "form"]
ValueMode: TypeAlias = Literal["codes", "labels", "both"]
HeaderMode: TypeAlias = Literal["name", "label", "both", "hidden", "comment"]
NameMode: TypeAlias = Literal["short", "path", "stats"]
Separator: TypeAlias = Literal["/", "-", ".", "__"]
SelectMode: TypeAlias = Literal["summary", "split", "both"]
MissingMode: TypeAlias = Literal["columns", "codes", "none"]
Delimiter: TypeAlias = Literal[",", ";", "\t"]
WriterName: TypeAlias = Literal["splice", "openpyxl"]

# How the name of a file ends; also how a name that ends so is understood. Whatever is no workbook is a zip.
ENDINGS: Final[Mapping[Format, str]] = {
    "sav": ".sav.zip",
    "dta": ".dta.zip",
    "parquet": ".parquet.zip",
    "geojson": ".geojson.zip",
    "jsonl": ".jsonl.zip",
    "media": ".media.zip",
    "form": ".form.zip",
    "xlsx": ".xlsx",
    "csv": ".zip",
}
# Formats whose columns have one type, so that an answer of another type has no place in them.
TYPED: Final[tuple[Format, ...]] = ("sav", "dta", "parquet")
STATS: Final[tuple[Format, ...]] = ("sav", "dta")
# Formats that are not made of rows of answers.
FILES: Final[tuple[Format, ...]] = ("media", "form")

# Answers of the submission that are copied into each repeat row, where the form has questions of these names.
CARRIED: Final = ("hh_id", "hhid", "household_id", "village", "village_id", "village_code", "cluster", "wave")
# Rows of a repeat that can be shown side by side.
MOST_WIDE: Final = 20

_ALLOWED: Final = {
    "kind": Kind,
    "format": Format,
    "labels": ValueMode,
    "headers": HeaderMode,
    "names": NameMode,
    "separator": Separator,
    "select": SelectMode,
    "missing": MissingMode,
    "delimiter": Delimiter,
    "writer": WriterName,
}
_DATES: Final = ("received_from", "received_until", "interviewed_from", "interviewed_until")


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """One export, as asked for.

    kind, format, labels, headers, names, select, missing: see docs/exports.md. `headers` is for workbooks (`hidden`:
    the row of labels is there, and folded away); CSV files have one line of names, or of labels. `separator` stands
    between groups in names of kind path.
    versions, columns, carry: names; empty `versions` and `columns` mean all. A column is the name or path of a
    question, the path of a group, or the name of a column that is not an answer.
    received_*, interviewed_*: days (ISO) in `zone`, an IANA zone name; both ends belong to the selection.
    wide: so many rows of each repeat also stand side by side in the row of their submission; 0 to 20.
    banner: a row above the headers that names the groups, in workbooks.
    index: numbers of rows, as users of Kobo know them: _index, and in repeats _parent_index and _parent_table_name.
    states, teams: only submissions in these states of review, of those that the form's policy lets in; of these teams.
    query: a condition on the answers, in the language of the form; the kind `worklog` takes none, nor other bounds.
    media_links: a column for each file with where it can be opened, below `address`: that of the form on its server.
    protection: what an admin confirmed for the kind `deidentified`.

    Raises:
        Problem: EXPORT_OPTION for a value that is not offered.
    """

    kind: Kind = "clean"
    format: Format = "xlsx"
    labels: ValueMode = "codes"
    headers: HeaderMode = "both"
    names: NameMode = "short"
    separator: Separator = "/"
    select: SelectMode = "both"
    missing: MissingMode = "columns"
    language: str = ""
    versions: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    received_from: str = ""
    received_until: str = ""
    interviewed_from: str = ""
    interviewed_until: str = ""
    zone: str = "UTC"
    carry: tuple[str, ...] = CARRIED
    wide: int = 0
    banner: bool = False
    index: bool = False
    states: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    query: str = ""
    media_links: bool = False
    address: str = ""
    delimiter: Delimiter = ","
    csv_bom: bool = True
    formula_safe: bool = True
    writer: WriterName = "splice"
    protection: Protection | None = None

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            value = getattr(self, name)
            if value not in get_args(allowed):
                offered = ", ".join(map(repr, get_args(allowed)) if name == "delimiter" else get_args(allowed))
                raise Problem(
                    EXPORT_OPTION,
                    say("{name} cannot be {value!r}.", name=name, value=value),
                    remedy=say("Choose one of: {offered}.", offered=offered),
                )
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise Problem(
                EXPORT_OPTION,
                say("There is no time zone {zone!r}.", zone=self.zone),
                remedy="Use a name like Asia/Shanghai.",
            ) from error
        for name in _DATES:
            _read_day(name, getattr(self, name))
        if not 0 <= self.wide <= MOST_WIDE:
            raise Problem(
                EXPORT_OPTION,
                say("wide cannot be {wide}.", wide=self.wide),
                remedy=say("Choose 0 to {most_wide}.", most_wide=MOST_WIDE),
            )
        if self.kind == "raw" and self.format in TYPED:
            remedy = say("Choose xlsx or csv for raw answers: their cells hold whatever was sent.")
            raise Problem(
                EXPORT_OPTION,
                say("Files of format {format} have columns of one type.", format=self.format),
                remedy=remedy,
            )
        if self.kind == "both" and self.format not in ("xlsx", "csv"):
            remedy = say("Choose xlsx or csv, or ask for clean and raw answers one after the other.")
            raise Problem(
                EXPORT_OPTION,
                say("Files of format {format} hold one kind of answers.", format=self.format),
                remedy=remedy,
            )
        if self.kind == "quality" and self.format not in ("xlsx", "csv"):
            raise Problem(EXPORT_OPTION, "What checks found is no table of answers.", remedy="Choose xlsx or csv.")
        if self.kind == "worklog" and (self.format != "xlsx" or self.is_narrow):
            remedy = say("Leave the format and all filters out.")
            raise Problem(EXPORT_OPTION, say("The work log is one workbook of all that waits."), remedy=remedy)
        if self.media_links and not self.address:
            remedy = say("Leave media_links out, or let the operator set SURVEYAPP_PUBLIC_URL.")
            raise Problem(EXPORT_OPTION, say("The server does not know its public address."), remedy=remedy)
        if self.kind == "deidentified" and self.format == "media":
            raise Problem(EXPORT_OPTION, "Media are never de-identified.", remedy="Choose another format.")

    @property
    def clock(self) -> ZoneInfo:
        """The zone in which times are written."""
        return ZoneInfo(self.zone)

    @property
    def selection(self) -> Selection:
        """The submissions that are asked for."""
        bounds = [_read_day(name, getattr(self, name)) for name in _DATES]
        moments = [
            None if day is None else datetime.combine(day + timedelta(days=number % 2), time(), self.clock)
            for number, day in enumerate(bounds)
        ]
        bounds_in_time = moments[0], moments[1], moments[2], moments[3]
        return Selection(self.versions, *bounds_in_time, states=self.states, teams=self.teams)

    @property
    def is_narrow(self) -> bool:
        """Whether only some submissions are asked for."""
        return self.selection != EVERYTHING or bool(self.query)

    def fitted(self) -> "ExportOptions":
        """The same options as the format allows them: statistics programs have labels and missing codes of theirs."""
        if self.format in STATS:
            index = self.index and self.kind != "deidentified"
            return replace(self, names="stats", labels="codes", select="split", missing="codes", index=index)
        if self.kind == "deidentified" and self.format not in STATS:
            # Numbers of rows and comments would tell more than the cells do.
            headers = "both" if self.headers == "comment" else self.headers
            plain = replace(self, wide=0, banner=False, index=False, media_links=False)
            return replace(plain, labels="codes", select="split", headers=headers)
        if self.format != "xlsx" and self.banner:
            return replace(self, banner=False)
        if self.format == "geojson" and self.headers != "name":
            return replace(self, headers="name")
        return self

    def to_json(self) -> dict[str, Any]:
        """As a JSON object, all options named; `from_json` gives the same options back."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        found = {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
        found["protection"] = self.protection.to_json() if self.protection is not None else None
        return found

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "ExportOptions":
        """Read what `to_json` wrote; what is left out has its default.

        Raises:
            Problem: EXPORT_OPTION for an option that does not exist, or a value of the wrong type.
        """
        kinds = {one.name: one.default for one in fields(cls)}
        if unknown := sorted(set(content) - set(kinds)):
            remedy = say("Known are: {kinds}.", kinds=sorted(kinds))
            raise Problem(EXPORT_OPTION, say("There is no option {unknown}.", unknown=unknown), remedy=remedy)
        return cls(**{name: _read(name, value, kinds[name]) for name, value in content.items()})


def _read(name: str, value: Any, default: Any) -> Any:
    if name == "protection":
        return None if value is None else Protection.from_json(value)
    if isinstance(default, tuple):
        if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
            return tuple(value)
    elif type(value) is type(default):
        return value
    wanted = "a list of texts" if isinstance(default, tuple) else type(default).__name__
    raise Problem(
        EXPORT_OPTION,
        say("{name} cannot be {value!r}.", name=name, value=value),
        remedy=say("It takes {wanted}.", wanted=wanted),
    )


def _read_day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        remedy = say("Write the day as 2026-03-31.")
        raise Problem(EXPORT_OPTION, say("{name} cannot be {text!r}.", name=name, text=text), remedy=remedy) from error
