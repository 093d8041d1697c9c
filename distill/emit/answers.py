"""The statements that make the outputs: a list at once, or one output after the other in a loop."""

from __future__ import annotations

from distill.emit.body import Body
from distill.emit.cases import branches, cases
from distill.emit.expression import bare_set, outgoing, plain_set
from distill.emit.lists import comprehension, list_source, needs_loop
from distill.emit.loop import Sink, run_loop
from distill.emit.rewrite import opposite
from distill.emit.scope import Place
from distill.emit.source import CHOICE, OR, Code
from dsl.check import check
from dsl.terms import Call, Expr
from dsl.types import Axis, Kind


def answers(body: Body, result: Expr, scored: Expr | None, prefix: str) -> list[str]:
    """Give the statements that make the outputs, one a position. prefix: the source of what comes before them."""
    if scored is None and check(result).axis is Axis.ROW and not _sets(body, result):
        return [_listed(body, list_source(body, result), prefix)]
    nested = scored is not None and isinstance(result, Call) and result.op == "if" and not _sets(body, result)
    carries = any(needs_loop(body, term) for term in (result, scored) if term is not None)
    if carries or nested or body.choices.looped or body.choices.branched:
        write = _branch if body.choices.branched else _append
        loop = run_loop(body, Sink(lambda scope: write(body, result, scored, scope)), {"out": prefix})
        return [*loop, "return out"]
    if scored is None and not _sets(body, result):
        source = list_source(body, result)
    else:
        source = comprehension(body, result, lambda _body, _term, place: _scored(body, result, scored, place))
    return [_listed(body, source, prefix)]


def _listed(body: Body, source: str, prefix: str) -> str:
    return f"return {prefix} + {source}" if body.signature.prefix else f"return {source}"


def outgoing_answer(body: Body, result: Expr, place: Place) -> Code:
    """Give the source of an output; sets leave as frozensets."""
    return outgoing(body, result, place) if _sets(body, result) else body.code(result, place)


def _sets(body: Body, result: Expr) -> bool:
    """Say whether every output is a set."""
    found = body.facts.values(result) if check(result).kind is Kind.SYMBOL else None
    return bool(found) and all(isinstance(v, frozenset) for v in found or [])


def _scored(body: Body, result: Expr, scored: Expr | None, place: Place) -> Code:
    """Give the source of an output, None where it is not scored."""
    code = outgoing_answer(body, result, place)
    if scored is None:
        return code
    return Code(f"{code.within(OR)} if {body.code(scored, place).within(OR)} else None", CHOICE)


def _append(body: Body, result: Expr, scored: Expr | None, place: Place) -> str:
    """Give the statement that adds an output; a choice has a name first where there is another choice round it."""
    frozen = _sets(body, result) and plain_set(body, result)
    code = bare_set(body, result, place) if frozen else body.code(result, place)
    if scored is None:
        return f"out.append({f'frozenset({code.text})' if frozen else code.text})"
    value, before = code.within(OR), ""
    if code.level == CHOICE:
        value = body.names.fresh("allowed" if frozen else "answer")
        before = f"{value} = {code.text}\n"
    shown = f"frozenset({value})" if frozen else value
    return f"{before}out.append({shown} if {body.code(scored, place).within(OR)} else None)"


def _branch(body: Body, result: Expr, scored: Expr | None, place: Place) -> str:
    def statement(case: Expr) -> str:
        return f"out.append({outgoing_answer(body, case, place).text})"

    unless = None if scored is None else body.code(opposite(scored), place)
    return branches(body, cases(body, result), place, statement, unless, "out.append(None)")
