"""Growing the bank: all terms of one size from those of smaller sizes, by the primitives' own definitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from dsl.evaluate import apply
from dsl.primitives import PRIMITIVES
from dsl.primitives.table import Context
from dsl.terms import Call, Expr, Input, Literal, call, integer, symbol
from dsl.types import Axis, Kind, Type, accepts
from synthesis.bank import Bank, Column
from synthesis.vocabulary import Vocabulary, landmarks, literal, signs, wide

INTS, BOTH = (Kind.INT,), (Kind.INT, Kind.REAL)
CLASSES = 4  # numbers with so many values in a row at most part the positions into classes
TOGETHER = 64  # columns in one call
POSITION, ROW = Axis.POSITION, Axis.ROW
Grown = tuple[Callable[[int], Expr], Type, np.ndarray]  # the term of each, values [candidate, row, position]

# elementwise on two columns: op, kinds
PAIRS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("add", INTS),
    ("sub", INTS),
    ("eq", (Kind.INT, Kind.SYMBOL)),
    ("lt", BOTH),
    ("min", BOTH),
    ("max", BOTH),
    ("mul", INTS),
    ("div", BOTH),
    ("and", (Kind.BOOL,)),
    ("or", (Kind.BOOL,)),
    ("ne", (Kind.SYMBOL, Kind.INT, Kind.BOOL)),
)


def seed(bank: Bank, inputs: Sequence[Input], words: Vocabulary, heard: Sequence[Expr] = ()) -> None:
    """Enter the terms of size one: the inputs, the positions, the constants, and what is known to be computed."""
    for source in (*inputs, *(call(a) for a in words.atoms)):
        values = bank.layout.interpreter(source)
        type_ = source.type if not isinstance(source, Call) else _type_of(source.op, ())
        bank.offer(source, type_, 1, bank.layout.flat(values, type_.axis))
    for value in words.constants:
        constant = integer(value)
        bank.offer(constant, constant.type, 1, np.full(len(bank.layout.mask), value))
    for term in heard:
        bank.enter(term, 1)


DIVISIONS = ("mod", "floordiv")  # by what is one and the same for the whole row


def grow(bank: Bank, words: Vocabulary, size: int, capacity: int) -> bool:
    """Enter all terms of `size`; False when the bank has reached `capacity` columns and growth stopped."""
    if words.sequence:
        for terms, type_, values in _structured(bank, words, size):
            bank.choose(terms, type_, size, bank.layout.several(values, type_.axis), capacity)
            if len(bank.columns) >= capacity:
                return False
    _compared(bank, size, capacity, words.tables)
    for combine in (_divided, _paired):
        combine(bank, size, capacity)
    return len(bank.columns) < capacity


def _structured(bank: Bank, words: Vocabulary, size: int) -> Iterator[Grown]:
    yield from _moved(bank, words, size)
    yield from _or_itself(bank, words, size)
    yield from _aggregated(bank, words, size)
    yield from _picked(bank, words, size)


def _type_of(op: str, args: Sequence[Type]) -> Type:
    """Give the type of a primitive on arguments of these types; raises TypeError where it takes none such."""
    primitive = PRIMITIVES[op]
    for overload in primitive.overloads:
        if len(overload.params) == len(args) and all(
            accepts(p, a.kind) for p, a in zip(overload.params, args, strict=True)
        ):
            axis = max((a.axis for a in args), default=ROW) if primitive.axes is None else primitive.axes[1]
            return Type(overload.result, axis)
    raise TypeError(f"{op} does not take {', '.join(map(str, args))}")


def _combined(bank: Bank, op: str, left: Sequence[Column], right: Sequence[Column], size: int, capacity: int) -> None:
    """Enter op(l, r) for all pairs of two lists of columns of one type each."""
    if left and right and len(bank.columns) < capacity:
        bank.pair(op, left, right, _type_of(op, (left[0].type, right[0].type)).kind, size, capacity)


def _compared(bank: Bank, size: int, capacity: int, tables: bool) -> None:
    """Columns of size - 2 against constants; unary operations and step tables on those of size - 1."""
    for axis in (ROW, POSITION):
        for op, kind in (("not", Kind.BOOL), ("abs", Kind.INT)):
            columns = list(bank.of(kind, axis, size - 1))
            if columns:
                values = _apply(bank, op, [np.stack([c.values for c in columns])])
                bank.choose(_unary(op, columns), Type(kind, axis), size, values)
        inputs = [
            c for c in bank.of(Kind.INT, axis, size - 1) if isinstance(c.term, Input)
        ]  # numbers that may be names
        for column in (*bank.of(Kind.SYMBOL, axis, size - 1), *inputs):
            if tables and size <= 3:
                for table in signs(bank, column):
                    term = call("lookup", column.term, table)
                    values = bank.layout.interpreter(term)
                    bank.offer(term, Type(Kind.INT, axis), size, bank.layout.flat(values, axis))
        for kind in (Kind.INT, Kind.SYMBOL):
            for column in _comparable(bank, kind, axis, size):
                _marked(bank, column, size, capacity)


def _unary(op: str, columns: Sequence[Column], constants: tuple[Literal, ...] = ()) -> Callable[[int], Expr]:
    return lambda k: Call(op, (columns[k].term, *constants))


def _marked(bank: Bank, column: Column, size: int, capacity: int) -> None:
    """Compare a column with each of its landmarks."""
    marks, kind = landmarks(bank, column), column.type.kind
    if not marks or len(bank.columns) >= capacity:
        return
    relations = ("eq", "ne", "lt") if kind is Kind.INT and column.size == 1 else ("eq", "ne")
    values = [_apply(bank, op, [column.values[None], np.array(marks)[:, None]]) for op in relations]

    def term(k: int) -> Expr:
        constant = literal(marks[k // len(relations)], kind, bank.layout.cases.symbols)
        return call(relations[k % len(relations)], column.term, constant)

    candidates = np.stack(values, axis=1).reshape(-1, len(column.values))
    bank.choose(term, Type(Kind.BOOL, column.type.axis), size, candidates, capacity)


def _comparable(bank: Bank, kind: Kind, axis: Axis, size: int) -> list[Column]:
    """Give the columns whose comparison with a constant is of `size`: of a large alphabet the marks come cheap."""
    marked = kind is Kind.SYMBOL
    return [c for s in (size - 1, size - 2) for c in bank.of(kind, axis, s) if (marked and wide(c)) == (s == size - 1)]


def _paired(bank: Bank, size: int, capacity: int) -> None:
    """Two columns whose sizes add up to size - 1."""
    for op, kinds in PAIRS:
        commutes = PRIMITIVES[op].commutes
        for kind in kinds:
            for ours in range(1, size - 1):
                theirs = size - 1 - ours
                if commutes and ours < theirs:
                    continue
                for axis_l, axis_r in ((ROW, ROW), (POSITION, POSITION), (ROW, POSITION), (POSITION, ROW)):
                    left = list(bank.of(kind, axis_l, ours))
                    mirrored = commutes and ours == theirs
                    if mirrored and axis_l > axis_r:
                        continue
                    right = left if mirrored and axis_l is axis_r else list(bank.of(kind, axis_r, theirs))
                    _combined(bank, op, left, right, size, capacity)


def _divided(bank: Bank, size: int, capacity: int) -> None:
    """Integer columns divided by constants above one, and by what else is known of the row as a whole."""
    for axis in (ROW, POSITION):
        for theirs in (1, 2):
            left = list(bank.of(Kind.INT, axis, size - 1 - theirs))
            for column in list(bank.of(Kind.INT, ROW, theirs)):
                by = column.term
                if not isinstance(by, Input) and (column.values > (1 if isinstance(by, Literal) else 0)).all():
                    for op in DIVISIONS:
                        _combined(bank, op, left, [column], size, capacity)


def _moved(bank: Bank, words: Vocabulary, size: int) -> Iterator[Grown]:
    """One position column shifted, sorted, accumulated or reduced, many columns in one call."""
    for kind in Kind:
        for k in words.shifts:
            groups: dict[Literal, list[Column]] = {}
            for column in bank.of(kind, POSITION, size - abs(k)):
                for default in defaults(column):
                    groups.setdefault(default, []).append(column)
            for default, columns in groups.items():
                yield from _together(bank, "shift", columns, (integer(k), default))
        columns = list(bank.of(kind, POSITION, size - 1))
        for op in (*words.running, *words.reductions, *(u for u in words.unary if u == "sorted")):
            if any(len(o.params) == 1 and accepts(o.params[0], kind) for o in PRIMITIVES[op].overloads):
                few = "mode" in op  # which takes a step for each value
                yield from _together(bank, op, [c for c in columns if not few or (size <= 3 and not wide(c))], ())


def _or_itself(bank: Bank, words: Vocabulary, size: int) -> Iterator[Grown]:
    """The neighbour before or after, and at the end of the row, where there is none, the value itself."""
    for k, end in ((1, "index"), (-1, "from_end")):
        if k in words.shifts and end in words.atoms and size == 3:
            last = call("eq", call(end), integer(0))
            for column in [c for kind in Kind for c in bank.of(kind, POSITION, 1) if isinstance(c.term, Input)]:
                term = call("if", last, column.term, call("shift", column.term, integer(k), defaults(column)[-1]))
                yield _one(term, column.type, bank.layout.interpreter(term))


def _one(term: Expr, type_: Type, values: np.ndarray) -> Grown:
    return lambda _: term, type_, values[None]


def _together(bank: Bank, op: str, columns: list[Column], constants: tuple[Literal, ...]) -> Iterator[Grown]:
    """Apply a primitive to many columns as if their rows were those of one batch."""
    layout = bank.layout
    rows = len(layout.mask)
    for start in range(0, len(columns), TOGETHER):
        chunk = columns[start : start + TOGETHER]
        stacked = np.concatenate([layout.square(c) for c in chunk])
        ctx = replace(layout.interpreter.ctx, mask=np.tile(layout.mask, (len(chunk), 1)))
        values = apply(ctx, op, [stacked, *(layout.interpreter(k) for k in constants)])
        type_ = _type_of(op, [chunk[0].type, *(c.type for c in constants)])
        yield _unary(op, chunk, constants), type_, values.reshape(len(chunk), rows, -1)


def _picked(bank: Bank, words: Vocabulary, size: int) -> Iterator[Grown]:
    """The value at the position that another column names."""
    ctx = bank.layout.interpreter.ctx
    for vsize in range(1, size - 1):
        values = bank.upto((Kind.SYMBOL, Kind.INT), POSITION, min(vsize, 2))
        for where in list(bank.of(Kind.INT, POSITION, size - 1 - vsize)):
            if where.term is call("index"):
                continue
            for offset in (0, 1, -1):
                there = _offset(bank, where, offset)
                if words.causal and ((bank.layout.square(there) > ctx.index) & bank.scored).any():
                    continue
                for value in values:
                    if value.size == vsize:
                        yield _applied(bank, "gather", [value, there], (defaults(value)[-1],))


def _offset(bank: Bank, column: Column, by: int) -> Column:
    """Give a column of positions moved by a constant, without entering it in the bank."""
    if by == 0:
        return column
    term = call("add" if by > 0 else "sub", column.term, integer(abs(by)))
    return Column(term, column.type, column.size, column.values + by)


def _aggregated(bank: Bank, words: Vocabulary, size: int) -> Iterator[Grown]:
    """Select and aggregate, the condition and the value together of size - 1."""
    for select_size in range(3, size):
        value_size = size - 1 - select_size
        for condition, selected in _selections(bank, words, select_size):
            if value_size == 0:
                yield _one(call("count", condition), Type(Kind.INT, POSITION), _apply(bank, "count", [selected]))
            elif value_size <= 2:
                for op in words.aggregates:
                    yield from _valued(bank, op, condition, selected, value_size)


def _valued(bank: Bank, op: str, condition: Expr, selected: np.ndarray, size: int) -> Iterator[Grown]:
    for overload in PRIMITIVES[op].overloads:
        kind = overload.params[1]
        for value in bank.of(kind, POSITION, size):
            if op == "mode_of" and wide(value):
                continue
            args: list[Expr] = [condition, value.term]
            arrays = [selected, bank.layout.square(value)]
            if len(overload.params) == 3:
                default = defaults(value)[-1]
                args.append(default)
                arrays.append(bank.layout.interpreter(default))
            yield _one(Call(op, tuple(args)), Type(overload.result, POSITION), _apply(bank, op, arrays))


def _selections(bank: Bank, words: Vocabulary, size: int) -> Iterator[tuple[Expr, np.ndarray]]:
    """Conditions on pairs: a key column against a query column, on all positions or on the earlier ones."""
    ctx = bank.layout.interpreter.ctx
    for column in _parting(bank, size):
        square = bank.layout.square(column)
        pair = square[:, None, :] == square[:, :, None]
        for order in words.orders:
            yield _ordered(ctx, call("eq", call("key", column.term), call("query", column.term)), pair, order)
    for kind, relations in ((Kind.INT, ("eq", "lt", "le", "gt", "ge", "ne")), (Kind.SYMBOL, ("eq", "ne"))):
        for key_size in range(1, size - 1):
            query_size = size - 1 - key_size
            for key in list(bank.of(kind, POSITION, key_size)):
                looked = bank.layout.square(key)[:, None, :]
                for query in list(bank.of(kind, POSITION, query_size)):
                    looks = bank.layout.square(query)[:, :, None]
                    for relation in relations:
                        base, pair = _related(relation, key.term, query.term, looked, looks)
                        for order in words.orders:
                            yield _ordered(ctx, base, pair, order)


def _parting(bank: Bank, size: int) -> Iterator[Column]:
    """Numbers that part the positions into a few classes, such as remainders: those of one's own class come cheap."""
    if size > 2:
        for column in bank.of(Kind.INT, POSITION, size):
            if column.values.max() - column.values.min() in range(1, CLASSES):
                yield column


def _ordered(ctx: Context, base: Expr, pair: np.ndarray, order: str | None) -> tuple[Expr, np.ndarray]:
    """Restrict a condition on pairs to the positions before, or up to, the one that looks."""
    if order is None:
        return base, pair
    return call("and", call(order), base), pair & PRIMITIVES[order].evaluate(ctx)


def _related(relation: str, key: Expr, query: Expr, looked: np.ndarray, looks: np.ndarray) -> tuple[Expr, np.ndarray]:
    a, b = call("key", key), call("query", query)
    match relation:
        case "eq":
            return call("eq", a, b), looked == looks
        case "ne":
            return call("ne", a, b), looked != looks
        case "lt":
            return call("lt", a, b), looked < looks
        case "le":
            return call("le", a, b), looked <= looks
        case "gt":
            return call("lt", b, a), looks < looked
    return call("le", b, a), looks <= looked


def defaults(column: Column) -> list[Literal]:
    """Give what may stand where there is no value: none of the column's own values, and zero for integers."""
    match column.type.kind:
        case Kind.SYMBOL:
            return [symbol(None)]
        case Kind.BOOL:
            return [Literal(False, Kind.BOOL)]
        case Kind.REAL:
            return [Literal(0.0, Kind.REAL)]
    below = int(column.values.min()) - 1
    return [integer(0), integer(below)] if below != 0 else [integer(0)]


def _apply(bank: Bank, op: str, arrays: list[np.ndarray]) -> np.ndarray:
    return apply(bank.layout.interpreter.ctx, op, arrays)


def _applied(bank: Bank, op: str, columns: list[Column], constants: tuple[Literal, ...]) -> Grown:
    arrays = [*(bank.layout.square(c) for c in columns), *(bank.layout.interpreter(k) for k in constants)]
    types = [*(c.type for c in columns), *(k.type for k in constants)]
    return _one(Call(op, (*(c.term for c in columns), *constants)), _type_of(op, types), _apply(bank, op, arrays))
