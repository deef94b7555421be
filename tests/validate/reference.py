"""The reference questionnaire, forms that exercise the whole language, and forms from elsewhere."""

import os
from functools import cache
from pathlib import Path

import pytest
from pyxform.xls2xform import convert

from surveyapp.xform.definition import FormDefinition
from surveyapp.xform.parse import parse_xform

QUESTIONNAIRE = "livelihood_space"
FORMS = (QUESTIONNAIRE, "stress", "rows", "lists", "dates")
ROOT = Path(__file__).parents[2]


# A folder with further forms to compare the engines on, as XLSForm workbooks.
FOREIGN = (
    sorted(Path(os.environ["SURVEYAPP_TEST_FORMS"]).glob("*.xlsx")) if "SURVEYAPP_TEST_FORMS" in os.environ else []
)

NONE_GIVEN = pytest.param("", marks=pytest.mark.skip(reason="SURVEYAPP_TEST_FORMS names no folder with workbooks"))
each_foreign_form = pytest.mark.parametrize("form", [path.stem for path in FOREIGN] or [NONE_GIVEN])


@cache
def convert_form(name: str) -> bytes:
    """The XForm of one of FORMS, or of the workbook of that name among FOREIGN."""
    source = Path(__file__).parent / "forms" / f"{name}.md"
    if not source.exists():
        source = next((path for path in FOREIGN if path.stem == name), ROOT / "forms" / f"{name}.xlsx")
    return str(convert(source, validate=False, form_name="data").xform).encode()


@cache
def questionnaire() -> FormDefinition:
    """The reference questionnaire."""
    return parse_xform(convert_form(QUESTIONNAIRE))


def household_table() -> bytes:
    """A register with two households in each village of the questionnaire, and in those of the other forms."""
    lines = ["name,label,village,head_name,hh_size,last_wave,weight"]
    villages = [choice.name for choice in questionnaire().choice_lists["village"].choices]
    for village in dict.fromkeys([*villages, "s", "v01", "v02"]):
        for number in (1, 2):
            lines.append(
                f"{village}-{number:04d},Household {number},{village},Head {number},{number + 3},baseline,1.{number}"
            )
    return ("\n".join(lines) + "\n").encode()
