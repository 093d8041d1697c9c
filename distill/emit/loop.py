"""Loops: one pass over the row, with a variable for what is carried from one position to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distill.emit.cases import LONGEST, branches, cases
from distill.emit.conditions import operand
from distill.emit.names import memory_nouns
from distill.emit.order import Key, Node, ordered
from distill.emit.plan import CARRIED, Recall, recall
from distill.emit.rewrite import flatten, reads_older, unfold
from distill.emit.scope import Place, Scope
from distill.emit.source import AND, CHOICE, OR, SUM, UNARY, Code, constant, tuple_of
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Input, Literal, call, integer
from dsl.types import Kind

if TYPE_CHECKING:
    from distill.emit.body import Body

_STARTS = {"running_count": "0", "running_sum": "0", "running_any": "False", "running_every": "True", "since": "0"}
_LEVELS = {"running_any": OR, "running_every": AND, "since": OR}


class Loop:
    """Builds one loop. saved: values as they were before, to be copied before what they were is updated."""

    def __init__(self, body: Body, scope: Scope, saved: frozenset[Expr]) -> None:
        self.body, self.scope, self.saved = body, scope, saved
        scope.loop = self
        self.nodes: dict[Key, Node] = {}
        self.names: dict[Key, str] = {}
        self.starts: dict[str, str] = {}
        self.current = Node(0)

    def read(self, term: Expr) -> Code | None:
        """Give the source that reads a term's value in the loop; None for what is written out in place."""
        if term in self.saved:
            return self._copy(term)
        match term:
            case Input() if term.name == "number" and term not in self.body.choices.lists:
                return self._local(term)
            case Call(op="shift", args=(source, Literal(value=int(by)), _)) if by > 0:
                listed = source in self.body.lists and source not in self.body.components
                return None if listed else self._delayed(term)
            case Call(op=op) if op in CARRIED:
                return self._carried(term)
            case Call(op="first_of" | "last_of") if (memory := recall(term)) is not None:
                named = term in self.body.choices.named
                return self._local(term) if named else self._recalled(term, memory)
            case Call() if self.body.is_named(term, self.scope):
                return self._local(term)
        return None

    def enter(self, key: Key, rank: int, write: Callable[[], str]) -> None:
        """Enter a statement of the loop's body."""
        outer, node = self.current, Node(rank)
        self.nodes[key] = self.current = node
        node.text = write()
        self.current = outer

    def _local(self, term: Expr) -> Code:
        """Read a value that has a name of its own: a statement at each position."""
        if term not in self.names:
            name = self.names[term] = self.body.name(term)
            self.enter(term, 0, lambda: f"{name} = {self._written(term).text}")
        self.current.reads.add(term)
        return Code(self.names[term])

    def _written(self, term: Expr) -> Code:
        memory = recall(term)
        found = None if memory is None or not isinstance(term, Call) else self._recalled(term, memory)
        return self.body.operation(term, self.scope) if found is None else found

    def _copy(self, term: Expr) -> Code:
        """Read a value as it was before from a copy."""
        key = ("copy", term)
        if key not in self.nodes:
            name = self.names[key] = self.body.name(term)
            self.enter(key, 0, lambda: f"{name} = {self._before(term).text}")
        self.current.reads.add(key)
        return Code(self.names[key])

    def _before(self, term: Expr) -> Code:
        assert isinstance(term, Call)
        memory = recall(term)
        return self._delayed(term) if memory is None else self._recalled(term, memory)

    def _delayed(self, term: Call, fill: str = "") -> Code:
        """Read a value as it was some positions before: a variable that is not updated yet. fill: what it starts as."""
        match term.args:
            case (source, Literal(value=int(by)), Literal() as default):
                pass
            case _:
                raise TypeError(f"no delayed value: {term!r}")
        own = self.body.fill(term).text
        fill = fill or own
        key: Key = term if fill == own else (fill, term)
        if by == 2 and isinstance(source, Call) and reads_older(source) and self._start(source) == fill:
            self._carry(source)
            self.current.before[source] = term
            return Code(self.names["older", source])
        if by == 1 and isinstance(source, Call) and self._start(source) == fill:
            self._carry(source)
            self.current.before[source] = term
            return Code(self.names[source])
        if key not in self.names:
            name = self.names[key] = self.body.name(term)
            self.starts[name] = fill
            earlier = source if by == 1 else call("shift", source, integer(by - 1), default)
            self.enter(key, 3, lambda: f"{name} = {self._passed_on(earlier, by - 1, fill).text}")
        self.current.before[key] = term
        return Code(self.names[key])

    def _passed_on(self, earlier: Expr, steps: int, fill: str) -> Code:
        """Read what a delayed value becomes: the value here, or as it was fewer positions before."""
        if steps and isinstance(earlier, Call) and self.body.fill(earlier).text != fill:
            return self._delayed(earlier, fill)
        return self.body.code(earlier, self.scope)

    def _carried(self, term: Call) -> Code:
        self._carry(term)
        self.current.reads.add(term)
        return Code(self.names[term])

    def _carry(self, term: Call) -> None:
        """Enter a running value: its variable, its start and its update."""
        if term in self.names:
            return
        name = self.names[term] = self.body.name(term)
        start = self._start(term)
        if reads_older(term) and start is not None:
            older = self.names["older", term] = self.body.names.fresh("older", f"older_{name}")
            self.starts[older] = start
        self.starts[name] = self._extreme(term) if start is None else start
        self.enter(term, 2, lambda: self._update(term, name))

    def _start(self, term: Call) -> str | None:
        if term.op == "scan" and isinstance(term.args[0], Literal):
            return constant(term.args[0].value, self.body.order).text
        real = term.op == "running_sum" and check(term).kind is Kind.REAL
        return "0.0" if real else _STARTS.get(term.op)

    def _extreme(self, term: Call) -> str:
        """Give what a running extreme starts from: the first value where that is at hand, or what it cannot pass."""
        (value,) = term.args
        low, high = self.body.facts.bounds(value)
        edge = low if term.op == "running_max" else high
        if value in self.body.lists and value not in self.body.components and self.body.facts.least >= 1:
            return f"{self.body.list_name(value)}[0]"
        if isinstance(edge, int):
            return str(edge)
        return 'float("inf")' if term.op == "running_min" else 'float("-inf")'

    def _update(self, term: Call, name: str) -> str:
        if term.op == "scan":
            return self._step(term, name)
        match term:
            case Call(op="since", args=(Call(op="ne", args=args) as changed,)) if not self.body.is_named(
                changed, self.scope
            ):
                same = self.body.code(Call("eq", args), self.scope)
                return f"{name} = {name} + 1 if {same.within(OR)} else 0"
        value = operand(self.body, term.args[0], self.scope)
        if term.op == "running_sum" and value.level == UNARY:
            return f"{name} -= {value.text[1:]}"
        return PRIMITIVES[term.op].python.format(value.within(_LEVELS.get(term.op, CHOICE)), state=name)

    def _step(self, term: Call, name: str) -> str:
        """Give the update of a scan's state, as `+=` where it is one."""
        step, start = unfold(term), term.args[0]
        old = call("shift", term, integer(1), start)
        if ("older", term) in self.names:
            older = self.names["older", term]
            return f"{older}, {name} = {name}, {self.body.code(step, self.scope).text}"
        if not self.body.is_named(step, self.scope):
            match step:
                case Call(op="add") if flatten("add", step).count(old) == 1:
                    rest = [operand(self.body, p, self.scope).within(SUM) for p in flatten("add", step) if p is not old]
                    return f"{name} += {' + '.join(rest)}"
                case Call(op="sub", args=(left, right)) if left is old:
                    return f"{name} -= {operand(self.body, right, self.scope).text}"
        text = f"{name} = {self.body.code(step, self.scope).text}"
        found = cases(self.body, step)
        if len(text) <= LONGEST or len(found) < 3:
            return text
        return branches(self.body, found, self.scope, lambda case: f"{name} = {self.body.code(case, self.scope).text}")

    def _recalled(self, term: Call, memory: Recall) -> Code:
        """Read the value that came with a key from a dict."""
        key = ("memory", call(memory.op, *memory.keys, memory.value, *memory.keep))
        if key not in self.names:
            name = self.names[key] = self.body.names.fresh(*memory_nouns(term), *self.body.nouns(term))
            self.starts[name] = "{}"
            self.enter(key, 2, lambda: self._remember(memory, name))
        if memory.inclusive:
            self.current.reads.add(key)
        else:
            self.current.before[key] = term
        sought = self._tuple(memory.sought)
        default = self.body.fill(term).text
        return Code(f"{self.names[key]}.get({sought}{'' if default == 'None' else f', {default}'})")

    def _tuple(self, keys: tuple[Expr, ...]) -> str:
        """Give the source of one value, or of a tuple of several."""
        parts = [self.body.code(k, self.scope).text for k in keys]
        return parts[0] if len(parts) == 1 else tuple_of(parts)

    def _remember(self, memory: Recall, name: str) -> str:
        key, value = self._tuple(memory.keys), self.body.code(memory.value, self.scope).text
        if memory.op == "last_of" and len(memory.keys) > 1:
            key = key[1:-1]
        text = f"{name}[{key}] = {value}" if memory.op == "last_of" else f"{name}.setdefault({key}, {value})"
        if not memory.keep:
            return text
        tests = [self.body.code(test, self.scope).within(AND) for test in memory.keep]
        return f"if {' and '.join(tests)}:\n    {text}"


@dataclass(slots=True)
class Sink:
    """What a loop is for: a statement in it, or (behind) an expression that is read when it is over.

    found: the source of either.
    """

    write: Callable[[Scope], str]
    behind: bool = False
    found: str = ""

    def enter(self, loop: Loop) -> Expr | None:
        """Write it; gives a value as it was before that can no longer be read behind the loop."""
        if self.behind:
            loop.current = Node(9)
            self.found = self.write(loop.scope)
            return next(iter(loop.current.before.values()), None)
        loop.enter("sink", 1, lambda: self.write(loop.scope))
        return None


def run_loop(body: Body, sink: Sink, starts: dict[str, str]) -> list[str]:
    """Give the statements of a loop, with what its variables and those in `starts` are before."""
    saved: frozenset[Expr] = frozenset()
    one_based = False
    while True:
        names, uses, variables, written = set(body.names.taken), body.uses.copy(), dict(body.variables), len(body.lines)
        loop = Loop(body, Scope(body, one_based=one_based), saved)
        stuck = sink.enter(loop)
        order = ordered(loop.nodes) if stuck is None else stuck
        other = loop.scope.again()
        if isinstance(order, list) and other is None:
            lines = [line for text in order for line in text.split("\n")]
            return [
                *_starting({**loop.starts, **starts}),
                f"{loop.scope.header()}:",
                *(f"    {line}" for line in lines),
            ]
        if isinstance(order, list):
            one_based = True
        else:
            saved |= {order}
        body.names.taken, body.variables = names | {*body.lists.values(), *body.rows.values()}, variables
        if len(body.lines) == written:
            body.uses = uses


def _starting(starts: dict[str, str]) -> list[str]:
    """Give the assignments before a loop, together where they are few; equal numbers in one."""
    if len(starts) <= 3 and len(rows := _in_rows(starts)) <= 1:
        return rows
    groups: dict[str, list[str]] = {}
    for name, value in starts.items():
        groups.setdefault(value if value[0] not in "[{" else name, []).append(name)
    alone = {names[0]: starts[names[0]] for names in groups.values() if len(names) == 1}
    equal = [f"{' = '.join(names)} = {starts[names[0]]}" for names in groups.values() if len(names) > 1]
    return equal + _in_rows(alone)


def _in_rows(starts: dict[str, str]) -> list[str]:
    """Give assignments, two or three a line where all such lines are short."""
    names, count = list(starts), -(-len(starts) // 3)
    wide = -(-len(names) // max(count, 1))
    rows = [names[k : k + wide] for k in range(0, len(names), max(wide, 1))]
    lines = [f"{', '.join(row)} = {', '.join(starts[n] for n in row)}" for row in rows]
    return lines if all(len(line) <= 60 for line in lines) else [f"{n} = {v}" for n, v in starts.items()]


__all__ = ["Loop", "Place", "Sink", "run_loop"]
