"""Words: phrases that know how tightly they bind, lists of them, and names and constants made safe to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsl.terms import OLDER, STATE, Input, Value
from dsl.types import Kind

ATOM, PREFIX, NOUN, CLAUSE, LOOSE = (
    9,
    8,
    5,
    4,
    0,
)  # how tightly phrases bind, on the scale of the operators' precedences
CARRIED = {STATE: "carry", OLDER: "earlier carry"}  # what a scan carries, and what it carried one position before
CARRY = "carried: "  # before the name of what a scan carries, where that is said in a clause of its own
LIMIT = 250  # characters of a sentence
_NAME, _SYMBOL, _MEMBERS = 20, 16, 4  # characters of a name and of a symbol, members of a set that are shown

PLURALS = ("the symbols", "the numbers")
_BITS = 64  # of an integer that is written out
_VERBS = (" is ", " equals ", " differs from ")


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


def joined(clauses: Sequence[str], word: str) -> str:
    """Join clauses by a word; a subject and verb that two have in common are said once.

    >>> joined(["x is above 2", "x is below y", "flag holds"], "and")
    'x is above 2 and below y and flag holds'
    """
    parts = list(map(_parted, clauses))
    said = list(clauses[:1])
    for before, part, clause in zip(parts, parts[1:], clauses[1:], strict=False):
        shared = part[1] and before[:2] == part[:2] and "(" not in part[0]
        said.append(part[2] if shared else clause)
    return f" {word} ".join(said)


def pronouns(clauses: Sequence[str]) -> list[str]:
    """Give clauses with `it` for what the one before speaks of too.

    >>> pronouns(["the symbol is 'a'", "the symbol equals x"])
    ["the symbol is 'a'", 'it equals x']
    """
    parts = list(map(_parted, clauses))
    found = list(clauses[:1])
    for before, (subject, verb, rest), clause in zip(parts, parts[1:], clauses[1:], strict=False):
        again = verb and subject == before[0] and "(" not in subject and " or " not in before[2] + rest
        found.append(f"it{verb}{rest}" if again and subject != "it" else clause)
    return found


def _parted(clause: str) -> tuple[str, str, str]:
    """Split a clause at its first verb: what it speaks of, the verb, what it says."""
    verb = min((v for v in _VERBS if v in clause), key=clause.index, default="")
    return clause.partition(verb) if verb else (clause, "", "")


def ordinal(count: int) -> str:
    """Give the word before a superlative, with a space behind it: "" for the first, `second `, `6th `."""
    words = {1: "", 2: "second ", 3: "third ", 4: "fourth ", 5: "fifth "}
    return words.get(count, f"{count}th ")


def times(count: int) -> str:
    """Say how often: once, twice, 3 times."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def named(name: str) -> str:
    """Give an input's name: as it is where it is an identifier of a common length, else quoted or cut."""
    return name if name.isidentifier() and len(name) <= _NAME else _quoted(name, _NAME)


def input_noun(term: Input) -> str:
    """Give an input with its article: the symbol, the number, what a scan carries, or its name.

    >>> from dsl.types import Axis, Kind, Type
    >>> input_noun(Input("token", Type(Kind.INT, Axis.POSITION))), input_noun(Input("x", Type(Kind.INT, Axis.ROW)))
    ('the number', 'x')
    """
    if term.name == "token":
        return "the number" if term.type.kind is Kind.INT else "the symbol"
    if term.name == "number" or term.name.startswith(CARRY):
        return f"the {term.name.removeprefix(CARRY)}"
    return f"the {CARRIED[term.name]}" if term.name in CARRIED else named(term.name)


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
