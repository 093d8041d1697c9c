"""Programs as explanations: their steps, what they compute, and what follows when a step is given another value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from distill.bundle import InputSpec
from distill.hypothesis import Hypothesis, stated
from distill.parts import derived, ways
from distill.question import Question
from dsl import evaluate, parse_expr, parse_program, substitute
from dsl.rows import Rows
from tests.planted.builder import Builder, numbers, tokens
from tests.planted.forms import Form, residue, wires
from tests.planted.hypotheses import NETWORKS, planted
from tests.planted.planted import Planted
from verify.explanation import DEFINED, RESULT, Given

PLANTED = [planted(kind)[0] for kind in NETWORKS] + [planted(kind)[4] for kind in NETWORKS]
LETTERS, DIGITS = tokens(), tokens("012")
MARKED = InputSpec(kind="tokens", vocab=("a", "b", "^", "$", "-"), pad="-", prefix=("^",), suffix=("$",), length=(2, 3))


def reading(spec: InputSpec = DIGITS, readout: str = "round", at: str = "each", symbols: tuple = ()) -> Question:
    """Ask about a network that looks at each position by itself, with a column a symbol."""
    b = Builder(0, spec)
    b.embed()
    names = b.spaces["embed"].names * 4
    b.head("embed", *(Form({name: 1.0}) for name in names[: len(symbols) or 1]))
    return b.question(readout, at, symbols)


def remembering() -> Question:
    """Ask about a network with a state."""
    b = Builder(0, numbers(1, 2, (3, 5)))
    s, x = wires("s x")
    b.cell("cell", "input", s=residue(s + x, 3, 4))
    b.head("cell", s)
    return b.question("round", "each")


def claim(question: Question, text: str) -> Hypothesis:
    return stated(question, parse_program(text, question.domain.inputs))


def parts(question: Question, text: str) -> Hypothesis:
    return derived(question, parse_expr(text, question.domain.inputs))


def batch(question: Question, *lines: Sequence) -> Rows:
    return question.domain.rows([list(line) for line in lines])


def at(shape: tuple[int, ...], *cells: tuple[int, int]) -> np.ndarray:
    """Give bool of a shape, True at some cells."""
    found = np.zeros(shape, bool)
    found[tuple(np.transpose(cells))] = True
    return found


@pytest.mark.parametrize(
    ("text", "steps", "reads"),
    [
        ("token", [], ["token"]),
        ("max(token + 1, token)", ["token + 1 <- token"], ["token + 1", "token"]),
        (
            "token + shift(token, 1, 0)",
            ["token -> shift(token, 1, 0) <- token", "shift(token, 1, 0) <- token -> shift(token, 1, 0)"],
            ["token", "shift(token, 1, 0)"],
        ),
        (
            "count(key(token) == query(token)) - 1",
            [
                "token -> key(token) <- token",
                "token -> query(token) <- token",
                "count(key(token) == query(token)) <- token -> key(token), token -> query(token)",
            ],
            ["count(key(token) == query(token))"],
        ),
        (
            "token - from_end()",
            ["length() <- ", "length() - 1 <- length()", "length() - 1 - index() <- length() - 1"],
            ["token", "length() - 1 - index()"],
        ),
    ],
)
def test_steps_are_the_parts_and_what_moving_parts_read(text: str, steps: list, reads: list):
    found = parts(reading(), text)
    assert [f"{s.name} <- {', '.join(s.reads)}" for s in found.steps] == steps
    assert list(found.reads) == reads
    assert not found.strict


def test_steps_come_after_those_they_read():
    for p in PLANTED:
        for found in (stated(p.question, p.program), *ways(p.question, p.program.result, p.question.readout.symbols)):
            names = [s.name for s in found.steps]
            assert len(set(names)) == len(names)
            for k, step in enumerate(found.steps):
                assert not set(step.reads) & set(names[k:])


def test_of_a_value_that_several_parts_move_each_reads_its_own():
    found = parts(reading(), "shift(max(token, shift(token, 1, 0)), 1, 0) - max(token, shift(token, 1, 0))")
    assert [s.name for s in found.steps] == [
        "token -> shift(token, 1, 0)",
        "shift(token, 1, 0)",
        "max(token, shift(token, 1, 0))",
        "max(token, shift(token, 1, 0)) -> shift(max(token, shift(token, 1, 0)), 1, 0)",
        "shift(max(token, shift(token, 1, 0)), 1, 0)",
    ]


def test_in_a_network_with_a_state_values_are_moved_by_memories():
    found = parts(remembering(), "shift(x, 2, 0) + running_sum(x)")
    assert [s.name for s in found.steps] == ["x -> shift(x, 2, 0)", "scan(0, state + x)"]
    assert all(s.carried and s.moves for s in found.steps)


def test_what_is_remembered_may_also_be_what_is_read_at_once():
    question = remembering()
    first, other = ways(question, parse_expr("shift(x, 1, 0) + running_sum(x)", question.domain.inputs))
    rows = batch(question, (1, 2, 0))
    given = {"x -> shift(x, 1, 0)": Given(np.array([[0, 1, 0]]), at((1, 3), (0, 1)))}
    for way, result in ((first, [1, 4, 4]), (other, [1, 3, 3])):
        assert way.run(rows)[RESULT].tolist() == [[1, 4, 5]]
        assert way.run(rows, given)[RESULT].tolist() == [result]
    assert len(ways(question, parse_expr("running_sum(x)", question.domain.inputs))) == 1


def test_kinds_and_axes_of_steps():
    found = parts(reading(LETTERS), 'count_all(shift(token, 1, #null) == token) + int(first(token) == #"a")')
    kinds = {s.name: (s.axis, s.kind, s.moves) for s in found.steps if "->" not in s.name}
    assert list(kinds.items()) == [
        ("shift(token, 1, #null)", ("position", "symbol", True)),
        ("shift(token, 1, #null) == token", ("position", "number", False)),
        ("count_all(shift(token, 1, #null) == token)", ("row", "number", True)),
        ("first(token)", ("row", "symbol", True)),
        ('first(token) == #"a"', ("row", "number", False)),
        ('int(first(token) == #"a")', ("row", "number", False)),
    ]
    assert not any(s.carried for s in found.steps)


def test_a_program_with_named_steps_claims_these_alone():
    question = reading()
    found = claim(question, "p = shift(token, 1, 0)\nt = max(token + 1, p)\nu = shift(t, 1, 0)\nreturn t - u")
    steps = {s.name: (s.reads, s.moves) for s in found.steps}
    assert steps == {"p": (("token",), True), "t": (("token", "p"), False), "u": (("t",), True)}
    assert (found.reads, found.strict) == (("t", "u"), True)


@pytest.mark.parametrize("p", PLANTED, ids=lambda p: p.name)
def test_without_interventions_a_program_gives_its_own_values(p: Planted):
    rows, question = p.rows(), p.question
    answers = question.answers(rows)
    counted = question.counted(rows, answers)
    for found in (stated(question, p.program), *ways(question, p.program.result, question.readout.symbols)):
        ran, cells = found.run(rows), found.cells(rows)
        assert (ran[RESULT] == answers.values)[counted].all()
        cases = question.domain.cases(rows, found.symbols)
        for part in found.parts:
            whole = part.term
            while (inner := substitute(whole, {**found.readings})) is not whole:
                whole = inner
            values = evaluate(whole, cases)
            real = cells if values.shape == cells.shape else np.ones(values.shape, bool)
            assert (values == ran[part.step.name])[real].all(), part.step.name
        again = found.run(rows, {s.name: Given(ran[s.name], np.ones(ran[s.name].shape, bool)) for s in found.steps})
        assert (again[RESULT] == ran[RESULT])[counted].all()
        assert again[DEFINED][counted].all()


def test_a_prefix_has_no_values_and_a_suffix_has():
    question = reading(MARKED, "argmax", "each", ("a", "b"))
    rows = batch(question, "^ab$", "^aba$")
    found = claim(question, 'f = token == #"a"\nn = running_count(f)\nreturn #"a" if n > 1 else #"b"')
    ran = found.run(rows)
    assert found.cells(rows).tolist() == [[False, True, True, True, False], [False, True, True, True, True]]
    assert ran["n"][1].tolist() == [0, 1, 1, 2, 2]
    assert ran[RESULT][1].tolist() == [0, 1, 1, 0, 0]
    ran = found.run(rows, {"f": Given(np.ones((2, 5), bool), at((2, 5), (1, 2)))})
    assert ran["n"][1].tolist() == [0, 1, 2, 3, 3]


def test_one_value_a_row_stays_one_where_there_is_one_free_position():
    spec = InputSpec(kind="tokens", vocab=("a", "b", "^"), prefix=("^",), alphabet=("a", "b"), length=(1, 1))
    question = reading(spec, "round", "last")
    ran = claim(question, 'n = count_all(token == #"a")\nreturn n').run(batch(question, "^a", "^b"))
    assert ran["n"].tolist() == ran[RESULT].tolist() == [[1], [0]]


def test_a_value_given_on_its_way_to_one_part_changes_nothing_else():
    question = reading()
    rows = batch(question, (0, 1, 2, 1), (2, 2, 0, 1))
    found = parts(question, "10 * token + shift(token, 1, 0)")
    given = Given(np.full((2, 4), 2), at((2, 4), (0, 0), (1, 2)))
    ran = found.run(rows, {"token -> shift(token, 1, 0)": given})
    assert ran[RESULT].tolist() == [[0, 12, 21, 12], [20, 22, 2, 12]]
    assert ran["token"].tolist() == rows.values.tolist()
    assert ran["shift(token, 1, 0)"].tolist() == [[0, 2, 1, 2], [0, 2, 2, 2]]


def test_keys_and_queries_are_given_apart():
    question = reading()
    found = parts(question, "count(key(token) == query(token))")
    one = Given(np.full((1, 4), 1), at((1, 4), (0, 0)))
    key, query = {"token -> key(token)": one}, {"token -> query(token)": one}
    for given, counts in (({}, [1, 2, 2, 1]), (key, [0, 3, 3, 1]), (query, [2, 2, 2, 1]), (key | query, [3, 3, 3, 1])):
        assert found.run(batch(question, (0, 1, 1, 2)), given)[RESULT].tolist() == [counts]


def test_a_scan_given_a_value_goes_on_from_it():
    question = remembering()
    found = parts(question, "shift(scan(0, (state + x) % 3), 1, 0) + x")
    (memory,) = (s.name for s in found.steps)
    rows = batch(question, (1, 2, 2, 1), (0, 0, 1, 0))
    assert found.run(rows)[memory].tolist() == [[1, 0, 2, 0], [0, 0, 1, 1]]
    ran = found.run(rows, {memory: Given(np.full((2, 4), 2), at((2, 4), (0, 1)))})
    assert ran[memory].tolist() == [[1, 2, 1, 2], [0, 0, 1, 1]]
    assert ran[RESULT].tolist() == [[1, 3, 4, 2], [0, 0, 1, 1]]


def test_a_value_of_the_whole_row():
    question = reading(at="last")
    found = claim(question, "m = max_all(token)\nk = count_all(token == m)\nreturn m + 10 * k")
    ran = found.run(batch(question, (0, 1, 2, 1)), {"m": Given(np.array([[1]]), at((1, 1), (0, 0)))})
    assert (ran["k"].tolist(), ran[RESULT].tolist()) == ([[2]], [[21]])


def test_a_default_that_no_input_comes_to_is_no_claim():
    question = reading()
    found = parts(question, "sorted(token)")
    rank = "count(key(token) < query(token) or key(token) == query(token) and before())"
    ran = found.run(batch(question, (2, 0, 1, 0)), {rank: Given(np.array([[1, 0, 0, 0]]), at((1, 4), (0, 0)))})
    assert ran[RESULT][0, :3].tolist() == [0, 2, 1]
    assert ran[DEFINED].tolist() == [[True, True, True, False]]  # nothing is left of rank 3


def test_a_default_that_inputs_come_to_is_a_claim():
    question = reading()
    found = claim(question, "t = token + 1\nreturn shift(t, 1, 7)")
    ran = found.run(batch(question, (2, 0, 1, 0)), {"t": Given(np.full((1, 4), 7), at((1, 4), (0, 2)))})
    assert ran[RESULT].tolist() == [[7, 3, 1, 7]]
    assert ran[DEFINED].all()


def test_what_a_table_says_of_keys_that_there_are_not_is_no_claim():
    question = reading()
    found = claim(question, "n = token + 1\nreturn lookup(n, {1: 5, 2: 6, else 9})")
    ran = found.run(batch(question, (0, 1, 2, 2)), {"n": Given(np.array([[4, 3, 0, 1]]), np.ones((1, 4), bool))})
    assert ran[RESULT].tolist() == [[9, 9, 9, 5]]
    assert ran[DEFINED].tolist() == [[False, True, False, True]]  # 3 is listed by none, but inputs come to it


def test_an_answer_that_is_none_is_no_claim():
    question = reading(InputSpec(kind="tokens", vocab=tuple("abc"), length=(3, 3)), "argmax", "each", tuple("abc"))
    found = claim(question, "p = shift(token, 1, #null)\nreturn p")
    ran = found.run(batch(question, "abc"), {"p": Given(np.array([[0, 1, 1]]), at((1, 3), (0, 2)))})
    assert ran[RESULT].tolist() == [[-1, 0, 1]]
    assert ran[DEFINED].tolist() == [[False, True, True]]


@pytest.mark.parametrize(
    ("readout", "symbols"),
    [
        *(("argmax", s) for s in (("c", "a", "b"), (2, 0, 1), (True, False), (0.0, 0.1, 0.3), ("a", 1, True))),
        *(("multilabel", ("a", "b", "x")), ("sign", ()), ("round", ()), ("real", ())),
    ],
)
@pytest.mark.parametrize("spec", [LETTERS, MARKED], ids=["plain", "prefixed"])
def test_answers_as_programs_give_them_are_decoded_to_what_they_were(readout: str, symbols: tuple, spec: InputSpec):
    question, rng = reading(spec, readout, "each", symbols), np.random.default_rng(0)
    rows = question.domain.sample(20, rng)
    answers = question.readout.answers(3 * rng.standard_normal((*rows.values.shape, len(symbols) or 1)), rows)
    extra = question.readout.symbols
    if readout == "multilabel":
        extra = tuple(question.readout.value(c) for c in np.unique(answers.values))
    cases = question.domain.cases(rows, extra)
    found = question.codes(question.target(rows, answers, cases).values, cases)
    assert np.array_equal(found, answers.values[:, question.domain.offset :])
    assert len(np.unique(found)) > 1


@pytest.mark.parametrize(("readout", "codes"), [("argmax", 4), ("multilabel", 16)])
def test_codes_of_symbols_are_the_inverse_of_their_values(readout: str, codes: int):
    read = reading(LETTERS, readout, "each", (1, "b", 1.5, "1")).readout
    assert [read.code(read.value(c)) for c in range(codes)] == list(range(codes))
    assert [read.code(v) for v in ("z", None, True, 1.0, frozenset({"z"}), frozenset({1, "z"}))] == [-1] * 6


def test_what_is_no_answer_has_no_code():
    question = reading(LETTERS, "argmax", "each", ("a", "b"))
    cases = question.domain.cases(batch(question, "abca"), ("z",))
    assert question.codes(np.array([[0, 1, 2, cases.code("z"), -1]]), cases).tolist() == [[0, 1, -1, -1, -1]]
    reals = reading(LETTERS, "argmax", "each", (0.0, 0.5))
    assert reals.codes(np.array([[0.5, 0.0, 0.25]]), cases).tolist() == [[1, 0, -1]]
