"""The type checker: what a term's values are and over what they vary, or where it goes wrong and how to mend it.

Answers are remembered by term (terms are hash-consed): checking a term built from checked ones costs one look-up.
"""

from __future__ import annotations

from functools import cache, lru_cache

from dsl.primitives import PRIMITIVES, Primitive
from dsl.printer import show
from dsl.terms import STATES, Call, Expr, Input, Literal, Program, Table, Value, subterms
from dsl.types import Axis, Kind, Type, accepts

_TYPES: dict[Expr, Type] = {}
_STATES: dict[Expr, Type] = {}  # of the terms that read a scan's state from outside that scan: the state's type
_SCALARS = (str, int, float, bool, type(None))
_CLASSES = {Kind.BOOL: bool, Kind.INT: int, Kind.REAL: float}
_INT64 = range(-(2**63), 2**63)


class TypeMismatch(TypeError):
    """A term that has no type.

    term: the smallest faulty term; message: what is wrong and the remedy; place: where it stands, empty where unknown.
    """

    def __init__(self, message: str, term: Expr | Program, place: str = "") -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.message, self.term, self.place = message, term, place

    def at(self, place: str) -> TypeMismatch:
        """Give the same error found at `place` (a line and column, a step), outermost place first."""
        return TypeMismatch(self.message, self.term, f"{place}, {self.place}" if self.place else place)


def check(term: Expr | Program) -> Type:
    """Give a term's type, or that of a program's result; raises TypeMismatch.

    >>> from dsl.terms import call, integer
    >>> str(check(call("add", call("index"), integer(1))))
    'int@position'
    """
    if isinstance(term, Program):
        return _check_program(term)
    found = _TYPES.get(term)
    if found is None:
        found = _TYPES[term] = _infer(term)
    return found


def free_state(term: Expr) -> Type | None:
    """Give the type of the scan's state that a term reads from outside that scan, None where it reads none."""
    check(term)
    return _STATES.get(term)


def _infer(term: Expr) -> Type:
    if isinstance(term, Call):
        if term.op == "lookup":
            return _infer_lookup(term)
        return _infer_scan(term) if term.op == "scan" else _infer_call(term)
    if isinstance(term, Literal):
        _check_value(term.value, term.kind, term)
        return term.type
    if isinstance(term, Input):
        if term.name in STATES:
            _STATES[term] = term.type
        return term.type
    raise TypeMismatch(f"a table stands only in a lookup, as its last argument, not alone: {_quote(term)}", term)


def _infer_call(term: Call) -> Type:
    primitive = PRIMITIVES.get(term.op)
    if primitive is None:
        raise TypeMismatch(f"no primitive {term.op!r} in {_quote(term)}", term)
    found = tuple([check(a) for a in term.args])
    result = _resolve(term.op, found)
    if result is None:
        raise TypeMismatch(_explain(primitive, term, found), term)
    for k in primitive.literals:
        if not isinstance(term.args[k], Literal):
            raise TypeMismatch(
                f"argument {k + 1} of {term.op} is {_quote(term.args[k])} in {_quote(term)}; it must be a constant",
                term,
            )
    state = _free_state(term)
    if state and primitive.axes is not None:
        raise TypeMismatch(
            f"{term.op} looks at other positions, where {_quote(term)} has no state; "
            "a scan's step may use the state in elementwise operations and lookups only",
            term,
        )
    return result


@cache
def _resolve(op: str, found: tuple[Type, ...]) -> Type | None:
    """Give the result's type by the first overload that fits, None where none does."""
    primitive = PRIMITIVES[op]
    kinds = [t.kind for t in found]
    for overload in primitive.overloads:
        if len(overload.params) == len(kinds) and all(map(accepts, overload.params, kinds)):
            axis = _result_axis(primitive, [t.axis for t in found])
            return None if axis is None else Type(overload.result, axis)
    return None


def _result_axis(primitive: Primitive, found: list[Axis]) -> Axis | None:
    if primitive.axes is None:
        return None if {Axis.POSITION, Axis.PAIR} <= set(found) else max(found)
    wanted, result = primitive.axes
    fits = all(f is w or (f is Axis.ROW and w is Axis.POSITION) for f, w in zip(found, wanted, strict=True))
    return result if fits else None


def _infer_lookup(term: Call) -> Type:
    *keys, table = term.args or (term,)
    if not isinstance(table, Table) or not keys:
        raise TypeMismatch(f"lookup takes one or more keys and then a table, got {_quote(term)}", term)
    _check_table(table)
    if len(keys) != len(table.key_kinds):
        raise TypeMismatch(f"the table of {_quote(term)} has {len(table.key_kinds)} keys, got {len(keys)}", term)
    types = [check(k) for k in keys]
    for key, type_, wanted in zip(keys, types, table.key_kinds, strict=True):
        if not accepts(wanted, type_.kind):
            raise TypeMismatch(
                f"the table expects {wanted.value}, got {type_} in {_quote(key)} of {_quote(term)}", term
            )
        if type_.axis is Axis.PAIR:
            raise TypeMismatch(f"{_quote(key)} is over pairs; look it up before key(...) or query(...)", term)
    _free_state(term)
    return Type(table.kind, max(t.axis for t in types))


def _infer_scan(term: Call) -> Type:
    if len(term.args) != 2 or not isinstance(term.args[0], Literal):
        raise TypeMismatch(f"scan takes a constant to start from and a step, got {_quote(term)}", term)
    start, step = term.args
    before, after = check(start), check(step)
    carried = _STATES.get(step)
    if carried not in (None, Type(before.kind, Axis.POSITION)):
        raise TypeMismatch(f"the state starts as {_quote(start)} but is read as {carried} in {_quote(term)}", term)
    if after.kind is not before.kind or after.axis is Axis.PAIR:
        raise TypeMismatch(
            f"the step of a scan that starts from {_quote(start)} must give {before.kind.value} a position, "
            f"got {after} in {_quote(step)}",
            term,
        )
    return Type(before.kind, Axis.POSITION)


def _free_state(term: Call) -> Type | None:
    """Note the type of the state that the arguments read; raises TypeMismatch where they disagree."""
    found = {s for s in map(_STATES.get, term.args) if s is not None} if _STATES else None
    if not found:
        return None
    if len(found) > 1:
        raise TypeMismatch(f"the state is read as {' and as '.join(sorted(map(str, found)))} in {_quote(term)}", term)
    _STATES[term] = state = found.pop()
    return state


def _check_value(value: Value, kind: Kind, term: Expr) -> None:
    if kind is Kind.SYMBOL:
        members = value if isinstance(value, frozenset) else (value,)
        fits = all(type(m) in _SCALARS for m in members)
    else:
        fits = type(value) is _CLASSES[kind]
    if not fits:
        raise TypeMismatch(f"a constant of kind {kind.value} cannot be {value!r} of class {type(value).__name__}", term)
    if kind is Kind.INT and value not in _INT64:
        raise TypeMismatch(f"the integer {value} does not fit in 64 bits", term)


@lru_cache(maxsize=1 << 14)
def _check_table(table: Table) -> None:
    _check_value(table.default, table.kind, table)
    seen: set[tuple] = set()
    for entry, value in table.entries:
        if len(entry) != len(table.key_kinds):
            raise TypeMismatch(f"entry {entry!r} of a table with {len(table.key_kinds)} keys", table)
        for part, kind in zip(entry, table.key_kinds, strict=True):
            _check_value(part, kind, table)
        _check_value(value, table.kind, table)
        typed = tuple((type(part), part) for part in entry)
        if typed in seen:
            raise TypeMismatch(f"key {entry!r} stands twice in {_quote(table)}", table)
        seen.add(typed)


def _check_program(program: Program) -> Type:
    names = [i.name for i in program.inputs] + [name for name, _ in program.steps]
    for name in names:
        if names.count(name) > 1 or name in STATES:
            why = "is what a scan carries" if name in STATES else "is given twice"
            raise TypeMismatch(f"the name {name!r} {why}; choose another", program)
    for name, term in (*program.steps, ("result", program.result)):
        try:
            type_ = check(term)
        except TypeMismatch as error:
            raise error.at(f"step {name!r}") from None
        if term in _STATES:
            raise TypeMismatch(f"step {name!r} reads the state of a scan it stands outside of: {_quote(term)}", term)
    _check_inputs(program)
    return type_


def _check_inputs(program: Program) -> None:
    for name, term in (*program.steps, ("result", program.result)):
        for node in subterms(term):
            if isinstance(node, Input) and node.name not in STATES and node not in program.inputs:
                declared = ", ".join(f"{i.name}: {i.type}" for i in program.inputs) or "none"
                raise TypeMismatch(f"step {name!r} reads {node.name}: {node.type}; the inputs are {declared}", node)


def _quote(term: Expr) -> str:
    return f"`{show(term)}`"


def _explain(primitive: Primitive, term: Call, found: tuple[Type, ...]) -> str:
    """Say why no overload fits: the number of arguments, else the first argument's kind, else the axes."""
    name, arity = primitive.name, len(primitive.overloads[0].params)
    if len(found) != arity:
        return f"{name} takes {arity} argument{'s' * (arity != 1)}, got {len(found)} in {_quote(term)}"
    for k, type_ in enumerate(found):
        wanted = list(dict.fromkeys(o.params[k] for o in primitive.overloads))
        if not any(accepts(w, type_.kind) for w in wanted):
            expected = " or ".join(w.value for w in wanted)
            return f"{name} expects {expected}, got {type_} in {_quote(term)}{_kind_remedy(wanted, type_.kind)}"
    if not any(all(accepts(p, t.kind) for p, t in zip(o.params, found, strict=True)) for o in primitive.overloads):
        return f"{name} expects values of one kind, got {', '.join(map(str, found))} in {_quote(term)}"
    return _explain_axes(primitive, term, found)


def _kind_remedy(wanted: list[Kind], found: Kind) -> str:
    if found is Kind.BOOL and Kind.INT in wanted:
        return "; wrap it in int(...)"
    if wanted == [Kind.BOOL] and found in (Kind.INT, Kind.REAL):
        return "; compare it, as in `... > 0`"
    return "; look its number up in a table" if found is Kind.SYMBOL else ""


_REMEDIES = {
    (Axis.ROW, Axis.POSITION): "reduce it to one value a row, as with last(...) or sum_all(...)",
    (Axis.ROW, Axis.PAIR): "it must be one value a row",
    (Axis.POSITION, Axis.PAIR): "aggregate it over the keys, as with count(...)",
    (Axis.PAIR, Axis.POSITION): "spread it over pairs with key(...) or query(...)",
    (Axis.PAIR, Axis.ROW): "spread it over pairs with key(...)",
}


def _explain_axes(primitive: Primitive, term: Call, found: tuple[Type, ...]) -> str:
    if primitive.axes is None:
        narrow = next(arg for arg, type_ in zip(term.args, found, strict=True) if type_.axis is Axis.POSITION)
        remedy = f"spread {_quote(narrow)} over pairs with key(...) or query(...)"
        return f"{primitive.name} mixes {' and '.join(map(str, found))} in {_quote(term)}; {remedy}"
    for k, (wanted, type_) in enumerate(zip(primitive.axes[0], found, strict=True)):
        remedy = _REMEDIES.get((wanted, type_.axis))
        if remedy and not (wanted is Axis.POSITION and type_.axis is Axis.ROW):
            where = f"argument {k + 1} of {primitive.name}"
            return f"{where} varies over {wanted.name.lower()}, got {type_} in {_quote(term)}; {remedy}"
    return f"{primitive.name} does not take {', '.join(map(str, found))} in {_quote(term)}"
