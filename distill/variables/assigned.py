"""Where a program assigns its variables, and where each has its value for good: there it can be read and replaced."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

Place = tuple[int, int]  # line and column of a statement
CHANGES = frozenset(
    {
        *("add", "append", "appendleft", "clear", "discard", "extend", "insert"),
        *("pop", "popleft", "remove", "reverse", "setdefault", "sort", "update"),
    }
)  # methods that change what they are called on
_SCOPES = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.FunctionDef, ast.ClassDef)


def place(node: ast.stmt) -> Place:
    """Give a statement's place, which no other has."""
    return node.lineno, node.col_offset


@dataclass(frozen=True, slots=True)
class Frame:
    """A function whose variables may be steps: it runs once a row, or once in each turn of a loop over positions."""

    function: ast.FunctionDef
    loop: Place | None = None
    main: bool = False

    def name(self, variable: str) -> str:
        """Name a variable: by itself in `predict`, else after the function."""
        return variable if self.main else f"{self.function.name}.{variable}"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that may be a step.

    points: the statements after which it has its value for good, one on each way through the program.
    loop: the loop over positions in each turn of which that is so; None where it is so once a row. alone: where a turn
    first assigns it, if it lasts from turn to turn, and such statements assign nothing else.
    """

    name: str
    local: str
    points: tuple[Place, ...]
    loop: Place | None
    alone: Place | None = None


class NoStep(Exception):
    """A variable is no step, and why."""


def candidates(frame: Frame, loops: Collection[Place]) -> tuple[list[Variable], dict[str, str]]:
    """Find the variables of a function that have one value a row or a turn, and say of the others why not.

    loops: the loops over positions.
    """
    body = frame.function.body
    parameters = {a.arg for a in ast.walk(frame.function.args) if isinstance(a, ast.arg)}
    targets = {n.id for s in body for f in _own(s) if isinstance(f, ast.For) for n in _stored(f.target)}
    found, left_out = [], dict[str, str]()
    for local in dict.fromkeys(n.id for s in body for n in (*_stored(s), *_receivers(s))):
        try:
            if local in parameters:
                raise NoStep("is a parameter")
            if local in targets:
                raise NoStep("is what a loop goes through")
            block, loop = _block(frame, local, loops)
            alone = _alone(block, local) if frame.loop is None else None
            found.append(Variable(frame.name(local), local, _points(block, local), loop, alone))
        except NoStep as reason:
            left_out[frame.name(local)] = str(reason)
    return found, left_out


def _block(frame: Frame, local: str, loops: Collection[Place]) -> tuple[Sequence[ast.stmt], Place | None]:
    """Give the statements that give a variable its value for good, and the loop over positions whose they are."""
    body = frame.function.body
    walks = [s for s in body if isinstance(s, ast.For) and place(s) in loops and local in assigned(s)]
    changed = [s for s in body if any(_is(n, local) for n in _receivers(s))]
    if any(local in loaded(inner) for s in changed for inner in _loops_in(s)):
        raise NoStep("is changed bit by bit, and read meanwhile")
    if walks and not changed:
        if len(walks) > 1 or any(local in assigned(s) for s in body[body.index(walks[0]) + 1 :]):
            raise NoStep("is assigned anew after its loop")
        return walks[0].body, place(walks[0])
    if frame.main and any(isinstance(n, ast.Return) and _is(n.value, local) for s in body for n in _own(s)):
        raise NoStep("is what predict returns")
    return body, frame.loop


def _points(block: Sequence[ast.stmt], local: str) -> tuple[Place, ...]:
    """Give where a variable has its value for good: after the last statement that assigns it, on each way."""
    writers = [k for k, s in enumerate(block) if local in assigned(s)]
    if not writers:
        return ()
    if any(local in loaded(s) and local not in assigned(s) for s in block[writers[0] : writers[-1]]):
        raise NoStep("is assigned anew after it was read")
    last = block[writers[-1]]
    if isinstance(last, ast.If) and any(local in loaded(s) for s in _simple(last) if local not in assigned(s)):
        return (*_points(last.body, local), *_points(last.orelse, local))
    return (place(last),)


def _alone(block: Sequence[ast.stmt], local: str) -> Place | None:
    writers = [s for s in block if local in assigned(s)]
    return place(writers[0]) if all(assigned(s) == {local} for s in writers) else None


def assigned(statement: ast.stmt) -> set[str]:
    """Give the names that a statement gives another value, or changes the value of."""
    return {n.id for n in (*_stored(statement), *_receivers(statement))}


def loaded(statement: ast.stmt) -> set[str]:
    """Give the names that a statement reads, but for those it only changes."""
    receivers = {id(n) for n in _receivers(statement)}
    names = (n for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return {n.id for n in names if id(n) not in receivers}


def _stored(node: ast.AST) -> Iterator[ast.Name]:
    return (n for n in _own(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _receivers(statement: ast.stmt) -> Iterator[ast.Name]:
    """Yield the names whose values a statement changes in place."""
    for node in _own(statement):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name() as name, attr=method)) if method in CHANGES:
                yield name
            case ast.Subscript(value=ast.Name() as name, ctx=ast.Store()):
                yield name


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what is below it, but for what has names of its own."""
    if not isinstance(node, _SCOPES):
        yield node
        for child in ast.iter_child_nodes(node):
            yield from _own(child)


def _loops_in(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield the statements that run any number of times."""
    for node in _own(statement):
        if isinstance(node, (ast.For, ast.While)):
            yield from node.body


def _simple(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield the statements below one that have none below themselves."""
    for node in _own(statement):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            yield node


def _is(node: ast.AST | None, local: str) -> bool:
    return isinstance(node, ast.Name) and node.id == local
