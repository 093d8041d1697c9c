"""The interpreter: a term's values on a batch, on numpy or torch from the primitives' one definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import array_api_compat

from dsl.primitives import PRIMITIVES, Context
from dsl.terms import OLDER, STATE, STATES, Call, Expr, Input, Literal, Program, Table, Value, subterms
from dsl.types import Axis, Kind

Array = Any


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """The input columns of a batch of rows.

    inputs: name -> [row, position] or [row, 1]; mask: bool [row, position], the real positions.
    symbols: what the codes of symbol columns stand for: code k is symbols[k]; a symbol not listed has code -1.
    """

    inputs: Mapping[str, Array]
    mask: Array
    symbols: tuple[Value, ...] = ()

    def context(self) -> Context:
        """Give what primitives may ask for."""
        xp = array_api_compat.array_namespace(self.mask)
        index = xp.arange(self.mask.shape[1], dtype=xp.int64, device=array_api_compat.device(self.mask))
        return Context(xp, self.mask, index[None, :], self.symbols)

    def code(self, value: Value) -> int:
        """Give a symbol's code, -1 for None and for what is not listed; True, 1 and 1.0 are told apart by type."""
        for k, s in enumerate(self.symbols):
            if type(s) is type(value) and s == value:
                return k
        return -1


class Interpreter:
    """Evaluates terms on one batch, each distinct subterm once.

    given: values that replace subterms: an intervention on the program.
    held: term -> (values, where): values that replace a term's own in some cells, both of the term's shape. A scan goes
          on from them.
    """

    def __init__(
        self,
        cases: Cases,
        given: Mapping[Expr, Array] | None = None,
        held: Mapping[Expr, tuple[Array, Array]] | None = None,
    ) -> None:
        self.cases = cases
        self.ctx = cases.context()
        self.memo: dict[Expr, Array] = dict(given or {})
        self.held = dict(held or {})

    def __call__(self, expr: Expr) -> Array:
        """Give the term's values: [row, 1], [row, position] or [row, query, key] by its axis."""
        found = self.memo.get(expr)
        if found is None:
            found = self._compute(expr)
            if expr in self.held:
                values, where = self.held[expr]
                found = self.ctx.xp.where(where, values, found)
            self.memo[expr] = found
        return found

    def _compute(self, expr: Expr) -> Array:
        match expr:
            case Input(name=name):
                if name not in self.cases.inputs:
                    raise KeyError(f"no input column {name!r}; there are {', '.join(self.cases.inputs)}")
                return self.cases.inputs[name]
            case Literal(value=value, kind=kind):
                return self._constant(value, kind)
            case Call(op="lookup", args=(*keys, Table() as table)):
                return self._lookup([self(k) for k in keys], table)
            case Call(op="scan", args=(Literal() as start, step)):
                return self._scan(start, step, self.held.get(expr))
            case Call(op=op, args=args):
                return apply(self.ctx, op, [self(a) for a in args])
        raise TypeError(f"not a term: {expr!r}")

    def _constant(self, value: Value, kind: Kind) -> Array:
        xp, device = self.ctx.xp, array_api_compat.device(self.ctx.mask)
        raw = self.cases.code(value) if kind is Kind.SYMBOL else value
        dtype = {Kind.BOOL: xp.bool, Kind.REAL: xp.float64}.get(kind, xp.int64)
        return xp.full((1, 1), raw, dtype=dtype, device=device)

    def _lookup(self, keys: list[Array], table: Table) -> Array:
        xp = self.ctx.xp
        shape = self.ctx.mask.shape if any(k.shape != (len(k), 1) for k in keys) else (len(self.ctx.mask), 1)
        result = xp.broadcast_to(self._constant(table.default, table.kind), shape)
        for entry, value in table.entries:
            hit = None
            for column, part, kind in zip(keys, entry, table.key_kinds, strict=True):
                equal = column == self._constant(part, kind)
                hit = equal if hit is None else hit & equal
            result = xp.where(hit, self._constant(value, table.kind), result)
        return result

    def _scan(self, start: Literal, step: Expr, held: tuple[Array, Array] | None) -> Array:
        """Carry the state over the positions, or what is held in its place; `start` also stands two before the first.

        What does not read the state is evaluated once, for all positions.
        """
        xp, (rows, length) = self.ctx.xp, self.ctx.mask.shape
        bound = reads_state(step)
        outer = {e: self(e) for e in _frontier(step, bound)}
        state = older = xp.broadcast_to(self._constant(start.value, start.kind), (rows, 1))
        columns = []
        for t in range(length):
            now = {e: v[:, t : t + 1] if v.shape[1] == length else v for e, v in outer.items()}
            inner = Interpreter(
                Cases({STATE: state, OLDER: older}, self.ctx.mask[:, t : t + 1], self.cases.symbols), now
            )
            state, older = xp.broadcast_to(inner(step), (rows, 1)), state
            if held is not None:
                state = xp.where(held[1][:, t : t + 1], held[0][:, t : t + 1], state)
            columns.append(state)
        return xp.concat(columns, axis=1)


def apply(ctx: Context, op: str, arrays: list[Array]) -> Array:
    """Apply a primitive to arrays, spreading ROW values over pairs where the others are pairs."""
    if any(a.ndim == 3 for a in arrays):
        axes = PRIMITIVES[op].axes
        if axes is None:
            arrays = [a if a.ndim == 3 else a[:, :, None] for a in arrays]
    return PRIMITIVES[op].evaluate(ctx, *arrays)


def reads_state(step: Expr) -> frozenset[Expr]:
    """Give the subterms of a scan's step that read the carried state (an inner scan binds its own)."""
    found: set[Expr] = set()
    for node in subterms(step):
        if isinstance(node, Input):
            if node.name in STATES:
                found.add(node)
        elif isinstance(node, Call) and node.op != "scan" and any(a in found for a in node.args):
            found.add(node)
    return frozenset(found)


def _frontier(step: Expr, bound: frozenset[Expr]) -> list[Expr]:
    """Give the largest subterms of `step` that do not read the state."""
    if step not in bound:
        return [step]
    found: dict[Expr, None] = {}
    for node in subterms(step):
        if isinstance(node, Call) and node in bound:
            found.update((a, None) for a in node.args if a not in bound and not isinstance(a, (Literal, Table)))
    return list(found)


def evaluate(expr: Expr, cases: Cases, *, given: Mapping[Expr, Array] | None = None) -> Array:
    """Give a term's values on a batch; `given` replaces subterms' values (an intervention on the program)."""
    return Interpreter(cases, given)(expr)


def run(program: Program, cases: Cases, *, given: Mapping[str, Array] | None = None) -> dict[str, Array]:
    """Give every named step's values and the result's, under "result"; `given` fixes steps by name.

    Raises KeyError where `given` names no step of the program.
    """
    steps = dict(program.steps)
    unknown = set(given or {}) - set(steps)
    if unknown:
        raise KeyError(f"no step {sorted(unknown)[0]!r}; there are {', '.join(steps) or 'none'}")
    interpreter = Interpreter(cases, {steps[name]: value for name, value in (given or {}).items()})
    return {**{name: interpreter(term) for name, term in program.steps}, "result": interpreter(program.result)}


__all__ = ["Axis", "Cases", "Interpreter", "apply", "evaluate", "reads_state", "run"]
