"""The XForms that the form screen's JavaScript tests open, made from the XLSForms beside them.

`python -m tests.fill.form_fixtures` writes them anew after an XLSForm was changed.
"""

from pathlib import Path

from pyxform.xls2xform import convert

FOLDER = Path(__file__).parents[2] / "surveyapp" / "frontend" / "test" / "form" / "fixtures"


def xform_of(table: str) -> str:
    """The XForm of an XLSForm written as Markdown tables."""
    xform: str = convert(table.strip(), file_type=".md").xform
    return xform


def main() -> None:
    for source in sorted(FOLDER.glob("*.md")):
        source.with_suffix(".xml").write_text(xform_of(source.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
