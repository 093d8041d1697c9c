"""What a program computes, in one English sentence: the top in full, the rest as deep as there is room."""

from __future__ import annotations

from itertools import takewhile

from distill.describe.speaker import Speaker, abbreviated
from distill.describe.tables import as_sum, changes, choice
from distill.describe.words import CARRIED, LIMIT
from dsl.check import check
from dsl.terms import STATE, Call, Expr, Input, Literal, substitute, subterms
from dsl.types import Axis, Kind

_DEEPEST = 12  # levels of a term that a sentence may hold
_SCOPES = {Axis.ROW: "", Axis.POSITION: "At each position", Axis.PAIR: "For each pair of positions"}


def describe(term: Expr) -> str:
    """Say what a term computes: one printable line of at most 150 characters, without a full stop.

    Inner parts for which there is no room are abbreviated to what they depend on.
    Raises TypeMismatch where the term has no type.

    >>> from dsl.parser import parse_expr
    >>> from dsl.types import Kind, Type
    >>> x = Input("x", Type(Kind.INT, Axis.POSITION))
    >>> describe(parse_expr("running_sum(x) % 5", [x]))
    'At each position, the remainder of the running sum of x divided by 5'
    """
    if isinstance(term, Call) and term.op == "symbol":
        return describe(term.args[0])
    best, memo = _finished(abbreviated(term).text, term), {}
    for depth in range(1, _DEEPEST + 1):
        fitting = [t for t in _sentences(Speaker(depth, memo), term) if len(t) <= LIMIT]
        best = fitting[0] if fitting else best
    return best


def _sentences(say: Speaker, term: Expr) -> list[str]:
    """Give the ways to describe a term at one depth, the best first."""
    plain = _finished(say.value(term).text, term)
    spelled = choice(say, term)
    found = [_sequence(say, term), spelled and _finished(spelled, term, ": "), plain]
    scan = _carried(term)
    if scan is not None:
        carry = Input(CARRIED[STATE], check(scan))
        rule = f", where the carry {changes(say, scan)}"
        found = [*(s + rule for s in _sentences(say, substitute(term, {scan: carry}))), *found]
    return [sentence for sentence in found if sentence]


def _carried(term: Expr) -> Call | None:
    """Give the one scan that a term holds and can be described apart from it; None where there are none or more."""
    scans = [t for t in subterms(term) if isinstance(t, Call) and t.op == "scan" and as_sum(t) is None]
    names = {t.name for t in subterms(term) if isinstance(t, Input)}
    if not scans or (scans[-1] is term and check(term).kind is not Kind.BOOL) or CARRIED[STATE] in names:
        return None
    rest = set(subterms(substitute(term, {scans[-1]: scans[-1].args[0]})))
    return None if rest & set(scans) else scans[-1]


def _finished(text: str, term: Expr, joint: str = ", ") -> str:
    """Make a phrase a sentence: say over what it varies, begin with a capital unless a name or a sign stands first."""
    scope = _SCOPES[check(term).axis]
    if isinstance(term, Literal):
        return f"Always {text}"
    if scope or joint == ": ":
        return f"{scope}{joint}{text}" if scope else text
    first = "".join(takewhile(str.isidentifier, text))
    names = {t.name for t in subterms(term) if isinstance(t, Input)}
    return f"The value of {text}" if first in names or not first else text[0].upper() + text[1:]


def _sequence(say: Speaker, term: Expr) -> str:
    """Name what is done to a sequence as a whole; "" where it is not moved or ordered as a whole."""
    match term:
        case Input(name="token"):
            return "The sequence unchanged"
        case Call(op="sorted" | "gather"):
            noun, _, order = say.value(term).text.partition(" in ")
            if order == "reverse order" and noun == "the symbol":
                return "The sequence reversed"
            if order in ("ascending order", "descending order", "reverse order"):
                return f"The {'symbols' if noun == 'the symbol' else f'values of {noun}'} in {order}"
    return ""
