"""Formulas: arithmetic over inputs and constants alone, which reads better in signs than in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from distill.describe.conditions import operands
from distill.describe.words import ATOM, CARRIED, CARRY, Phrase, constant, input_noun
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Input, Literal, call, children
from dsl.types import Axis, Kind

_SIGNS = ("add", "sub", "mul", "floordiv", "mod", "div", "neg")
_ENDS = {"first": "first", "last": "last", "min_all": "smallest", "max_all": "largest"}
_MOST = 12  # inputs and constants of a formula that is written out
_UNARY = 8  # the precedence of a sign


def formula(term: Expr) -> Phrase | None:
    """Give arithmetic in signs, as `(carry + x) // 4`; None where the term holds anything else."""
    if not isinstance(term, Call) or term.op not in _SIGNS or _leaves(term, {}) > _MOST:
        return None
    found = written(term)
    alone = not any(isinstance(a, Call) and a.op in _SIGNS for a in term.args)
    return None if alone and found is not None and _wordy(found.text) else found


def _wordy(text: str) -> bool:
    """Say whether one sign stands between names of several words, which would hide it."""
    return any(" " in part.strip("()") for part in re.split(r" (?:[-+*/%]|//) ", text))


def written(term: Expr) -> Phrase | None:
    """Give a term in signs and names; None where it is more than arithmetic over inputs and their neighbours."""
    if check(term).axis is Axis.PAIR:
        return None
    match term:
        case Input():
            return None if term.type.kind is Kind.BOOL else Phrase(input_noun(term).removeprefix("the "))
        case Literal(value=int() | float() as value):
            text = constant(value)
            return Phrase(text, _UNARY if text.startswith("-") else ATOM)
        case Call(op="index"):
            return Phrase("position")
        case Call(op="length"):
            return Phrase("length")
        case Call(op="first" | "last" | "min_all" | "max_all" as op, args=(Input() as source,)):
            name = written(source)
            return name and Phrase(f"{_ENDS[op]} {name.text}")
        case Call(op="shift", args=(Input() as source, Literal(value=1 | -1 as by), _)):
            name = written(source)
            return name and Phrase(f"{'previous' if by == 1 else 'next'} {name.text}")
        case Call(op="add"):
            parts = _ordered(term)
            return _signed("add", " + ".join(["{}"] * len(parts)), parts)
        case Call(op="mul", args=(factor, Literal() as k)) if not isinstance(factor, Literal):
            return written(call("mul", k, factor))
        case Call(op=op, args=args) if op in _SIGNS:
            return _signed(op, PRIMITIVES[op].python, args)
    return None


def _ordered(total: Expr) -> list[Expr]:
    """Give the parts of a sum as a person writes them: inputs, what is carried, what is computed, constants."""
    return sorted(operands("add", total), key=_turn)


def _turn(term: Expr) -> int:
    if isinstance(term, Input):
        return int(term.name.startswith(CARRY) or term.name in CARRIED)
    return 3 if isinstance(term, Literal) else 2


def _signed(op: str, template: str, args: Sequence[Expr]) -> Phrase | None:
    parts, precedence = [written(a) for a in args], PRIMITIVES[op].precedence
    if any(p is None for p in parts):
        return None
    shown = [p.within(precedence + (k > 0 or op == "neg")) for k, p in enumerate(parts) if p is not None]
    return Phrase(template.format(*shown), precedence)


def _leaves(term: Expr, memo: dict[Expr, int]) -> int:
    """Count what a formula would show, each use by itself."""
    if term not in memo:
        memo[term] = sum(_leaves(a, memo) for a in children(term)) or 1
    return memo[term]
