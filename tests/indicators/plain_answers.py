"""What one household's answers say, read by the catalogue's rules alone: the first half of `plain_households`.

Plain Python over the text that a phone sent; it shares nothing with the product. A number is a Fraction, so that no
cut-off depends on rounding; what is missing is a `Gone` with the reason.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias


class Gone(str):
    """Why there is no value: one of ORDER."""


Value: TypeAlias = "Fraction | float | str | Gone"
Answers: TypeAlias = Mapping[str, str]
ORDER = ("na", "not_asked", "blank", "dk", "rf", "invalid", "undefined", "not_fitted")
PLACES = ("school", "clinic", "market", "road", "county")
FOODS = ("staple", "pulse", "dairy", "protein", "veg", "fruit", "fat", "sugar")
# Questions whose answer is a whole number.
WHOLE = frozenset(
    [f"{name}_{t}" for name in ("w_min", "d_land", "net_visit", *(f"d_{place}" for place in PLACES)) for t in "nb"]
    + [f"lv_{kind}_{t}" for kind in ("cattle", "pig", "sheep", "poultry") for t in "nb"]
    + [f"fcs_{food}" for food in FOODS]
    + [f"rcsi_{way}" for way in ("less", "borrow", "meals", "portion", "adult")]
    + ["hh_size_b", "gs_visits", "co_meet", "co_labour", "net_money", "mh_given", "mh_got", "return_months"]
)
YES = {"yes": Fraction(1), "no": Fraction(0)}
LIKERT = {str(x): Fraction(x - 1, 4) for x in range(1, 6)}
ROSTER = ("m_age", "m_edu", "m_school", "m_health", "m_labour", "m_work", "m_train", "m_insured")
EARNING = ("farm", "wage", "post", "self")
WORK = (*EARNING, "house", "study", "seek", "idle")


def is_gone(*terms: Any) -> bool:
    return any(isinstance(term, Gone) for term in terms)


def worst(terms: Iterable[Any]) -> Gone:
    """The last of the reasons."""
    return max((term for term in terms if isinstance(term, Gone)), key=ORDER.index)


def strictly(rule: Callable[..., Any], *terms: Any) -> Any:
    """The rule where all terms are there, else the reason."""
    return worst(terms) if is_gone(*terms) else rule(*terms)


def ratio(above: Any, below: Any) -> Any:
    return strictly(lambda a, b: a / b if b else Gone("undefined"), above, below)


def mean_of(terms: Sequence[Any], least: int) -> Any:
    """Mean of what is there, if that is enough."""
    there = [term for term in terms if not is_gone(term)]
    return sum(there, Fraction()) / len(there) if len(there) >= least else worst(terms)


def any_yes(terms: Iterable[Any]) -> Any:
    """A known yes decides; else somebody unknown; else no."""
    terms = list(terms)
    if any(not is_gone(term) and term for term in terms):
        return Fraction(1)
    return worst(terms) if is_gone(*terms) else Fraction(0)


def all_yes(terms: Iterable[Any]) -> Any:
    """A known no decides; else somebody unknown; else yes."""
    return negated(any_yes(negated(term) for term in terms))


def negated(term: Any) -> Any:
    return strictly(lambda x: 1 - x, term)


def read_number(text: str | None, *, whole: bool = False, most: int | None = None, exactly: Sequence[int] = ()) -> Any:
    if text is None:
        return Gone("not_asked")
    if text == "":
        return Gone("blank")
    try:
        number = Fraction(text)
    except ValueError:
        return Gone("invalid")
    if number in (-98, -99):
        return Gone("dk" if number == -98 else "rf")
    impossible = number < 0 or (most is not None and number > most) or (whole and number.denominator > 1)
    return Gone("invalid") if impossible or (exactly and number not in exactly) else number


def read_choice(text: str | None) -> Any:
    if text is None or text == "":
        return Gone("not_asked" if text is None else "blank")
    return Gone(text) if text in ("dk", "rf") else text


def among(answer: Any, scores: Mapping[str, Any]) -> Any:
    """What a choice counts; one that the question does not have is invalid."""
    return answer if is_gone(answer) else scores.get(answer, Gone("invalid"))


def one_of(answer: Any, good: str, bad: str) -> Any:
    """1 for the good choices, 0 for the bad ones; others there are none."""
    return among(answer, {**dict.fromkeys(bad.split(), Fraction(0)), **dict.fromkeys(good.split(), Fraction(1))})


def named(answer: Any, names: Iterable[str]) -> Any:
    """The choice itself, if the question has it."""
    return among(answer, {name: name for name in names})


def behind(answer: Any, asked: Any, otherwise: Any) -> Any:
    """An answer to a question that is asked if `asked`; what it is if it was not."""
    if not (is_gone(answer) and answer in ("blank", "not_asked")):
        return answer
    if is_gone(asked):
        return asked
    return answer if asked else otherwise


class Member:
    """One line of the roster."""

    def __init__(self, answers: Answers) -> None:
        def number(name: str, most: int | None = None) -> Any:
            return read_number(answers.get(name), whole=True, most=most)

        def choice(name: str) -> Any:
            return read_choice(answers.get(name))

        self.age = number("m_age", 122)
        grown = strictly(lambda age: age >= 16, self.age)
        self.edu = behind(choice("m_edu"), strictly(lambda age: age >= 3, self.age), Gone("na"))
        pupil = strictly(lambda age: 6 <= age <= 15, self.age)
        self.school = behind(choice("m_school"), pupil, Gone("na"))
        self.health = choice("m_health")
        self.labour = behind(choice("m_labour"), grown, Gone("na"))
        self.work = behind(named(choice("m_work"), WORK), grown, Gone("na"))
        earning = strictly(lambda work: work in EARNING, self.work)
        self.months = behind(number("m_work_months", 12), earning, Fraction(0))
        self.place = choice("m_work_place")
        self.train = behind(number("m_train"), grown, Gone("na"))
        self.insured = among(choice("m_insured"), YES)

    def aged(self, low: int, high: int = 999) -> Any:
        return strictly(lambda age: low <= age <= high, self.age)

    def able(self) -> Any:
        """1 for one of 16 to 64 with labour ability."""
        return all_yes([self.aged(16, 64), one_of(self.labour, "full half", "none")])

    def employed(self, kinds: str = "farm wage post self") -> Any:
        """1 for one who is able and in work of these kinds for six months."""
        here = strictly(lambda work: work in kinds.split(), self.work)
        return all_yes([self.able(), here, strictly(lambda months: months >= 6, self.months)])

    def out_of_school(self) -> Any:
        """1 for a child of 6 to 15 who does not attend."""
        return all_yes([self.aged(6, 15), one_of(self.school, "no", "yes done home")])


class Household:
    """The answers of one household."""

    def __init__(self, answers: Answers, members: Sequence[Answers]) -> None:
        self.answers = answers
        # A roster without a line is one that was left blank, or not asked.
        nobody = dict.fromkeys(ROSTER, "") if answers.get("consent") == "yes" else {}
        self.members = [Member(one) for one in members or [nobody]]
        self.moved = strictly(lambda kind: kind == "relocated", self.choice("reloc_status"))

    def _then(self, name: str, answer: Any) -> Any:
        """The year before is asked in the first wave only."""
        if not name.endswith("_b"):
            return answer
        asked = strictly(lambda number: number == 1, read_number(self.answers.get("ask_before")))
        return behind(answer, asked, Gone("not_asked"))

    def number(self, name: str, most: int | None = None) -> Any:
        if name.startswith(("d_", "w_min")):
            most = 24 * 60
        return self._then(name, read_number(self.answers.get(name), whole=name in WHOLE, most=most))

    def choice(self, name: str) -> Any:
        return self._then(name, read_choice(self.answers.get(name)))

    def yes(self, name: str) -> Any:
        return among(self.choice(name), YES)

    def likert(self, name: str) -> Any:
        return among(self.choice(name), LIKERT)

    def ticks(self, name: str) -> Any:
        """What is ticked, without `none`; nothing but codes is missing."""
        text = self.answers.get(name)
        if text is None or text == "":
            return self._then(name, Gone("not_asked" if text is None else "blank"))
        ticked = text.split()
        given = [tick for tick in ticked if tick not in ("dk", "rf")]
        return set(given) - {"none"} if given else worst(Gone(tick) for tick in ticked)

    def count(self, name: str) -> Any:
        return strictly(lambda ticked: Fraction(len(ticked)), self.ticks(name))

    def cost(self, name: str) -> Any:
        """Costs: none where there was no such income."""
        income = self.number(name.replace("cost", "inc"))
        return behind(self.number(name), strictly(lambda amount: amount > 0, income), Fraction(0))

    def land_out(self, when: str) -> Any:
        owned = strictly(lambda land: land > 0, self.number(f"land_own_{when}"))
        return behind(self.number(f"land_out_{when}"), owned, Fraction(0))

    def plot_minutes(self, when: str) -> Any:
        lands = [self.number(f"land_own_{when}"), *([self.number("land_in_n")] if when == "n" else [])]
        farmed = any_yes(strictly(lambda land: land > 0, land) for land in lands)
        return behind(self.number(f"d_land_{when}"), farmed, Gone("na"))

    def if_moved(self, answer: Any) -> Any:
        return behind(answer, self.moved, Gone("na"))

    def debt(self) -> Any:
        return behind(self.number("debt_amt"), self.yes("debt_any"), Fraction(0))

    def shock_loss(self) -> Any:
        none = strictly(lambda ticked: not ticked, self.ticks("sh_types"))
        return behind(self.number("sh_loss"), strictly(lambda nothing: not nothing, none), Fraction(0))
