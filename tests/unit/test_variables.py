"""The variables of program files as steps: found, read off and replaced, in programs emitted and written by hand."""

from __future__ import annotations

import os

import numpy as np
import pytest

from distill.variables import variables
from dsl.domains import Tokens
from tests.unit.handwritten import STREAM, body, program, question, steps
from verify.explanation import DEFINED, RESULT, Given, Step


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


EIGHT = {"count": Given(np.array([[0, 8, 0, 0]]), np.array([[False, True, False, False]]))}


class TestMemories:
    TEXT = """
        count, out, before = 0, [], 0
        for x in inputs:
            if x > 4:
                count += 1
            change = count - before
            before = count
            out.append(count * 10 + change)
        return out
        """

    def test_what_is_given_is_carried_on(self):
        found = body(self.TEXT)
        assert steps(found)["count"].carried
        values = found.run(STREAM.rows([[5, 1, 6, 7]]), EIGHT)
        assert values["count"].tolist() == [[1, 8, 9, 10]]
        assert values[RESULT].tolist() == [[11, 87, 91, 101]]

    def test_or_the_next_position_goes_on_from_what_was_replaced(self):
        found = body(self.TEXT, memories=False)
        assert steps(found)["count"] == Step("count", ("inputs",), "position", "number", moves=True)
        values = found.run(STREAM.rows([[5, 1, 6, 7]]), EIGHT)
        assert values["count"].tolist() == [[1, 8, 2, 3]]
        assert values[RESULT].tolist() == [[11, 87, 14, 31]]  # what reads it a position later reads what is given

    def test_what_goes_round_through_others_is_carried_on_in_any_case(self):
        source, asked = program("base4_addition")
        assert all(step.carried for step in variables(source, asked, memories=False).steps)


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
            ("total, out = 0, []\nfor x in inputs:\n    total += x\n    t = total\n    out.append(t % 3)\nreturn out",
             "t", "is the same as total"),
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
