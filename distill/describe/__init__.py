"""What a program computes, in one English sentence: the top in full, the rest as deep as there is room."""

from __future__ import annotations

from itertools import takewhile

from distill.describe.speaker import Speaker, abbreviated
from distill.describe.tables import choice
from distill.describe.words import LIMIT
from dsl.check import check
from dsl.terms import Call, Expr, Input, Literal, subterms
from dsl.types import Axis, Kind

_DEEPEST = 12  # levels of a term that a sentence may hold
_SCOPES = {Axis.ROW: "", Axis.POSITION: "At each position", Axis.PAIR: "For each pair of positions"}


def describe(term: Expr) -> str:
    """Say what a term computes: one printable line of at most 150 characters, without a full stop.

    Inner parts for which there is no room are abbreviated to what they depend on.
    Raises TypeMismatch where the term has no type.

    >>> from dsl.parser import parse_expr
    >>> from dsl.terms import Input
    >>> from dsl.types import Type
    >>> x = Input("x", Type(Kind.INT, Axis.POSITION))
    >>> describe(parse_expr("running_sum(x) % 5", [x]))
    'At each position, the remainder of the running sum of x divided by 5'
    """
    memo: dict = {}
    shallow = _sentence(Speaker(1, memo), term)
    best = shallow if len(shallow) <= LIMIT else _finished(abbreviated(term).text, term)
    for depth in range(2, _DEEPEST + 1):
        text = _sentence(Speaker(depth, memo), term)
        best = text if len(text) <= LIMIT else best
    return best if len(best) <= LIMIT else best[: LIMIT - 3].rstrip() + "..."


def _sentence(say: Speaker, term: Expr) -> str:
    whole = _sequence(say, term)
    if whole:
        return whole
    spelled = choice(say, term)
    return _finished(spelled or say.value(term).text, term, ": " if spelled else ", ")


def _finished(text: str, term: Expr, joint: str = ", ") -> str:
    """Make a phrase a sentence: say over what it varies, begin with a capital unless a name stands first."""
    scope = _SCOPES[check(term).axis]
    if isinstance(term, Literal):
        return f"Always {text}"
    if scope:
        return f"{scope}{joint}{text}"
    first = text.split(" ")[0]
    names = {t.name for t in subterms(term) if isinstance(t, Input)}
    if "".join(takewhile(str.isidentifier, first)) in names or not first[:1].isalpha():
        return f"The value of {text}"
    return text[0].upper() + text[1:]


def _sequence(say: Speaker, term: Expr) -> str:
    """Name what is done to a sequence as a whole; "" where it is not moved or ordered as a whole."""
    match term:
        case Call(op="symbol", args=(inner,)):
            return _sequence(say, inner)
        case Input(name=name) if check(term).axis is Axis.POSITION:
            return "The sequence unchanged" if name == "token" else ""
        case Call(op="sorted" | "gather"):
            noun, _, order = say.value(term).text.partition(" in ")
            if order == "reverse order" and noun == "the symbol":
                return "The sequence reversed"
            if order in ("ascending order", "descending order", "reverse order"):
                return f"The {'symbols' if noun == 'the symbol' else f'values of {noun}'} in {order}"
    return ""


