"""Functions on texts and lists of choices."""

import base64
import binascii
import hashlib
import random
import re
import uuid
from typing import Final

from surveyapp.expressions import regexes
from surveyapp.expressions.errors import ExpressionError, NotCheckable
from surveyapp.expressions.functions import ANY_NUMBER, Table
from surveyapp.expressions.numbers import to_int, truncate
from surveyapp.expressions.scope import Scope
from surveyapp.expressions.values import DIALECTS, Value
from surveyapp.sentences import say

TEXTS: Final = Table()
JAVAROSA: Final = DIALECTS["javarosa"]
XFORMS: Final = DIALECTS["xforms"]
ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
LONGEST_UUID: Final = 1_000


@TEXTS.add("string", kinds=["text"])
def string(text: str) -> str:
    """`string(x)`."""
    return text


def javarosa_texts(scope: Scope, values: tuple[Value, ...]) -> list[str]:
    """A sole node-set gives all its nodes; beside others it must be one node."""
    if len(values) == 1 and isinstance(values[0], list):
        return [JAVAROSA.text([node], scope) for node in values[0]]
    return [JAVAROSA.text(value, scope) for value in values]


def xforms_texts(scope: Scope, values: tuple[Value, ...]) -> list[str]:
    """Node-sets give all their nodes."""
    texts: list[str] = []
    for value in values:
        texts += (
            [XFORMS.text([node], scope) for node in value] if isinstance(value, list) else [XFORMS.text(value, scope)]
        )
    return texts


@TEXTS.add("concat", kinds=["whole"], least=0, most=ANY_NUMBER, dialects=["javarosa"], scoped=True)
def javarosa_concat(scope: Scope, *values: Value) -> str:
    """`concat(...)`: the texts one after another."""
    return "".join(javarosa_texts(scope, values))


@TEXTS.add("concat", kinds=["whole"], least=0, most=ANY_NUMBER, dialects=["xforms"], scoped=True)
def xforms_concat(scope: Scope, *values: Value) -> str:
    """`concat(...)`: the texts one after another."""
    return "".join(xforms_texts(scope, values))


@TEXTS.add("join", kinds=["text", "whole"], least=1, most=ANY_NUMBER, dialects=["javarosa"], scoped=True)
def javarosa_join(scope: Scope, separator: str, *values: Value) -> str:
    """`join(separator, ...)`."""
    return separator.join(javarosa_texts(scope, values))


@TEXTS.add("join", kinds=["text", "whole"], least=1, most=ANY_NUMBER, dialects=["xforms"], scoped=True)
def xforms_join(scope: Scope, separator: str, *values: Value) -> str:
    """`join(separator, ...)`."""
    return separator.join(xforms_texts(scope, values))


@TEXTS.add("substr", kinds=["text", "number", "number"], least=2)
def substr(text: str, start: float, end: float | None = None) -> str:
    """0-based, end exclusive, negatives from the end."""
    length = len(text)
    first, last = to_int(start), length if end is None else to_int(end)
    first = min(max(first + length if first < 0 else first, 0), length)
    last = min(max(last + length if last < 0 else last, 0), length)
    return text[first:last]


@TEXTS.add("substring", kinds=["text", "number", "number"], least=2, dialects=["xforms"])
def substring(text: str, start: float, length: float = float("inf")) -> str:
    """XPath 1.0, section 4.2: 1-based, rounded, NaN selects nothing."""
    first = xpath_round(start)
    end = first + (length if length == float("inf") else xpath_round(length))
    return "".join(character for place, character in enumerate(text, 1) if first <= place < end)


def xpath_round(number: float) -> float:
    """Half up, as XPath 1.0 rounds."""
    whole = number + 0.5
    return float(whole // 1) if abs(whole) < 2**53 else number


@TEXTS.add("substring-before", kinds=["text", "text"])
def substring_before(text: str, mark: str) -> str:
    """`substring-before(text, mark)`: '' where the mark is not there."""
    return text.partition(mark)[0] if mark and mark in text else ""


@TEXTS.add("substring-after", kinds=["text", "text"])
def substring_after(text: str, mark: str) -> str:
    """`substring-after(text, mark)`: '' where the mark is not there."""
    return text if not mark else text.partition(mark)[2]


@TEXTS.add("translate", kinds=["text", "text", "text"])
def translate(text: str, old: str, new: str) -> str:
    """`translate(text, old, new)`: what has no counterpart in `new` is removed."""
    table: dict[int, str] = {}
    for place, character in enumerate(old):
        table.setdefault(ord(character), new[place : place + 1])
    return text.translate(table)


@TEXTS.add("contains", kinds=["text", "text"])
def contains(text: str, part: str) -> bool:
    """`contains(text, part)`."""
    return part in text


@TEXTS.add("starts-with", kinds=["text", "text"])
def starts_with(text: str, part: str) -> bool:
    """`starts-with(text, part)`."""
    return text.startswith(part)


@TEXTS.add("ends-with", kinds=["text", "text"])
def ends_with(text: str, part: str) -> bool:
    """`ends-with(text, part)`."""
    return text.endswith(part)


@TEXTS.add("string-length", kinds=["text"])
def string_length(text: str) -> float:
    """UTF-16 units, as Java and ECMAScript count."""
    return float(len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2)


@TEXTS.add("normalize-space", kinds=["text"])
def normalize_space(text: str) -> str:
    """`normalize-space(text)`: trimmed, one space between words."""
    return re.sub(r"[ \t\n\r\f\v]+", " ", text.strip(" \t\n\r\f\v"))


@TEXTS.add("regex", kinds=["text", "text"], dialects=["javarosa"])
def javarosa_regex(text: str, pattern: str) -> bool:
    """`regex(text, pattern)`: the whole text must match."""
    return regexes.matches(text, pattern, "javarosa")


@TEXTS.add("regex", kinds=["text", "text"], dialects=["xforms"])
def xforms_regex(text: str, pattern: str) -> bool:
    """`regex(text, pattern)`: the pattern must be found."""
    return regexes.matches(text, pattern, "xforms")


# -- lists of choices -------------------------------------------------------------------------------------------------
def require_text(scope: Scope, value: Value) -> str:
    """JavaRosa takes nothing but texts here: a number, also that of a node of type int, is an error."""
    scalar = JAVAROSA.single(value, scope) if isinstance(value, list) else value
    if not isinstance(scalar, str):
        raise ExpressionError(
            say("expected a text (in quotes), or a question that holds one"), found=say("another value")
        )
    return scalar


@TEXTS.add("selected", "is-selected", kinds=["value", "value"], dialects=["javarosa"], scoped=True)
def javarosa_selected(scope: Scope, chosen: Value, choice: Value) -> bool:
    """`selected(list, choice)`."""
    return f" {require_text(scope, choice).strip()} " in f" {require_text(scope, chosen)} "


@TEXTS.add("selected", "is-selected", kinds=["text", "text"], dialects=["xforms"])
def xforms_selected(chosen: str, choice: str) -> bool:
    """`selected(list, choice)`."""
    return choice.strip() in (chosen.split() or [""])


@TEXTS.add("selected-at", kinds=["value", "number"], dialects=["javarosa"], scoped=True)
def javarosa_selected_at(scope: Scope, chosen: Value, place: float) -> str:
    """`selected-at(list, place)`."""
    return selected_at(require_text(scope, chosen), place)


@TEXTS.add("selected-at", kinds=["text", "number"], dialects=["xforms"])
def selected_at(chosen: str, place: float) -> str:
    """`selected-at(list, place)`: 0-based, '' outside."""
    words, index = chosen.split(), to_int(place)
    return words[index] if 0 <= index < len(words) else ""


@TEXTS.add("count-selected", kinds=["value"], dialects=["javarosa"], scoped=True)
def javarosa_count_selected(scope: Scope, chosen: Value) -> float:
    """`count-selected(list)`."""
    return count_selected(require_text(scope, chosen))


@TEXTS.add("count-selected", kinds=["text"], dialects=["xforms"])
def count_selected(chosen: str) -> float:
    """`count-selected(list)`."""
    return float(len(chosen.split()))


# -- codes ------------------------------------------------------------------------------------------------------------
@TEXTS.add("uuid", kinds=["number"], least=0)
def make_uuid(length: float | None = None) -> str:
    """A version 4 UUID, or `length` random characters."""
    if length is None:
        return str(uuid.uuid4())
    return "".join(random.choices(ALPHABET, k=max(0, min(LONGEST_UUID, to_int(truncate(length))))))


@TEXTS.add("digest", kinds=["text", "text", "text"], least=2)
def digest(text: str, algorithm: str, encoding: str = "base64") -> str:
    """`digest(text, algorithm, encoding)`: base64 or hex."""
    known = {"md5": "md5", "sha-1": "sha1", "sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512"}
    name = known.get(algorithm.lower())
    if name is None:
        raise ExpressionError(say("expected MD5, SHA-1, SHA-256, SHA-384 or SHA-512"), found=repr(algorithm))
    hashed = hashlib.new(name, text.encode(), usedforsecurity=False).digest()
    if encoding.lower() not in ("base64", "hex"):
        raise ExpressionError(say("expected base64 or hex"), found=repr(encoding))
    return hashed.hex() if encoding.lower() == "hex" else base64.b64encode(hashed).decode()


@TEXTS.add("base64-decode", kinds=["text"])
def base64_decode(text: str) -> str:
    """`base64-decode(text)` as UTF-8, '' where it is not base64."""
    try:
        return base64.b64decode(text.encode()).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""


@TEXTS.add("property", kinds=["text"], dialects=["javarosa"])
def device_property(name: str) -> str:
    """`property(name)`."""
    raise NotCheckable(say("only the phone knows its property {name!r}", name=name))


@TEXTS.add("extract-signed", kinds=["text", "text"], dialects=["javarosa"])
def extract_signed(signed: str, key: str) -> str:
    """`extract-signed(data, key)`."""
    del signed, key
    raise NotCheckable(say("extract-signed() is evaluated on the phone only"))


@TEXTS.add("version", dialects=["javarosa"], scoped=True)
def version(scope: Scope) -> str:
    """`version()` of the form."""
    return scope.environment.version
