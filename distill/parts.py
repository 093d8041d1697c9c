"""The steps that a program has without naming them: its parts, and what those that move values read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from distill.hypothesis import Hypothesis, Part, all_parts, step_of
from distill.question import Question
from dsl import show
from dsl.check import check, free_state
from dsl.expand import ATTENDING, RECURRENT, expand, moves
from dsl.terms import Call, Expr, Input, Value, children, substitute, subterms
from dsl.types import Axis
from verify.subject import EVERY


def derived(question: Question, term: Expr, symbols: Sequence[Value] = (), *, at_once: bool = False) -> Hypothesis:
    """Give a program every part of which is a step: what it computes, and what each part that moves values reads.

    A value that is read at several places is a step of its own at each of those that move it, as a network may read
    it at different places. In a network with a state, values are moved by being remembered: what an earlier position's
    value is wanted for is a memory, and that value itself needs no place when it is read.
    at_once: whether what is remembered is also what the position itself reads of it, as where outputs are read off the
    state alone.
    """
    recurrent = is_recurrent(question)
    result, readings, readers = _apart(spelt_out(question, term), recurrent)
    if at_once:
        at_once_too: dict[Expr, Expr] = {source: edge for edge, source in readings.items()}
        result = substitute(result, at_once_too)
    terms = [t for t in all_parts(result, readings) if _is_step(t, result, readings, recurrent)]
    plain: dict[Expr, Expr] = {}  # each reading with those inside it read, too
    for edge, source in readings.items():
        plain[edge] = substitute(source, plain)
    names = {t: t.name if isinstance(t, Input) else show(substitute(t, plain)) for t in terms}
    parts = []
    for t in terms:
        step = step_of(names[t], t, {k: v for k, v in names.items() if k is not t}, readings)
        kept = recurrent and isinstance(t, Input)
        whole = readers[t] if isinstance(t, Input) else substitute(t, plain)
        parts.append(Part(replace(step, carried=step.carried or kept, moves=step.moves or kept), t, whole))
    return Hypothesis(question, result, tuple(parts), tuple(symbols), readings, strict=False)


def ways(question: Question, term: Expr, symbols: Sequence[Value] = ()) -> Sequence[Hypothesis]:
    """Give the ways in which a network of this kind may go about a program, the most particular first."""
    first = derived(question, term, symbols)
    if not (is_recurrent(question) and first.readings):
        return [first]
    return [first, derived(question, term, symbols, at_once=True)]


def is_recurrent(question: Question) -> bool:
    """Say whether the network goes from position to position, with a state."""
    return any(site.call == EVERY for site in question.subject.sites)


def spelt_out(question: Question, term: Expr) -> Expr:
    """Give a program as a network of this kind may go about it."""
    return expand(term, RECURRENT if is_recurrent(question) else ATTENDING)


def _is_step(term: Expr, result: Expr, readings: Mapping[Input, Expr], recurrent: bool) -> bool:
    """Say whether a part is a step; not those that stand for another part that is one, nor what every place knows."""
    if isinstance(term, Input):
        return term in readings
    if not isinstance(term, Call) or term.op == "index" or free_state(term) is not None:
        return False
    if term is result or (recurrent and term.op == "shift"):
        return term.op == "scan"
    return check(term).axis is not Axis.PAIR


def _apart(term: Expr, recurrent: bool) -> tuple[Expr, dict[Input, Expr], dict[Input, Expr]]:
    """Give the term with an input of its own for each value that a moving part reads and that others read too.

    And what each of these inputs reads, and what part of the term reads it.
    """
    uses: dict[Expr, int] = {}
    for node in subterms(term):
        for child in children(node):
            uses[child] = uses.get(child, 0) + 1
    readings: dict[Input, Expr] = {}
    readers: dict[Input, Expr] = {}
    memo: dict[Expr, Expr] = {}

    def visit(node: Expr) -> Expr:
        if not isinstance(node, Call) or node.op == "scan":
            return node
        if node not in memo:
            args = list(map(visit, node.args))
            if moves(node) or node.op in ("key", "query"):
                args = [reading(node, place, new) for place, new in enumerate(args)]
            memo[node] = Call(node.op, tuple(args))
        return memo[node]

    def reading(call: Call, place: int, new: Expr) -> Expr:
        old = call.args[place]
        alone = isinstance(old, Call) and (uses[old] == 1 or old.op == "index") and not (recurrent and old.op != "scan")
        if not isinstance(old, (Input, Call)) or check(old).axis is not Axis.POSITION or alone:
            return new
        again = f" [{place + 1}]" if call.args.count(old) > 1 else ""
        edge = Input(f"{show(old)} -> {show(call)}{again}", check(old))
        readings[edge], readers[edge] = new, call
        return edge

    return visit(term), readings, readers
