"""Data flow of expressions: what each is computed from, and whether that is of the same position."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import replace

from distill.variables.assigned import CHANGES
from distill.variables.sources import NOTHING, Source, union

Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


class Expressions:
    """Reads expressions. names: what they stand for at this point; control: what decides whether it is reached.

    at: the position at which the walk under way starts, None outside of one. inner: how many loops, comprehensions and
    the like are open that may run any number of times. expected: where the list that is being assigned starts.
    lengths: whether steps that decide how many entries a list has are read by what is in it.
    """

    def __init__(self, lengths: bool) -> None:
        self.lengths = lengths
        self.names: dict[str, Source] = {}
        self.control = NOTHING
        self.at: int | None = None
        self.inner = 0
        self.expected: int | None = None

    def called(self, function: str, node: ast.Call) -> Source | None:
        """Read a call of a function of the program; None where it is none that can be followed."""
        return None

    def value(self, node: ast.AST) -> Source:
        """Give what an expression is computed from."""
        match node:
            case ast.Name(id=name):
                return self.names.get(name, NOTHING)
            case ast.Subscript():
                return self._subscript(node)
            case ast.List(elts=entries) | ast.Tuple(elts=entries):
                return self._display(entries)
            case ast.BinOp(op=ast.Add() | ast.Sub()):
                return self._sum(node)
            case ast.BinOp(left=ast.List() as shown, op=ast.Mult(), right=times):
                return self.value(shown).used.beside(self.extent(self.value(times)))
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node)
            case ast.Lambda(args=arguments, body=body):
                return self._lambda({a.arg for a in ast.walk(arguments) if isinstance(a, ast.arg)}, body)
            case ast.NamedExpr(target=ast.Name(id=name), value=inner):
                self.names[name] = self.value(inner).beside(self.control)
                return self.names[name]
            case ast.Call():
                return self._call(node)
        return self.all(ast.iter_child_nodes(node))

    def all(self, nodes: Iterable[ast.AST]) -> Source:
        """Give what one value computed from some expressions is computed from."""
        return union([self.value(n) for n in nodes])

    def extent(self, source: Source) -> Source:
        """Give what of a number of entries counts as read: what comes from a step, where lengths do."""
        counts = self.lengths and not source.moved and (source.index is not None or not source.listed)
        return Source(source.reads) if counts else NOTHING

    def _subscript(self, node: ast.Subscript) -> Source:
        whole = self.value(node.value)
        match node.slice:
            case ast.Slice(lower=None | ast.Constant(value=int()) as lower, upper=upper, step=None) if whole.listed:
                first = _integer(lower) or 0
                if first >= 0:
                    return whole.shifted(first).beside(self.extent(self.value(upper)) if upper else NOTHING)
            case ast.Slice():
                pass
            case index:
                return whole.picked(self.value(index), _integer(index), self.at)
        return replace(union([whole, self.value(node.slice)]), listed=whole.listed)

    def _display(self, entries: Sequence[ast.expr]) -> Source:
        starred = [k for k, e in enumerate(entries) if isinstance(e, ast.Starred)]
        if not starred:
            parts = tuple(self.value(e) for e in entries)
            return replace(union(parts), parts=parts)
        spread = entries[starred[0]]
        assert isinstance(spread, ast.Starred)
        before, after = entries[: starred[0]], entries[starred[0] + 1 :]
        return replace(self.value(spread.value).shifted(-len(before)), parts=()).beside(self.all([*before, *after]))

    def _sum(self, node: ast.BinOp) -> Source:
        """A counter moved on, lists joined, or any other sum."""
        left, kept, by = self.value(node.left), self.expected, _integer(node.right)
        if isinstance(node.left, (ast.List, ast.Tuple)) and self.expected is not None:
            self.expected += len(node.left.elts)
        right, self.expected = self.value(node.right), kept
        if left.index is not None and by is not None and not left.listed:
            return Source(index=left.index + (by if isinstance(node.op, ast.Add) else -by))
        if right.listed and isinstance(node.left, (ast.List, ast.Tuple)):
            return right.shifted(-len(node.left.elts)).beside(left)
        if left.listed and isinstance(node.right, (ast.List, ast.Tuple)):
            return left.beside(right)
        return replace(union([left, right]), listed=left.listed or right.listed)

    def _comprehension(self, node: Comprehension) -> Source:
        """One over positions outside of a loop is a walk of its own; any other visits positions from one of them."""
        kept = self.names, self.at, self.inner
        self.names = dict(self.names)
        first, *others = node.generators
        iterated = self.value(first.iter)
        walk = self.at is None and not self.inner and iterated.listed
        at = (iterated.start if self.expected is None else self.expected) if walk else None
        self.inner, self.at = self.inner + 1, at
        self.bind(first.target, iterated.entry(at))
        for generator in others:
            self.bind(generator.target, self.value(generator.iter).entry(None))
        chosen = [test for generator in node.generators for test in generator.ifs]
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        found = self.all([*results, *chosen])
        self.names, self.at, self.inner = kept
        found = found.beside(self.extent(iterated) if walk else iterated.used)
        if not walk:
            return found
        plain = isinstance(node, (ast.ListComp, ast.GeneratorExp)) and not others and not chosen
        return replace(found, listed=True, start=at if plain else None)

    def _lambda(self, hidden: set[str], body: ast.expr) -> Source:
        kept, self.names = self.names, {name: s for name, s in self.names.items() if name not in hidden}
        self.inner += 1
        found = self.value(body)
        self.inner -= 1
        self.names = kept
        return found

    def _call(self, node: ast.Call) -> Source:
        match node:
            case ast.Call(func=ast.Name(id=name)) if name not in self.names:
                found = self.called(name, node)
                if found is not None:
                    return found
                if node.args:
                    return self._known(name, [self.value(a) for a in node.args], node)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in CHANGES:
                found = self.all([node.func, *node.args])
                self.change(name, self.all(node.args), aligned=method == "append")
                return found
        return self.all(ast.iter_child_nodes(node))

    def _known(self, name: str, given: list[Source], node: ast.Call) -> Source:
        """Calls that give a list for a list; any other reads all of it."""
        whole, first = union(given), given[0]
        match name:
            case "list" | "tuple" | "iter":
                return first
            case "enumerate":
                begin = [*node.args[1:], *(k.value for k in node.keywords)]
                counter = Source(listed=True, start=first.start, index=_integer(begin[0]) if begin else 0)
                return replace(first, index=None, parts=(counter, first))
            case "zip":
                starts = [s.start for s in sorted(given, key=lambda s: s.index is not None) if s.start is not None]
                start = starts[0] if starts else None
                return Source(whole.reads, False, any(s.listed for s in given), start, None, tuple(given))
            case "range":
                begin = 0 if len(given) == 1 else _integer(node.args[0])
                return Source(whole.reads, whole.moved, True, None if begin is None or len(given) > 2 else 0, begin)
            case "accumulate":
                return Source(whole.reads, True, first.listed, first.start)
            case "reversed" | "sorted":
                return Source(whole.reads, True, first.listed)
        return union([whole, *(self.value(k.value) for k in node.keywords)])

    def bind(self, target: ast.AST, source: Source) -> None:
        """Let the names of a target stand for a value, or for its parts."""
        match target:
            case ast.Name(id=name):
                self.names[name] = source.beside(self.control)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                whole = len(source.parts) == len(targets) and not any(isinstance(t, ast.Starred) for t in targets)
                parts = source.parts if whole and not source.listed else [source.used] * len(targets)
                for inner, part in zip(targets, parts, strict=True):
                    self.bind(inner, part)
            case ast.Starred(value=inner):
                self.bind(inner, source)
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                place = self.value(index)
                self.change(name, union([source, place]), aligned=place.index is not None)
            case _:
                pass

    def change(self, name: str, source: Source, *, aligned: bool) -> None:
        """Let what a name stands for take up another value; aligned: at the place of the position."""
        old, at = self.names.get(name, NOTHING), self.at if self.inner == 0 and aligned else None
        reads = old.reads | source.reads | self.control.reads
        moved = old.moved or source.moved or self.control.moved or at is None
        self.names[name] = Source(reads, moved, at is not None, at)


def _integer(node: ast.AST | None) -> int | None:
    """Give the integer that is written there, None where it is something else."""
    match node:
        case ast.Constant(value=int(value)) if type(value) is int:
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))) if type(value) is int:
            return -value
    return None
