"""Words: phrases that know how tightly they bind, lists of them, and names and constants made safe to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsl.terms import OLDER, STATE, Value

ATOM, PREFIX, CLAUSE, LOOSE = 9, 8, 4, 0  # how tightly phrases bind, on the scale of the operators' precedences
CARRIED = {STATE: "carry", OLDER: "earlier carry"}  # what a scan carries, and what it carried one position before
LIMIT = 150  # characters of a sentence
_NAME, _SYMBOL, _MEMBERS = 20, 16, 4  # characters of a name and of a symbol, members of a set that are shown

_BITS = 64  # of an integer that is written out


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase, or the clause of a condition. binds: as an operator's precedence, 0 (loosest) to 9 (a word)."""

    text: str
    binds: int = ATOM

    def within(self, least: int) -> str:
        """Give the text, in brackets where it binds more loosely than `least`."""
        return self.text if self.binds >= least else f"({self.text})"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Join words as a person does.

    >>> listed(["x"]), listed(["x", "y", "z"], "or")
    ('x', 'x, y or z')
    """
    return f" {last} ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def named(name: str) -> str:
    """Give an input's name: as it is where it is an identifier of a common length, else quoted or cut."""
    return name if name.isidentifier() and len(name) <= _NAME else _quoted(name, _NAME)


def constant(value: Value) -> str:
    """Give a constant in a form that is printable, on one line and free of double quotes, whatever it holds.

    >>> print(constant(frozenset({"b", "a"})), constant('"\\n'), constant(0.1 + 0.2), constant(None))
    {'a', 'b'} '\\x22\\n' 0.3 nothing
    """
    match value:
        case frozenset():
            shown = [constant(v) for v in sorted(value, key=ordered)]
            rest = [f"{len(shown) - _MEMBERS} more"] if len(shown) > _MEMBERS + 1 else []
            return f"{{{', '.join(shown[:_MEMBERS] + rest if rest else shown)}}}"
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.4g}"
        case int():
            return str(value) if value.bit_length() <= _BITS else f"an integer of {value.bit_length()} bits"
    return _quoted(str(value), _SYMBOL)


def _quoted(text: str, most: int) -> str:
    shown = list(map(_safe, text[: most + 1]))
    if sum(map(len, shown)) > most:
        while sum(map(len, shown)) > most - 3:
            shown.pop()
        shown.append("...")
    return f"'{''.join(shown)}'"


def _safe(char: str) -> str:
    if char in "'\"\\" or not char.isprintable():
        return f"\\x{ord(char):02x}" if char in "'\"" else char.encode("unicode_escape").decode()
    return char


def ordered(value: Value) -> tuple[str, float, str]:
    """Give the place of a constant among others: by class, numbers by value and text by letter."""
    number = float(value) if isinstance(value, (bool, int, float)) else 0.0
    return type(value).__name__, number, str(value)
