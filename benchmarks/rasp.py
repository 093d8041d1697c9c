"""Programs of select and aggregate (RASP: Weiss et al. 2021), each operation with the values that it can have.

An operation gives a value at each position. `evaluate` says which; `benchmarks.compiled` makes an operation a
transformer that gives the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

Value = Hashable


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """The symbol at each position."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Indices:
    """The number of each position, from 0."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """A function of another operation, position by position."""

    function: Callable[..., Value]
    source: Op
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """What is looked at: the positions whose key stands in a relation to the query of the position that looks."""

    key: Op
    query: Op
    relation: Callable[..., bool]


@dataclass(frozen=True, slots=True, eq=False)
class Fetch:
    """A value of the positions that match, which must all have the same; where none matches, the default."""

    of: Op
    match: Match
    default: Value
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """The number of positions that match."""

    match: Match
    values: tuple[Value, ...]


Op = Tokens | Indices | Map | Fetch | Count


def tokens(symbols: Iterable[Value]) -> Tokens:
    """Give the input, of these symbols."""
    return Tokens(tuple(symbols))


def indices(length: int) -> Indices:
    """Give the positions of inputs of at most this length."""
    return Indices(tuple(range(length)))


def mapped(function: Callable[..., Value], source: Op) -> Map:
    """Apply a function at each position."""
    return Map(function, source, _distinct(map(function, source.values)))


def fetched(of: Op, key: Op, query: Op, relation: Callable[..., bool], default: Value) -> Fetch:
    """Fetch a value from where a relation holds between key there and query here."""
    return Fetch(of, Match(key, query, relation), default, _distinct([*of.values, default]))


def counted(key: Op, query: Op, relation: Callable[..., bool], most: int) -> Count:
    """Count where a relation holds between key there and query here, at most this often."""
    return Count(Match(key, query, relation), tuple(range(most + 1)))


def _distinct(values: Iterable[Value]) -> tuple[Value, ...]:
    return tuple(dict.fromkeys(values))


def sources(op: Op) -> tuple[Op, ...]:
    """Give the operations that one reads."""
    match op:
        case Tokens() | Indices():
            return ()
        case Map():
            return (op.source,)
        case Count():
            return op.match.key, op.match.query
        case Fetch():
            return op.of, op.match.key, op.match.query


def ordered(op: Op) -> list[Op]:
    """Give the operations that one is made of, itself the last, each after those it reads."""
    found: dict[Op, None] = {}

    def visit(o: Op) -> None:
        if o not in found:
            for source in sources(o):
                visit(source)
            found[o] = None

    visit(op)
    return list(found)


def evaluate(op: Op, symbols: Sequence[Value]) -> list[Value]:
    """Give an operation's value at each position of an input.

    Raises ValueError where different values would be fetched at once.
    """
    known: dict[Op, list[Value]] = {}
    for o in ordered(op):
        known[o] = _values(o, symbols, known)
    return known[op]


def _values(op: Op, symbols: Sequence[Value], known: dict[Op, list[Value]]) -> list[Value]:
    match op:
        case Tokens():
            return list(symbols)
        case Indices():
            return list(range(len(symbols)))
        case Map():
            return [op.function(v) for v in known[op.source]]
        case Count():
            return [len(chosen) for chosen in _chosen(op.match, known)]
        case Fetch():
            return [_only({known[op.of][k] for k in chosen}, op.default) for chosen in _chosen(op.match, known)]


def _chosen(match: Match, known: dict[Op, list[Value]]) -> list[list[int]]:
    """Give, for each position, those that it looks at."""
    keys = known[match.key]
    return [[k for k, key in enumerate(keys) if match.relation(key, query)] for query in known[match.query]]


def _only(values: set[Value], default: Value) -> Value:
    if len(values) > 1:
        raise ValueError(f"{values} are fetched at once, by one position; choose a relation that holds for one of them")
    return values.pop() if values else default
