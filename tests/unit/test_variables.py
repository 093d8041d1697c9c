"""The variables of program files as steps: found, read off and replaced, in programs emitted and written by hand."""

from __future__ import annotations

import os
import textwrap
from typing import Any

import numpy as np
import pytest

from distill.emit import run_emitted
from distill.question import Question
from distill.readout import Readout
from distill.variables import Variables, variables
from dsl.domains import Domain, Numbers, Tokens
from dsl.rows import Rows
from dsl.terms import Value
from tests.unit.test_emit_golden import BITS, BRACKETS, DIGITS, GOLDEN, LETTERS, NUMBERED, PROGRAMS, stream
from verify.explanation import DEFINED, RESULT, Given, Step

STREAM = stream(0, 9)
APPLICANT = Numbers(3, (0, 0, 0), (9, 9, 9), None, ("income", "debt", "years"))
GOLDENS: dict[str, tuple[str, tuple[Value, ...]]] = {
    "base4_addition": ("round", ()),
    "bin_majority": ("argmax", BITS.symbols),
    "brackets": ("multilabel", BRACKETS.symbols),
    "frac_prevs": ("real", ()),
    "frequency_rank": ("round", ()),
    "gravity": ("round", ()),
    "loan": ("argmax", ("yes", "no", "ask")),
    "local_peak": ("argmax", (True, False, "<edge>")),
    "machine": ("sign", ()),
    "majority": ("sign", ()),
    "next_larger": ("argmax", NUMBERED.symbols),
    "parity": ("round", ()),
    "stable_sort": ("argmax", DIGITS.symbols),
}
WRITTEN: dict[str, tuple[Domain, str, str]] = {
    "a loop within the loop": (
        STREAM,
        "each",
        """
        def predict(inputs):
            out = []
            for i, x in enumerate(inputs):
                rank = 0
                for y in inputs:
                    rank += y < x
                double = 2 * rank
                out.append(double + x)
            return out
        """,
    ),
    "lists filled bit by bit": (
        STREAM,
        "each",
        """
        def predict(inputs):
            n = len(inputs)
            ranks = []
            for i in range(n):
                ranks.append(sum(y < inputs[i] for y in inputs))
            doubled = [0] * n
            for i in range(n):
                doubled[i] = ranks[i] * 2
            largest = max(ranks)
            return [d + largest for d in doubled]
        """,
    ),
    "branches": (
        LETTERS,
        "each",
        """
        def predict(inputs):
            depth, out = 0, [None]
            bonus = 3
            for token in inputs[1:]:
                if token == "a":
                    depth += 1
                elif token == "b":
                    depth -= 1
                way = "up" if depth > 0 else "down"
                if way == "up":
                    shown = depth * 2
                    out.append(shown)
                else:
                    shown = depth + bonus
                    out.append(shown)
            return out
        """,
    ),
    "helpers": (
        LETTERS,
        "each",
        """
        def ranked(tokens):
            ranks = [sum(y < x for y in tokens) for x in tokens]
            return [rank + 1 for rank in ranks]

        def step(state, token):
            up = token == "a"
            return (state + up) % 3

        def predict(inputs):
            tokens = inputs[1:]
            places = ranked(tokens)
            state, out = 0, [None]
            for place, token in zip(places, tokens):
                state = step(state, token)
                out.append(state + place)
            return out
        """,
    ),
    "a walk that remembers the last": (
        STREAM,
        "each",
        """
        def predict(inputs):
            out, last = [], 0
            for i, x in enumerate(inputs):
                twice = inputs[i] * 2
                change = twice - last
                out.append(change)
                last = twice + 1
            return out
        """,
    ),
    "one answer": (
        LETTERS,
        "last",
        """
        def predict(inputs):
            count = 0
            for token in inputs:
                count += token == "a"
            half = count // 2
            return half + 1
        """,
    ),
    "no positions": (
        APPLICANT,
        "whole",
        """
        def predict(inputs, strict=True):
            income, debt, years = inputs
            margin = income - debt
            high = 0
            for value in inputs:
                high += value > 5
            if years > 3:
                rate = 2
            else:
                rate = margin
            return margin * rate + high
        """,
    ),
}


MAIN = """
if __name__ == "__main__":
    import json, sys

    for line in sys.stdin:
        print(json.dumps(predict(json.loads(line))))
"""


def question(domain: Domain, readout: str = "round", at: str = "each", symbols: tuple[Value, ...] = ()) -> Question:
    """Pose a question without a network: programs need none."""
    return Question(None, None, domain, Readout(readout, at, symbols, ""), None)


def program(name: str) -> tuple[str, Question]:
    if name in WRITTEN:
        domain, at, text = WRITTEN[name]
        return textwrap.dedent(text) + MAIN, question(domain, at=at)
    readout, symbols = GOLDENS[name]
    asked = question(PROGRAMS[name].domain, readout, PROGRAMS[name].at, symbols)
    return (GOLDEN / f"{name}.py").read_text(encoding="utf-8"), asked


def body(text: str, domain: Domain = STREAM, **asked: Any) -> Variables:
    """Give a program by what its `predict` does."""
    return variables(
        "def predict(inputs):\n" + textwrap.indent(textwrap.dedent(text), "    "), question(domain, **asked)
    )


@pytest.fixture(params=[*GOLDENS, *WRITTEN], scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def found(name: str) -> Variables:
    return variables(*program(name))


def drawn(found: Variables, count: int = 60) -> Rows:
    return found.question.domain.sample(count, np.random.default_rng(5))


def steps(found: Variables) -> dict[str, Step]:
    return {step.name: step for step in found.steps}


def everywhere(found: Variables, step: Step, rows: Rows, values: np.ndarray) -> Given:
    return Given(values, found.cells(rows) if step.axis == "position" else np.ones(values.shape, bool))


def swapped(found: Variables, step: Step, rows: Rows, values: np.ndarray) -> Given:
    """Give about half of a step's cells the values of another row of the same length."""
    lengths = np.ones(len(rows), int) if rows.lengths is None else rows.lengths
    source = np.arange(len(rows))
    for length in np.unique(lengths):
        source[lengths == length] = np.roll(np.flatnonzero(lengths == length), 1)
    where = everywhere(found, step, rows, values).where & (np.random.default_rng(6).random(values.shape) < 0.5)
    return Given(values[source], where)


def readers(found: Variables, name: str) -> set[str]:
    """Give a step and all that is computed from it; where memories go round, all of the round."""
    below, edges = {name}, {s.name: set(s.reads) for s in found.steps} | {RESULT: set(found.reads)}
    while more := {n for n, reads in edges.items() if reads & below} - below:
        below |= more
    rounds = {s.name for s in found.steps if s.carried and steps(found)[name].carried}
    return below | rounds | ({n for n, reads in edges.items() if reads & rounds} if rounds else set()) | {DEFINED}


class TestLaws:
    def test_results_are_the_program_s_own(self, name: str, found: Variables) -> None:
        rows, readout = drawn(found), found.question.readout
        values = found.run(rows)[RESULT]
        assert values.shape == (rows.values.shape[:2] if readout.at == "each" else (len(rows), 1))
        outputs = run_emitted(program(name)[0], found.question.domain.raw(rows))
        for line, output in zip(values, outputs, strict=True):
            for code, value in zip(line, output if readout.at == "each" else [output], strict=False):
                if value is None:
                    assert np.isnan(code) or code < 0
                else:
                    assert readout.value(code) == (frozenset(value) if isinstance(value, list) else value)

    def test_steps_come_after_those_they_read(self, found: Variables) -> None:
        seen = set(found.run(drawn(found, 1))) - set(steps(found)) - {RESULT}
        for step in found.steps:
            assert set(step.reads) <= seen
            seen.add(step.name)
        assert set(found.reads) <= seen

    def test_values_put_back_change_nothing(self, found: Variables) -> None:
        rows = drawn(found)
        clean = found.run(rows)
        for step in found.steps:
            again = found.run(rows, {step.name: everywhere(found, step, rows, clean[step.name])})
            for name, values in clean.items():
                np.testing.assert_array_equal(again[name], values)

    def test_what_is_given_is_what_follows_goes_on_from(self, found: Variables) -> None:
        """A step given from other rows is worth that; only what reads it, of whatever depth, may change."""
        rows = drawn(found)
        clean = found.run(rows)
        for step in found.steps:
            given = swapped(found, step, rows, clean[step.name])
            changed = found.run(rows, {step.name: given})
            np.testing.assert_array_equal(changed[step.name][given.where], given.values[given.where])
            below = readers(found, step.name)
            for name in set(clean) - below - {step.name}:
                np.testing.assert_array_equal(changed[name], clean[name], err_msg=f"{name} after {step.name}")

    def test_values_stay_at_their_position_but_for_memories_and_what_moves(self, found: Variables) -> None:
        rows = drawn(found)
        clean = found.run(rows)
        for step in (s for s in found.steps if s.axis == "position"):
            given = swapped(found, step, rows, clean[step.name])
            changed = found.run(rows, {step.name: given})
            if not step.carried:
                np.testing.assert_array_equal(changed[step.name][~given.where], clean[step.name][~given.where])
            for other in found.steps:
                others = set(other.reads) & (readers(found, step.name) - {step.name})
                if step.name in other.reads and not (others or step.carried or other.moves):
                    assert not (changed[other.name] != clean[other.name])[~given.where].any()

    def test_a_memory_changes_what_comes_later_alone(self, found: Variables) -> None:
        rows = drawn(found)
        clean = found.run(rows)
        for step in (s for s in found.steps if s.carried):
            values, where = clean[step.name], swapped(found, step, rows, clean[step.name]).where
            other = np.where(values == values.max(), values.min(), values.max())
            first = where & (np.cumsum(where, axis=1) == 1)
            changed = found.run(rows, {step.name: Given(other, first)})[step.name] != values
            earlier = np.cumsum(first, axis=1) == 0
            assert not changed[earlier].any()
            assert (changed & ~first & ~earlier).any()

    def test_they_are_found_the_same_each_time(self, name: str, found: Variables) -> None:
        again = variables(*program(name))
        assert (again.steps, again.reads, dict(again.left_out)) == (found.steps, found.reads, dict(found.left_out))
        assert again.source == found.source


class TestSteps:
    def test_an_adder_carries(self):
        assert variables(*program("base4_addition")).steps == (
            Step("total", ("inputs.a", "inputs.b"), "position", "number", True, True),
            Step("carry", ("total",), "position", "number", True, True),
        )

    def test_lists_have_an_entry_a_position(self):
        found = variables(*program("stable_sort"))
        assert found.steps == (Step("ranks", ("inputs",), "position", "number", moves=True),)
        assert found.reads == ("inputs", "ranks")
        rows = found.question.domain.rows([["<bos>", 3, 1, 2], ["<bos>", 4]])
        assert found.run(rows)["ranks"].tolist() == [[0, 2, 0, 1], [0, 0, 0, 0]]
        assert found.cells(rows).tolist() == [[False, True, True, True], [False, True, False, False]]

    def test_what_is_computed_within_a_position_does_not_move(self):
        found = steps(variables(*program("a loop within the loop")))
        assert found["rank"] == Step("rank", ("inputs",), "position", "number", moves=True)
        assert found["double"] == Step("double", ("rank",), "position", "number")
        found = steps(variables(*program("a walk that remembers the last")))
        assert found["twice"] == Step("twice", ("inputs",), "position", "number")
        assert found["last"] == Step("last", ("twice",), "position", "number")
        assert found["change"] == Step("change", ("last", "twice"), "position", "number", moves=True)

    def test_lists_are_filled_bit_by_bit(self):
        found = variables(*program("lists filled bit by bit"))
        assert found.steps == (
            Step("ranks", ("inputs",), "position", "number", moves=True),
            Step("doubled", ("ranks",), "position", "number"),
            Step("largest", ("ranks",), "row", "number", moves=True),
        )
        assert found.reads == ("doubled", "largest")
        assert found.left_out == {
            "n": "is not what the result is computed from",
            "i": "is what a loop goes through",
        }

    def test_branches_assign_and_decide(self):
        found = variables(*program("branches"))
        assert [s.name for s in found.steps] == ["depth", "way", "shown"]
        assert steps(found)["way"] == Step("way", ("depth",), "position", "symbol")
        assert steps(found)["shown"].reads == ("depth", "way")
        assert found.left_out["bonus"] == "is the same whatever the input"
        assert found.left_out["out"] == "is what predict returns"

    def test_helpers_called_once_have_steps(self):
        found = variables(*program("helpers"))
        assert [s.name for s in found.steps] == ["ranked.ranks", "places", "step.up", "state"]
        assert steps(found)["state"] == Step("state", ("step.up",), "position", "number", True, True)
        assert found.left_out["tokens"] == "is the input"

    def test_a_walk_has_its_value_at_the_last_position(self):
        found = variables(*program("one answer"))
        assert found.steps == (
            Step("count", ("inputs",), "position", "number", True, True),
            Step("half", ("count",), "row", "number", moves=True),
        )
        rows = found.question.domain.rows([["<bos>", "a", "b", "a"], ["<bos>", "b"]])
        values = found.run(rows)
        assert values["count"].tolist() == [[0, 1, 1, 2], [0, 0, 0, 0]]
        assert values["half"].tolist() == [[1], [0]]
        assert values[RESULT].tolist() == [[2], [1]]

    def test_a_length_is_a_step_where_it_is_a_value(self):
        found = body("n = len(inputs)\nreturn [n] * n")
        assert found.steps == (Step("n", ("inputs",), "row", "number", moves=True),)
        rows = STREAM.rows([[1, 2, 3], [4, 5, 6]])
        values = found.run(rows, {"n": Given(np.array([[5], [2]]), np.ones((2, 1), bool))})
        assert values[RESULT][values[DEFINED]].tolist() == [5, 5, 5, 2, 2]
        assert values[DEFINED].tolist() == [[True, True, True], [True, True, False]]
        found = body("n = len(inputs)\nranks = [sum(y < x for y in inputs) for x in inputs]\n"
                     "return [ranks[i] for i in range(n)]")  # fmt: skip
        assert found.left_out == {"n": "is not what the result is computed from"}

    def test_a_step_that_is_shifted_moves(self):
        found = steps(body("""
            double = [x * 2 for x in inputs]
            previous = [0] + double[:-1]
            padded = [0] + [x + 1 for x in double[1:]]
            return [d + p + q for d, p, q in zip(double, previous, padded)]
            """))  # fmt: skip
        assert {name: step.moves for name, step in found.items()} == {
            "double": False, "previous": True, "padded": False,
        }  # fmt: skip

    def test_without_positions_there_is_one_value_a_row(self):
        found = variables(*program("no positions"))
        assert found.steps == (
            Step("margin", ("inputs.debt", "inputs.income")),
            Step("high", ("inputs.debt", "inputs.income", "inputs.years")),
            Step("rate", ("inputs.years", "margin")),
        )
        rows = found.question.domain.rows([[5, 3, 1], [9, 0, 6]])
        assert found.cells(rows).tolist() == [[True], [True]]
        changed = found.run(rows, {"margin": Given(np.array([[7], [1]]), np.array([[True], [False]]))})
        assert changed["rate"].tolist() == [[7], [2]]
        assert changed[RESULT].tolist() == [[49], [20]]
        assert changed["inputs.years"].tolist() == [[1], [6]]


class TestLeftOut:
    @pytest.mark.parametrize(
        ("text", "name", "why"),
        [
            ("xs = list(inputs)\nreturn xs[::-1]", "xs", "is the input"),
            ("rank = {x: 10 - x for x in sorted(inputs)}\nreturn [rank[x] for x in inputs]", "rank", "is a dict"),
            ("n = f'{len(inputs)}'\nreturn [int(n)] * len(inputs)", "n", "is a text that is no symbol, such as '"),
            ("low = float('inf')\nk = low + inputs[0]\nreturn [int(k > x) for x in inputs]", "k", "may be inf"),
            ("big = [x for x in inputs if x > 4]\nreturn [len(big)] * len(inputs)", "big", "is a list, but not of one"),
            ("if inputs[0] > 4:\n    t = len(inputs)\n    return [t] * t\nreturn inputs", "t", "has no value, or"),
            ("t = sum(inputs)\nu = t % 3\nt = u + 1\nreturn [t * x for x in inputs]", "t", "is assigned anew after it"),
            ("inputs = [x + 1 for x in inputs]\nreturn [x * 2 for x in inputs]", "inputs", "is a parameter"),
            ("seen, out = [], []\nfor x in inputs:\n    out.append(int(x in seen))\n    seen.append(x)\nreturn out",
             "seen", "is changed bit by bit, and read meanwhile"),
            ("out = []\nfor x in inputs:\n    if x > 4:\n        t = x % 3\n        out.append(t)\n"
             "    else:\n        out.append(x)\nreturn out", "t", "has no value at some positions"),
            ("total, out = 0, []\nfor x in reversed(inputs):\n    total += x\n    out.append(total)\nreturn out[::-1]",
             "total", "is not what the result is computed from"),
            ("total, out = 0, []\nfor x in inputs:\n    total += x\n    kept = total\n    out.append(kept % 3)\nreturn out",
             "kept", "is the same as total"),
        ],
    )  # fmt: skip
    def test_what_is_no_step_says_why(self, text: str, name: str, why: str) -> None:
        found = body(text)
        assert name not in steps(found)
        assert found.left_out[name].startswith(why)

    def test_programs_without_variables_have_no_steps(self):
        found = body("return [x * 2 for x in inputs]")
        assert (found.steps, found.reads) == ((), ("inputs",))
        assert variables("predict = lambda inputs: inputs", question(STREAM)).steps == ()


class TestRuns:
    def test_no_answer_is_a_code_that_no_answer_has(self):
        rows = STREAM.rows([[0, 1], [5, 5]])
        text = "at = [x % 3 for x in inputs]\nreturn [1 // a if a < 9 else None for a in at]"
        for readout, none in (("round", np.iinfo(np.int64).min), ("argmax", -1)):
            found = body(text, readout=readout, symbols=(0, 1) if readout == "argmax" else ())
            given = {"at": Given(np.array([[1, 9], [0, 1]]), np.ones((2, 2), bool))}
            values = found.run(rows, given)
            assert values[RESULT].tolist() == [[1, none], [none, none]]  # the second divides by 0
            assert values[DEFINED].tolist() == [[True, False], [False, False]]
            assert DEFINED not in found.run(rows)

    def test_symbols_are_codes(self):
        domain = Tokens(("a", "b", 1, 2), ("a", "b", 1, 2), (1, 4))
        found = body("""
            mirror = inputs[::-1]
            way = ["up" if x == y else None for x, y in zip(inputs, mirror)]
            return [x if w else y for x, y, w in zip(inputs, mirror, way)]
            """, domain, readout="argmax", symbols=domain.symbols)  # fmt: skip
        rows = domain.rows([["a", 1, "b"], [2, 2]])
        clean = found.run(rows)
        assert clean["mirror"].tolist() == [[1, 2, 0], [3, 3, -1]]
        assert found.symbols.known[clean["way"][0, 1]] == "up"
        given = found.run(rows, {"mirror": Given(np.full((2, 3), 0), np.array([[True, False, False]] * 2))})
        assert given["mirror"].tolist() == [[0, 2, 0], [0, 3, -1]]
        assert given[RESULT][:, 0].tolist() == [0, 0]

    def test_rows_the_program_fails_on_have_no_values(self):
        found = body("""
            inverses = [1 // x for x in inputs]
            return inverses + []
            """)
        values = found.run(STREAM.rows([[0, 1], [1, 2]]))
        np.testing.assert_array_equal(values["inverses"], [[np.nan, np.nan], [1, 0]])
        assert (values[RESULT][0] < 0).all()

    def test_programs_run_in_a_process_of_their_own(self):
        found = body(f"import os\nparent = os.getppid()\nreturn [int(parent == {os.getpid()})] * len(inputs)")
        assert (found.run(STREAM.rows([[1, 2]]))[RESULT] == 1).all()

    def test_what_the_program_prints_is_no_result(self):
        found = body("double = [x * 2 for x in inputs]\nprint(double)\nreturn [d + 1 for d in double]")
        assert found.run(STREAM.rows([[1, 2]]))["double"].tolist() == [[2, 4]]

    def test_faults_are_raised(self):
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            variables("x = 1 // 0\ndef predict(inputs):\n    return inputs\n", question(STREAM))
        with pytest.raises(TimeoutError, match="more than 1 s"):
            variables("def predict(inputs):\n    while True:\n        pass\n", question(STREAM), lambda: 1.0)
