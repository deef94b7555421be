"""Indicators in the workbook: the table as it was computed, small cells empty, charts there."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from surveyapp.export.chart_tables import ChartTable, ChartTables
from surveyapp.export.charts import ChartSheet
from surveyapp.export.figure_labels import figure_label
from surveyapp.export.options import ExportOptions
from surveyapp.export.run import ExportResult, write_export
from surveyapp.export.splice import SpliceWorkbook
from surveyapp.export.text import Tally
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.columns import REASON_NAMES, Reason, texts_of
from surveyapp.indicators.frame import FrameMaker, Household
from surveyapp.indicators.inputs import QUESTIONS
from surveyapp.indicators.settings import MissingCodes, Settings, read_settings
from surveyapp.indicators.summary import LINES
from surveyapp.indicators.tabulation import Tabulation, tabulate
from tests.export.memory_source import MemoryRecord, MemorySource, publish
from tests.indicators.household import MEMBERS, household

SHEETS = ["indicators", "village_summary", "project_summary", "before_after"]
FORM = """
| survey  |                   |              |           |                |
|         | type              | name         | label::en | label::中文(zh) |
|         | select_one vill   | village      | Village   | 村             |
|         | select_one reloc  | reloc_status | Kind      | 类型           |
| choices |                   |              |           |                |
|         | list_name         | name         | label::en | label::中文(zh) |
|         | vill              | v1           | New town  | 新村           |
|         | vill              | v2           | Old town  | 老村           |
|         | vill              | v3           | Far town  | 远村           |
|         | reloc             | stayed       | Stayed    | 未搬           |
|         | reloc             | relocated    | Moved     | 搬迁           |
| settings |                  |              |           |                |
|         | form_title        | form_id      | version   | default_language |
|         | Households        | h            | 1         | en             |
"""
SIZES = {"v1": 12, "v2": 14, "v3": 4}
PLAIN = Settings()


def answers_of(place: int, village: str) -> dict[str, Any]:
    """A whole interview, in which some figures differ from household to household."""
    kind = {"v1": "relocated", "v2": "stayed", "v3": "host"}[village]
    now = {"h_area_n": 60 + place, "fcs_pulse": place % 7, "fcs_veg": place % 3, "inc_gov": 100 * place}
    return household(village=village, reloc_status=kind, h_area_b=40 + place, inc_total_b=-99, **now)


def tabulated(sizes: Mapping[str, int], settings: Settings = PLAIN) -> Tabulation:
    """So many households of each village, of a form without one question about coping."""
    maker = FrameMaker({"1": frozenset(QUESTIONS) - {"lcs_s1"} | {"village", "township", "reloc_status"}}, Settings())
    households: list[Any] = []
    for village, size in sizes.items():
        for _ in range(size):
            number = len(households) + 1
            maker.add(answers_of(number, village), MEMBERS, "1")
            households.append(Household(number, f"uuid:{number:08d}"))
    return tabulate(households, maker.make(), settings)


@pytest.fixture(scope="module")
def tabulation() -> Tabulation:
    return tabulated(SIZES)


@pytest.fixture
def source(tabulation: Tabulation) -> MemorySource:
    records = [MemoryRecord(one.submission_no, "1", {}) for one in tabulation.households]
    return MemorySource([publish(FORM)], records, indicators=tabulation)


def export(source: MemorySource, target: Path, **options: Any) -> ExportResult:
    return write_export(source, ExportOptions(**options), target)


def sheet(path: Path, title: str, headers: int = 1) -> list[dict[str, Any]]:
    names, *rows = openpyxl.load_workbook(path)[title].iter_rows(values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows[headers - 1 :]]


def test_the_sheets_stand_between_answers_and_findings(source: MemorySource, tmp_path: Path) -> None:
    export(source, tmp_path / "a.xlsx")
    titles = openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames
    assert titles == ["README", "data", *SHEETS, "charts", "findings", "codebook", "choices"]


def test_every_household_has_the_values_of_the_table(
    source: MemorySource, tabulation: Tabulation, tmp_path: Path
) -> None:
    export(source, tmp_path / "a.xlsx")
    rows = sheet(tmp_path / "a.xlsx", "indicators", 2)
    assert [row["_instance_id"] for row in rows] == [one.instance_id for one in tabulation.households]
    assert list(rows[0])[:2] == ["_submission_no", "_instance_id"]
    computable = set(CATALOGUE.list_codes("CORE")) - tabulation.table.not_computable["1"].keys()
    assert computable == set(CATALOGUE.list_codes("CORE")) - {"lcs_max"}
    assert computable <= set(rows[0])
    assert "lcs_max" not in rows[0]
    for code, column in tabulation.table.columns.items():
        if code in rows[0]:
            names = texts_of(column) if column.levels else column.values.tolist()
            wanted = [name if here else None for name, here in zip(names, column.given, strict=True)]
            assert [row[code] for row in rows] == wanted, code
            reasons = [REASON_NAMES[Reason(reason)] or None for reason in column.reasons.tolist()]
            assert [row[f"{code}__missing"] for row in rows] == reasons, code
    assert rows[0]["inc_net_b__missing"] == "rf"


@pytest.mark.parametrize(("language", "label"), [("en", "Food consumption score"), ("zh", "食物消费得分")])
def test_labels_follow_the_language(source: MemorySource, tmp_path: Path, language: str, label: str) -> None:
    export(source, tmp_path / "a.xlsx", language=language)
    assert sheet(tmp_path / "a.xlsx", "indicators")[0]["fcs"] == label
    names = {row["place"]: row["place_name"] for row in sheet(tmp_path / "a.xlsx", "village_summary")}
    assert names["v1"] == {"en": "New town", "zh": "新村"}[language]


def test_no_reason_columns_where_they_were_not_asked_for(source: MemorySource, tmp_path: Path) -> None:
    export(source, tmp_path / "a.xlsx", missing="none", headers="name")
    assert not [name for name in sheet(tmp_path / "a.xlsx", "indicators")[0] if name.endswith("__missing")]


def test_summaries_are_the_figures_and_masked_cells_are_empty(
    source: MemorySource, tabulation: Tabulation, tmp_path: Path
) -> None:
    export(source, tmp_path / "a.xlsx")
    found = {(row["place"], row["code"]): row for row in sheet(tmp_path / "a.xlsx", "village_summary")}
    assert len(found) == len(tabulation.summary.villages)
    masked = [one for one in tabulation.summary.villages if one.masked]
    assert {one.place for one in masked} >= {"v3", "v1"}
    for one in masked:
        row = found[one.place, one.code]
        assert [row[name] for name in ("estimate", "se", "lower", "upper", "text")] == [None] * 5
        assert row["masked"] == 1
        assert re.search("n<10|complementary", row["flags"])
    shown = next(one for one in tabulation.summary.villages if one.code == "v_n" and one.place == "v2")
    assert found["v2", "v_n"]["estimate"] == shown.estimate == 14
    area = next(one for one in tabulation.summary.before_after if (one.code, one.place) == ("area_pc", ""))
    row = next(
        r for r in sheet(tmp_path / "a.xlsx", "before_after") if (r["code"], r["place"]) == ("area_pc", "project")
    )
    wanted = [(figure.estimate, figure.n) for figure in (area.before, area.now, area.change)]
    assert [(row[f"{when}_estimate"], row[f"{when}_n"]) for when in ("before", "now", "change")] == wanted


def test_small_cells_do_not_reach_the_charts(tabulation: Tabulation) -> None:
    tables = ChartTables(tabulation, {}, {}, chinese=False)
    assert tables.food().categories == ["v2", "The whole project"]
    assert tables.food().note == "Left out for lack of figures or of households: v1, v3."
    assert tables.capitals().series == ["stayed"]
    assert tables.capitals().note == "Left out for lack of figures or of households: host, relocated."


def test_the_pentagon_is_of_kinds_of_villages_where_profiles_tell_them() -> None:
    kinds = Settings().with_village_kinds({"v1": "host", "v2": "relocated"})
    pentagon = ChartTables(tabulated({"v1": 12, "v2": 14}, kinds), {}, {}, chinese=True).capitals()
    assert pentagon.title == "五类生计资本（按村庄类型，指数0–1）"
    assert pentagon.series == ["移民新村", "迁入地原村"]


def test_charts_without_figures_are_left_out_and_say_so(tmp_path: Path) -> None:
    few = tabulated({"v3": 4})
    done = export(MemorySource([publish(FORM)], indicators=few), tmp_path / "a.xlsx", language="zh")
    assert {written.title: written.rows for written in done.sheets}["charts"] == 0
    texts = [cell.value for cell in openpyxl.load_workbook(done.path)["charts"]["A"] if cell.value]
    assert len([text for text in texts if text.startswith(("未绘制", "因缺少数据"))]) == len(texts[1:]) / 2 == 5


def test_charts_are_drawn_from_the_table_beside_them(source: MemorySource, tmp_path: Path) -> None:
    for writer in ("splice", "openpyxl"):
        export(source, tmp_path / "a.xlsx", language="zh", writer=writer)
        with zipfile.ZipFile(tmp_path / "a.xlsx") as package:
            charts = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/charts/")]
        food = next(chart for chart in charts if "各村食物消费等级" in chart)
        first, last = re.findall(r"<f>'charts'!\$L\$(\d+):\$L\$(\d+)</f>", food)[0]
        worksheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["charts"]
        rows = [[cell.value for cell in row] for row in worksheet[f"L{first}:O{last}"]]
        assert [row[0] for row in rows] == ["老村", "整个项目"]
        assert all(sum(row[1:]) == pytest.approx(1) for row in rows)
        assert len(charts) == 5


def test_same_bytes_twice(source: MemorySource, tmp_path: Path) -> None:
    first, second = (export(source, tmp_path / f"{name}.xlsx") for name in "ab")
    assert first.path.read_bytes() == second.path.read_bytes()


def test_csv_has_the_tables_and_no_charts(source: MemorySource, tmp_path: Path) -> None:
    export(source, tmp_path / "a.zip", format="csv")
    with zipfile.ZipFile(tmp_path / "a.zip") as package:
        assert {f"{title}.csv" for title in SHEETS} <= set(package.namelist())
        assert "charts.csv" not in package.namelist()
        rows = list(csv.DictReader(io.StringIO(package.read("indicators.csv").decode("utf-8-sig"))))
    assert len(rows) == sum(SIZES.values())


def test_codebook_readme_and_manifest_tell_how_it_was_computed(
    source: MemorySource, tabulation: Tabulation, tmp_path: Path
) -> None:
    done = export(source, tmp_path / "a.xlsx")
    entries = {(row["sheet"], row["name"]): row for row in sheet(tmp_path / "a.xlsx", "codebook")}
    fcs = entries["indicators", "fcs"]
    declared = CATALOGUE["fcs"]
    assert (fcs["calculation"], fcs["unit"], fcs["set"], fcs["source"]) == (
        declared.definition,
        declared.unit,
        "CORE",
        " ".join(declared.source),
    )
    assert fcs["answered"] == sum(SIZES.values())
    assert entries["village_summary", "v_gini"]["calculation"]
    told = {row[0]: row[1] for row in openpyxl.load_workbook(done.path)["README"].iter_rows(values_only=True)}
    assert told["Households"] == sum(SIZES.values())
    assert told["Settings (SHA-256)"] == tabulation.table.settings_hash
    assert str(told["Not computable"]).startswith("2 of ")
    assert "lcs_s1" in str(entries["not computable", "lcs_max"]["note"])
    manifest = json.loads(done.manifest.read_text(encoding="utf-8"))
    assert manifest["settings_hash"] == tabulation.table.settings_hash
    assert manifest["parameters_hash"] == tabulation.table.parameters_hash


@pytest.mark.parametrize("options", [{"kind": "raw"}, {"versions": ("1",)}])
def test_only_clean_exports_of_all_versions_have_indicators(
    source: MemorySource, tmp_path: Path, options: Mapping[str, Any]
) -> None:
    done = export(source, tmp_path / "a.xlsx", **options)
    assert not {*SHEETS, "charts"} & {written.title for written in done.sheets}


def test_a_form_that_does_not_use_the_catalogue_has_none(source: MemorySource, tmp_path: Path) -> None:
    done = export(replace(source, indicators=None), tmp_path / "a.xlsx")
    assert not {*SHEETS, "charts"} & {written.title for written in done.sheets}
    assert "unit" not in sheet(done.path, "codebook")[0]


def test_no_households_yet(tmp_path: Path) -> None:
    empty = tabulate([], FrameMaker({"1": frozenset(QUESTIONS)}, Settings()).make(), Settings())
    done = export(MemorySource([publish(FORM)], indicators=empty), tmp_path / "a.xlsx")
    assert {written.title: written.rows for written in done.sheets}["indicators"] == 0


@pytest.mark.parametrize("chinese", [False, True])
def test_every_figure_has_a_name_of_its_own(chinese: bool) -> None:
    codes = [code for line in LINES for code in line.codes]
    names = {code: figure_label(code, chinese) for code in codes}
    assert not [code for code, name in names.items() if name == code]
    assert len(set(names.values())) == len(codes)


def test_the_content_hash_tells_what_the_charts_draw(tabulation: Tabulation, tmp_path: Path) -> None:
    class Fewer(ChartTables):
        def all(self) -> list[ChartTable]:
            return super().all()[:-1]

    records = [MemoryRecord(one.submission_no, "1", {}) for one in tabulation.households]
    source = MemorySource([publish(FORM)], records, indicators=tabulation)
    whole = ChartSheet(ChartTables(tabulation, {}, {}, chinese=False).all(), "Charts")
    fewer = ChartSheet(Fewer(tabulation, {}, {}, chinese=False).all(), "Charts")
    hashes = []
    for charts in (whole, fewer, whole):
        with SpliceWorkbook(tmp_path, Tally(), lambda *_: None) as book:
            book.draw(charts)
            hashes.append(book.content_hash())
    assert hashes[0] == hashes[2] != hashes[1]
    assert export(source, tmp_path / "a.xlsx").content_hash == export(source, tmp_path / "b.xlsx").content_hash


def test_the_codes_of_missing_answers_are_those_of_the_settings(tmp_path: Path) -> None:
    form = """
    | survey |                |      |       |
    |        | type           | name | label |
    |        | integer        | area | Area  |
    |        | select_one yn  | land | Land  |
    | choices |              |      |       |
    |        | list_name      | name | label |
    |        | yn             | yes  | Yes   |
    |        | yn             | hush | Hush  |
    | settings |              |      |       |
    |        | form_id        | version |    |
    |        | h              | 1    |       |
    """
    published = publish(form)
    paths = {question.name: question.path for question in published.definition.questions}
    answers: dict[tuple[str, str], Any] = {(paths["area"], ""): 999, (paths["land"], ""): "hush"}
    codes = read_settings({"missing": {"numbers": {"999": "rf"}, "choices": {"hush": "dk"}}}).missing
    for own, cells in ((codes, (None, None)), (MissingCodes(), (999, "hush"))):
        export(MemorySource([published], [MemoryRecord(1, "1", answers)], codes=own), tmp_path / "a.xlsx")
        (row,) = sheet(tmp_path / "a.xlsx", "data", headers=2)
        assert (row["area"], row["land"]) == cells
    export(MemorySource([published], [MemoryRecord(1, "1", answers)], codes=codes), tmp_path / "a.xlsx")
    (row,) = sheet(tmp_path / "a.xlsx", "data", headers=2)
    assert (row["area__missing"], row["land__missing"]) == ("refused", "dont_know")
