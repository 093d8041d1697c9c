"""Rules that compute: constants, choices, offsets, bounds, the order of arguments.

Each takes a call and gives an equal term, or None where it does not apply. They hold for the values of the language:
integers that do not overflow, reals that are numbers, symbols that the batch lists.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dsl.check import check
from dsl.evaluate import Cases, evaluate
from dsl.primitives import PRIMITIVES
from dsl.printer import show
from dsl.rewrite.bounds import bounds
from dsl.size import literal_bits
from dsl.terms import Call, Expr, Input, Literal, Table, call, integer, subterms
from dsl.types import Kind

Rule = Callable[[Call], "Expr | None"]
TRUE, FALSE = Literal(True, Kind.BOOL), Literal(False, Kind.BOOL)
_COMPARISONS = ("eq", "ne", "lt", "le")


def fold_constants(term: Call) -> Expr | None:
    """`2 + 3` is `5`: whatever is elementwise over constants is computed, by the interpreter."""
    *values, last = term.args or (None,)
    if not all(isinstance(a, Literal) for a in values) or not isinstance(last, (Literal, Table)):
        return None
    if term.op == "symbol" or (isinstance(last, Literal) and term.op != "lookup" and PRIMITIVES[term.op].axes):
        return None  # which integers are symbols, the batch says
    named = [n.value for n in subterms(term) if isinstance(n, Literal)]
    if isinstance(last, Table):
        named += [last.default, *(v for _, v in last.entries), *(k for key, _ in last.entries for k in key)]
    symbols = tuple(v for v in named if v is not None)
    with np.errstate(all="ignore"):
        value = evaluate(term, Cases({}, np.ones((1, 1), bool), symbols)).item()
    kind = check(term).kind
    if kind is Kind.SYMBOL:
        return Literal(symbols[value] if value >= 0 else None, kind)
    return Literal(float(value), kind) if kind is Kind.REAL else Literal(value, kind)


def choose_branch(term: Call) -> Expr | None:
    """`a if true else b` is `a`."""
    condition, yes, no = term.args
    return yes if condition is TRUE else no if condition is FALSE else None


def fold_choice(term: Call) -> Expr | None:
    """`(1 if p else 2) + 3` is `4 if p else 5`; `int(p) < 1` is `not p`."""
    chosen = [k for k, a in enumerate(term.args) if not isinstance(a, (Literal, Table))]
    if len(chosen) != 1:
        return None
    match term.args[chosen[0]]:
        case Call(op="if", args=(condition, Literal() as yes, Literal() as no)):
            pass
        case Call(op="int", args=(condition,)) if term.op in (*_COMPARISONS, "lookup"):
            yes, no = integer(1), integer(0)
        case Input() | Call() as condition if term.op == "lookup" and check(condition).kind is Kind.BOOL:
            yes, no = TRUE, FALSE
        case _:
            return None
    branches = [fold_constants(Call(term.op, _put(term.args, chosen[0], value))) for value in (yes, no)]
    return None if None in branches else Call("if", (condition, *(b for b in branches if b is not None)))


def _put(args: tuple[Expr, ...], k: int, value: Expr) -> tuple[Expr, ...]:
    return (*args[:k], value, *args[k + 1 :])


def decide_by_bounds(term: Call) -> Expr | None:
    """`count(...) >= 0` is `true`: bounds of integers decide comparisons, extremes and remainders."""
    if any(check(a).kind is not Kind.INT for a in term.args):
        return None
    least, most = bounds(term.args[0])
    match term.op, term.args:
        case "abs", (a,):
            return a if least >= 0 else call("neg", a) if most <= 0 else None
        case (("mod" | "floordiv"), (a, Literal(value=int(divisor)))):
            return (a if term.op == "mod" else integer(0)) if least >= 0 and most < divisor else None
        case (("lt" | "le" | "eq" | "ne" | "min" | "max"), (a, b)):
            return _decide(term.op, a, b)
    return None


def _decide(op: str, a: Expr, b: Expr) -> Expr | None:
    (least, most), (low, high) = bounds(a), bounds(b)
    below, above = most < low, least > high
    match op:
        case "lt":
            return TRUE if below else FALSE if least >= high else None
        case "le":
            return TRUE if most <= low else FALSE if above else call("eq", a, b) if least == high else None
        case "eq" | "ne":
            return (FALSE if op == "eq" else TRUE) if below or above else None
        case "min":
            return a if most <= low else b if least >= high else None
    return b if most <= low else a if least >= high else None


def gather_offsets(term: Call) -> Expr | None:
    """`x + 1 + 2` is `x + 3`, `5 - (x - 1)` is `6 - x`, `x + -3` is `x - 3`."""
    if check(term).kind is not Kind.INT:
        return None
    left, right = term.args
    if isinstance(left, Literal) == isinstance(right, Literal):
        return None
    constant, other = (left, right) if isinstance(left, Literal) else (right, left)
    sign, base, offset = _linear(other)
    amount = _integer(constant)
    if term.op == "add":
        return _offset(sign, base, offset + amount)
    return _offset(sign, base, offset - amount) if constant is right else _offset(-sign, base, amount - offset)


def float_offset(term: Call) -> Expr | None:
    """`x + 1 + y` is `x + y + 1`: constants go outwards, where they meet."""
    left, right = term.args
    if check(term).kind is not Kind.INT or isinstance(left, Literal) or isinstance(right, Literal):
        return None
    (sign, base, k), (other, more, m) = _linear(left), _linear(right)
    if sign < 0 or other < 0 or k == m == 0:
        return None
    return _offset(1, call(term.op, base, more), k + m if term.op == "add" else k - m)


def _integer(term: Expr) -> int:
    return term.value if isinstance(term, Literal) and isinstance(term.value, int) else 0


def _linear(term: Expr) -> tuple[int, Expr, int]:
    """Split an integer term into sign * base + offset."""
    match term:
        case Call(op="add", args=(base, Literal(value=int(k)))) | Call(op="add", args=(Literal(value=int(k)), base)):
            return 1, base, k
        case Call(op="sub", args=(base, Literal(value=int(k)))):
            return 1, base, -k
        case Call(op="sub", args=(Literal(value=int(k)), base)):
            return -1, base, k
    return 1, term, 0


def _offset(sign: int, base: Expr, k: int) -> Expr:
    if sign < 0:
        return call("sub", integer(k), base)
    return base if k == 0 else call("add", base, integer(k)) if k > 0 else call("sub", base, integer(-k))


def move_offset(term: Call) -> Expr | None:
    """`x + 1 < 5` is `x < 4`, `3 - x == 1` is `x == 2`."""
    left, right = term.args
    if isinstance(left, Literal) == isinstance(right, Literal) or check(left).kind is not Kind.INT:
        return None
    if check(right).kind is not Kind.INT:
        return None
    sign, base, offset = _linear(right if isinstance(left, Literal) else left)
    if base in (left, right):
        return None
    constant = integer(sign * (_integer(left if isinstance(left, Literal) else right) - offset))
    swapped = isinstance(left, Literal) == (sign > 0)
    return call(term.op, constant, base) if swapped else call(term.op, base, constant)


def cheapen_bound(term: Call) -> Expr | None:
    """`x < 1` is `x <= 0`: of the two ways to write a bound on an integer, the one with the simpler number."""
    left, right = term.args
    if any(check(a).kind is not Kind.INT for a in term.args) or isinstance(left, Literal) == isinstance(right, Literal):
        return None
    upper = isinstance(right, Literal)
    value = _integer(right if upper else left)
    other = value + (1 if upper == (term.op == "le") else -1)
    if literal_bits(other, Kind.INT) >= literal_bits(value, Kind.INT):
        return None
    op = "lt" if term.op == "le" else "le"
    return call(op, left, integer(other)) if upper else call(op, integer(other), right)


def order_arguments(term: Call) -> Expr | None:
    """`1 + x` is `x + 1`: chains of the same operation, inputs, other calls, constants; by their text where alike."""
    left, right = term.args
    return Call(term.op, (right, left)) if _order(right, term.op) < _order(left, term.op) else None


def _order(term: Expr, op: str) -> tuple[int, str]:
    if isinstance(term, Call):
        return (0 if term.op == op else 2), show(term)
    return (3 if isinstance(term, Literal) else 1), show(term)
