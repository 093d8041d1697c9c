"""Loops: one pass over the row, with a variable for what is carried from one position to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Literal, call, integer
from dsl.types import Kind
from distill.emit.expression import flatten, operand
from distill.emit.names import nouns
from distill.emit.rewrite import unfold
from distill.emit.scope import Scope
from distill.emit.source import AND, OR, Code, constant

if TYPE_CHECKING:
    from distill.emit.body import Body

STARTS = {"running_count": "0", "running_sum": "0", "running_any": "False", "running_every": "True", "since": "0"}
_LEVELS = {"running_any": OR, "running_every": AND, "since": OR}
Key = Expr | str | tuple[str, Expr]


@dataclass(slots=True)
class Node:
    """A statement of the loop's body.

    reads: what must stand before it. before: what must stand after it, as it overwrites a delayed value that is read here.
    """

    rank: int
    text: str = ""
    reads: set[Key] = field(default_factory=set)
    before: dict[Key, Expr] = field(default_factory=dict)


class Loop:
    """Builds one loop.

    saved: delayed values that must be copied before what they delay is updated.
    """

    def __init__(self, body: Body, scope: Scope, saved: frozenset[Expr]) -> None:
        self.body, self.scope, self.saved = body, scope, saved
        scope.loop = self
        self.nodes: dict[Key, Node] = {}
        self.names: dict[Expr, str] = {}
        self.copies: dict[Expr, str] = {}
        self.starts: dict[str, str] = {}
        self.current = Node(0)

    def read(self, term: Expr) -> Code | None:
        """Give the variable that holds a term's value in the loop; None for what is written out in place."""
        if term in self.body.lists or not isinstance(term, Call):
            return None
        match term:
            case Call(op="shift", args=(source, Literal(value=int(by)), Literal() as default)) if by > 0:
                return self._delayed(term, source, by, default)
            case Call(op="scan" | "since") | Call(op="running_count" | "running_sum" | "running_min" | "running_max" | "running_any" | "running_every"):
                self._carry(term)
            case _ if self.body.is_named(term, self.scope):
                self._local(term, lambda: self.body.operation(term, self.scope))
            case _:
                return None
        self.current.reads.add(term)
        return Code(self.names[term])

    def _delayed(self, term: Call, source: Expr, by: int, default: Literal) -> Code | None:
        if source in self.body.lists and source not in self.body.components:
            return None
        if term in self.saved:
            key = ("copy", term)
            if key not in self.nodes:
                name = self.copies[term] = self.body.name(term)
                self._node(key, 0, lambda: f"{name} = {self._old(term, source, by, default).text}")
            self.current.reads.add(key)
            return Code(self.copies[term])
        return self._old(term, source, by, default)

    def _old(self, term: Call, source: Expr, by: int, default: Literal) -> Code:
        """Give the variable that still holds the value of the position before."""
        fill = constant(default.value, self.body.order).text
        if by == 1 and isinstance(source, Call) and self._start(source) == fill:
            self._carry(source)
            self.current.before[source] = term
            return Code(self.names[source])
        if term not in self.names:
            name = self.names[term] = self.body.name(term)
            self.starts[name] = fill
            earlier = source if by == 1 else call("shift", source, integer(by - 1), default)
            self._node(term, 3, lambda: f"{name} = {self.body.code(earlier, self.scope).text}")
        self.current.before[term] = term
        return Code(self.names[term])

    def _start(self, term: Call) -> str | None:
        if term.op == "scan" and isinstance(term.args[0], Literal):
            return constant(term.args[0].value, self.body.order).text
        if term.op == "running_sum" and check(term).kind is Kind.REAL:
            return "0.0"
        return STARTS.get(term.op)

    def _carry(self, term: Call) -> None:
        """Enter a running value: its variable, its start and its update."""
        if term in self.names:
            return
        name = self.names[term] = self.body.name(term)
        start = self._start(term)
        self.starts[name] = self._extreme(term) if start is None else start
        self._node(term, 2, lambda: self._update(term, name))

    def _extreme(self, term: Call) -> str:
        """What a running extreme starts from: the first value, where that is at hand."""
        (value,) = term.args
        if value in self.body.lists and value not in self.body.components and self.body.facts.least >= 1:
            return f"{self.body.list_name(value)}[0]"
        return 'float("inf")' if term.op == "running_min" else 'float("-inf")'

    def _update(self, term: Call, name: str) -> str:
        if term.op == "scan":
            return self._step(term, name)
        value = operand(self.body, term.args[0], self.scope)
        if term.op == "running_sum" and value.text.startswith("-") and value.level == 8:
            return f"{name} -= {value.text[1:]}"
        return PRIMITIVES[term.op].python.format(value.within(_LEVELS.get(term.op, 0)), state=name)

    def _step(self, term: Call, name: str) -> str:
        step = unfold(term)
        start = term.args[0]
        assert isinstance(start, Literal)
        old = call("shift", term, integer(1), start)
        match step:
            case Call(op="add") if not self.body.is_named(step, self.scope):
                parts = flatten("add", step)
                if parts.count(old) == 1:
                    rest = [operand(self.body, p, self.scope).within(6) for p in parts if p is not old]
                    return f"{name} += {' + '.join(rest)}"
            case Call(op="sub", args=(left, right)) if left is old and not self.body.is_named(step, self.scope):
                return f"{name} -= {operand(self.body, right, self.scope).text}"
        return f"{name} = {self.body.code(step, self.scope).text}"

    def _local(self, term: Expr, write: Callable[[], Code]) -> None:
        if term not in self.names:
            name = self.names[term] = self.body.name(term)
            self._node(term, 0, lambda: f"{name} = {write().text}")

    def _node(self, key: Key, rank: int, write: Callable[[], str]) -> None:
        outer, node = self.current, Node(rank)
        self.nodes[key] = self.current = node
        node.text = write()
        self.current = outer

    def sink(self, write: Callable[[], str]) -> None:
        """Enter the statement that the loop is for."""
        self._node("sink", 1, write)

    def after(self, write: Callable[[], Code]) -> tuple[Code, Expr | None]:
        """Give the source of an expression that is read when the loop is over, and a delayed value it cannot read then."""
        self.current = Node(9)
        code = write()
        return code, next(iter(self.current.before.values()), None)

    def order(self) -> list[str] | Expr:
        """Give the statements in an order that keeps every read right, or a delayed value that must be saved first."""
        late = {key: set(node.reads) & set(self.nodes) for key, node in self.nodes.items()}
        for key, node in self.nodes.items():
            for held in node.before:
                if held is not key and held in late:
                    late[held].add(key)
        needed = self._needed()
        placed: list[Key] = []
        left = list(self.nodes)
        while left:
            ready = [k for k in left if late[k] <= set(placed)]
            if not ready:
                return self._stuck(left)
            chosen = min(ready, key=lambda k: self._rank(k, needed))
            placed.append(chosen)
            left.remove(chosen)
        return [self.nodes[k].text for k in placed]

    def _rank(self, key: Key, needed: set[Key]) -> tuple[int, int]:
        order = list(self.nodes).index(key)
        rank = self.nodes[key].rank
        if rank in (0, 2):
            return (0 if key in needed else 2), -order
        return rank, order if rank == 1 else -order

    def _needed(self) -> set[Key]:
        """Give what the sink reads, directly or not."""
        found: set[Key] = set()
        todo: list[Key] = ["sink"]
        while todo:
            key = todo.pop()
            if key not in found and key in self.nodes:
                found.add(key)
                todo += self.nodes[key].reads
        return found

    def _stuck(self, left: list[Key]) -> Expr:
        """Name a delayed value whose reader also waits for what would overwrite it."""
        for key in left:
            for held, delayed in self.nodes[key].before.items():
                if held in left and held is not key:
                    return delayed
        raise AssertionError(f"statements wait for each other: {[self.nodes[k].text for k in left]}")


__all__ = ["Loop"]
