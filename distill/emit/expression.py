"""Elementwise operations as source, from the primitives' own templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from distill.emit.access import lookup
from distill.emit.conditions import comparison, conjunction, disjunction, operand, operands
from distill.emit.scope import Place
from distill.emit.source import ATOM, CHOICE, OR, PRODUCT, UNARY, Code, constant, negated
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Input, Literal
from dsl.types import Kind

if TYPE_CHECKING:
    from distill.emit.body import Body

_DIVISIONS = frozenset({"floordiv", "mod", "div"})
_ARITHMETIC = frozenset({"add", "sub", "mul"})


def elementwise(body: Body, term: Call, place: Place) -> Code:
    """Give the source of an elementwise operation."""
    match term:
        case Call(op="and"):
            return conjunction(body, term, place)
        case Call(op="or"):
            return disjunction(body, term, place)
        case Call(op="eq" | "ne" | "lt" | "le"):
            return comparison(body, term, place)
        case Call(op="symbol", args=(number,)):
            return body.code(number, place)
        case Call(op="not", args=(inner,)):
            return negated(body.code(inner, place))
        case Call(op="if", args=(condition, yes, no)):
            return _choice(body, condition, yes, no, place)
        case Call(op="min" | "max"):
            return _extreme(body, term, place)
        case Call(op=op, args=(a, b)) if op in _DIVISIONS:
            return _division(body, op, a, b, place)
    return _template(body, term, place)


def _extreme(body: Body, term: Call, place: Place) -> Code:
    """The smallest or largest of several; what can be shown never to be it is left out."""
    parts = operands(body, term, place)
    ends = [body.facts.bounds(p) for p in parts]
    if term.op == "max":
        ends = [(-high, -low) for low, high in ends]
    kept = [p for k, p in enumerate(parts) if not any(_beaten(ends, k, other) for other in range(len(parts)))]
    kept.sort(key=lambda p: list(body.rows).index(p) if isinstance(p, Input) and p in body.rows else len(body.rows))
    if kept == list(body.rows) and len(kept) > 2 and not body.signature.sequence:
        return Code(f"{term.op}(inputs)")
    written = [body.code(p, place) for p in kept]
    return written[0] if len(written) == 1 else Code(f"{term.op}({', '.join(w.text for w in written)})")


def _beaten(ends: list[tuple[float, float]], part: int, other: int) -> bool:
    """Say whether one part is never smaller than another (of two that are always equal, the later goes)."""
    if ends[other][1] > ends[part][0]:
        return False
    return other < part or ends[other] != ends[part]


def _template(body: Body, term: Call, place: Place) -> Code:
    """Fill a primitive's template, bracketing what binds more loosely than it needs."""
    primitive = PRIMITIVES[term.op]
    parts = [operand(body, a, place) if term.op in _ARITHMETIC else body.code(a, place) for a in term.args]
    level = primitive.precedence
    if level == ATOM:
        least = [0] * len(parts)
    elif len(parts) == 2:
        loose = term.op == "add" and check(term).kind is Kind.INT
        least = [level, level if loose else level + 1]
    else:
        least = [level] * len(parts)
    return Code(primitive.python.format(*(p.within(n) for p, n in zip(parts, least, strict=True))), level)


def _division(body: Body, op: str, a: Expr, b: Expr, place: Place) -> Code:
    """A divisor that may be 0 gives 0."""
    top, bottom = operand(body, a, place), operand(body, b, place)
    plain = Code(PRIMITIVES[op].python.format(top.within(PRODUCT), bottom.within(UNARY)), PRODUCT)
    if body.facts.nonzero(b):
        return plain
    zero = "0.0" if op == "div" else "0"
    return Code(f"{plain.text} if {bottom.within(OR)} else {zero}", CHOICE)


def outgoing(body: Body, term: Expr, place: Place) -> Code:
    """Give the source of a set as it leaves: its choices between plain sets, frozen as a whole."""
    return Code(f"frozenset({bare_set(body, term, place).text})") if plain_set(body, term) else body.code(term, place)


def plain_set(body: Body, term: Expr) -> bool:
    """Say whether a set is written out where it leaves, and frozen there."""
    written = isinstance(term, Literal) or (isinstance(term, Call) and term.op in ("if", "lookup"))
    return written and term not in body.lists and term not in body.choices.named


def bare_set(body: Body, term: Expr, place: Place) -> Code:
    """Give the source of a set, not frozen."""
    if not body.is_named(term, place):
        match term:
            case Literal(value=value):
                return constant(value, body.order, bare=True)
            case Call(op="lookup"):
                return lookup(body, term, place, bare=True)
            case Call(op="if", args=(condition, yes, no)):
                return _choice(body, condition, yes, no, place, bare=True)
    return body.code(term, place)


def _choice(body: Body, condition: Expr, yes: Expr, no: Expr, place: Place, *, bare: bool = False) -> Code:
    if isinstance(condition, Call) and condition.op == "ne" and not isinstance(no, Call):
        condition, yes, no = Call("eq", condition.args), no, yes
    constants = [v.value if isinstance(v, Literal) else None for v in (yes, no)]
    if constants in ([True, False], [False, True]) and {type(c) for c in constants} == {bool}:
        test = body.code(condition, place)
        return test if constants[0] else negated(test)
    first, rest = (bare_set(body, value, place) if bare else body.code(value, place) for value in (yes, no))
    test = body.code(condition, place)
    return Code(f"{first.within(OR)} if {test.within(OR)} else {rest.text}", CHOICE)
