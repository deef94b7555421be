"""What the person who exports may choose."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from surveyapp.problems import EXPORT_OPTION, Problem

Kind: TypeAlias = Literal["clean", "raw"]
Format: TypeAlias = Literal["xlsx", "csv"]
ValueMode: TypeAlias = Literal["codes", "labels", "both"]
HeaderMode: TypeAlias = Literal["name", "label", "both"]
SelectMode: TypeAlias = Literal["summary", "split", "both"]
MissingMode: TypeAlias = Literal["columns", "codes", "none"]
WriterName: TypeAlias = Literal["splice", "openpyxl"]

# Answers of the submission that are copied into each repeat row, where the form has questions of these names.
CARRIED: Final = ("hh_id", "hhid", "household_id", "village", "village_id", "village_code", "cluster", "wave")

_ALLOWED: Final = {
    "kind": Kind,
    "format": Format,
    "labels": ValueMode,
    "headers": HeaderMode,
    "select": SelectMode,
    "missing": MissingMode,
    "writer": WriterName,
}


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """One export, as asked for.

    `versions` and `carry` are names; an empty `versions` means all. `zone` is an IANA zone name. `headers` is for
    workbooks; CSV files have one line of names, or of labels.

    Raises:
        Problem: EXPORT_OPTION for a value that is not offered.
    """

    kind: Kind = "clean"
    format: Format = "xlsx"
    labels: ValueMode = "codes"
    headers: HeaderMode = "both"
    select: SelectMode = "both"
    missing: MissingMode = "columns"
    language: str = ""
    versions: tuple[str, ...] = ()
    zone: str = "UTC"
    carry: tuple[str, ...] = CARRIED
    csv_bom: bool = True
    formula_safe: bool = True
    writer: WriterName = "splice"

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            value = getattr(self, name)
            if value not in get_args(allowed):
                offered = ", ".join(get_args(allowed))
                raise Problem(EXPORT_OPTION, f"{name} cannot be {value!r}.", remedy=f"Choose one of: {offered}.")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise Problem(
                EXPORT_OPTION, f"There is no time zone {self.zone!r}.", remedy="Use a name like Asia/Shanghai."
            ) from error

    @property
    def clock(self) -> ZoneInfo:
        """The zone in which times are written."""
        return ZoneInfo(self.zone)
