"""The reference questionnaire and a form that exercises the whole language."""

from functools import cache
from pathlib import Path

from pyxform.xls2xform import convert

from surveyapp.xform.definition import FormDefinition
from surveyapp.xform.parse import parse_xform

QUESTIONNAIRE = "livelihood_space"
FORMS = (QUESTIONNAIRE, "stress")
ROOT = Path(__file__).parents[2]


@cache
def convert_form(name: str) -> bytes:
    """The XForm of one of FORMS."""
    source = ROOT / "forms" / f"{name}.xlsx"
    if not source.exists():
        source = Path(__file__).parent / "forms" / f"{name}.md"
    return str(convert(source, validate=False, form_name="data").xform).encode()


@cache
def questionnaire() -> FormDefinition:
    """The reference questionnaire."""
    return parse_xform(convert_form(QUESTIONNAIRE))


def household_table() -> bytes:
    """A register with two households in each village of the questionnaire, and one for the other form."""
    lines = ["name,label,village,head_name,hh_size,last_wave,weight"]
    villages = [choice.name for choice in questionnaire().choice_lists["village"].choices]
    for village in dict.fromkeys([*villages, "s"]):
        for number in (1, 2):
            lines.append(
                f"{village}-{number:04d},Household {number},{village},Head {number},{number + 3},baseline,1.{number}"
            )
    return ("\n".join(lines) + "\n").encode()
