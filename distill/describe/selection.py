"""The positions that a condition on pairs selects, in words: `earlier positions with the same symbol`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from distill.describe.conditions import counted, members, operands
from distill.describe.words import LOOSE, listed
from dsl.check import check
from dsl.terms import Call, Expr, Literal, subterms
from dsl.types import Axis

if TYPE_CHECKING:
    from distill.describe.speaker import Speaker

_MOST = 4  # conditions that are spelled out


def positions(say: Speaker, where: Expr) -> str:
    """Give the positions selected, as a plural noun phrase without an article."""
    before, after, having, rest = [], [], [], []
    conditions = [c for c in operands("and", where) if not isinstance(c, Literal) or not c.value]
    if len(conditions) > _MOST:
        return f"positions that meet {len(conditions)} conditions"
    for condition in conditions:
        order, feature = _order(condition), _feature(say, condition)
        if order:
            (after if " " in order else before).append(order)
        elif feature:
            having.append(feature)
        else:
            rest.append(say.phrase(_unspread(condition)).within(LOOSE if len(conditions) == 1 else 2))
    parts = [*before, "positions", *after]
    parts += [f"with {listed(having)}"] if having else []
    parts += [f"where {' and '.join(rest)}"] if rest else []
    return " ".join(parts)


def _order(condition: Expr) -> str:
    match condition:
        case Call(op="before"):
            return "earlier"
        case Call(op="upto"):
            return "up to here"
        case Call(op="not", args=(Call(op="before"),)):
            return "from here on"
        case Call(op="not", args=(Call(op="upto"),)):
            return "later"
    return ""


def _feature(say: Speaker, condition: Expr) -> str:
    """Give what the positions have: a value like the one here, or a symbol; "" for any other condition."""
    match condition:
        case Call(op=op, args=(Call(op="key" | "query" as one, args=(value,)), Call(op="key" | "query" as two, args=(other,)))):
            if value is not other or one == two or op not in ("eq", "ne", "lt", "le"):
                return ""
            noun, up = say.plain(value), one == "query"
            return {
                "eq": f"the same {noun}",
                "ne": f"another {noun}",
                "lt": f"a {'larger' if up else 'smaller'} {noun}",
                "le": f"a {noun} no {'smaller' if up else 'larger'}",
            }[op]
    inner = _unspread(condition)
    return counted(inner) if inner is not condition and members(inner) else ""


def _unspread(condition: Expr) -> Expr:
    """Take a condition on the value looked at alone as one on that position: `key(x) == 1` is `x == 1`."""
    ends = {t.op for t in subterms(condition) if isinstance(t, Call) and check(t).axis is Axis.PAIR and not t.args}
    spread = {t.op for t in subterms(condition) if isinstance(t, Call) and t.op in ("key", "query")}
    if ends or spread != {"key"}:
        return condition
    return _lowered(condition)


def _lowered(term: Expr) -> Expr:
    if not isinstance(term, Call) or check(term).axis is not Axis.PAIR:
        return term
    return term.args[0] if term.op == "key" else Call(term.op, tuple(map(_lowered, term.args)))
