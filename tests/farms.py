"""A survey of farms whose answers need cleaning, for the tests of cleaning through the doors."""

from typing import Any

FARMS = """
| survey   |                        |          |                |                    |
|          | type                   | name     | label          | relevant           |
|          | text                   | hh_id    | Household      |                    |
|          | text                   | village  | Village        |                    |
|          | integer                | income   | Income         |                    |
|          | select_one yn          | works    | Works?         |                    |
|          | decimal                | wage     | Wage           | ${works} = 'yes'   |
|          | select_one crop        | crop     | Crop           |                    |
|          | text                   | crop_other | Other crop   | ${crop} = 'other'  |
|          | select_multiple crop   | grows    | Grows          |                    |
|          | geopoint               | place    | Place          |                    |
|          | date                   | born     | Born           |                    |
|          | begin repeat           | member   | Member         |                    |
|          | text                   | m_name   | Name           |                    |
|          | integer                | m_age    | Age            |                    |
|          | end repeat             |          |                |                    |
| choices  |                        |          |                |                    |
|          | list_name              | name     | label          |                    |
|          | yn                     | yes      | Yes            |                    |
|          | yn                     | no       | No             |                    |
|          | crop                   | rice     | Rice           |                    |
|          | crop                   | maize    | Maize          |                    |
|          | crop                   | other    | Other          |                    |
| settings |                        |          |                |                    |
|          | form_title             | form_id  | version        |                    |
|          | Farms                  | farms    | 1              |                    |
"""

RULES: list[dict[str, Any]] = [
    {"id": "tests", "kind": "drop_submission", "when": "${village} = 'TEST'", "parameters": {"reason_code": "test"}},
    {"id": "twice", "kind": "dedupe", "parameters": {"keys": ["hh_id"], "keep": "newest"}},
    {"id": "spaces", "kind": "normalise_text", "questions": ["village"], "parameters": {"case": "title"}},
    {"id": "numbers", "kind": "parse_number", "questions": ["income"], "parameters": {"decimal": ".", "grouping": ","}},
    {"id": "codes", "kind": "missing_codes", "questions": ["income"], "parameters": {"codes": {"-99": "dont_know"}}},
    {
        "id": "maize",
        "kind": "recode_other",
        "questions": ["crop_other"],
        "parameters": {"parent": "crop", "map": {"corn": "maize"}},
        "reason": "another word for a listed crop",
        "examples": [{"in": {"crop": "other", "crop_other": "Corn"}, "out": {"crop": "maize", "crop_other": None}}],
    },
    {"id": "babies", "kind": "drop_row", "when": "${m_age} > 120", "parameters": {"repeat": "member"}},
    {
        "id": "heads",
        "kind": "derive",
        "parameters": {
            "name": "members",
            "type": "integer",
            "label": {"": "Members"},
            "expression": "count(${member})",
        },
    },
]


def farm(number: int, members: int = 1, age: int = 20, **answers: Any) -> str:
    told = {"hh_id": f"H{number}", "village": "North", "income": 100 + number, "works": "no", "crop": "rice"} | answers
    cells = "".join(f"<{name}>{value}</{name}>" for name, value in told.items())
    rows = "".join(
        f"<member><m_name>M{number}.{one}</m_name><m_age>{age}</m_age></member>" for one in range(1, members + 1)
    )
    meta = f"<meta><instanceID>uuid:farm-{number}</instanceID></meta>"
    return f'<data id="farms" version="1">{cells}{rows}{meta}</data>'
