"""The one error of this room, and its gentler kin."""

from surveyapp.sentences import as_sentence, say


class ExpressionError(ValueError):
    """An expression that cannot be read or evaluated.

    `position` counts characters from 0; `found` is what stands there and `expected` what should.
    """

    def __init__(self, expected: str, *, found: str = "", position: int = 0) -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = found
        self.position = position

    def __str__(self) -> str:
        where, expected = self.position + 1, as_sentence(self.expected)
        if not self.found:
            return say("At character {where}: {expected}.", where=where, expected=expected)
        found = as_sentence(self.found)
        return say("At character {where}: {expected}, found {found}.", where=where, expected=expected, found=found)


class NotCheckable(ExpressionError):
    """The expression may be sound, but its value cannot be known here: `reason` says why, as half a sentence."""

    def __init__(self, reason: str, *, found: str = "", position: int = 0) -> None:
        super().__init__(reason, found=found, position=position)
        self.reason = reason

    def __str__(self) -> str:
        return say("It cannot be checked: {reason}.", reason=as_sentence(self.reason))
