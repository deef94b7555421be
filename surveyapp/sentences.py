"""Sentences for people, that another language can say again: a text with places for values, and the values.

    say("The project has no form {name!r}.", name=name)

is the English sentence, a `str` like any other: programs, logs and the command line read it as it stands. The template
and the values go with it, so that a door can say it to a reader of Chinese (`translate`). `make translations` collects
the templates. The rooms below the doors know no languages: they only take care not to lose the places.
"""

from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any, Final, TypeAlias

Value: TypeAlias = str | int | float | tuple[str, ...]
BETWEEN: Final = ", "


class Sentence(str):
    """An English sentence that knows what it was made from. `values` may hold sentences themselves."""

    template: str
    values: Mapping[str, Value]

    def __new__(cls, template: str, values: Mapping[str, Value]) -> "Sentence":
        """`template` filled with `values`."""
        sentence = super().__new__(cls, fill(template, values, str))
        sentence.template, sentence.values = template, values
        return sentence

    def __str__(self) -> str:
        """Itself: `str` would give the bare text of an error or a finding that is told by a sentence."""
        return self

    def __getnewargs__(self) -> tuple[str, Mapping[str, Value]]:  # type: ignore[override]  # ours are two, str's is one
        return self.template, self.values


def say(template: str, /, **values: Any) -> Sentence:
    """The sentence `template` with its places filled as by `str.format`; lists are told one after the other.

    Without values it is taken as it stands, braces and all.
    """
    return Sentence(template, {name: _as_value(value) for name, value in values.items()})


def as_sentence(text: str) -> Sentence:
    """`text`, that it may be translated as a part of another sentence."""
    return text if isinstance(text, Sentence) else Sentence(text, {})


def _as_value(value: Any) -> Value:
    if isinstance(value, str | Real):
        return value  # type: ignore[return-value]  # numpy's numbers say that they are Real, and are formatted as ours
    return tuple(map(_as_text, value)) if isinstance(value, Iterable) else str(value)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def fill(template: str, values: Mapping[str, Value], word: Callable[[str], str], between: str = BETWEEN) -> str:
    """`template` with `values`, whose texts go through `word`; the members of a list stand `between` each other."""
    if not values:
        return template
    return template.format(**{name: _told(value, word, between) for name, value in values.items()})


def _told(value: Value, word: Callable[[str], str], between: str) -> str | int | float:
    if isinstance(value, tuple):
        return between.join(map(word, value))
    return word(value) if isinstance(value, str) else value


def translate(text: str, gettext: Callable[[str], str]) -> str:
    """`text` in another language: `gettext` gives the translation of a template, or the template back.

    A plain text is taken for a template without places; the values are left as they are, but for sentences.
    """
    if not isinstance(text, Sentence):
        return gettext(text) if text else ""

    def word(value: str) -> str:
        return translate(value, gettext) if isinstance(value, Sentence) else value

    return fill(gettext(text.template), text.values, word, gettext(", "))


def pack(text: str) -> Any:
    """`text` for JSON between two processes of ours; `unpack` gives it back."""
    if not isinstance(text, Sentence):
        return text
    return {"say": text.template, "values": {name: _packed(value) for name, value in text.values.items()}}


def _packed(value: Value) -> Any:
    if isinstance(value, tuple):
        return [pack(one) for one in value]
    return pack(value) if isinstance(value, str) else value


def unpack(packed: Any) -> str:
    """What `pack` was given."""
    if not isinstance(packed, dict):
        return str(packed)
    return Sentence(packed["say"], {name: _unpacked(value) for name, value in packed["values"].items()})


def _unpacked(value: Any) -> Value:
    if isinstance(value, list):
        return tuple(unpack(one) for one in value)
    return unpack(value) if isinstance(value, dict) else value
