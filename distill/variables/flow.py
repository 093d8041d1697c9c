"""Data flow of a program: what each of its steps and its result are computed from, read off its statements in order."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from distill.variables.assigned import Frame, Place, assigned, place
from distill.variables.expressions import Expressions
from distill.variables.sources import NOTHING, Source, either, merged, union

_PASSES = 12  # over a loop's body, until nothing more is found out; what is read only grows


@dataclass(frozen=True, slots=True)
class Mark:
    """A step where it has its value. local: the variable; listed: whether it has entries at positions, from `start`."""

    name: str
    local: str
    listed: bool
    start: int | None


class Flow(Expressions):
    """Goes through `predict` and the functions it calls.

    inputs: what its first parameter stands for. loops: the loops over positions, and where each starts; None to find
    those that may be. marks: the steps, by the place of the statement after which they have their values.

    Then `found` says what each step is computed from, `result` what the result is; `walks` are the loops in which the
    positions come in order, with the start that is written there, `frames` the functions whose variables may be steps.
    """

    def __init__(
        self,
        module: ast.Module,
        inputs: Source,
        loops: Mapping[Place, int] | None = None,
        marks: Mapping[Place, Sequence[Mark]] | None = None,
        *,
        lengths: bool = False,
    ) -> None:
        super().__init__(lengths)
        self.functions = {s.name: s for s in module.body if isinstance(s, ast.FunctionDef)}
        self.uses = [n.id for n in ast.walk(module) if isinstance(n, ast.Name)]
        self.loops, self.marks = loops, marks or {}
        self.found: dict[str, Source] = {}
        self.walks: dict[Place, int] = {}
        self.frames: dict[str, Frame] = {}
        self.walk: Place | None = None
        self.body: Sequence[ast.stmt] = ()
        self.returned: list[Source] = []
        main = self.functions["predict"]
        self.result = self._run(Frame(main, main=True), [inputs])

    def _run(self, frame: Frame, given: Iterable[Source]) -> Source:
        """Go through a function; what it gives is what decides between its returns, too."""
        kept = self.names, self.control, self.body, self.returned
        parameters = [a.arg for a in (*frame.function.args.posonlyargs, *frame.function.args.args)]
        self.names = dict(zip(parameters, given, strict=False))
        self.body, self.returned = frame.function.body, []
        self.frames[frame.function.name] = frame
        self.block(frame.function.body)
        returned = self.returned
        self.names, self.control, self.body, self.returned = kept
        return returned[0] if len(returned) == 1 else union(returned)

    def called(self, function: str, node: ast.Call) -> Source | None:
        """Go through a function that is called here alone, once a row or a turn; of others, see what they are given."""
        known = self.functions.get(function)
        if known is None:
            return None
        plain = not (known.decorator_list or node.keywords or known.args.vararg or known.args.kwonlyargs)
        starred = any(isinstance(a, ast.Starred) for a in node.args)
        if self.inner or not plain or starred or self.uses.count(function) > 1:
            return self.all([*node.args, *node.keywords])
        return self._run(Frame(known, self.walk), [self.value(a) for a in node.args])

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Go through statements in order."""
        for statement in statements:
            marks = self.marks.get(place(statement), ())
            self.expected = next((m.start for m in marks if m.listed), None)
            self.statement(statement)
            self.expected = None
            for mark in marks:
                self._mark(mark, self.names.get(mark.local, NOTHING))

    def _mark(self, mark: Mark, source: Source) -> None:
        """From here on a step stands for itself."""
        if mark.listed and source.listed and source.start != mark.start:
            source = replace(source, moved=True)
        self.found[mark.name] = either(self.found.get(mark.name, NOTHING), source)
        self.names[mark.local] = Source(frozenset([mark.name]), False, mark.listed, mark.start)

    def statement(self, node: ast.stmt) -> None:
        """Go through one statement."""
        match node:
            case ast.Assign(targets=targets, value=value):
                source = self.value(value)
                for target in targets:
                    self.bind(target, source)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.bind(target, self.value(value))
            case ast.AugAssign(target=target, value=value):
                self.bind(target, self._sum_of(target, value))
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if name in self.functions:
                pass  # a check: nothing of it is used
            case ast.Return(value=value):
                self.returned.append((self.value(value) if value else NOTHING).beside(self.control))
            case ast.If(test=test, body=body, orelse=orelse):
                self._branch(node, self.value(test), [body, orelse])
            case ast.Match(subject=subject, cases=cases):
                guards = [c.guard for c in cases if c.guard]
                self._branch(node, self.all([subject, *guards]), [c.body for c in cases])
            case ast.For():
                self._for(node)
            case ast.While(test=test, body=body):
                self._repeat(lambda: self._under(self.value(test), body))
            case ast.Try():
                parts = [node.body, *(h.body for h in node.handlers), node.orelse, node.finalbody]
                self._branch(node, NOTHING, [[s for part in parts for s in part], []])
            case ast.With(body=body):
                self.block(body)
            case ast.FunctionDef(name=name):
                read = (n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
                self.names[name] = self.all(read)
            case ast.Raise() | ast.Assert():
                pass
            case _:
                self.all(ast.iter_child_nodes(node))

    def _sum_of(self, target: ast.expr, value: ast.expr) -> Source:
        old, new = self.value(target), self.value(value)
        return old.beside(new) if old.listed else union([old, new])

    def _under(self, control: Source, body: Sequence[ast.stmt]) -> None:
        kept, self.control = self.control, union([self.control, control])
        self.block(body)
        self.control = kept

    def _branch(self, node: ast.stmt, control: Source, ways: Sequence[Sequence[ast.stmt]]) -> None:
        """Go each way; what may leave the block decides on all that follows, too."""
        before, after = self.names, list[dict[str, Source]]()
        for way in ways:
            self.names = dict(before)
            self._under(control, way)
            after.append(self.names)
        for names in after[:-1]:
            self.names = merged(self.names, names)
        if any(isinstance(n, (ast.Return, ast.Continue, ast.Break)) for n in ast.walk(node)):
            self.control = union([self.control, control])

    def _for(self, node: ast.For) -> None:
        iterated = self.value(node.iter)
        top = self.walk is None and not self.inner and any(s is node for s in self.body)
        start = iterated.start if iterated.listed else None
        if top and start is not None:
            self.walks[place(node)] = start
            start = start if self.loops is None else self.loops.get(place(node))
        if not top or start is None:
            self._repeat(lambda: self._turn(node, iterated.entry(None), iterated.used))
            return
        self.at, self.walk = start, place(node)
        self._again(lambda: self._turn(node, iterated.entry(start), self.extent(iterated)), lambda source: source.aged)
        self.at = self.walk = None
        for name in assigned(node) & set(self.names):
            if not self.names[name].listed:
                self.names[name] = replace(self.names[name], moved=True)

    def _turn(self, node: ast.For, entry: Source, control: Source) -> None:
        kept = self.control
        self.control = union([self.control, control])
        self.bind(node.target, entry)
        self.block(node.body)
        self.control = kept

    def _repeat(self, turn: Callable[[], None]) -> None:
        """Go through a loop that visits other things than the walk's positions."""
        self.inner += 1
        self._again(turn, lambda source: source)
        self.inner -= 1

    def _again(self, turn: Callable[[], None], passed_on: Callable[[Source], Source]) -> None:
        """Take turns of a loop until no more is found out, passing on what one leaves to the next."""
        for _ in range(_PASSES):
            before = self.names
            self.names = dict(before)
            turn()
            left = {n: s if before.get(n) is s else passed_on(s) for n, s in self.names.items()}
            last, self.names = self.names, merged(before, left)
            if self.names == before:
                self.names = merged(before, last)
                return
