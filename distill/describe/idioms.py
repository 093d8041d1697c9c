"""Idioms: what a person calls a combination of primitives. Each gives a phrase, or None where it does not apply."""

from __future__ import annotations

from itertools import pairwise, permutations
from typing import TYPE_CHECKING

from distill.describe.conditions import balance, counted, denied, members, membership, occurs, operands
from distill.describe.elsewhere import elsewhere, from_end
from distill.describe.formulas import formula, written
from distill.describe.occurrences import compared, occurred, same_value
from distill.describe.selection import picked
from distill.describe.tables import carried, fallback, table
from distill.describe.words import CLAUSE, LOOSE, NOUN, PLURALS, PREFIX, Phrase, joined, listed
from distill.emit.conditions import turn
from distill.emit.places import rank_of
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Input, Literal, Table, call, integer, subterms
from dsl.types import Kind

if TYPE_CHECKING:
    from distill.describe.speaker import Speaker

_MOST = 5  # operands of a chain that are spelled out
_TALLIES = {  # of what counts 1, and of what counts 1 against what counts -1
    "running_sum": ("the running count of {}", "the running count of {} minus that of {}"),
    "running_count": ("the running count of {}", ""),
    "running_mean": ("the share of {} so far", "the share of {} so far minus that of {}"),
    "sum_all": ("the count of {}", "the count of {} minus that of {}"),
    "count_all": ("the count of {}", ""),
    "mean_all": ("the share of {}", "the share of {} minus that of {}"),
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
            return compared(say, term) or membership(say, term)
        case Call(op="and" | "or" as op):
            return membership(say, term) or _chain(say, op, term)
        case Call(op="lt" | "le"):
            return compared(say, term) or _ordered(say, term)
        case Call(op="any_of", args=(where,)):
            return occurred(say, where)
        case Call(op="first_of" | "last_of" | "min_of" | "max_of"):
            return picked(say, term)
        case Call(op="if"):
            return fallback(say, term)
        case Call(op="every_all", args=(Call(op="eq", args=(a, b)),)):
            return _whole(say, a, b) or _whole(say, b, a)
        case Call(op="count") if (ranked := rank_of(term)) is not None:
            return Phrase(f"the rank of {say.value(ranked).within(PREFIX)}", PREFIX)
        case Call(op="distinct_all", args=(value,)) if say.values(value).text in PLURALS:
            return Phrase(f"the number of different {say.values(value).text.removeprefix('the ')}", PREFIX)
        case Call(op="max_all" | "min_all" as op, args=(Call(op="count", args=(where,)),)) if same_value(where):
            value, order = same_value(where) or (where, "")
            if not order:
                extreme = "most frequent" if op == "max_all" else "rarest"
                return Phrase(f"the count of the {extreme} {say.plain(value)}", PREFIX)
        case Call(op="sorted", args=(value,)):
            return Phrase(f"the {say.plain(value)} that comes here in ascending order", NOUN)
        case Call(op="min" | "max" as op):
            return _extreme(say, op, term)
        case Call(op="not", args=(inner,)):
            return membership(say, term) or _denial(say, inner)
        case Call(op="since", args=(condition,)):
            return _since(say, condition)
        case Call(op="any_all" | "running_any" as op, args=(condition,)) if counted(condition):
            return Phrase(occurs(counted(condition), op == "running_any", holds=True), CLAUSE)
        case Call(op="shift" | "gather" | "at"):
            return elsewhere(say, term)
        case _ if term.op in _TALLIES:
            return _tally(term.op, term.args[0])
    return _arithmetic(say, term)


def _whole(say: Speaker, value: Expr, other: Expr) -> Phrase | None:
    """Say how a sequence compares with itself, reversed or sorted."""
    values = say.values(value).text
    match other:
        case Call(op="gather", args=(source, where, _)) if source is value and from_end(where):
            subject = "the sequence reads" if isinstance(value, Input) and value.name == "token" else f"{values} reads"
            return Phrase(f"{subject} the same backwards", CLAUSE)
        case Call(op="sorted", args=(source,)) if source is value:
            return Phrase(f"{values} {'are' if values in PLURALS else 'is'} in ascending order", CLAUSE)
    return None


def _arithmetic(say: Speaker, term: Call) -> Phrase | None:
    match term:
        case Call(op="sub", args=(Call(op="index") as here, Call(op="last_of", args=(_, there, _)) as last)):
            if there is here:
                return Phrase(f"the distance to {say.value(last).text}", NOUN)
        case Call(op="div", args=(Call(op="count", args=(where,)), Call(op="length"))):
            return Phrase(f"the share of {say.positions(where)}", NOUN)
        case Call(op="mod", args=(value, Literal(value=2))) if formula(value) is None:
            return Phrase(f"the parity of {say.value(value).within(PREFIX)}", PREFIX)
        case Call(op="abs", args=(Call(op="sub", args=(a, b)),)):
            both = listed([say.value(v).within(PREFIX) for v in (a, b)])
            return Phrase(f"the absolute difference of {both}", PREFIX)
        case Call(op="sub", args=(Call(op=op, args=(up,)), Call(op=other, args=(down,)))) if op == other in _TALLIES:
            return _tally_of(op, (counted(up), counted(down)))
        case Call(
            op="sub",
            args=(
                Call(op="running_sum", args=(value,)) as total,
                Call(op="shift", args=(late, Literal(value=int(by)), Literal(value=0))),
            ),
        ) if late is total and by > 1:
            return Phrase(f"the sum of {say.value(value).within(PREFIX)} over the last {by} positions", PREFIX)
        case Call(op="add"):
            return _window(say, term) or formula(term) or _amount(say, term)
        case Call(op="sub" | "mul"):
            return formula(term) or _amount(say, term)
    return formula(term)


def _amount(say: Speaker, term: Call) -> Phrase | None:
    """`one more than the count of 'a'`, `twice the length`."""
    match term:
        case Call(op="add" | "sub" as op, args=(value, Literal(value=int(k)))) if k > 0:
            amount = f"{'one' if k == 1 else k} {'more' if op == 'add' else 'less'} than"
        case Call(op="mul", args=(value, Literal(value=int(k)))) | Call(op="mul", args=(Literal(value=int(k)), value)):
            amount = "twice" if k == 2 else f"{k} times"
        case _:
            return None
    of = say.value(value)
    return Phrase(f"{amount} {of.within(NOUN)}", of.binds if term.op == "mul" else NOUN) if k > 0 else None


def _window(say: Speaker, term: Call) -> Phrase | None:
    """A sum of a value here and at the positions just before."""
    parts = list(operands("add", term))
    base = next((p for p in parts if not isinstance(p, Call) or p.op != "shift"), None)
    if base is None or len(parts) < 3:
        return None
    late = {call("shift", base, integer(by), integer(0)) for by in range(1, len(parts))}
    if set(parts) != {base, *late}:
        return None
    return Phrase(f"the sum of {say.value(base).within(PREFIX)} over the last {len(parts)} positions", PREFIX)


def _chain(say: Speaker, op: str, term: Call) -> Phrase:
    parts, binds = list(operands(op, term)), PRIMITIVES[op].precedence
    if len(parts) > _MOST:
        return Phrase(f"{'all' if op == 'and' else 'one'} of {len(parts)} conditions hold", CLAUSE)
    row = _in_row(parts) if op == "and" else None
    if row is not None:
        return row
    parts.sort(key=turn)
    if op == "and" and [p for p in parts if isinstance(p, Call) and p.op == "or"] == parts[-1:]:
        *first, last = [say.phrase(p) for p in parts]
        return Phrase(f"{joined([p.within(binds) for p in first], op)} {op} either {last.text}", CLAUSE - 3)
    return Phrase(joined([say.phrase(p).within(binds) for p in parts], op), binds)


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
    match condition:
        case Input():
            return Phrase(say.phrase(condition).text.removesuffix("holds") + "does not hold", CLAUSE)
        case Call(op="any_of", args=(where,)):
            return occurred(say, where, holds=False) or Phrase(f"there are no {say.positions(where)}", CLAUSE)
        case Call(op="any_all" | "running_any" as op, args=(inner,)) if counted(inner):
            return Phrase(occurs(counted(inner), op == "running_any", holds=False), CLAUSE)
    opposite = denied(condition)
    return None if opposite is None else say.phrase(opposite)


def _extreme(say: Speaker, op: str, term: Call) -> Phrase:
    parts = list(operands(op, term))
    if op == "min" and set(parts) == {call("index"), call("from_end")}:
        return Phrase("the distance to the nearer end", PREFIX)
    parts.sort(key=lambda p: (0, say.value(p).text) if isinstance(p, Input) else (1, ""))
    if len(parts) > _MOST:
        return Phrase(f"the {op}imum of {len(parts)} values", PREFIX)
    word = {2: ("smaller", "larger")}.get(len(parts), ("smallest", "largest"))[op == "max"]
    return Phrase(f"the {word} of {listed([say.value(p).within(PREFIX) for p in parts])}", PREFIX)


def _ordered(say: Speaker, term: Call) -> Phrase | None:
    """Put the constant last and the input first, and call a table that something is compared with a bound."""
    a, b = term.args
    if isinstance(a, Literal) or (isinstance(b, Input) and not isinstance(a, Input)) or _is_extent(a):
        relation = "above" if term.op == "lt" else "at least"
        return Phrase(f"{say.value(b).within(CLAUSE + 1)} is {relation} {say.value(a).within(CLAUSE + 1)}", CLAUSE)
    if isinstance(b, Call) and b.op == "lookup" and isinstance(b.args[-1], Table):
        relation = "below" if term.op == "lt" else "at most"
        bound = table(say, b.args[:-1], b.args[-1], "a bound")
        return Phrase(f"{say.value(a).within(CLAUSE + 1)} is {relation} {bound.text}", CLAUSE)
    return None


def _is_extent(term: Expr) -> bool:
    """Say whether a term is about positions and constants alone."""
    return (
        isinstance(term, Call) and not any(isinstance(t, Input) for t in subterms(term)) and written(term) is not None
    )


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
        return Phrase(f"the number of positions since the last {counted(condition)}", PREFIX)
    return None
