"""The law of emission: an emitted module answers as the interpreter of the language does, whatever the program."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from distill.emit import About, Signature, emit
from dsl.check import check
from dsl.domains import Domain, Numbers, Tokens
from dsl.evaluate import evaluate
from dsl.primitives import PRIMITIVES
from dsl.terms import STATE, Call, Expr, Input, Literal, Program, Table, Value, call, integer, subterms
from dsl.types import Axis, Kind, Type
from tests.strategies import SYMBOLS, Scope, calls, closed, lookups, scans, terms

ABOUT = About("Computes something", "Made in a test", "Nothing was verified")
VOCAB = ("a", "b", "<eos>", 2, 5, 3, "<bos>")
EXTRA = (*SYMBOLS, *range(-60, 60), True, False)
WORDS = Tokens(VOCAB, ("a", "b", 2, 5, 3), (1, 5), prefix=("<bos>",), suffix=("<eos>",))
DIGITS = Tokens((1, 2, 3, 4, "<bos>"), (1, 2, 3, 4), (1, 4), prefix=("<bos>",))
STEPS = Numbers(2, (-2, 0), (4, 3), (1, 5), ("income", "debt"))
STREAM = Numbers(1, (-2,), (5,), (1, 6))
REALS = Numbers(1, None, None, (1, 4))
POINT = Numbers(3, (0, 0, -2), (4, 4, 2))
DOMAINS = {"words": WORDS, "digits": DIGITS, "steps": STEPS, "stream": STREAM, "reals": REALS}
LAW = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)  # fmt: skip  # no shrinking: it takes minutes and the emitted source says enough


def signature_of(
    domain: Domain, at: str, output: Kind, scored: Expr | None = None, symbols: tuple[Value, ...] = EXTRA
) -> Signature:
    """Give the signature of a domain; symbols: what else is spoken of."""
    if isinstance(domain, Tokens):
        return Signature(
            "tokens", at, output, domain.vocab, domain.prefix, domain.suffix, domain.alphabet, domain.length,
            scored=scored, symbols=symbols,
        )  # fmt: skip
    assert isinstance(domain, Numbers)
    names = tuple(i.name for i in domain.inputs)
    return Signature(
        "numbers", at, output, length=domain.length, sequence=domain.sequence, names=names,
        low=domain.low or (), high=domain.high or (), scored=scored, symbols=symbols,
    )  # fmt: skip


def load(source: str) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "emitted"}
    exec(compile(source, "emitted.py", "exec"), space)
    return space


def expected(
    domain: Domain, term: Expr, raws: list, at: str, scored: Expr | None, extra: tuple[Value, ...] = EXTRA
) -> list:
    """Give the interpreter's answers as `predict` would."""
    cases = domain.cases(domain.rows(raws), extra)
    kind = check(term).kind
    values = np.broadcast_to(evaluate(term, cases), cases.mask.shape)
    counts = None if scored is None else np.broadcast_to(evaluate(scored, cases), cases.mask.shape)
    answers = []
    for k, mask in enumerate(np.asarray(cases.mask)):
        row = [decode(v, kind, cases.symbols) for v in values[k][mask].tolist()]
        if counts is not None:
            row = [v if c else None for v, c in zip(row, counts[k][mask].tolist(), strict=True)]
        answers.append([None] * domain.offset + row if at == "each" else row[-1])
    return answers


def decode(value: Any, kind: Kind, symbols: tuple[Value, ...]) -> Value:
    return value if kind is not Kind.SYMBOL else None if value < 0 else symbols[value]


def same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(wanted, float) and type(found) in (int, float):
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)
    return type(found) is type(wanted) and found == wanted


def representable(term: Expr) -> bool:
    """Say whether no table has keys that are equal in Python and not in the language, as 1 and True."""
    for node in subterms(term):
        if isinstance(node, Table) and len({_plain(k) for k, _ in node.entries}) < len(node.entries):
            return False
    return True


def named(domain: Domain, raws: list) -> Callable[[Expr], bool]:
    """Give the test that a term speaks of numbers that are symbols only: others have no place in an answer."""
    cases = domain.cases(domain.rows(raws), EXTRA)

    def holds(node: Expr) -> bool:
        if not isinstance(node, Call) or node.op != "symbol":
            return True
        return closed(node) and bool((np.abs(evaluate(node.args[0], cases)) < 60).all())

    return holds


def _plain(key: tuple) -> tuple:
    return tuple(hash(k) for k in key)


def agree(
    domain: Domain, term: Expr, at: str, data: st.DataObject, scored: Expr | None = None, steps: tuple = ()
) -> None:
    assume(representable(term) and (scored is None or representable(scored)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    raws = domain.raw(domain.sample(6, rng))
    source = emit(Program(domain.inputs, steps, term), signature_of(domain, at, check(term).kind, scored), ABOUT)
    predict = load(source)["predict"]
    assume(all(map(named(domain, raws), subterms(term))))
    answers = expected(domain, term, raws, at, scored)
    for raw, wanted in zip(raws, answers, strict=True):
        found = predict(raw)
        assert same(found, wanted), f"{raw!r}: {found!r}, expected {wanted!r}\n{source}"


def drawn(name: str, type_: Type, scope: Scope) -> st.SearchStrategy[Call]:
    if name == "lookup":
        return lookups(type_, 2, scope)
    return scans(type_.kind, 3, scope) if name == "scan" else calls(name, 2, type_, scope)


def spoken(name: str) -> list[Type]:
    """Give the types that a primitive's value can have where a program ends in it."""
    if name in ("lookup", "scan"):
        return [Type(kind, Axis.POSITION) for kind in Kind]
    primitive = PRIMITIVES[name]
    axis = Axis.POSITION if primitive.axes is None else primitive.axes[1]
    return [Type(kind, axis) for kind in {o.result: None for o in primitive.overloads} if axis is not Axis.PAIR]


@pytest.mark.parametrize(
    "name", sorted(n for n in [*PRIMITIVES, "lookup", "scan"] if n in ("lookup", "scan") or spoken(n))
)
@given(data=st.data())
@LAW
def test_emitted_is_interpreted_for_every_primitive(name: str, data: st.DataObject) -> None:
    domain = DOMAINS[data.draw(st.sampled_from(sorted(DOMAINS)))]
    types = spoken(name)
    term = data.draw(drawn(name, data.draw(st.sampled_from(types)), Scope(domain.inputs)))
    agree(domain, term, data.draw(st.sampled_from(["each", "last"])), data)


@given(data=st.data())
@settings(LAW, max_examples=400)
def test_emitted_is_interpreted_for_any_program(data: st.DataObject) -> None:
    domain = DOMAINS[data.draw(st.sampled_from(sorted(DOMAINS)))]
    scope = Scope(domain.inputs)
    kind = data.draw(st.sampled_from(list(Kind)))
    term = data.draw(terms(Type(kind, data.draw(st.sampled_from([Axis.ROW, Axis.POSITION]))), 4, scope))
    at = data.draw(st.sampled_from(["each", "each", "last"]))
    scored = data.draw(st.none() | terms(Type(Kind.BOOL, Axis.POSITION), 2, scope)) if at == "each" else None
    possible = [n for n in subterms(term) if isinstance(n, Call) and closed(n)]
    chosen = data.draw(st.sets(st.sampled_from(possible), max_size=3)) if possible else set()
    agree(domain, term, at, data, scored, tuple((f"step{k}", n) for k, n in enumerate(possible) if n in chosen))


@given(data=st.data())
@settings(LAW, max_examples=100)
def test_emitted_is_interpreted_without_a_sequence_axis(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(Kind)))
    term = data.draw(terms(Type(kind, Axis.ROW), 4, Scope(POINT.inputs, local=True)))
    agree(POINT, term, "whole", data)


def formulas(atoms: list[Expr]) -> st.SearchStrategy[Expr]:
    """Give conditions over comparisons of a few values: where chains, sets and ranges come up."""
    pairs = st.tuples(st.sampled_from(["eq", "ne", "lt", "le"]), st.sampled_from(atoms), st.sampled_from(atoms))
    return st.recursive(
        pairs.map(lambda p: call(*p)),
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["and", "and", "or"]), inner, inner).map(lambda p: call(*p)),
            inner.map(lambda c: call("not", c)),
            st.tuples(inner, inner, inner).map(lambda p: call("if", *p)),
        ),
        max_leaves=6,
    )


@given(data=st.data())
@settings(LAW, max_examples=200)
def test_conditions_mean_the_same_however_they_are_written(data: st.DataObject) -> None:
    atoms = [*POINT.inputs, *map(integer, (0, 2, 3))]
    agree(POINT, data.draw(formulas(atoms)), "whole", data)


@given(data=st.data())
@settings(LAW, max_examples=200)
def test_tables_mean_the_same_however_they_are_written(data: st.DataObject) -> None:
    key, kind = STREAM.inputs[0], data.draw(st.sampled_from([Kind.INT, Kind.BOOL, Kind.SYMBOL]))
    rules = {
        Kind.INT: [lambda k: k, lambda k: k + 2, lambda k: 3 - k, lambda k: 0, lambda k: 7],
        Kind.BOOL: [lambda k: k > 1, lambda k: k in (0, 4), lambda k: k % 2 == 0],
        Kind.SYMBOL: [lambda k: k, lambda k: "a", lambda k: frozenset({"a", "b"}), lambda k: k > 0],
    }
    rule, odd = (data.draw(st.sampled_from(rules[kind])) for _ in range(2))
    exceptions = data.draw(st.sets(st.integers(-2, 5), max_size=3))
    keys = range(data.draw(st.integers(-3, 0)), data.draw(st.integers(2, 7)))
    entries = tuple(((k,), (odd if k in exceptions else rule)(k)) for k in keys)
    table = Table(entries, data.draw(st.sampled_from(rules[kind]))(1), (Kind.INT,), kind)
    term: Expr = call("lookup", data.draw(st.sampled_from([key, call("abs", key), call("running_sum", key)])), table)
    agree(STREAM, call("not", term) if kind is Kind.BOOL and data.draw(st.booleans()) else term, "each", data)


@given(data=st.data())
@settings(LAW, max_examples=200)
def test_memories_mean_the_same_as_searches(data: st.DataObject) -> None:
    domain = DOMAINS[data.draw(st.sampled_from(["words", "digits", "steps"]))]
    scope, first = Scope(domain.inputs), domain.inputs[0]
    near = st.sampled_from([first, call("shift", first, integer(1), Literal(None, Kind.SYMBOL))])
    kind = check(first).kind
    key = data.draw(near) if kind is Kind.SYMBOL else first
    where = call(
        "and", call(data.draw(st.sampled_from(["before", "upto"]))), call("eq", call("key", key), call("query", first))
    )
    if data.draw(st.booleans()):
        where = call("and", where, call("key", data.draw(terms(Type(Kind.BOOL, Axis.POSITION), 1, scope))))
    value = data.draw(terms(Type(Kind.INT, Axis.POSITION), 1, scope))
    term: Expr = call(data.draw(st.sampled_from(["first_of", "last_of"])), where, value, integer(-9))
    if data.draw(st.booleans()):
        term = call("add", term, call("shift", term, integer(1), integer(0)))
    agree(domain, term, data.draw(st.sampled_from(["each", "last"])), data)


@given(data=st.data())
@settings(LAW, max_examples=400)
def test_what_a_loop_carries_is_read_before_or_after_its_update_as_meant(data: st.DataObject) -> None:
    domain = DOMAINS[data.draw(st.sampled_from(["digits", "steps", "stream"]))]
    value, state = domain.inputs[0], Input(STATE, Type(Kind.INT, Axis.POSITION))
    odd = call("eq", call("mod", value, integer(2)), integer(1))
    pool: list[Expr] = [
        value,
        call("running_sum", value),
        call("running_count", odd),
        call("running_max", value),
        call("since", odd),
        call("scan", integer(0), call("floordiv", call("add", state, value), integer(2))),
        call("scan", integer(1), call("mod", call("add", call("mul", integer(2), state), value), integer(5))),
    ]
    for _ in range(data.draw(st.integers(2, 6))):
        a, b = (data.draw(st.sampled_from(pool)) for _ in range(2))
        by, default = (
            integer(data.draw(st.sampled_from([1, 1, 1, 2, 3, -1]))),
            integer(data.draw(st.sampled_from([0, 0, 1]))),
        )
        shapes = [
            call("shift", a, by, default),
            call("add", a, b),
            call("sub", a, b),
            call("running_sum", a),
            call("max", a, b),
        ]
        shapes += [
            call("scan", integer(0), call("mod", call("add", state, a), integer(4))),
            call("if", call("lt", a, b), a, b),
        ]
        pool.append(data.draw(st.sampled_from(shapes)))
    steps = tuple(
        (f"carried{k}", t) for k, t in enumerate(pool[7:-1]) if isinstance(t, Call) and data.draw(st.booleans())
    )
    agree(domain, pool[-1], data.draw(st.sampled_from(["each", "each", "last"])), data, steps=steps)


@given(data=st.data())
@settings(LAW, max_examples=300)
def test_missing_values_mean_the_same_however_they_are_told(data: st.DataObject) -> None:
    domain = DOMAINS[data.draw(st.sampled_from(["digits", "stream", "steps"]))]
    value, nothing = domain.inputs[0], integer(data.draw(st.sampled_from([-3, -3, 0, 1])))
    there, here, before = call("key", value), call("query", value), call("before")
    sought: list[Expr] = [
        *(call("shift", value, integer(by), nothing) for by in (1, -1, 2)),
        call("gather", value, call("sub", call("index"), value), nothing),
        call("min_of", call("and", before, call("lt", here, there)), value, nothing),
        call("max_of", call("and", before, call("eq", here, there)), call("index"), nothing),
        call("last_of", call("and", before, call("eq", there, here)), value, nothing),
    ]
    chosen = [data.draw(st.sampled_from(sought)) for _ in range(2)]
    tests: list[Expr] = [call(op, t, nothing) for t in chosen for op in ("eq", "ne")]
    tests += [call(op, value, t) for t in chosen for op in ("lt", "le", "eq")]
    tests += [call("or", tests[0], tests[4]), call("and", tests[1], tests[3]), call("eq", call("index"), integer(0))]
    arms: list[Expr] = [value, integer(7), *chosen, *(call("add", t, integer(1)) for t in chosen)]
    arms.append(call("mul", call("add", chosen[0], value), call("add", chosen[0], value)))
    term = data.draw(st.sampled_from(arms))
    for _ in range(data.draw(st.integers(1, 3))):
        term = call("if", data.draw(st.sampled_from(tests)), data.draw(st.sampled_from(arms)), term)
    agree(domain, term, data.draw(st.sampled_from(["each", "each", "last"])), data)
