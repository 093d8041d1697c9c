"""Terms: programs as data. Hash-consed, so that equal structure is the same object and `is` is equality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dsl.types import Axis, Kind, Type

Value = bool | int | float | str | None | frozenset


class _Interned(type):
    """Gives the one object for equal arguments. Keys carry types, as True == 1 == 1.0 in Python."""

    _pool: dict[tuple, Any] = {}  # noqa: RUF012 - one pool is the point

    def __call__(cls, *args: Any) -> Any:
        key = (cls, *(args if cls is Call else _keys(args)))  # a call's arguments are terms, one object each
        found = _Interned._pool.get(key)
        if found is None:
            found = _Interned._pool[key] = super().__call__(*args)
        return found


def _keys(args: tuple) -> Iterator[Any]:
    return (a if isinstance(a, Expr) else (type(a), _key(a)) for a in args)


def _key(value: Any) -> Any:
    """Give a hashable stand-in that tells 1, True and 1.0 apart, inside tuples and sets too."""
    if isinstance(value, tuple):
        return tuple((type(v), _key(v)) for v in value)
    if isinstance(value, frozenset):
        return frozenset((type(v), _key(v)) for v in value)
    return repr(value) if isinstance(value, float) else value


class Expr(metaclass=_Interned):
    """A term: an `Input`, a `Literal`, a `Table` or a `Call`. Compare with `is`."""

    __slots__ = ()

    def __reduce__(self) -> tuple:
        return type(self), tuple(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Input(Expr):
    """A named value of the input, or the bound `state` of a scan."""

    name: str
    type: Type


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Literal(Expr):
    """A constant. Symbols may be any scalar, None, or a frozenset of scalars; the kind says how to read the value."""

    value: Value
    kind: Kind

    @property
    def type(self) -> Type:
        """A constant is the same for every position of a row."""
        return Type(self.kind, Axis.ROW)


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Table(Expr):
    """A finite map, the last argument of a `lookup`.

    entries: ((key, ...), value) pairs, sorted; what is not listed maps to `default`.
    keys and values are read by `key_kinds` and `kind`.
    """

    entries: tuple[tuple[tuple[Value, ...], Value], ...]
    default: Value
    key_kinds: tuple[Kind, ...]
    kind: Kind


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Call(Expr):
    """A primitive applied to arguments. `lookup` takes keys and a Table, `scan` an initial value and a step."""

    op: str
    args: tuple[Expr, ...]


STATE = "state"  # the name of the value a scan carries from one position to the next
OLDER = "state_before"  # the name of the value it had one position before that
STATES = frozenset({STATE, OLDER})


def call(op: str, *args: Expr) -> Call:
    """Build a Call."""
    return Call(op, args)


def integer(value: int) -> Literal:
    """Build an integer constant."""
    return Literal(int(value), Kind.INT)


def symbol(value: Value) -> Literal:
    """Build a symbol constant."""
    return Literal(value, Kind.SYMBOL)


def children(expr: Expr) -> tuple[Expr, ...]:
    """Give the arguments of a call; other terms have none."""
    return expr.args if isinstance(expr, Call) else ()


def subterms(expr: Expr) -> Iterator[Expr]:
    """Yield every distinct subterm once, arguments before what uses them."""
    seen: set[Expr] = set()

    def visit(node: Expr) -> Iterator[Expr]:
        if node in seen:
            return
        seen.add(node)
        for child in children(node):
            yield from visit(child)
        yield node

    yield from visit(expr)


def substitute(expr: Expr, replacements: Mapping[Expr, Expr]) -> Expr:
    """Give `expr` with every occurrence of a key replaced by its value (outermost first)."""
    memo: dict[Expr, Expr] = dict(replacements)

    def visit(node: Expr) -> Expr:
        if node not in memo:
            memo[node] = Call(node.op, tuple(map(visit, node.args))) if isinstance(node, Call) else node
        return memo[node]

    return visit(expr)


@dataclass(frozen=True, slots=True)
class Program:
    """What is computed: `result`, with the subterms that have names. Steps are what alignments speak about.

    inputs: the input columns it may read; steps: (name, subterm of result), arguments before what uses them.
    """

    inputs: tuple[Input, ...]
    steps: tuple[tuple[str, Expr], ...]
    result: Expr
