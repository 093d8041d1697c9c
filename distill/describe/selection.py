"""The positions that a condition on pairs selects, in words: `earlier positions with the same symbol`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from distill.describe.conditions import counted, members, operands
from distill.describe.words import LOOSE, listed
from dsl.check import check
from dsl.terms import Call, Expr, Literal, substitute, subterms
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
        case Call(op="eq" | "ne" | "lt" | "le" as op, args=(Call() as one, Call() as two)):
            if {one.op, two.op} != {"key", "query"} or one.args != two.args:
                return ""
            noun, up = say.plain(one.args[0]), one.op == "query"
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
    pairs = {t for t in subterms(condition) if isinstance(t, Call) and check(t).axis is Axis.PAIR}
    keys: dict[Expr, Expr] = {t: t.args[0] for t in pairs if t.op == "key"}
    alone = all(t in keys or any(a in pairs for a in t.args) for t in pairs)
    return substitute(condition, keys) if alone else condition
