"""What can be shown of a term's values from the domain: bounds on integers, all that a value may be, what holds."""

from __future__ import annotations

from distill.emit.signature import Signature, same_symbol
from dsl.check import check
from dsl.terms import STATES, Call, Expr, Input, Literal, Table, Value
from dsl.types import Kind

Bounds = tuple[float, float]
INF = float("inf")
ANYTHING: Bounds = (-INF, INF)
FEW = 512  # integer ranges up to this size are listed
_STEPS = 4  # steps of a scan after which a bound that still moves is none


class Facts:
    """Facts about terms over one domain; remembered by term.

    state: what a scan's state may be, within its step. longer: they are to hold of inputs longer than the domain's too.
    """

    def __init__(self, signature: Signature, state: Bounds = ANYTHING, *, longer: bool = False) -> None:
        self.signature, self.state, self.longer = signature, state, longer
        least, most = signature.span
        self.least, self.most = (least, INF if most is None or longer else most) if signature.sequence else (1, 1)
        self._bounds: dict[Expr, Bounds] = {}

    def bounds(self, term: Expr) -> Bounds:
        """Give the least and the most that a number may be; infinite where unknown."""
        found = self._bounds.get(term)
        if found is None:
            found = self._bounds[term] = self._find(term)
        return found

    def _find(self, term: Expr) -> Bounds:
        match term:
            case Literal(value=int(value) | float(value)):
                return value, value
            case Input(name=name):
                return self.state if name in STATES else self._input(name)
            case Call(op="scan", args=(start, step)):
                return self._carried(start, step)
            case Call(op="lookup", args=(*_, Table(entries=entries, default=default))):
                return _hull([v for _, v in entries] + [default])
            case Call(op="index" | "from_end"):
                return 0, self.most - 1
            case Call(op="length"):
                return max(self.least, 1), self.most
            case Call(op="count" | "count_all" | "running_count" | "distinct_all" | "since"):
                return 0, self.most
            case Call(op="int"):
                return 0, 1
            case Call(op=op, args=args):
                return self._operation(op, args)
        return ANYTHING

    def _carried(self, start: Expr, step: Expr) -> Bounds:
        """Give bounds that a scan's state keeps from step to step; a bound that goes on moving is given up."""
        found = self.bounds(start)
        for attempt in range(_STEPS + 2):
            low, high = Facts(self.signature, found, longer=self.longer).bounds(step)
            after = min(low, found[0]), max(high, found[1])
            if after == found:
                return found
            if attempt >= _STEPS:
                after = after[0] if after[0] == found[0] else -INF, after[1] if after[1] == found[1] else INF
            found = after
        return ANYTHING

    def _input(self, name: str) -> Bounds:
        s = self.signature
        if s.kind == "tokens":
            integers = [v for v in s.visible if type(v) is int]
            least = min(integers, default=0)
            absent = min((v for v in s.vocabulary if type(v) is int), default=0) - 1
            return (absent if len(integers) < len(s.visible) else least), max(integers, default=0)
        if name in s.names and s.low:
            k = s.names.index(name)
            return s.low[k], s.high[k]
        return ANYTHING

    def _operation(self, op: str, args: tuple[Expr, ...]) -> Bounds:
        ends = [self.bounds(a) for a in args]
        match op, ends:
            case "add", [(a, b), (c, d)]:
                return a + c, b + d
            case "sub", [(a, b), (c, d)]:
                return a - d, b - c
            case "neg", [(a, b)]:
                return -b, -a
            case "abs", [(a, b)]:
                return max(a, -b, 0), max(-a, b)
            case "mul", [(a, b), (c, d)]:
                products = [x * y if x and y else 0 for x in (a, b) for y in (c, d)]  # 0 times what has no bound is 0
                return min(products), max(products)
            case "mod", [_, (c, d)] if c >= 0:
                return 0, d - 1 if c else d
            case "floordiv", [(a, b), (c, d)] if c > 0 and a >= 0:
                return 0, b // c if b < INF else INF
            case "min" | "max", [(a, b), (c, d)]:
                return (min(a, c), min(b, d)) if op == "min" else (max(a, c), max(b, d))
            case "if", [_, (a, b), (c, d)]:
                return min(a, c), max(b, d)
            case "shift" | "gather" | "at", [(a, b), _, (c, d)]:
                return min(a, c), max(b, d)
            case "min_of" | "max_of" | "first_of" | "last_of" | "mode_of", [_, (a, b), (c, d)]:
                return min(a, c), max(b, d)
            case (("running_sum" | "sum_all"), [(a, b)]):
                return min(a * self.most, 0) if a else 0, max(b * self.most, 0) if b else 0
            case _, [(a, b)] if op.removeprefix("running_") in _KEEPING:
                return a, b
        return ANYTHING

    def nonzero(self, term: Expr) -> bool:
        """Say whether a number can be shown not to be 0."""
        low, high = self.bounds(term)
        return low > 0 or high < 0

    def truth(self, condition: Expr) -> bool | None:
        """Say whether a condition always holds or never does; None where neither can be shown."""
        match condition:
            case Literal(value=bool(value)):
                return value
            case Call(op="not", args=(inner,)):
                found = self.truth(inner)
                return None if found is None else not found
            case Call(op="and" | "or" as op, args=args):
                parts = [self.truth(a) for a in args]
                decisive = op == "or"
                return decisive if decisive in parts else None if None in parts else not decisive
            case Call(op="lt" | "le" | "eq" | "ne" as op, args=(a, b)) if check(a).kind is Kind.INT:
                return _compared(op, self.bounds(a), self.bounds(b))
            case Call(op="eq" | "ne" as op, args=(a, b)) if check(a).kind is Kind.SYMBOL:
                ours, theirs = self._symbols(a), self._symbols(b)
                apart = (
                    ours is not None and theirs is not None and not any(same_symbol(v, w) for v in ours for w in theirs)
                )
                return (op == "ne") if apart else None
        return None

    def outside(self, where: Expr) -> tuple[bool, bool]:
        """Say whether an index may be below the first position, and whether it may be beyond the last."""
        low, high = self.bounds(where)
        return low < 0, high >= max(self.least, 1) and not self._beside_the_end(where)

    def _beside_the_end(self, where: Expr) -> bool:
        """Say whether an index is at most the last position, however many there are."""
        match where:
            case Call(op="index" | "from_end"):
                return True
            case Call(op="min", args=args):
                return any(map(self._beside_the_end, args))
            case Call(op="sub", args=(base, other)):
                return self._beside_the_end(base) and self.bounds(other)[0] >= 0
        return False

    def excludes(self, term: Expr, value: Value) -> bool:
        """Say whether a term can be shown never to be a value."""
        if isinstance(value, (int, float)) and check(term).kind in (Kind.INT, Kind.REAL):
            low, high = self.bounds(term)
            return not low <= value <= high
        known = self.values(term)
        return known is not None and not any(same_symbol(value, v) for v in known)

    def values(self, term: Expr) -> list[Value] | None:
        """Give all that a term may be, where that is known to be few."""
        kind = check(term).kind
        if kind is Kind.BOOL:
            return [False, True]
        if kind is Kind.SYMBOL:
            return self._symbols(term)
        low, high = self.bounds(term)
        if kind is Kind.INT and high - low < FEW:
            return list(range(int(low), int(high) + 1))
        return None

    def _symbols(self, term: Expr) -> list[Value] | None:
        match term:
            case Literal(value=value):
                return [value]
            case Input():
                return list(self.signature.visible) or None
            case Call(op="lookup", args=(*_, Table(entries=entries, default=default))):
                return _distinct([v for _, v in entries] + [default])
            case Call(op="symbol", args=(number,)):
                return self.values(number)
            case Call(op="if" | "shift" | "gather" | "at" | "first_of" | "last_of" | "mode_of", args=args):
                parts = (
                    args[1:] if args[1:] and term.op in ("if", "first_of", "last_of", "mode_of") else (args[0], args[2])
                )
                found = [self._symbols(p) for p in parts]
                return None if None in found else _distinct([v for f in found if f for v in f])
            case Call(op="running_mode" | "mode_all" | "first" | "last", args=(inner,)):
                return self._symbols(inner)
        return None


_KEEPING = frozenset(
    {
        "min",
        "max",
        "mean",
        "mode",
        "min_all",
        "max_all",
        "mean_all",
        "mode_all",
        "first",
        "last",
        "sorted",
        "key",
        "query",
    }
)


def _distinct(values: list[Value]) -> list[Value]:
    """Give values once each; True, 1 and 1.0 are three."""
    return list({(type(v), v): v for v in values}.values())


def _compared(op: str, a: Bounds, b: Bounds) -> bool | None:
    """Decide a comparison of what lies within bounds, where they tell."""
    below, above = a[1] < b[0], b[1] < a[0]
    if op in ("eq", "ne"):
        return (op == "ne") if below or above else (op == "eq") if a == b and a[0] == a[1] else None
    never = above or (op == "lt" and a[0] >= b[1])
    return True if below or (op == "le" and a[1] <= b[0]) else False if never else None


def _hull(values: list[Value]) -> Bounds:
    numbers = [v for v in values if isinstance(v, (int, float))]
    return (min(numbers), max(numbers)) if len(numbers) == len(values) else ANYTHING
