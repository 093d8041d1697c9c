"""`predict` as a whole: attempts at its body until nothing is left to settle."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from distill.emit.answers import answers, outgoing_answer
from distill.emit.body import Body, Choices
from distill.emit.cases import LONGEST, cases
from distill.emit.facts import Facts
from distill.emit.layout import LIMIT, fit
from distill.emit.missing import absent, edges
from distill.emit.names import identifier, wish
from distill.emit.normal import normal
from distill.emit.plan import carried, light, nameable, shared
from distill.emit.rewrite import prepare
from distill.emit.signature import Signature
from distill.emit.whole import at_last, by_rows
from dsl.check import check
from dsl.terms import Call, Expr, Input, Literal, Program, Value
from dsl.types import Axis, Kind, Type

INDENT = 4
_ATTEMPTS = 80  # more than a program has values to settle
_MADE = re.compile(r" +(out\.append\(|answer = |allowed = )")  # the line of a loop that makes an output
_WRAPPED = 7  # an expression that takes more lines is parted in steps


@dataclass(frozen=True, slots=True)
class Predict:
    """The body of `predict`, unindented, and what it needs beside it.

    constants: sources by name; helpers: names of functions; sets: whether an output may be a set; members: what such a
    set may hold, None where that is not known; ranked: the symbols that the most frequent is sought of, in order.
    """

    lines: tuple[str, ...]
    constants: dict[str, str]
    helpers: frozenset[str]
    sets: bool
    members: frozenset[Value] | None
    ranked: tuple[Value, ...]


def predict_of(program: Program, signature: Signature) -> Predict:
    """Write the body of `predict` for a program."""
    names = [name for name, _ in program.steps]
    roots = [program.result, *([signature.scored] if signature.scored is not None else [])]
    count = len(roots)
    roots += [term for _, term in program.steps]
    if not signature.sequence:
        roots = [by_rows(term) for term in roots]
    elif signature.at != "each":
        roots[0] = at_last(roots[0])
    facts = Facts(signature, longer=True)
    roots = prepare(roots if names else edges([normal(term, facts, written=True) for term in roots], facts))
    always = count == 2 and roots[1] is Literal(True, Kind.BOOL)
    result, scored = roots[0], roots[1] if count == 2 and not always else None
    steps = dict(zip(names, roots[count:], strict=True))
    return _settle(signature, result, scored, _first_choices(roots[:count], steps, facts))


def _first_choices(roots: list[Expr], steps: dict[str, Expr], facts: Facts) -> Choices:
    """Name the program's own steps, and what is used more than once."""
    named = set(shared(roots))
    named |= {term for term in steps.values() if nameable(term) and not light(term)}
    wishes = {term: wish(name) for name, term in steps.items() if wish(name)}
    if isinstance(roots[0], Call) and roots[0].op in ("if", "lookup", "and", "or", "not", "at", "eq", "ne", "lt", "le"):
        wishes = {roots[0]: "answer", **wishes}
    return Choices(frozenset(named - set(roots)), wishes, absent=absent(roots, facts))


def _settle(signature: Signature, result: Expr, scored: Expr | None, choices: Choices) -> Predict:
    """Write the body again and again, each time with what the last attempt showed to be better."""
    facts = Facts(signature)
    for _ in range(_ATTEMPTS):
        body = Body(signature, facts, choices)
        lines = _write(body, result, scored)
        after = _choose(body, lines, result)
        if after == choices:
            break
        choices = after
    fitted = [line for text in lines for line in fit(text, LIMIT - INDENT)]
    constants = {name: source for source, name in body.constants.items()}
    sets, members = _set_outputs(body, result)
    return Predict(tuple(fitted), constants, frozenset(body.helpers), sets, members, tuple(body.ranked))


def _choose(body: Body, lines: list[str], result: Expr) -> Choices:
    """Say what to settle otherwise, given how an attempt came out."""
    choices = body.choices
    lists = choices.lists | {t for t in body.lists if t in body.components or _is_number(t) or carried(t, {})}
    if lists != choices.lists:
        return replace(choices, lists=lists)
    whole = next((n for t, n in body.lists.items() if isinstance(t, Input)), "")
    once = bool(body.signature.prefix) and body.uses[whole] == 1 and body.uses[f"over {whole}"] == 1
    inline, length = choices.inline or once, choices.length or body.uses["length"] > 1
    contested = choices.contested | {noun for noun, n in Counter(body.asked.values()).items() if n > 1}
    settled = replace(choices, inline=inline, length=length, contested=contested)
    if settled != choices:
        return settled
    if not choices.looped and body.passing - body.sought:
        return replace(choices, looped=True)
    if not choices.branched and _wants_branches(body, lines, result):
        return replace(choices, branched=True)
    for line in lines:
        chosen = _part(body, line, result)
        if chosen is not None:
            return replace(choices, named=choices.named | {chosen})
    return choices


def _wants_branches(body: Body, lines: list[str], result: Expr) -> bool:
    """Say whether the answer's cases read better as statements: many, or two that do not fit in a loop's line."""
    count = len(cases(body, result))
    made = [line for line in lines if _MADE.match(line)]
    return any(count > 2 and len(line) > LONGEST for line in [*made, *lines[-1:]]) or any(
        count > 1 and len(line) > LIMIT - INDENT for line in made
    )


def _is_number(term: Expr) -> bool:
    return isinstance(term, Input) and term.name == "number"


def _part(body: Body, line: str, result: Expr) -> Expr | None:
    """Give a value to name, so that a statement that is far too long gets shorter; None where it fits."""
    room = LIMIT - INDENT
    fitted = fit(line, room)
    if len(line) <= room or (len(fitted) <= _WRAPPED and max(map(len, fitted)) <= room):
        return None
    options = [
        (len(text), term)
        for term, text in body.texts.items()
        if text in line and 16 <= len(text) <= 0.65 * len(line) and nameable(term) and not body.is_named(term, None)
    ]
    return max((o for o in options if o[1] is not result), key=lambda o: o[0], default=(0, None))[1]


def _write(body: Body, result: Expr, scored: Expr | None) -> list[str]:
    _bind(body)
    if body.signature.at == "each" and body.signature.sequence:
        return _each(body, result, scored)
    if body.choices.branched:
        answer = []
        for test, leaf in cases(body, result):
            value = f"return {outgoing_answer(body, leaf, None).text}"
            answer += [value] if test is None else [f"if {body.code(test, None).text}:", f"    {value}"]
    else:
        answer = [f"return {outgoing_answer(body, result, None).text}"]
    return [*_unpacked(body), *body.lines, *answer]


def _unpacked(body: Body) -> list[str]:
    """Give the statement that names the components of a single step; of many, those that are read."""
    if body.signature.sequence:
        return []
    names = [body.rows[i] for i in body.rows if isinstance(i, Input)]
    read = [k for k, i in enumerate(body.rows) if i in body.read and isinstance(i, Input)]
    if len(names) > 3 and len(read) <= len(names) // 2:
        values = ", ".join(f"inputs[{k}]" for k in read)
        return [f"{', '.join(names[k] for k in read)} = {values}"] if read else []
    return [f"{', '.join(names)} = inputs"] if read else []


def _bind(body: Body) -> None:
    """Name the inputs."""
    signature = body.signature
    axis = Axis.POSITION if signature.sequence else Axis.ROW
    if signature.kind == "tokens":
        integers = all(type(s) is int for s in signature.visible)
        _bind_tokens(body, Input("token", Type(Kind.INT if integers else Kind.SYMBOL, axis)))
        return
    inputs = [Input(name, Type(Kind.INT if signature.low else Kind.REAL, axis)) for name in signature.names]
    if signature.sequence and len(inputs) == 1:
        body.lists[inputs[0]] = "inputs"
        return
    names = [body.names.fresh(identifier(i.name)) for i in inputs]
    if signature.sequence:
        body.components.update(zip(inputs, names, strict=True))
    else:
        body.rows.update(zip(inputs, names, strict=True))


def _bind_tokens(body: Body, token: Input) -> None:
    prefix = len(body.signature.prefix)
    body.lists[token] = f"inputs[{prefix}:]" if prefix else "inputs"
    if prefix and not body.choices.inline:
        body.lists[token] = body.names.fresh("xs" if token.type.kind is Kind.INT else "tokens")
        body.lines.append(f"{body.lists[token]} = inputs[{prefix}:]")


def _each(body: Body, result: Expr, scored: Expr | None) -> list[str]:
    """One output a position, None for the prefix."""
    prefix = f"[{', '.join(['None'] * len(body.signature.prefix))}]"
    answer = answers(body, result, scored, prefix)
    if body.facts.least == 0 and body.fragile:
        body.lines[:0] = [f"if len(inputs) == {len(body.signature.prefix)}:", f"    return {prefix}"]
    return [*body.lines, *answer]


def _set_outputs(body: Body, result: Expr) -> tuple[bool, frozenset[Value] | None]:
    """Say whether an output may be a set, and what such sets may hold, where that is known."""
    if check(result).kind is not Kind.SYMBOL:
        return False, None
    found = body.facts.values(result)
    if found is None:
        return True, None
    members = frozenset(m for v in found if isinstance(v, frozenset) for m in v)
    return any(isinstance(v, frozenset) for v in found), members
