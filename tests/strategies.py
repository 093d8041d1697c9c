"""Hypothesis strategies: well-typed terms over every primitive, programs, and batches of rows to run them on.

Values are small and reals are multiples of a quarter, so that sums are exact whatever their order.
Symbols are all listed in the batches; `None` alone is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from hypothesis import strategies as st

from dsl.check import check
from dsl.evaluate import Cases, evaluate
from dsl.primitives import PRIMITIVES, Primitive
from dsl.terms import STATE, Call, Expr, Input, Literal, Program, Table, Value, subterms
from dsl.types import Axis, Kind, Type

SYMBOLS: tuple[Value, ...] = ("a", "b", "<eos>", 2, 5, frozenset({"a", "b"}))
INPUTS = (
    Input("tok", Type(Kind.SYMBOL, Axis.POSITION)),
    Input("x", Type(Kind.INT, Axis.POSITION)),
    Input("flag", Type(Kind.BOOL, Axis.POSITION)),
    Input("r", Type(Kind.REAL, Axis.POSITION)),
    Input("k", Type(Kind.INT, Axis.ROW)),
)
TYPES = tuple(Type(kind, axis) for kind in Kind for axis in Axis)

_INTEGERS = st.integers(-3, 6)
_QUARTERS = st.integers(-12, 12).map(lambda v: v / 4)
_VALUES: dict[Kind, st.SearchStrategy] = {
    Kind.BOOL: st.booleans(),
    Kind.INT: _INTEGERS,
    Kind.REAL: _QUARTERS,
    Kind.SYMBOL: st.sampled_from([*SYMBOLS, None]),
}


@lru_cache(maxsize=4096)
def literals(kind: Kind) -> st.SearchStrategy[Literal]:
    """Give constants of one kind that the batches of `cases` can hold."""
    return _VALUES[kind].map(lambda value: Literal(value, kind))


@dataclass(frozen=True)
class Scope:
    """What a term under construction may use: leaves; where `local`, nothing that looks at other positions."""

    leaves: tuple[Expr, ...] = INPUTS
    local: bool = False


OPEN = Scope()


@lru_cache(maxsize=4096)  # strategies are costly to build, and are used again and again here
@st.composite
def terms(draw: st.DrawFn, type_: Type | None = None, depth: int = 3, scope: Scope = OPEN) -> Expr:
    """Give a well-typed term of exactly this kind, over this axis or a narrower one that may stand for it."""
    wanted = draw(st.sampled_from(TYPES)) if type_ is None else type_
    if depth <= 0 or draw(st.integers(0, 5)) == 0:
        return draw(_leaves(wanted, scope))
    choice = draw(_makers(wanted, scope))
    if choice == "lookup":
        return draw(lookups(wanted, depth, scope))
    if choice == "scan":
        return draw(scans(wanted.kind, depth, scope))
    return draw(calls(choice, depth, wanted, scope))


@lru_cache(maxsize=4096)
def _leaves(wanted: Type, scope: Scope) -> st.SearchStrategy[Expr]:
    if wanted.axis is Axis.PAIR:
        spread = st.sampled_from(["key", "query"])
        inner = _leaves(Type(wanted.kind, Axis.POSITION), scope)
        return st.builds(lambda op, value: Call(op, (value,)), spread, inner)
    types = {leaf: check(leaf) for leaf in scope.leaves}
    found = [leaf for leaf, t in types.items() if t.kind is wanted.kind and t.axis <= wanted.axis]
    return st.sampled_from(found) | st.sampled_from(found) | literals(wanted.kind) if found else literals(wanted.kind)


@lru_cache(maxsize=4096)
def _makers(wanted: Type, scope: Scope) -> st.SearchStrategy[str]:
    names = [p.name for p in PRIMITIVES.values() if _gives(p, wanted) and not (scope.local and p.axes)]
    if wanted.axis is not Axis.PAIR:
        names += ["lookup"] * 2
    if wanted.axis is Axis.POSITION and not scope.local:
        names += ["scan"] * 2
    return st.sampled_from(names)


def _gives(primitive: Primitive, wanted: Type) -> bool:
    axis = wanted.axis if primitive.axes is None else primitive.axes[1]
    return axis is wanted.axis and any(o.result is wanted.kind for o in primitive.overloads)


@lru_cache(maxsize=4096)
@st.composite
def calls(draw: st.DrawFn, name: str, depth: int = 2, wanted: Type | None = None, scope: Scope = OPEN) -> Call:
    """Give a call of one primitive: of any of its types, or of the type wanted (which it must be able to give)."""
    primitive = PRIMITIVES[name]
    if wanted is None:
        kind = draw(st.sampled_from(sorted({o.result for o in primitive.overloads}, key=lambda k: k.value)))
        wanted = Type(kind, draw(st.sampled_from(list(Axis))) if primitive.axes is None else primitive.axes[1])
    overload = draw(st.sampled_from([o for o in primitive.overloads if o.result is wanted.kind]))
    params = overload.params
    axes = (wanted.axis,) * len(params) if primitive.axes is None else primitive.axes[0]
    args: list[Expr] = []
    for k, (kind, axis) in enumerate(zip(params, axes, strict=True)):
        if k in primitive.literals:
            args.append(draw(literals(kind)))
            continue
        if primitive.axes is None and k and axis is Axis.PAIR and draw(st.integers(0, 3)) == 0:
            axis = Axis.ROW  # a constant of the row beside a pair
        args.append(draw(terms(Type(kind, axis), depth - 1, scope)))
    return Call(name, tuple(args))


@lru_cache(maxsize=4096)
@st.composite
def lookups(draw: st.DrawFn, wanted: Type, depth: int = 2, scope: Scope = OPEN) -> Call:
    """Give a table of one or two keys applied to terms."""
    kinds = tuple(draw(st.lists(st.sampled_from([Kind.INT, Kind.SYMBOL, Kind.BOOL]), min_size=1, max_size=2)))
    keys = tuple(draw(terms(Type(kind, wanted.axis), depth - 1, scope)) for kind in kinds)
    return Call("lookup", (*keys, draw(tables(kinds, wanted.kind))))


@lru_cache(maxsize=4096)
@st.composite
def tables(draw: st.DrawFn, kinds: tuple[Kind, ...], kind: Kind) -> Table:
    """Give a table of up to four entries, sorted by their text."""
    key = st.tuples(*(_VALUES[k] for k in kinds))
    entries = draw(st.dictionaries(key, _VALUES[kind], max_size=4))
    return Table(tuple(sorted(entries.items(), key=repr)), draw(_VALUES[kind]), kinds, kind)


@st.composite
def scans(draw: st.DrawFn, kind: Kind, depth: int = 2, scope: Scope = OPEN) -> Call:
    """Give a scan whose step is elementwise over its state and over terms that are evaluated before it."""
    state = Input(STATE, Type(kind, Axis.POSITION))
    outside = Scope(tuple(leaf for leaf in scope.leaves if closed(leaf)))
    outer = draw(terms(Type(draw(st.sampled_from(list(Kind))), Axis.POSITION), depth - 2, outside))
    step = draw(terms(state.type, min(depth, 2), Scope((*outside.leaves, outer, state, state, state), local=True)))
    return Call("scan", (draw(literals(kind)), step))


@st.composite
def programs(draw: st.DrawFn, type_: Type | None = None, depth: int = 3) -> Program:
    """Give a program over INPUTS whose steps are some of its result's subterms."""
    result = draw(terms(type_, depth))
    possible = [n for n in subterms(result) if isinstance(n, Call) and closed(n)]
    chosen = draw(st.sets(st.sampled_from(possible), max_size=3)) if possible else set()
    steps = tuple((f"step{k}", node) for k, node in enumerate(n for n in possible if n in chosen))
    return Program(INPUTS, steps, result)


def closed(term: Expr) -> bool:
    """Say whether a term reads no state of a scan around it."""
    if isinstance(term, Input):
        return term.name != STATE
    return not isinstance(term, Call) or term.op == "scan" or all(map(closed, term.args))


@st.composite
def cases(draw: st.DrawFn, rows: int = 4, length: int = 5) -> Cases:
    """Give a ragged batch of INPUTS: what stands in the padding is as arbitrary as the rest."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, rows)), draw(st.integers(1, length)))
    lengths = rng.integers(1, shape[1] + 1, shape[0])
    mask = np.arange(shape[1]) < lengths[:, None]
    return Cases({i.name: random_column(rng, i.type, shape) for i in INPUTS}, mask, SYMBOLS)


def random_column(rng: np.random.Generator, type_: Type, shape: tuple[int, int]) -> np.ndarray:
    """Give values of a type: [row, position], or [row, 1] over rows."""
    shape = shape if type_.axis is Axis.POSITION else (shape[0], 1)
    match type_.kind:
        case Kind.BOOL:
            return rng.integers(0, 2, shape).astype(bool)
        case Kind.REAL:
            return rng.integers(-12, 13, shape) / 4
        case Kind.SYMBOL:
            return rng.integers(0, len(SYMBOLS), shape)
    return rng.integers(-3, 7, shape)


def scramble(batch: Cases, seed: int) -> Cases:
    """Give the batch with other values in the padding."""
    rng, mask = np.random.default_rng(seed), np.asarray(batch.mask)
    fresh = {i.name: random_column(rng, i.type, mask.shape) for i in INPUTS}
    inputs = {n: np.where(mask, v, fresh[n]) if v.shape == mask.shape else v for n, v in batch.inputs.items()}
    return Cases(inputs, batch.mask, batch.symbols)


def real_values(term: Expr, batch: Cases, values: np.ndarray | None = None) -> np.ndarray:
    """Give a term's values (by default those it evaluates to) at real positions or pairs alone, flat."""
    values = np.asarray(evaluate(term, batch) if values is None else values)
    mask = np.asarray(batch.mask)
    if values.ndim == 3:
        mask = mask[:, :, None] & mask[:, None, :]
    elif check(term).axis is Axis.ROW:
        mask = mask[:, :1]
    return np.broadcast_to(values, mask.shape)[mask]
