"""The speaker: a term in words, from the phrases that stand beside the primitives.

`{0}` in a primitive's phrase is its first argument as a noun, `{0+}` a plural where there is one, `{0!}` a noun without
an article, `{0?}` a clause and `{0*}` the positions that it selects. Idioms (`distill.describe.idioms`) come first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from distill.describe.idioms import idiom
from distill.describe.selection import positions
from distill.describe.words import ATOM, CLAUSE, LIMIT, LOOSE, NOUN, PREFIX, Phrase, constant, input_noun, listed
from distill.emit.facts import Facts
from distill.emit.missing import sought, telling
from distill.emit.names import nouns
from dsl.check import check
from dsl.primitives import PRIMITIVES, Primitive
from dsl.terms import Call, Expr, Input, Literal, subterms
from dsl.types import Axis, Kind

_SLOT = re.compile(r"\{(\d)([+?!*]?)\}")
_NOUNS = ("the symbol", "the number")
_NAMES = 3  # names of what an abbreviated part depends on


class TooLong(Exception):
    """Raised where a part of a sentence is longer than a sentence may be."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says what terms compute. hidden: the terms that are only named; facts: what is known of the domain."""

    hidden: frozenset[Expr] = frozenset()
    facts: Facts | None = None
    memo: dict[Expr, Phrase] = field(default_factory=dict)

    def phrase(self, term: Expr) -> Phrase:
        """Give a clause for a condition, a noun phrase for any other value; raises TooLong."""
        found = self.memo.get(term)
        if found is None:
            found = self.memo[term] = abbreviated(term) if term in self.hidden else self._phrase(term)
            if len(found.text) > LIMIT:
                raise TooLong
        return found

    def value(self, term: Expr) -> Phrase:
        """Give a noun phrase: a condition's is `whether ...`."""
        if check(term).kind is not Kind.BOOL:
            return self.phrase(term)
        if isinstance(term, Literal):
            return Phrase(constant(term.value))
        return Phrase(f"whether {self.phrase(term).text}", LOOSE)

    def plain(self, term: Expr) -> str:
        """Give a noun that can follow an article and an adjective."""
        value = self.value(term)
        if value.binds >= PREFIX and value.text.startswith("the "):
            return value.text.removeprefix("the ")
        return value.text if isinstance(term, Input) else f"value of {value.within(PREFIX)}"

    def values(self, term: Expr) -> Phrase:
        """Give a noun phrase for the values at all positions: a plural where there is a word for one."""
        value = self.value(term)
        return Phrase(f"{value.text}s") if value.text in _NOUNS else value

    def tells(self, term: Expr) -> bool:
        """Say whether a term is its default only where there is nothing to be found."""
        found = sought(term)
        if found is None:
            return False
        nothing = found[1].value is None and isinstance(found[0], Input)
        return nothing or (self.facts is not None and telling(term, self.facts))

    def positions(self, where: Expr) -> str:
        """Give the positions that a condition on pairs selects."""
        return positions(self, where)

    def _phrase(self, term: Expr) -> Phrase:
        match term:
            case Input():
                noun = input_noun(term)
                return Phrase(f"{noun} holds", CLAUSE) if term.type.kind is Kind.BOOL else Phrase(noun)
            case Literal(value=value, kind=Kind.BOOL):
                return Phrase("always" if value else "never", CLAUSE)
            case Literal(value=value):
                text = constant(value)
                return Phrase(text, PREFIX if text.startswith("-") else ATOM)
            case Call():
                return idiom(self, term) or _fill(self, term)
        raise TypeError(f"no term that has a value of its own: {term!r}")


def abbreviated(term: Expr) -> Phrase:
    """Only name a term, as the program does, and say what it depends on."""
    names = dict.fromkeys(input_noun(t) for t in subterms(term) if isinstance(t, Input))
    shown = [*list(names)[:_NAMES], *([f"{len(names) - _NAMES} more"] if len(names) > _NAMES else [])]
    of = listed(shown or ["the positions"])
    if check(term).kind is Kind.BOOL:
        return Phrase(f"a condition on {of} holds", CLAUSE)
    return Phrase(f"the {nouns(term)[0].replace('_', ' ')} (of {of})", PREFIX)


def _fill(say: Speaker, term: Call) -> Phrase:
    """Put the arguments' phrases into the primitive's."""
    primitive, condition = PRIMITIVES[term.op], check(term).kind is Kind.BOOL
    text = _variant(primitive, term)
    if primitive.axes is None and check(term).axis is Axis.ROW:
        text = text.replace(" where ", " if ")
    infix = text.startswith("{") and primitive.precedence < PREFIX
    binds = primitive.precedence if infix else PREFIX
    ends = not text.startswith("{") and text.endswith("?}")  # in a clause, which takes all that follows

    def slot(found: re.Match[str]) -> str:
        argument, form = term.args[int(found[1])], found[2]
        if form == "*":
            return say.positions(argument)
        if form == "!":
            return say.plain(argument)
        if form == "?":
            return say.phrase(argument).within(LOOSE if ends else _least(min(binds, CLAUSE), found.start(), CLAUSE))
        noun = say.values(argument) if form == "+" else say.value(argument)
        return noun.within(_least(binds, found.start(), CLAUSE + 1))

    filled = _SLOT.sub(slot, text)
    if ends or (not condition and ("?}" in text or " where " in filled)):
        return Phrase(filled, LOOSE)
    if not condition and not infix and " with " in filled:
        return Phrase(filled, NOUN)
    if condition:
        return Phrase(filled, min(binds, CLAUSE - 1 if infix and "?}" in text else CLAUSE))
    return Phrase(filled, binds if term.args else ATOM)


def _least(binds: int, start: int, compared: int) -> int:
    """How tightly an argument must bind: comparisons and choices do not chain, other operators lean to the left."""
    if binds in (PREFIX, CLAUSE):
        return compared if binds == CLAUSE else PREFIX
    return max(binds + (start > 0), 1)


def _variant(primitive: Primitive, term: Call) -> str:
    """Choose between the two phrases of a primitive by whether a noun in the first would be a truth value."""
    first, _, second = primitive.phrase.partition("|")
    nouns = [int(k) for k, form in _SLOT.findall(first) if form in ("", "+", "!")]
    return second if second and any(check(term.args[k]).kind is Kind.BOOL for k in nouns) else first
