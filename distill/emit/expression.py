"""Elementwise operations and positions as source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Input, Literal, Table, Value, call, subterms
from dsl.types import Kind
from distill.emit import tables
from distill.emit.rewrite import FROM_END, INDEX
from distill.emit.scope import Place, Scope
from distill.emit.source import AND, CHOICE, COMPARISON, NOT, OR, PRODUCT, SUM, UNARY, Code, constant, negated, quoted

if TYPE_CHECKING:
    from distill.emit.body import Body

Write = Callable[["Body", Expr, Place], Code]
_MIRROR = {"lt": ">", "le": ">="}
_FEW = 64  # a table of several keys is written out in full up to so many entries
_RISING = ("lt", "le")
_DIVISIONS = frozenset({"floordiv", "mod", "div"})
_ABSORBS = frozenset({"add", "sub", "mul", "floordiv", "mod", "eq", "ne", "lt", "le"})  # True counts as 1 in these


def elementwise(body: Body, term: Call, place: Place) -> Code:
    """Give the source of an elementwise operation."""
    match term:
        case Call(op="and"):
            return _conjunction(body, term, place)
        case Call(op="or"):
            return _disjunction(body, term, place)
        case Call(op="symbol", args=(number,)):
            return body.code(number, place)
        case Call(op="not", args=(inner,)):
            return negated(body.code(inner, place))
        case Call(op="if", args=(condition, yes, no)):
            return _choice(body, condition, yes, no, place)
        case Call(op="eq" | "ne", args=(Call(op="query") as left, Call(op="key") as right)):
            return _template(body, Call(term.op, (right, left)), place)
        case Call(op="lt" | "le" as op, args=(left, right)) if _mirrored(left, right):
            text = f"{operand(body, right, place).within(5)} {_MIRROR[op]} {body.code(left, place).within(5)}"
            return Code(text, COMPARISON)
        case Call(op="min" | "max"):
            return _extreme(body, term, place)
        case Call(op=op, args=(a, b)) if op in _DIVISIONS:
            return _division(body, op, a, b, place)
    return _template(body, term, place)


def _extreme(body: Body, term: Call, place: Place) -> Code:
    """The smallest or largest of several; what can be shown never to be it is left out."""
    parts = _parts(body, term, place)
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


def _mirrored(left: Expr, right: Expr) -> bool:
    """Say whether a comparison reads better from the right: `x > 3`, `count_a > count_b`."""
    if isinstance(left, Literal) or (isinstance(left, Call) and left.op == "query"):
        return True
    if len(list(subterms(left))) > len(list(subterms(right))) and not isinstance(right, Literal):
        return True
    alike = isinstance(left, Call) and isinstance(right, Call) and left.op == right.op and left.op not in ("key", "query")
    return alike and repr(_constants(left)) > repr(_constants(right))


def _constants(term: Expr) -> list[Value]:
    return [n.value for n in subterms(term) if isinstance(n, Literal)]


def _template(body: Body, term: Call, place: Place) -> Code:
    """Fill a primitive's template, bracketing what binds more loosely than it needs."""
    primitive = PRIMITIVES[term.op]
    read = operand if term.op in _ABSORBS else body_code
    parts = [read(body, a, place) for a in term.args]
    level = primitive.precedence
    if level == 9:
        least = [0] * len(parts)
    elif level == COMPARISON:
        least = [level + 1] * len(parts)
    elif len(parts) == 2:
        loose = term.op == "add" and check(term).kind is Kind.INT
        least = [level, level if loose else level + 1]
    else:
        least = [level] * len(parts)
    return Code(primitive.python.format(*(p.within(n) for p, n in zip(parts, least, strict=True))), level)


def body_code(body: Body, term: Expr, place: Place) -> Code:
    """Give a term's source."""
    return body.code(term, place)


def operand(body: Body, term: Expr, place: Place) -> Code:
    """Give the source of an operand of arithmetic, where a boolean may stand for 0 or 1."""
    if isinstance(term, Call) and term.op == "int" and not body.is_named(term, place):
        return body.code(term.args[0], place)
    return body.code(term, place)


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
    if term in body.lists or term in body.choices.named or not _branches(term):
        return body.code(term, place)
    return Code(f"frozenset({_bare(body, term, place).text})")


def _branches(term: Expr) -> bool:
    return isinstance(term, Literal) or (isinstance(term, Call) and term.op in ("if", "lookup"))


def _bare(body: Body, term: Expr, place: Place) -> Code:
    if not body.is_named(term, place):
        match term:
            case Literal(value=value):
                return constant(value, body.order, bare=True)
            case Call(op="lookup"):
                return lookup(body, term, place, bare=True)
            case Call(op="if", args=(condition, yes, no)):
                return _choice(body, condition, yes, no, place, _bare)
    return body.code(term, place)


def _choice(body: Body, condition: Expr, yes: Expr, no: Expr, place: Place, write: Write = body_code) -> Code:
    if isinstance(condition, Call) and condition.op == "ne" and not isinstance(no, Call):
        condition, yes, no = Call("eq", condition.args), no, yes
    if isinstance(yes, Literal) and isinstance(no, Literal) and isinstance(yes.value, bool) and yes.value is not no.value:
        if isinstance(no.value, bool):
            test = body.code(condition, place)
            return test if yes.value else negated(test)
    first, test, rest = write(body, yes, place), body.code(condition, place), write(body, no, place)
    return Code(f"{first.within(OR)} if {test.within(OR)} else {rest.text}", CHOICE)


def _conjunction(body: Body, term: Call, place: Place) -> Code:
    """Comparisons that meet in a value are chained: `a <= b <= c`."""
    parts = _parts(body, term, place)
    written = []
    while parts:
        chain = _chain([p for p in parts if not body.is_named(p, place)]) if not body.is_named(parts[0], place) else []
        if len(chain) > 1:
            written.append(_chained(body, chain, place))
            parts = [p for p in parts if p not in {link.part for link in chain}]
        else:
            written.append(body.code(parts.pop(0), place))
    return written[0] if len(written) == 1 else Code(" and ".join(w.within(AND) for w in written), AND)


def _parts(body: Body, term: Call, place: Place) -> list[Expr]:
    """Give the operands of nested calls of one operation, those with a name of their own left whole."""
    found: list[Expr] = []
    for a in term.args:
        inner = isinstance(a, Call) and a.op == term.op and not body.is_named(a, place)
        found += _parts(body, a, place) if inner and isinstance(a, Call) else [a]
    return list(dict.fromkeys(found))


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
    """Give comparisons that continue one another and the first of the parts; only ones of a kind, with no constant amid."""
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


def _disjunction(body: Body, term: Call, place: Place) -> Code:
    """Equalities of one value with constants are a set: `x in {1, 2}`."""
    parts = _parts(body, term, place)
    groups: dict[Expr, list[Expr]] = {}
    for part in parts:
        match part:
            case Call(op="eq", args=(left, Literal() as right)) if not body.is_named(part, place):
                groups.setdefault(left, []).append(right)
    written: dict[Expr, Code] = {}
    for part in parts:
        match part:
            case Call(op="eq", args=(left, Literal())) if len(groups.get(left, ())) > 1 and not body.is_named(part, place):
                members = ", ".join(body.code(c, place).text for c in groups[left])
                value = body.code(left, place).within(COMPARISON + 1)
                written[call("in", left)] = Code(f"{value} in {{{members}}}", COMPARISON)
            case _:
                written[part] = body.code(part, place)
    found = list(written.values())
    return found[0] if len(found) == 1 else Code(" or ".join(w.within(OR) for w in found), OR)


def lookup(body: Body, term: Call, place: Place, *, bare: bool = False) -> Code:
    """Give the source of a lookup; sets among its values are not frozen where `bare`."""
    *keys, table = term.args
    assert isinstance(table, Table)
    several = len(keys) > 1
    entries: dict[Value, Value] = {}
    for key, value in table.entries:
        if type(value) is not type(table.default) or value != table.default:
            entries[key if several else key[0]] = value  # type: ignore[index]
    domain = _domain(body, keys)
    if domain is not None:
        entries = {k: v for k, v in entries.items() if any(type(k) is type(d) and k == d for d in domain)}
    request = tables.Lookup(
        tuple(body.code(k, place) for k in keys),
        entries,
        table.default,
        domain,
        table.kind,
        table.key_kinds,
        body.order,
        bare=bare,
        once=place is None or (isinstance(place, Scope) and bool(place.fixed)),
    )
    return tables.write(request, lambda source: body.constant(source, term))


def _domain(body: Body, keys: list[Expr]) -> list[Value] | list[tuple[Value, ...]] | None:
    """Give all that a lookup's key may be (tuples where there are several), where that is known to be few."""
    parts = [body.facts.values(k) for k in keys]
    if len(parts) == 1:
        return parts[0]
    known = [p for p in parts if p is not None]
    few = len(known) == len(parts) and prod(map(len, known)) <= _FEW
    return list(product(*known)) if few else None


def gathered(body: Body, term: Call, place: Place) -> Code:
    """Give the source of the value at a computed position, guarded where there may be none."""
    source, where, default = term.args
    assert isinstance(default, Literal)
    name = body.list_name(source)
    if where is FROM_END:
        i = body.code(FROM_END, place)
        return Code(f"{name}[{i.text}]")
    index = body.code(where, place)
    item = f"{name}[{index.text}]"
    tests = _guards(body, where, index)
    if not tests:
        return Code(item)
    return Code(f"{item} if {tests} else {constant(default.value, body.order).text}", CHOICE)


def _guards(body: Body, where: Expr, index: Code) -> str:
    """Give the test that an index is one of a position, as far as it cannot be shown to be."""
    low, high = body.facts.bounds(where)
    under = low < 0 and where is not INDEX
    over = high >= body.facts.least and where is not INDEX
    match where:
        case Call(op="sub", args=(Call(op="index" | "from_end"), Literal(value=int(k)))) if k >= 0:
            under, over = True, False
        case Call(op="sub", args=(Call(op="length"), Literal(value=int(k)))) if k > 0:
            over = False
    text = index.within(COMPARISON + 1)
    if under and over:
        return f"0 <= {text} < {body.length().within(5)}"
    if over:
        return f"{text} < {body.length().within(5)}"
    return f"{text} >= 0" if under else ""


__all__ = ["elementwise", "gathered", "lookup", "operand", "outgoing"]
