"""Values at all positions at once: as comprehensions, slices and what makes lists in the standard library."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from distill.emit.loop import Sink, run_loop
from distill.emit.plan import accumulates, carried, delays
from distill.emit.rewrite import FROM_END
from distill.emit.scope import Place, Scope
from distill.emit.source import ATOM, Code
from dsl.check import check
from dsl.terms import Call, Expr, Literal
from dsl.types import Axis

if TYPE_CHECKING:
    from distill.emit.body import Body


_SHORT = 32  # a value that is repeated is written in place up to so many characters


def settle(scope: Scope, write: Callable[[Scope], list[Code]]) -> tuple[list[Code], Scope]:
    """Write expressions in a scope, and once more where what they ask for calls for another header."""
    before = scope.body.uses.copy()
    codes = write(scope)
    other = scope.again()
    if other is None:
        return codes, scope
    scope.body.uses = before
    return settle(other, write)


def needs_loop(body: Body, term: Expr) -> bool:
    """Say whether a term's values are carried from position to position, beyond what `itertools.accumulate` does."""
    found = carried(term, body.lists)
    if len(found) != 1:
        return bool(found)
    (only,) = found
    return not accumulates(only, body.lists, body.components) or delays(term, only)


def materialise(body: Body, term: Expr) -> None:
    """Write the statements that make the list of a term's values."""
    if needs_loop(body, term):
        name = body.list_for(term)
        sink = Sink(lambda scope: f"{name}.append({body.code(term, scope).text})")
        body.lines += run_loop(body, sink, {name: "[]"})
    else:
        source = list_source(body, term)
        name = body.list_for(term)
        body.lines.append(f"{name} = {source}")
    body.lists[term] = name


def list_source(body: Body, term: Expr) -> str:
    """Give the source of the list of a term's values; one that needs a loop is made before."""
    if term in body.lists:
        return body.iterable_name(term)
    if term not in body.components and needs_loop(body, term):
        return body.list_name(term)
    match term:
        case _ if check(term).axis is Axis.ROW:
            code = body.code(term, None)
            if len(code.text) > _SHORT and isinstance(term, Call):
                body.rows[term] = body.name(term)
                body.lines.append(f"{body.rows[term]} = {code.text}")
                code = Code(body.rows[term])
            return f"[{code.text}] * {body.length().text}"
        case Call(op="sorted", args=(source,)):
            return f"sorted({items(body, source)})"
        case Call(op="gather", args=(source, where, _)) if where is FROM_END:
            return f"{body.list_name(source)}[::-1]"
        case Call(op="shift", args=(source, Literal(value=int(by)), _)) if source not in body.components:
            return shifted(body, source, by, body.fill(term).text)
        case Call() if accumulates(term, body.lists, body.components):
            return f"list({accumulation(body, term)})"
    return comprehension(body, term, _written_out)


def is_list(body: Body, term: Expr) -> bool:
    """Say whether a term's values are had as a list at once, without a comprehension."""
    if term in body.lists:
        return True
    match term:
        case Call(op="sorted", args=(source,)) | Call(op="gather", args=(source, Call(op="from_end"), _)):
            return source in body.lists
        case Call(op="shift", args=(source, Literal(value=1 | -1), _)):
            return source in body.lists
    return False


def comprehension(body: Body, term: Expr, write: Callable[[Body, Expr, Place], Code]) -> str:
    """Give the source of a list comprehension, or of `list(...)` where it would only copy."""
    (code,), scope = settle(Scope(body), lambda s: [write(body, term, s)])
    header = scope.header()
    over = header.removeprefix(f"for {code.text} in ")
    return f"[{code.text} {header}]" if over == header else f"list({over})"


def _written_out(body: Body, term: Expr, place: Place) -> Code:
    """Write a term out even where it is to have a name: it is just being given one."""
    assert isinstance(place, Scope)
    return place.element(term) if term in body.components else body.operation(term, place)


def shifted(body: Body, source: Expr, by: int, fill: str) -> str:
    """Give the source of a list shifted by some positions, as long as it was."""
    name, fill = body.list_name(source), padding(fill, abs(by))
    if abs(by) == 1 and body.facts.least >= 1:
        return f"{fill} + {name}[:-1]" if by > 0 else f"{name}[1:] + {fill}"
    whole = f"{fill} + {name}" if by > 0 else f"{name}[{-by}:] + {fill}"
    return f"({whole})[: {body.length().text}]"


def padded(scope: Scope, term: Call, source: Expr, by: int) -> Code:
    """Give the source of `term` here: a list's value `by` positions before (after, where negative), or the default."""
    body = scope.body
    name, fill = body.list_name(source), body.fill(term).text
    if not scope.open:
        return scope.displaced(name, by, fill)
    pad = padding(fill, abs(by))
    longer = f"{pad} + {name}" if by > 0 else f"{name}[{-by}:] + {pad}"
    scope.exact[longer] = lambda: shifted(body, source, by, fill)
    return scope.over(longer, body.variable(term, scope))


def padding(fill: str, times: int) -> str:
    """Give the source of a list of equal values."""
    return f"[{', '.join([fill] * times)}]" if times <= 2 else f"[{fill}] * {times}"


def items(body: Body, term: Expr) -> str:
    """Give the source of a term's values for a function such as `sum`: a list, or a generator without brackets."""
    source = list_source(body, term)
    if term in body.lists:
        return source
    if source.startswith("[") and source.endswith("]") and " for " in source:
        return source[1:-1]
    return source[5:-1] if source.startswith("list(") else source


def accumulation(body: Body, term: Call) -> str:
    """Give the source of a running sum or extreme of a list."""
    body.helpers.add("accumulate")
    how = {"running_min": ", min", "running_max": ", max"}.get(term.op, "")
    return f"accumulate({body.iterable_name(term.args[0])}{how})"


def last(body: Body, term: Expr) -> Code:
    """Give the source of a term's value at the last position."""
    if not carried(term, body.lists):
        return body.code(term, Scope(body, fixed="-1"))
    sink = Sink(lambda scope: body.code(term, scope).within(ATOM), behind=True)
    body.lines += run_loop(body, sink, {})
    return Code(sink.found)
