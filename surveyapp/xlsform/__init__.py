"""XLSForm to XForm, by pyxform, in a process of its own.

convert.py          the one door: convert_form(content, filename) -> Conversion
checks_sheet.py     the sheet `checks`: checks across interviews that the author declares
indicators_sheet.py the sheet `indicators`: inputs and settings of the catalogue
collect_check.py    ODK Validate's opinion, where Java is present
__main__.py         the process: limits itself, converts, answers on standard output
pipeline.py         what it does: read, mend, check, convert
archive.py          what kind of file it is; refuses zip bombs before anything is opened
sources.py          .xlsx, .xls, .csv, .md to grids of text
sheets.py           grids to sheets with headers and row numbers
repair*.py          text, types, choices and settings mended before pyxform sees them
check_*.py          every fault that can be found, at once
by_pyxform.py       the conversion itself; pyxform's errors as FormFindings
xform_file.py       an XForm that was uploaded as XML
"""
