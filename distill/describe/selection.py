"""The positions that a condition on pairs selects, and one of them: `earlier positions with the same symbol`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from distill.describe.conditions import counted, members, operands
from distill.describe.occurrences import same_value
from distill.describe.words import CLAUSE, LOOSE, NOUN, PREFIX, Phrase, listed
from dsl.check import check
from dsl.terms import Call, Expr, Input, Literal, call, integer, substitute
from dsl.types import Axis, Kind

if TYPE_CHECKING:
    from distill.describe.speaker import Speaker

_MOST = 4  # conditions that are spelled out
_ORDERS: dict[Expr, tuple[str, str]] = {  # which positions, as said of many: (before the noun, behind it)
    call("before"): ("earlier", ""),
    call("upto"): ("", "up to here"),
    call("not", call("before")): ("", "from here on"),
    call("not", call("upto")): ("later", ""),
}
_FIRST = {"earlier": "first", "later": "next"}  # what the first and the last of such positions are called
_LAST = {"earlier": "latest earlier", "later": "last"}


@dataclass(frozen=True, slots=True)
class Selected:
    """What positions a condition selects. order: before and behind the noun; rest: with, whose and where clauses."""

    order: tuple[str, str]
    rest: str


def positions(say: Speaker, where: Expr) -> str:
    """Give the positions selected, as a plural noun phrase without an article."""
    found = _selected(say, where)
    before, behind = found.order
    return " ".join(filter(None, (before, "positions", behind, found.rest)))


def picked(say: Speaker, term: Call) -> Phrase | None:
    """Give the value at the first or last of the positions selected, or the least or greatest of their values."""
    where, value, _ = term.args
    if term.op in ("min_of", "max_of"):
        return _extreme(say, term.op, where, value)
    found = _selected(say, where)
    before, behind = found.order
    names = _FIRST if term.op == "first_of" else _LAST
    rank = names.get(before, "first" if term.op == "first_of" else "latest" if behind == "up to here" else "last")
    noun = say.plain(value) if isinstance(value, Input) and found.rest.startswith("whose") else "position"
    place = " ".join(filter(None, ("the", rank, noun, behind, found.rest)))
    if noun != "position" or value is call("index"):
        return Phrase(place, PREFIX if not found.rest else _tightness(place))
    if check(value).kind is Kind.BOOL:
        return Phrase(f"{say.phrase(value).within(CLAUSE)} at {place}", CLAUSE - 1)
    return Phrase(f"{say.value(value).within(PREFIX)} at {place}", _tightness(place))


def _tightness(place: str) -> int:
    return LOOSE if " where " in place or " whose " in place else NOUN


def _extreme(say: Speaker, op: str, where: Expr, value: Expr) -> Phrase:
    """`the smallest earlier x above the x here`, `the largest x among positions with 'a'`."""
    here, there = call("query", value), call("key", value)
    beyond: dict[Expr, str] = {
        call("lt", here, there): "above",
        call("lt", there, here): "below",
        call("le", here, there): "not below",
        call("le", there, here): "not above",
        call("ne", there, here): "other than",
        call("ne", here, there): "other than",
    }
    parts = list(operands("and", where))
    side = next((beyond[p] for p in parts if p in beyond), "")
    kept = [p for p in parts if p not in beyond]
    orders = [_ORDERS[p] for p in kept if p in _ORDERS]
    noun, word = say.plain(value), "smallest" if op == "min_of" else "largest"
    if len(orders) == len(kept) <= 1 and (side or kept):
        before, behind = orders[0] if orders else ("", "")
        behind = "so far" if behind == "up to here" else behind
        limit = f"{side} the {noun} here" if side else ""
        text = " ".join(filter(None, ("the", word, before, noun, behind, limit)))
        return Phrase(text, NOUN if limit else PREFIX)
    text = f"the {word} {noun} among {positions(say, where)}"
    return Phrase(text, _tightness(text))


def _selected(say: Speaker, where: Expr) -> Selected:
    having, whose, rest, order = [], [], [], ("", "")
    conditions = [c for c in operands("and", where) if not isinstance(c, Literal) or not c.value]
    if len(conditions) > _MOST:
        return Selected(order, f"that meet {len(conditions)} conditions")
    for condition in conditions:
        neighbour = _frequency(say, condition) or _neighbour(say, condition)
        feature = "" if neighbour else _feature(say, condition)
        if condition in _ORDERS and not any(order):
            order = _ORDERS[condition]
        elif feature:
            having.append(feature)
        elif neighbour:
            whose.append(neighbour)
        else:
            rest.append(say.phrase(_unspread(condition)).within(LOOSE if len(conditions) == 1 else 2))
    parts = [f"with {listed(having)}"] if having else []
    parts += [f"whose {listed(whose)}"] if whose else []
    parts += [f"where {' and '.join(rest)}"] if rest else []
    return Selected(order, " ".join(parts))


def _feature(say: Speaker, condition: Expr) -> str:
    """Give what the positions have: a value like the one here, or a symbol; "" for any other condition."""
    match condition:
        case Call(op="eq" | "ne" | "lt" | "le" as op, args=(Call() as one, Call() as two)):
            if {one.op, two.op} != {"key", "query"} or one.args != two.args or check(one.args[0]).axis is Axis.ROW:
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


def _frequency(say: Speaker, condition: Expr) -> str:
    """`symbol occurs less often than the symbol here`; "" for any other condition."""
    match condition:
        case Call(op="eq" | "lt" as op, args=(Call(op=one, args=(a,)), Call(op=other, args=(b,)))):
            found = same_value(a.args[0]) if isinstance(a, Call) and a.op == "count" and a is b else None
        case _:
            return ""
    if found is None or found[1] or {one, other} != {"key", "query"}:
        return ""
    often = "as often as" if op == "eq" else "less often than" if one == "key" else "more often than"
    noun = say.plain(found[0])
    return f"{noun} occurs {often} the {noun} here"


def _neighbour(say: Speaker, condition: Expr) -> str:
    """Give what stands beside the positions: `previous symbol is the symbol here`; "" for any other condition."""
    match condition:
        case Call(op="eq", args=(Call(op="key", args=(a,)), Call(op="query", args=(b,)))):
            there, here = a, b
        case Call(op="eq", args=(Call(op="query", args=(b,)), Call(op="key", args=(a,)))):
            there, here = a, b
        case _:
            return ""
    match there:
        case Call(op="shift", args=(source, Literal(value=int(by)), _)) if check(source).kind is not Kind.BOOL:
            side = {1: "previous", 2: "second previous", -1: "next"}.get(by)
            shown = say.value(here).text
            if side and there is not here and isinstance(here, (Input, Call)) and not _is_far(here):
                return f"{side} {say.plain(source)} is {shown}{' here' if isinstance(here, Input) else ''}"
    return ""


def _is_far(term: Expr) -> bool:
    """Say whether a term is more than a value here or next to here."""
    match term:
        case Call(op="shift", args=(Input(), by, _)):
            return by not in (integer(1), integer(-1))
    return not isinstance(term, Input)


def _unspread(condition: Expr) -> Expr:
    """Take a condition on the value looked at alone as one on that position: `key(x) == 1` is `x == 1`."""
    spread = list(_spread(condition))
    if any(t.op in ("before", "upto") or (t.op == "query" and check(t.args[0]).axis is not Axis.ROW) for t in spread):
        return condition
    return substitute(condition, {t: t.args[0] for t in spread if t.args})


def _spread(condition: Expr) -> list[Call]:
    """Give what spreads values over the pairs of a condition, the pairs inside those values left out."""
    if not isinstance(condition, Call):
        return []
    if condition.op in ("key", "query", "before", "upto"):
        return [condition]
    return [found for a in condition.args for found in _spread(a)]
