"""`predict` as a whole: attempts at its body until nothing is left to settle."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dsl.check import check
from dsl.terms import Call, Expr, Input, Program
from dsl.types import Axis, Kind
from distill.emit import expression
from distill.emit.body import Body, Choices, run_loop
from distill.emit.facts import Facts
from distill.emit.layout import LIMIT, fit
from distill.emit.names import identifier
from distill.emit.plan import carried, light, nameable, shared
from distill.emit.rewrite import at_last, by_rows, prepare
from distill.emit.scope import Scope
from distill.emit.select import settle
from distill.emit.signature import Signature
from distill.emit.source import CHOICE, OR, Code

ATTEMPTS = 60  # more than a program has values to settle


@dataclass(frozen=True, slots=True)
class Predict:
    """The body of `predict`, unindented, and what it needs beside it: constants by name, helpers."""

    lines: tuple[str, ...]
    constants: dict[str, str]
    helpers: frozenset[str]
    sets: bool


def predict_of(program: Program, signature: Signature) -> Predict:
    """Write the body of `predict` for a program."""
    result, scored = program.result, signature.scored
    steps = dict(program.steps)
    if not signature.sequence:
        result, steps = by_rows(result), {n: by_rows(t) for n, t in steps.items()}
    elif signature.at != "each":
        result = at_last(result)
    roots = prepare([result, *([scored] if scored is not None else []), *steps.values()])
    result, scored = roots[0], roots[1] if scored is not None else None
    named = _named([result, *([scored] if scored is not None else [])], dict(zip(steps, roots[-len(steps) :], strict=True)) if steps else {})
    return _settle(signature, result, scored, named)


def _named(roots: list[Expr], steps: dict[str, Expr]) -> dict[Expr, str]:
    """Give the values to name: the program's own steps, and what is used more than once."""
    named = dict.fromkeys(shared(roots), "")
    for name, term in steps.items():
        if nameable(term) and not (light(term) and term not in named):
            named[term] = "" if _is_auto(name) else identifier(name)
    return {t: n for t, n in named.items() if t not in roots}


def _is_auto(name: str) -> bool:
    """Say whether a step's name says nothing: s1, step_2, t."""
    return len(name.rstrip("0123456789_")) <= 1 or name.rstrip("0123456789_") in ("step", "term", "value", "node")


def _settle(signature: Signature, result: Expr, scored: Expr | None, named: dict[Expr, str]) -> Predict:
    """Write the body again and again, each time with what the last attempt showed to be better."""
    facts, choices, outlined = Facts(signature), Choices(named), False
    for _ in range(ATTEMPTS):
        body = Body(signature, facts, choices)
        lines = _write(body, signature, result, scored)
        after = _choose(body, choices, lines, result)
        if after == choices:
            break
        choices = after
    return Predict(tuple(line for text in lines for line in fit(text)), {n: s for s, n in body.constants.items()}, frozenset(body.helpers), _has_sets(body, result))


def _choose(body: Body, choices: Choices, lines: list[str], result: Expr) -> Choices:
    """Say what to settle otherwise, given how an attempt came out."""
    lists = choices.lists | {t for t in body.lists if isinstance(t, Call) and carried(t, {})}
    if lists != choices.lists:
        return replace(choices, lists=lists)
    whole = next((n for t, n in body.lists.items() if isinstance(t, Input)), "")
    inline = bool(body.signature.prefix) and body.uses[whole] == 1 and body.uses[f"over {whole}"] == 1
    length = body.uses["length"] > 1
    if (inline and not choices.inline) or (length and not choices.length):
        return replace(choices, inline=inline or choices.inline, length=length or choices.length)
    long = max((len(line) + 4 for line in lines), default=0)
    if long > LIMIT:
        options = [t for t, w in body.widths.items() if t not in choices.named and t is not result and nameable(t) and 16 <= w <= 0.65 * long]
        if options:
            chosen = max(options, key=lambda t: body.widths[t])
            return replace(choices, named={**choices.named, chosen: ""})
    return choices


def _write(body: Body, signature: Signature, result: Expr, scored: Expr | None) -> list[str]:
    _bind(body, signature, result)
    if not signature.sequence:
        code = _out(body, result, None)
        return [*body.lines, f"return {code.text}"]
    if signature.at != "each":
        code = _out(body, result, None)
        return [*body.lines, f"return {code.text}"]
    return _each(body, signature, result, scored)


def _bind(body: Body, signature: Signature, result: Expr) -> None:
    """Name the inputs."""
    inputs = _inputs(result, signature)
    if not signature.sequence:
        _unpack(body, signature, inputs)
    elif signature.kind == "tokens":
        _tokens(body, signature, inputs)
    elif len(signature.names) == 1:
        body.lists[inputs[0]] = "inputs"
    else:
        body.components.update({i: body.names.fresh(identifier(i.name) or "value") for i in inputs})


def _inputs(result: Expr, signature: Signature) -> list[Input]:
    """Give the input columns."""
    from dsl.types import Type

    axis = Axis.POSITION if signature.sequence else Axis.ROW
    if signature.kind == "tokens":
        integers = all(type(s) is int for s in signature.visible)
        return [Input("token", Type(Kind.INT if integers else Kind.SYMBOL, axis))]
    kind = Kind.INT if signature.low else Kind.REAL
    return [Input(name, Type(kind, axis)) for name in signature.names]


def _tokens(body: Body, signature: Signature, inputs: list[Input]) -> None:
    (token,) = inputs
    if not signature.prefix:
        body.lists[token] = "inputs"
    elif body.choices.inline:
        body.lists[token] = f"inputs[{len(signature.prefix)}:]"
    else:
        name = body.names.fresh("xs" if token.type.kind is Kind.INT else "tokens")
        body.lines.append(f"{name} = inputs[{len(signature.prefix)}:]")
        body.lists[token] = name


def _unpack(body: Body, signature: Signature, inputs: list[Input]) -> None:
    """Name the components of a single step; where few of many are read, those alone."""
    names = [body.names.fresh(identifier(i.name) or "value") for i in inputs]
    body.rows.update(zip(inputs, names, strict=True))
    source = "inputs" if len(names) > 1 else "inputs"
    body.lines.append(f"{', '.join(names)} = {source}")


def _each(body: Body, signature: Signature, result: Expr, scored: Expr | None) -> list[str]:
    """One output a position, None for the prefix."""
    prefix = ["None"] * len(signature.prefix)
    carries = body.needs_loop(result) or (scored is not None and body.needs_loop(scored))
    if carries:
        loop = run_loop(body, result, lambda c: f"out.append({c.text})", {"out": f"[{', '.join(prefix)}]"}, scored=scored, write=expression.outgoing if _sets(body, result) else None)
        return [*body.lines, *loop, "return out"]
    start = f"[{', '.join(prefix)}] + " if prefix else ""
    if scored is None and not _sets(body, result):
        source = body.list_source(result)
        return [*body.lines, f"return {start}{source}"]

    def write(scope: Scope) -> list[Code]:
        code = _out(body, result, scope)
        if scored is not None:
            code = Code(f"{code.within(OR)} if {body.code(scored, scope).within(OR)} else None", CHOICE)
        return [code]

    (code,), scope = settle(Scope(body), write)
    return [*body.lines, f"return {start}[{code.text} {scope.header()}]"]


def _sets(body: Body, result: Expr) -> bool:
    if check(result).kind is not Kind.SYMBOL:
        return False
    found = body.facts.values(result)
    return bool(found) and all(isinstance(v, frozenset) for v in found or [])


def _has_sets(body: Body, result: Expr) -> bool:
    """Say whether an output may be a set."""
    if check(result).kind is not Kind.SYMBOL:
        return False
    found = body.facts.values(result)
    return found is None or any(isinstance(v, frozenset) for v in found)


def _out(body: Body, result: Expr, place: Scope | None) -> Code:
    """Give the source of an output; sets leave as frozensets."""
    return expression.outgoing(body, result, place) if _sets(body, result) else body.code(result, place)
