"""Normal forms: a program as a person would put it who knows the domain, before it is written or described.

Rules hold on the inputs of the domain, of any length, unlike those of `dsl.simplify`, and may lengthen a term that gets
plainer.
"""

from __future__ import annotations

from collections.abc import Callable

from distill.emit import arithmetic, extremes, logic, places
from distill.emit.facts import Facts
from distill.emit.missing import missing_test, telling
from dsl import simplify
from dsl.check import check
from dsl.terms import Call, Expr, Literal, Table, call, substitute, subterms
from dsl.types import Axis, Kind

_ROUNDS = 6  # rules and the simplifier in turn, as one makes room for the other
_LARGE = 400  # distinct subterms of a term that is left as it is

Rule = Callable[[Call, Facts], "Expr | None"]


def normal(term: Expr, facts: Facts, *, written: bool = False) -> Expr:
    """Give a term with the same values on the domain of `facts`, in its normal form.

    written: it is to be code, which remembers what it has made of a value; a sentence speaks of the value itself.
    """
    rules = (*_RULES, places.of_remembered) if written else _RULES
    for _ in range(_ROUNDS):
        if len(set(subterms(term))) > _LARGE:
            break
        after = _bottom_up(term, facts, rules, {})
        if after is term:
            break
        term = simplify(after)
    return term


def _bottom_up(term: Expr, facts: Facts, rules: tuple[Rule, ...], memo: dict[Expr, Expr]) -> Expr:
    if not isinstance(term, Call):
        return term
    found = memo.get(term)
    if found is None:
        built = Call(term.op, tuple(_bottom_up(a, facts, rules, memo) for a in term.args))
        found = memo[term] = next((new for rule in rules if (new := _fitted(rule, built, facts)) is not None), built)
    return found


def _fitted(rule: Rule, term: Call, facts: Facts) -> Expr | None:
    """Apply a rule; what it gives must be of the same kind, over the same axis or one value a row."""
    new = rule(term, facts)
    if new is None or new is term or check(new).kind is not check(term).kind:
        return None
    narrower = check(new).axis is Axis.ROW and check(term).axis is Axis.POSITION
    return new if narrower or check(new).axis is check(term).axis else None


def _injective(term: Call, facts: Facts) -> Expr | None:
    """`lookup(x, {0: 1, else -1}) == lookup(y, {0: 1, else -1})` is `x == y` where both are 0 or 1."""
    match term:
        case Call(
            op="eq" | "ne", args=(Call(op="lookup", args=(a, Table() as one)), Call(op="lookup", args=(b, other)))
        ):
            if one is not other:
                return None
        case _:
            return None
    keys, others = facts.values(a), facts.values(b)
    if keys is None or others is None:
        return None
    known = {(type(k), k) for k in (*keys, *others)}
    given = {(type(k), k): v for (k,), v in one.entries}
    values = {(type(v), v) for v in (given.get(k, one.default) for k in known)}
    return call(term.op, a, b) if len(values) == len(known) else None


def _edges_first(term: Call, facts: Facts) -> Expr | None:
    """Put the case of a missing value before cases that cannot hold there: `"none" if previous is None else ...`."""
    if term.op != "if":
        return None
    found, rest = [], term
    while isinstance(rest, Call) and rest.op == "if":
        found.append((rest.args[0], rest.args[1]))
        rest = rest.args[2]
    for k, (condition, _) in enumerate(found):
        test = missing_test(condition)
        if test is None or not test[1] or not telling(test[0], facts):
            continue
        first = k
        while first and _fails_at_default(found[first - 1][0], test[0], facts):
            first -= 1
        if first < k:
            moved = [*found[:first], found[k], *found[first:k], *found[k + 1 :]]
            return _chain(moved, rest)
    return None


def _fails_at_default(condition: Expr, term: Expr, facts: Facts) -> bool:
    assert isinstance(term, Call)
    return facts.truth(substitute(condition, {term: term.args[-1]})) is False


def _chain(found: list[tuple[Expr, Expr]], rest: Expr) -> Expr:
    for condition, value in reversed(found):
        rest = call("if", condition, value, rest)
    return rest


def _decided(term: Call, facts: Facts) -> Expr | None:
    """What always or never holds on the domain is a constant."""
    if term.op not in ("lt", "le", "eq", "ne") or check(term).axis is Axis.PAIR:
        return None
    known = facts.truth(term)
    return None if known is None else Literal(known, Kind.BOOL)


def _exchanged(term: Call, facts: Facts) -> Expr | None:
    """`x if y != 3 else 0` is `0 if y == 3 else x`: a choice is made by what holds, not by what does not."""
    match term:
        case Call(op="if", args=(Call(op="not", args=(condition,)), yes, no)):
            return call("if", condition, no, yes)
        case Call(op="if", args=(Call(op="ne", args=args) as test, yes, no)) if missing_test(test) is None:
            return call("if", call("eq", *args), no, yes) if not isinstance(no, Call) else None
    return None


_RULES: tuple[Rule, ...] = (
    _decided,
    _injective,
    extremes.compare_table,
    extremes.bound_of_extreme,
    extremes.table_of_extreme,
    arithmetic.tabulated,
    arithmetic.parity,
    arithmetic.linear,
    arithmetic.window,
    arithmetic.totals,
    arithmetic.odd,
    arithmetic.balanced,
    arithmetic.divisible,
    logic.over_row,
    logic.everywhere,
    logic.one_entry,
    logic.at_bound,
    logic.as_symbol,
    logic.merged,
    places.at_index,
    places.default_of_extreme,
    places.by_rank,
    places.by_order,
    places.of_shifted,
    places.default_of_place,
    places.ascending,
    places.chosen_place,
    _edges_first,
    _exchanged,
)
__all__ = ["normal"]
