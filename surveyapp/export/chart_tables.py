"""The figures behind the charts: small tables, from the same estimates as the summary sheets, small cells left out."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import numpy as np

from surveyapp.export.figure_labels import figure_label, indicator_label
from surveyapp.indicators.catalogue import CATALOGUE
from surveyapp.indicators.columns import one_of
from surveyapp.indicators.figures import PROJECT, Figure, View, mask_small
from surveyapp.indicators.household_capitals import CAPITALS
from surveyapp.indicators.sample import UNKNOWN
from surveyapp.indicators.settings import GRADES_EN, GRADES_ZH
from surveyapp.indicators.tabulation import Tabulation

Shape: TypeAlias = Literal["radar", "columns", "rows", "stacked"]
Words: TypeAlias = tuple[str, str]

MOST_VILLAGES: Final = 30
_FOOD: Final[Mapping[str, Words]] = {
    "poor": ("Poor", "差"),
    "borderline": ("Borderline", "临界"),
    "acceptable": ("Acceptable", "可接受"),
}
_GRADED: Final[Mapping[str, Words]] = {
    "ccd_grade": ("Three spaces, now", "三类空间，现在"),
    "ccd_recall_grade": ("Living and production, now", "生活与生产，现在"),
    "ccd_recall_grade_b": ("Living and production, before", "生活与生产，搬迁前"),
}
_VILLAGES: Final[Mapping[str, Words]] = {
    "relocated": ("Resettlement village", "移民新村"),
    "host": ("Receiving village", "迁入地原村"),
    "stayed": ("Village that has not moved", "未搬迁村"),
}
_BEFORE: Final[Words] = ("Before the move", "搬迁前")
_NOW: Final[Words] = ("Now", "现在")
_INDEX: Final[Words] = ("Index, 0 to 1", "指数（0–1）")
_HOUSEHOLDS: Final[Words] = ("Share of households", "住户比例")


@dataclass(frozen=True)
class Bar:
    """One value with its 95 % interval; NaN where there is none."""

    value: float = math.nan
    lower: float = math.nan
    upper: float = math.nan


@dataclass(frozen=True)
class ChartTable:
    """One chart: for each of `series` a bar (or corner) in each of `categories`.

    Without categories or series it is not drawn, and `note` says why.
    """

    title: str
    shape: Shape
    across: str
    upwards: str
    series: Sequence[str] = ()
    categories: Sequence[str] = ()
    bars: Sequence[Sequence[Bar]] = ()
    share: bool = True
    intervals: bool = False
    note: str = ""

    @property
    def drawn(self) -> bool:
        """Whether there is anything to draw."""
        return bool(self.series and self.categories)


class ChartTables:
    """Makes the tables of one tabulation. `kinds` and `villages` give names to codes."""

    def __init__(
        self, tabulation: Tabulation, kinds: Mapping[str, str], villages: Mapping[str, str], chinese: bool
    ) -> None:
        self._summary = tabulation.summary
        self._settings = tabulation.settings
        self._sample = tabulation.sample
        self._kinds = kinds
        self._villages = villages
        self._chinese = chinese

    def all(self) -> list[ChartTable]:
        """Every chart, drawn or not, in the order of the sheet."""
        return [self.capitals(), self.spaces(), self.grades(), self.poverty(), self.food()]

    def capitals(self) -> ChartTable:
        """The pentagon: mean capitals of each kind of village, or of household where no profile tells the kind."""
        view = View(self._sample, "project")
        by_village = self._settings.design.kinds
        view.labels = self._sample.group
        names: Mapping[str, str] = self._kinds
        kind = ("household", "住户")
        if by_village:
            view.labels = np.array([by_village.get(place, UNKNOWN) for place in self._sample.village.tolist()])
            names = {code: self._say(*words) for code, words in _VILLAGES.items()}
            kind = ("village", "村庄")
        found = self._masked([one for code in CAPITALS for one in view.means(f"v_{code}", code, "logit")], {})
        by_place = _by_place(found)
        here = {place: figures for place, figures in by_place.items() if place not in (PROJECT, UNKNOWN)}
        whole = [place for place in _ordered(here, names) if _complete(here[place], len(CAPITALS))]
        table = ChartTable(
            title=self._say(
                f"Five livelihood capitals by kind of {kind[0]} (index, 0 to 1)",
                f"五类生计资本（按{kind[1]}类型，指数0–1）",
            ),
            shape="radar",
            across=self._say("Capital", "资本"),
            upwards=self._say(*_INDEX),
            share=False,
            series=[names.get(place, place) for place in whole],
            categories=[indicator_label(CATALOGUE[code], self._chinese) for code in CAPITALS],
            bars=[[_bar(here[place][f"v_{code}"]) for place in whole] for code in CAPITALS],
        )
        left = [names.get(place, place) for place in _ordered(here, names) if place not in whole]
        return replace(table, note=self._left_out(left) if left or not whole else "")

    def spaces(self) -> ChartTable:
        """Means of living, production and social space of the project, before and now."""
        paired = {one.code: one for one in self._summary.before_after if one.place == PROJECT}
        now = {one.code: one for one in self._summary.project}
        rows: list[tuple[str, Figure | None, Figure | None]] = [
            (code, paired[code].before if code in paired else None, paired[code].now if code in paired else None)
            for code in ("u_living", "u_production")
        ]
        rows.append(("u_social", None, now.get("v_u_social")))
        given = [row for row in rows if row[2] is not None and math.isfinite(row[2].estimate)]
        note = self._say("Social space was not recalled for before the move.", "社会空间无搬迁前回忆数据。")
        return ChartTable(
            title=self._say("Living, production, social space: before and now", "三类空间：搬迁前与现在"),
            shape="columns",
            across=self._say("Space", "空间"),
            upwards=self._say(*_INDEX),
            share=False,
            series=[self._say(*_BEFORE), self._say(*_NOW)] if given else (),
            categories=[indicator_label(CATALOGUE[code], self._chinese) for code, *_ in given],
            bars=[[_bar(before), _bar(now)] for _, before, now in given],
            intervals=True,
            note=note if given else self._left_out(()),
        )

    def grades(self) -> ChartTable:
        """Share of households in each grade of coordination."""
        view = View(self._sample, "project")
        levels = self._settings.grades
        shown: list[str] = []
        parts: list[dict[str, Figure]] = []
        for code in _GRADED:
            found = _by_place(self._shares(view, code, levels, {})).get(PROJECT, {})
            if _complete(found, len(levels)):
                shown.append(code)
                parts.append(found)
        names = GRADES_ZH if self._chinese and tuple(levels) == GRADES_EN else levels
        return ChartTable(
            title=self._say("Grades of coupling coordination", "耦合协调等级"),
            shape="rows",
            across=self._say("Grade", "等级"),
            upwards=self._say(*_HOUSEHOLDS),
            series=[self._say(*_GRADED[code]) for code in shown],
            categories=names,
            bars=[[_bar(found[level]) for found in parts] for level in levels],
            note="" if shown else self._left_out(()),
        )

    def poverty(self) -> ChartTable:
        """Income poverty and multidimensional poverty by village."""
        codes = ("v_poor_h", "v_mpi_h")
        by_place = _by_place(one for one in self._summary.villages if one.code in codes)
        places, note = self._villages_of(by_place, len(codes))
        return ChartTable(
            title=self._say("Poverty by village, with 95 % intervals", "各村贫困发生率（95%置信区间）"),
            shape="columns",
            across=self._say("Village", "村"),
            upwards=self._say("Share of persons", "人口比例"),
            series=[figure_label(code, self._chinese) for code in codes] if places else (),
            categories=[self._villages.get(place, place) for place in places],
            bars=[[_bar(by_place[place][code]) for code in codes] for place in places],
            intervals=True,
            note=note,
        )

    def food(self) -> ChartTable:
        """Food consumption classes by village, and of the project."""
        towns = dict(zip(self._sample.village.tolist(), self._sample.township.tolist(), strict=True))
        by_place = _by_place(self._shares(View(self._sample, "village"), "fcs_cat", tuple(_FOOD), towns))
        places, note = self._villages_of(by_place, len(_FOOD))
        whole = _by_place(self._shares(View(self._sample, "project"), "fcs_cat", tuple(_FOOD), {})).get(PROJECT, {})
        rows = [(self._villages.get(place, place), by_place[place]) for place in places]
        if _complete(whole, len(_FOOD)):
            rows.append((self._say("The whole project", "整个项目"), whole))
        return ChartTable(
            title=self._say("Food consumption classes by village", "各村食物消费等级"),
            shape="stacked",
            across=self._say("Village", "村"),
            upwards=self._say(*_HOUSEHOLDS),
            series=[self._say(*words) for words in _FOOD.values()] if rows else (),
            categories=[name for name, _ in rows],
            bars=[[_bar(figures[level]) for level in _FOOD] for _, figures in rows],
            note=note if rows else self._left_out(()),
        )

    def _shares(self, view: View, code: str, levels: Sequence[str], towns: Mapping[str, str]) -> list[Figure]:
        """The share of households in each level, the level standing as the code of its figures."""
        column = view.column(code)
        found: list[Figure] = []
        for level in levels:
            found += view.figures(level, view.estimates(one_of(column, (level,)), scale="logit"))
        return self._masked(found, towns)

    def _masked(self, figures: list[Figure], towns: Mapping[str, str]) -> list[Figure]:
        return mask_small(figures, self._settings.smallest_cell, self._settings.careful_cell, towns)

    def _villages_of(self, by_place: Mapping[str, Mapping[str, Figure]], needed: int) -> tuple[list[str], str]:
        """The villages with all figures, the first so many; and what is left out."""
        whole = [place for place in sorted(by_place) if _complete(by_place[place], needed)]
        left = [self._villages.get(place, place) for place in sorted(by_place) if place not in whole]
        notes = [self._left_out(left)] if left or not whole else []
        if len(whole) > MOST_VILLAGES:
            notes.append(
                self._say(
                    f"The first {MOST_VILLAGES} of {len(whole)} villages; sheet village_summary has all.",
                    f"仅列出{len(whole)}个村中的前{MOST_VILLAGES}个；全部见 village_summary。",
                )
            )
        return whole[:MOST_VILLAGES], " ".join(notes)

    def _left_out(self, names: Sequence[str]) -> str:
        """Why something is not in the chart; without names, why there is no chart."""
        if not names:
            return self._say(
                "Left out: no figures, or too few households for them.", "未绘制：缺少数据，或住户数过少。"
            )
        listed = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
        return self._say(
            f"Left out for lack of figures or of households: {listed}.", f"因缺少数据或住户数过少而未列出：{listed}。"
        )

    def _say(self, english: str, chinese: str) -> str:
        return chinese if self._chinese else english


def _by_place(figures: Iterable[Figure]) -> dict[str, dict[str, Figure]]:
    found: dict[str, dict[str, Figure]] = {}
    for one in figures:
        found.setdefault(one.place, {})[one.code] = one
    return found


def _complete(figures: Mapping[str, Figure], needed: int) -> bool:
    return len(figures) == needed and all(math.isfinite(one.estimate) for one in figures.values())


def _ordered(places: Iterable[str], known: Mapping[str, str]) -> Iterator[str]:
    """Places in the order of the form's list, others after them."""
    order = {place: number for number, place in enumerate(known)}
    key: Callable[[str], tuple[int, str]] = lambda place: (order.get(place, len(order)), place)  # noqa: E731  # one line beside its only use
    yield from sorted(places, key=key)


def _bar(one: Figure | None) -> Bar:
    return Bar() if one is None else Bar(one.estimate, one.lower, one.upper)
