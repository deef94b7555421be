"""Each check of a record and each of a form stands in docs/rules.md, with its severity, and no other does."""

import ast
import re

from surveyapp.validate.wording import SEVERITIES
from tests.house.source import ROOT

PAGE = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
FORM_CHECKS = ROOT / "surveyapp/validate/form_checks.py"


def documented(heading: str) -> dict[str, str]:
    """Code and severity of each row of the table below `heading`."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", section, re.MULTILINE))


def codes_of_form_checks() -> dict[str, str]:
    """Code and severity of each finding on a form: a text just before its severity, wherever both stand in a row."""
    found = {}
    for part in ast.walk(ast.parse(FORM_CHECKS.read_text(encoding="utf-8"))):
        words = part.elts if isinstance(part, ast.Tuple) else part.args if isinstance(part, ast.Call) else []
        texts = [word.value if isinstance(word, ast.Constant) else None for word in words[:2]]
        if len(texts) == 2 and texts[1] in ("error", "warning", "info"):
            found[str(texts[0])] = str(texts[1])
    return found


def test_each_check_of_a_record_is_documented() -> None:
    assert documented("What is checked") == SEVERITIES


def test_each_check_of_a_form_is_documented() -> None:
    assert documented("When a form is published") == codes_of_form_checks()


def test_the_page_says_how_many_expressions_differ_from_web_forms() -> None:
    rows = (ROOT / "tests/webforms/differences.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert f"all but {len(rows)} " in PAGE
    assert f"The {len(rows)} expressions" in PAGE
