"""Where a description holds: at each position, or where outputs count; and what is known of the domain."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from distill.describe.conditions import operands
from distill.describe.speaker import Speaker
from distill.describe.words import constant
from distill.emit.facts import Facts
from distill.emit.rewrite import of_itself
from dsl.check import check
from dsl.terms import Call, Expr, Input, Literal, subterms
from dsl.types import Axis


@dataclass(frozen=True, slots=True)
class Setting:
    """What a description can take for granted. facts: about the domain; scored: where outputs count, None anywhere."""

    facts: Facts | None = None
    scored: Expr | None = None

    def finished(self, text: str, term: Expr, joint: str = ", ") -> str:
        """Make a phrase a sentence: say where it holds; begin with a capital unless a name or a sign stands first."""
        scope = self._scope(check(term).axis)
        if isinstance(term, Literal):
            return f"Always {text}"
        if scope or joint == ": ":
            return f"{scope}{joint}{text}" if scope else text
        first = "".join(takewhile(str.isidentifier, text))
        names = {t.name for t in subterms(term) if isinstance(t, Input)}
        formula = first in names or (not first and joint)
        return f"The value of {text}" if formula else text[0].upper() + text[1:]

    def _scope(self, axis: Axis) -> str:
        if axis is Axis.PAIR:
            return "For each pair of positions"
        if self.scored is not None:
            return _place(Speaker(facts=self.facts), self.scored)
        return "At each position" if axis is Axis.POSITION else ""

    def always(self, term: Expr) -> bool:
        """Say whether it can be shown that there always is what a term looks for."""
        match term:
            case Call(op="gather" | "at", args=(_, where, _)) if self.facts is not None:
                return not any(self.facts.outside(where))
            case Call(op="gather", args=(_, Call(op="index" | "from_end"), _)):
                return True
            case Call(op="first_of" | "last_of" | "min_of" | "max_of" | "mode_of", args=(where, *_)):
                return all(of_itself(part) for part in operands("and", where))
        return False


def _place(say: Speaker, scored: Expr) -> str:
    """Say where outputs count: `At '<sep>'`, `From '<sep>' on, but not at '<eos>'`."""
    match scored:
        case Call(op="eq", args=(Input(name="token"), Literal(value=value))):
            return f"At each {constant(value)}"
        case Call(op="ne", args=(Input(name="token"), Literal(value=value))):
            return f"At each symbol but {constant(value)}"
        case Call(op="running_any", args=(Call(op="eq", args=(Input(name="token"), Literal(value=value))),)):
            return f"From {constant(value)} on"
        case Call(op="and", args=(a, b)):
            for start, stop in ((a, b), (b, a)):
                first, end = _place(say, start), _place(say, stop).removeprefix("At each symbol but ")
                if first.startswith("From ") and end.startswith("'"):
                    return f"{first}, but not at {end}"
    return f"Where {say.phrase(scored).text}"
