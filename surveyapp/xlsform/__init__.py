"""XLSForm to XForm, by pyxform, in a process of its own.

convert.py      the one door: convert_form(content, filename) -> Conversion
__main__.py     that process: limits itself, converts, answers on standard output
archive.py      what kind of file it is; refuses zip bombs before anything is opened
sources.py      .xlsx, .xls, .csv, .md to grids of text
sheets.py       grids to sheets with headers and row numbers
repair.py       text, types and names mended before pyxform sees them
repair_choices.py, repair_settings.py
check_survey.py, check_choices.py, check_references.py
                every fault that can be found, at once
by_pyxform.py   the conversion itself; pyxform's errors as FormFindings
xform_file.py   an XForm that was uploaded as XML
"""
