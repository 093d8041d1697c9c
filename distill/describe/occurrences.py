"""Comparisons of counts, shares, extremes and runs, as a person states them: `the symbol occurs more than once`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from distill.describe.conditions import counted, denied, members, occurs, operands
from distill.describe.words import CLAUSE, Phrase, constant, times
from dsl.check import check
from dsl.terms import Call, Expr, Literal, call, integer
from dsl.types import Kind

if TYPE_CHECKING:
    from distill.describe.speaker import Speaker

_ORDERS: dict[Expr, str] = {
    call("before"): "before",
    call("upto"): "upto",
    call("not", call("upto")): "after",
}
_VERBS = {  # how a value occurs among all positions, the earlier ones, those up to here, the later ones
    "": ("occurs{}", "does not occur{}"),
    "before": ("occurred{} before", "did not occur{} before"),
    "upto": ("has occurred{} so far", "has not occurred{} so far"),
    "after": ("occurs{} later", "does not occur{} later"),
}
_MANY = {"eq": "as many {} as {}", "lt": "fewer {} than {}", "le": "no more {} than {}"}
_EXTREMES = {"min_all": "", "max_all": "", "running_min": " so far", "running_max": " so far"}
_HALVES = {
    ("lt", "index"): "more positions follow than come before",
    ("le", "index"): "at least as many positions follow as come before",
    ("lt", "from_end"): "fewer positions follow than come before",
    ("le", "from_end"): "no more positions follow than come before",
}


def compared(say: Speaker, term: Call) -> Phrase | None:
    """Give the clause of a comparison that has words of its own; None where it has none."""
    text = _ends(term) or _amounts(term) or _often(say, term) or _half(say, term)
    text = text or _never(say, term) or _lately(say, term)
    return Phrase(text, CLAUSE) if text else None


def occurred(say: Speaker, where: Expr, holds: bool = True) -> Phrase | None:
    """Give the clause that the value here stands elsewhere too; None for any other condition on pairs."""
    found = same_value(where)
    if found is None or not found[1]:
        return None
    value, order = found
    return Phrase(f"{say.value(value).within(CLAUSE + 1)} {_VERBS[order][not holds].format('')}", CLAUSE)


def same_value(where: Expr) -> tuple[Expr, str] | None:
    """Give the value that must be the same at a position, and the order of the positions; None for other conditions."""
    parts = list(operands("and", where))
    orders = [_ORDERS[p] for p in parts if p in _ORDERS]
    rest = [p for p in parts if p not in _ORDERS]
    if len(orders) > 1 or len(rest) != 1:
        return None
    match rest[0]:
        case Call(op="eq", args=(Call(op=one, args=(a,)), Call(op=other, args=(b,)))):
            if {one, other} == {"key", "query"} and a is b:
                return a, orders[0] if orders else ""
    return None


def _ends(term: Call) -> str:
    match term.args:
        case (Call(op="index" | "from_end" as one), Call(op="index" | "from_end" as two)) if one != two:
            return _HALVES.get((term.op, one), "")
    return ""


def _amounts(term: Call) -> str:
    """Counts of symbols against each other: `there are as many 'a' as 'b'`."""
    match term.args:
        case (Call(op="count_all" | "running_count" as op, args=(a,)), Call(op=other, args=(b,))) if op == other:
            if term.op in _MANY and counted(a) and counted(b):
                scope = " so far" if op == "running_count" else ""
                return f"there are {_MANY[term.op].format(counted(a), counted(b))}{scope}"
    return ""


def _often(say: Speaker, term: Call) -> str:
    """How often the value here occurs: `the symbol occurs more than once`."""
    left, right = term.args
    amount, counts = (left, right) if isinstance(left, Literal) else (right, left)
    match counts, amount:
        case Call(op="count", args=(where,)), Literal(value=int(k)) if k > 0:
            found = same_value(where)
        case _:
            return ""
    if found is None:
        return ""
    value, order = found
    relation = {
        "eq": "exactly",
        "ne": "not exactly",
        "lt": "less than" if amount is right else "more than",
        "le": "at most" if amount is right else "at least",
    }[term.op]
    verb = _VERBS[order][0].format(f" {relation} {times(k)}")
    return f"{say.value(value).within(CLAUSE + 1)} {verb}"


def _half(say: Speaker, term: Call) -> str:
    match term:
        case Call(
            op="lt" | "le" as op, args=(Literal(value=0.5), Call(op="mean_all" | "running_mean" as mean, args=(p,)))
        ):
            if check(p).kind is Kind.BOOL:
                return _share(say, p, op == "lt", running=mean == "running_mean")
        case Call(op="lt" | "le" as op, args=(whole, Call(op="mul", args=args))) if integer(2) in args:
            counts = next(a for a in args if a is not integer(2)) if len(set(args)) == 2 else None
            match whole, counts:
                case Call(op="length"), Call(op="count_all", args=(p,)):
                    return _share(say, p, op == "lt", running=False)
                case Call(op="add", args=(Call(op="index"), Literal(value=1))), Call(op="running_count", args=(p,)):
                    return _share(say, p, op == "lt", running=True)
    return ""


def _share(say: Speaker, condition: Expr, more: bool, *, running: bool) -> str:
    share = "more than half" if more else "half or more"
    return f"{say.phrase(condition).within(CLAUSE)} at {share} of the positions{' so far' * running}"


def _never(say: Speaker, term: Call) -> str:
    """What an extreme says of all values: `x is never below 3`."""
    match term:
        case Call(op="lt" | "le" as op, args=(Literal(value=int() | float() as k), Call(op=extreme, args=(value,)))):
            above = True
        case Call(op="lt" | "le" as op, args=(Call(op=extreme, args=(value,)), Literal(value=int() | float() as k))):
            above = False
        case _:
            return ""
    if extreme not in _EXTREMES:
        return ""
    scope, lowest = _EXTREMES[extreme], extreme in ("min_all", "running_min")
    verb = "was" if scope else "is"
    subject = say.value(value).within(CLAUSE + 1)
    if lowest is above:
        side = {("lt", True): "at most", ("le", True): "below", ("lt", False): "at least", ("le", False): "above"}
        return f"{subject} {verb} never {side[op, above]} {constant(k)}{scope}"
    side = {("lt", True): "above", ("le", True): "at least", ("lt", False): "below", ("le", False): "at most"}
    return f"{subject} {verb} {side[op, above]} {constant(k)} at some position{scope}"


def _lately(say: Speaker, term: Call) -> str:
    """What has not held for a while: `there is no 'a' among the last 3 positions`."""
    match term:
        case Call(op="lt" | "le" as op, args=(Literal(value=int(k)), Call(op="since", args=(condition,)))):
            last = k + (op == "lt")
        case _:
            return ""
    found, opposite = members(condition), denied(condition)
    if last < 2 or (found is not None and not found.inside) or opposite is None:
        return ""
    if counted(condition):
        return f"there is no {counted(condition)} among the last {last} positions"
    return f"{say.phrase(opposite).within(CLAUSE)} at each of the last {last} positions"


__all__ = ["compared", "occurred", "occurs", "same_value"]
