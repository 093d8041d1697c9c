"""Formulas: arithmetic over inputs and constants alone, which reads better in signs than in words."""

from __future__ import annotations

from distill.describe.words import ATOM, CARRIED, Phrase, constant, named
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Input, Literal, subterms
from dsl.types import Axis, Kind

_SIGNS = ("add", "sub", "mul", "floordiv", "mod", "div", "neg")
_NAMES = {"token": "symbol", **CARRIED}
_MOST = 30  # distinct subterms of a formula that is written out
_UNARY = 8  # the precedence of a sign


def formula(term: Expr) -> Phrase | None:
    """Give arithmetic in signs, as `(carry + x) // 4`; None where the term holds anything else."""
    if not isinstance(term, Call) or term.op not in _SIGNS or len(set(subterms(term))) > _MOST:
        return None
    if term.op == "mod" and not any(isinstance(a, Call) for a in term.args):
        return None  # one remainder reads well in words
    return written(term)


def written(term: Expr) -> Phrase | None:
    """Give a term in signs and names; None where it is more than arithmetic over inputs and their neighbours."""
    if check(term).axis is Axis.PAIR:
        return None
    match term:
        case Input(name=name, type=type_):
            return None if type_.kind is Kind.BOOL else Phrase(_NAMES.get(name) or named(name))
        case Literal(value=int() | float() as value):
            text = constant(value)
            return Phrase(text, _UNARY if text.startswith("-") else ATOM)
        case Call(op="index"):
            return Phrase("position")
        case Call(op="length"):
            return Phrase("length")
        case Call(op="shift", args=(Input() as source, Literal(value=1 | -1 as by), _)):
            name = written(source)
            return name and Phrase(f"{'previous' if by == 1 else 'next'} {name.text}")
        case Call(op=op, args=args) if op in _SIGNS:
            parts, precedence = [written(a) for a in args], PRIMITIVES[op].precedence
            if any(p is None for p in parts):
                return None
            shown = [p.within(precedence + (k > 0 or op == "neg")) for k, p in enumerate(parts) if p is not None]
            return Phrase(PRIMITIVES[op].python.format(*shown), precedence)
    return None
