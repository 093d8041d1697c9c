"""Idioms: what a person calls a combination of primitives. Each gives a phrase, or None where it does not apply."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import TYPE_CHECKING

from distill.describe.conditions import balance, counted, denied, members, membership, operands
from distill.describe.formulas import formula, written
from distill.describe.tables import carried, table
from distill.describe.words import CLAUSE, LOOSE, PREFIX, Phrase, listed
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Input, Literal, Table, call, integer
from dsl.types import Kind

if TYPE_CHECKING:
    from distill.describe.speaker import Speaker

_MOST = 5  # operands of a chain that are spelled out
_NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
_TALLIES = {  # of what counts 1, and of what counts 1 against what counts -1
    "running_sum": ("the running count of {}", "the running balance of {} over {}"),
    "running_count": ("the running count of {}", ""),
    "running_mean": ("the share of {} so far", "the running mean balance of {} over {}"),
    "sum_all": ("the count of {}", "the balance of {} over {}"),
    "count_all": ("the count of {}", ""),
    "mean_all": ("the share of {}", "the mean balance of {} over {}"),
}


def idiom(say: Speaker, term: Call) -> Phrase | None:
    """Give the phrase of the first idiom that applies."""
    match term:
        case Call(op="lookup", args=(*keys, Table() as entries)):
            return membership(say, term) or table(say, tuple(keys), entries)
        case Call(op="scan"):
            return carried(say, term)
        case Call(op="symbol", args=(value,)):
            return say.value(value)
        case Call(op="eq" | "ne"):
            return membership(say, term)
        case Call(op="and" | "or" as op):
            return membership(say, term) or _chain(say, op, term)
        case Call(op="lt" | "le"):
            return _compared(say, term)
        case Call(op="min" | "max" as op):
            return _extreme(say, op, term)
        case Call(op="not", args=(inner,)):
            return membership(say, term) or _denial(say, inner)
        case Call(op="since", args=(condition,)):
            return _since(say, condition)
        case Call(op="any_all" | "running_any" as op, args=(condition,)) if counted(condition):
            return Phrase(f"there is some {counted(condition)}{' so far' if op == 'running_any' else ''}", CLAUSE)
        case Call(op="shift" | "gather" | "at"):
            return _elsewhere(say, term)
        case _ if term.op in _TALLIES:
            return _tally(term.op, term.args[0])
    return _arithmetic(say, term)


def _arithmetic(say: Speaker, term: Call) -> Phrase | None:
    match term:
        case Call(op="mod", args=(value, Literal(value=2))):
            return Phrase(f"the parity of {say.value(value).within(PREFIX)}", PREFIX)
        case Call(op="abs", args=(Call(op="sub", args=(a, b)),)):
            both = listed([say.value(v).within(PREFIX) for v in (a, b)])
            return Phrase(f"the absolute difference of {both}", PREFIX)
        case Call(op="sub", args=(Call(op=op, args=(up,)), Call(op=other, args=(down,)))) if op == other in _TALLIES:
            return _tally_of(op, (counted(up), counted(down)))
    return formula(term)


def _chain(say: Speaker, op: str, term: Call) -> Phrase:
    parts, binds = list(operands(op, term)), PRIMITIVES[op].precedence
    if len(parts) > _MOST:
        return Phrase(f"{'all' if op == 'and' else 'one'} of {len(parts)} conditions hold", CLAUSE)
    row = _in_row(parts) if op == "and" else None
    if row is not None:
        return row
    return Phrase(f" {op} ".join(say.phrase(p).within(binds) for p in parts), binds)


def _in_row(parts: list[Expr]) -> Phrase | None:
    """Give comparisons that follow on from each other as one, `a <= b < c`; None where they do not."""
    if not all(isinstance(p, Call) and p.op in ("lt", "le") for p in parts):
        return None
    for order in permutations(p for p in parts if isinstance(p, Call)):
        if all(one.args[1] is two.args[0] for one, two in pairwise(order)):
            signs = ["", *(f" {PRIMITIVES[p.op].infix} " for p in order)]
            values = [written(v) for v in (order[0].args[0], *(p.args[1] for p in order))]
            shown = [sign + v.within(CLAUSE + 1) for sign, v in zip(signs, values, strict=True) if v is not None]
            return Phrase("".join(shown), CLAUSE) if len(shown) == len(values) else None
    return None


def _denial(say: Speaker, condition: Expr) -> Phrase | None:
    if isinstance(condition, Input):
        return Phrase(say.phrase(condition).text.removesuffix("holds") + "does not hold", CLAUSE)
    opposite = denied(condition)
    return None if opposite is None else say.phrase(opposite)


def _extreme(say: Speaker, op: str, term: Call) -> Phrase:
    parts = list(operands(op, term))
    if all(isinstance(p, Input) for p in parts):
        parts.sort(key=lambda p: say.value(p).text)
    if len(parts) > _MOST:
        return Phrase(f"the {op}imum of {len(parts)} values", PREFIX)
    word = {2: ("smaller", "larger")}.get(len(parts), ("smallest", "largest"))[op == "max"]
    return Phrase(f"the {word} of {listed([say.value(p).within(PREFIX) for p in parts])}", PREFIX)


def _compared(say: Speaker, term: Call) -> Phrase | None:
    """Put the constant last and the input first, and call a table that something is compared with a bound."""
    a, b = term.args
    if isinstance(a, Literal) or (isinstance(b, Input) and not isinstance(a, Input)):
        relation = "above" if term.op == "lt" else "at least"
        return Phrase(f"{say.value(b).within(CLAUSE + 1)} is {relation} {say.value(a).within(CLAUSE + 1)}", CLAUSE)
    if isinstance(b, Call) and b.op == "lookup" and isinstance(b.args[-1], Table):
        relation = "below" if term.op == "lt" else "at most"
        bound = table(say, b.args[:-1], b.args[-1], "a bound")
        return Phrase(f"{say.value(a).within(CLAUSE + 1)} is {relation} {bound.text}", CLAUSE)
    return None


def _tally(op: str, value: Expr) -> Phrase | None:
    symbols = counted(value) if check(value).kind is Kind.BOOL else ""
    return _tally_of(op, (symbols, "") if symbols else balance(value))


def _tally_of(op: str, weights: tuple[str, str] | None) -> Phrase | None:
    if weights is None or not weights[0]:
        return None
    single, double = _TALLIES[op.replace("count", "sum")] if weights[1] else _TALLIES[op]
    return Phrase((double if weights[1] else single).format(*weights), PREFIX)


def _since(say: Speaker, condition: Expr) -> Phrase | None:
    """How long the opposite has held, where the condition is itself a denial; else since which symbol."""
    opposite, found = denied(condition), members(condition)
    denial = isinstance(condition, Call) and condition.op in ("not", "ne")
    if opposite is not None and (denial or (found is not None and not found.inside)):
        if counted(opposite):
            return Phrase(f"the length of the current run of {counted(opposite)}", PREFIX)
        return Phrase(f"the number of positions in a row where {say.phrase(opposite).text}", LOOSE)
    if counted(condition):
        return Phrase(f"the number of positions since {counted(condition)}", PREFIX)
    return None


def _elsewhere(say: Speaker, term: Call) -> Phrase | None:
    """The value that stands before, after, here, or as far from the other end."""
    value, where = term.args[:2]
    condition = check(value).kind is Kind.BOOL
    if term.op != "shift" and isinstance(where, Literal):
        return _after(say, value, f"at position {where.value}", condition)
    if term.op != "shift":
        if isinstance(where, Call) and where.op == "index":
            return say.phrase(value)
        if not from_end(where):
            return None
        if isinstance(value, Call) and value.op == "sorted":
            return Phrase(f"{say.values(value.args[0]).within(PREFIX)} in descending order", PREFIX)
        return _after(say, value, "at the mirrored position", condition)
    steps = where.value if isinstance(where, Literal) and isinstance(where.value, int) else 0
    side = "before" if steps > 0 else "after"
    if steps == 0:
        return say.phrase(value)
    if abs(steps) == 1:
        if condition:
            return _after(say, value, f"one position {side}", condition)
        return Phrase(f"the {'previous' if steps > 0 else 'next'} {say.plain(value)}", PREFIX)
    return _after(say, value, f"{_NUMBERS.get(abs(steps), abs(steps))} positions {side}", condition)


def _after(say: Speaker, value: Expr, words: str, condition: bool) -> Phrase:
    if condition:
        return Phrase(f"{say.phrase(value).within(CLAUSE)} {words}", CLAUSE)
    return Phrase(f"{say.value(value).within(PREFIX)} {words}", PREFIX)


def from_end(where: Expr) -> bool:
    """Whether a position is the one as far from the end as this one is from the beginning."""
    length, index, one = call("length"), call("index"), integer(1)
    return where in (
        call("from_end"),
        call("sub", call("sub", length, one), index),
        call("sub", length, call("add", index, one)),
        call("sub", call("sub", length, index), one),
    )
