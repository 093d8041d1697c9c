"""Comparisons, and what joins them: chains, sets and mirrored comparisons, as a person writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from distill.emit.missing import missing_test
from distill.emit.rewrite import LENGTH, PLACE
from distill.emit.scope import Place
from distill.emit.source import AND, COMPARISON, OR, Code
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Literal, Value, call, subterms
from dsl.types import Axis

if TYPE_CHECKING:
    from distill.emit.body import Body

_MIRROR = {"lt": ">", "le": ">="}
_RISING = ("lt", "le")
_FAR = 1000  # positions that follow come after those before
_ENDS = (LENGTH, PLACE)  # what amounts are compared with


def operand(body: Body, term: Expr, place: Place) -> Code:
    """Give the source of an operand of arithmetic, where a boolean may stand for 0 or 1."""
    if isinstance(term, Call) and term.op == "int" and not body.is_named(term, place):
        return body.code(term.args[0], place)
    return body.code(term, place)


def operands(body: Body, term: Call, place: Place) -> list[Expr]:
    """Give the operands of nested calls of one operation, those with a name of their own left whole."""
    found: list[Expr] = []
    for a in term.args:
        inner = isinstance(a, Call) and a.op == term.op and not body.is_named(a, place)
        found += operands(body, a, place) if inner and isinstance(a, Call) else [a]
    return sorted(dict.fromkeys(found), key=turn)


def turn(term: Expr) -> tuple[bool, int]:
    """Give an operand's turn: what takes a search comes last, what is read before this position before what follows."""
    calls = [t for t in subterms(term) if isinstance(t, Call)]
    searches = any(c.op in PRIMITIVES and PRIMITIVES[c.op].family in ("select", "reduce") for c in calls)
    steps = [c.args[1].value for c in calls if c.op == "shift" and isinstance(c.args[1], Literal)]
    near = [by if by > 0 else _FAR - by for by in steps if isinstance(by, int)]
    return searches, min(near, default=_FAR * any(c.op in ("from_end", "length") for c in calls))


def comparison(body: Body, term: Call, place: Place) -> Code:
    """Give the source of a comparison, from the side that reads better: `x > 3`, `count_a > count_b`."""
    left, right = term.args
    sign = PRIMITIVES[term.op].infix
    nothing = _nothing(body, term)
    if nothing is not None:
        value = body.code(nothing, place).within(COMPARISON + 1)
        return Code(f"{value} is {'not ' * (term.op == 'ne')}None", COMPARISON)
    if _mirrored(left, right) if term.op in _MIRROR else _swapped(left, right):
        left, right, sign = right, left, _MIRROR.get(term.op, sign)
    least = COMPARISON + 1
    return Code(
        f"{operand(body, left, place).within(least)} {sign} {operand(body, right, place).within(least)}", COMPARISON
    )


def _nothing(body: Body, term: Call) -> Expr | None:
    """Give what a comparison compares with None, where it does."""
    for value, other in (term.args, term.args[::-1]):
        if term.op in ("eq", "ne") and isinstance(other, Literal):
            test = missing_test(term)
            if other.value is None or (test is not None and value in body.choices.absent):
                return value
    return None


def _swapped(left: Expr, right: Expr) -> bool:
    """Say whether what is looked at stands right of what looks."""
    return isinstance(left, Call) and left.op == "query" and isinstance(right, Call) and right.op == "key"


def _mirrored(left: Expr, right: Expr) -> bool:
    """Say whether the right side should come first: what is looked at, what varies, the shorter one, ..."""
    if isinstance(left, Literal) or (isinstance(left, Call) and left.op == "query"):
        return True
    if (left in _ENDS) is not (right in _ENDS):
        return left in _ENDS
    if (check(left).axis is Axis.ROW) is not (check(right).axis is Axis.ROW):
        return check(left).axis is Axis.ROW
    if len(list(subterms(left))) > len(list(subterms(right))) and not isinstance(right, Literal):
        return True
    alike = (
        isinstance(left, Call) and isinstance(right, Call) and left.op == right.op and left.op not in ("key", "query")
    )
    return alike and repr(_constants(left)) > repr(_constants(right))


def _constants(term: Expr) -> list[Value]:
    return [n.value for n in subterms(term) if isinstance(n, Literal)]


def conjunction(body: Body, term: Call, place: Place) -> Code:
    """Comparisons that meet in a value are chained: `a <= b <= c`."""
    parts = operands(body, term, place)
    written = []
    while parts:
        chain = _chain([p for p in parts if not body.is_named(p, place)]) if not body.is_named(parts[0], place) else []
        if len(chain) > 1:
            written.append(_chained(body, chain, place))
            parts = [p for p in parts if p not in {link.part for link in chain}]
        else:
            written.append(body.code(parts.pop(0), place))
    return written[0] if len(written) == 1 else Code(" and ".join(w.within(AND) for w in written), AND)


@dataclass(frozen=True, slots=True)
class Link:
    """A comparison in a chain, as it is read: `left sign right`."""

    part: Expr
    left: Expr
    sign: str
    right: Expr


def _links(part: Expr, group: tuple[str, ...]) -> list[Link]:
    """Give the ways to read a comparison in a chain: `<` and `<=` one way, `==` and `!=` both."""
    if not isinstance(part, Call) or part.op not in group:
        return []
    link = Link(part, part.args[0], PRIMITIVES[part.op].infix, part.args[1])
    return [link] if part.op in _RISING else [link, Link(part, link.right, link.sign, link.left)]


def _chain(parts: list[Expr]) -> list[Link]:
    """Give comparisons that continue one another and the first of the parts: only ones of a kind, no constant amid."""
    group = next((g for g in (_RISING, ("eq",), ("ne",)) if _links(parts[0], g)), ())
    chain = _links(parts[0], group)[:1]
    grown = True
    while grown:
        grown = False
        for link in [link for p in parts if p not in {c.part for c in chain} for link in _links(p, group)]:
            if link.left is chain[-1].right and not isinstance(link.left, Literal):
                chain, grown = [*chain, link], True
                break
            if link.right is chain[0].left and not isinstance(link.right, Literal):
                chain, grown = [link, *chain], True
                break
    return chain


def _chained(body: Body, chain: list[Link], place: Place) -> Code:
    least = COMPARISON + 1
    text = operand(body, chain[0].left, place).within(least)
    return Code(text + "".join(f" {c.sign} {operand(body, c.right, place).within(least)}" for c in chain), COMPARISON)


def disjunction(body: Body, term: Call, place: Place) -> Code:
    """Equalities of one value with constants are a set: `x in {1, 2}`."""
    parts = operands(body, term, place)
    groups: dict[Expr, list[Expr]] = {}
    for part in parts:
        match part:
            case Call(op="eq", args=(left, Literal() as right)) if not body.is_named(part, place):
                groups.setdefault(left, []).append(right)
    written: dict[Expr, Code] = {}
    for part in parts:
        match part:
            case Call(op="eq", args=(left, Literal())) if len(groups.get(left, ())) > 1 and not body.is_named(
                part, place
            ):
                members = ", ".join(body.code(c, place).text for c in groups[left])
                value = body.code(left, place).within(COMPARISON + 1)
                written[call("in", left)] = Code(f"{value} in {{{members}}}", COMPARISON)
            case _:
                written[part] = body.code(part, place)
    found = list(written.values())
    return found[0] if len(found) == 1 else Code(" or ".join(w.within(OR) for w in found), OR)
