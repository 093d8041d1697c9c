"""`distill verify`: programs, right, wrong and broken, against networks."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.integration.small import NUMBERS, TOKENS, both, copy, distill

LOOP = """
import json, sys
def predict(x):
    return {}
for line in sys.stdin:
    print(json.dumps(predict(json.loads(line))))
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Work in an empty folder."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


def program(formula: str, path: str = "program.py") -> Path:
    """Write a program that answers with a formula of x."""
    Path(path).write_text(LOOP.format(formula))
    return Path(path)


def judge(capsys: pytest.CaptureFixture[str], model: Path, formula: str) -> tuple[int, dict]:
    """Give the exit status and what was printed."""
    status = distill("verify", program(formula), model, "--trust", "--json")
    return status, json.loads(capsys.readouterr().out)


def test_an_emitted_program_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    model = both(tmp_path / "both")
    assert distill("compile", model, "--trust", "-o", "out.py") == 0
    capsys.readouterr()
    assert distill("verify", "out.py", model, "--trust") == 0
    assert capsys.readouterr().out == (
        "the program holds\nbehaviour   exact: equal to the network on every input of the domain (4)\n"
        "mechanism   untested: the network exposes no site that could hold a step\n"
    )


def test_a_wrong_program_does_not_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    model = both(tmp_path / "both")
    status, found = judge(capsys, model, '"yes" if x[0] else "no"')
    assert status == 3
    assert found["holds"] is False
    assert found["behaviour"]["claim"] == "bounded"
    assert found["behaviour"]["counterexamples"] == [[1, 0]]
    assert found["differences"] == [{"input": [1, 0], "program": "yes", "network": "no"}]
    assert distill("verify", "program.py", model, "--trust") == 3
    assert 'differs on  [1, 0]: the program gives "yes", the network "no"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("output", "right", "wrong"),
    [
        ("symbols = [0, 1]", "x[0] * x[1]", "bool(x[0] * x[1])"),
        ("symbols = [false, true]", "bool(x[0] * x[1])", "x[0] * x[1]"),
        ("symbols = [0.0, 1.5]", "x[0] * x[1] * 1.50001", "x[0] * x[1] * 1.51"),
        ('readout = "multilabel"\nsymbols = ["n", "y"]', '["y"] if x[0] and x[1] else ["n"]', '"y"'),
        ('symbols = ["0", "1"]', "str(x[0] * x[1])", '{"error": "what it cannot take"}'),
    ],
)
def test_answers_are_compared_by_type_and_value(
    output: str, right: str, wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    model = both(tmp_path / "both", NUMBERS, f'at = "whole"\n{output}')
    assert judge(capsys, model, right)[0] == 0
    assert judge(capsys, model, wrong)[0] == 3


@pytest.mark.parametrize(("formula", "status"), [("x", 0), ("x[:-1]", 3), ("x[0]", 3), ("x[::-1]", 3)])
def test_an_output_a_position(formula: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    found = judge(capsys, copy(tmp_path / "copy"), formula)
    assert found[0] == status
    assert found[1]["domain"]["size"] == 39


def test_what_is_not_scored_may_be_anything(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    model = copy(tmp_path / "copy", TOKENS + 'prefix = ["c"]\n')
    assert judge(capsys, model, "[None, *x[1:]]")[0] == 0
    status, found = judge(capsys, model, '[None, *("a" for _ in x[1:])]')
    assert status == 3
    assert found["differences"][0]["network"][0] is None


def test_samples_are_judged_by_the_half_that_a_compile_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    model = copy(tmp_path / "copy", TOKENS + 'samples = "inputs.npz"\n')
    tokens = np.array([[a, b] for a in range(3) for b in range(3)])
    np.savez(model / "inputs.npz", tokens=tokens, lengths=np.full(9, 2))
    status, found = judge(capsys, model, "x")
    assert status == 0
    assert found["behaviour"]["inputs"] == 4
    assert found["behaviour"]["claim"] == "bounded"
    assert "that a compile with seed 0 keeps to judge by" in found["behaviour"]["distribution"]
    assert found["behaviour"]["used_in_search"] is None


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def predict(:", "a fault: invalid syntax"),
        ("a = '\0'", "a Python file in UTF-8"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("print(1)", "gave 1 lines for 4 inputs"),
        (LOOP.format("x").replace("json.dumps", "'yes', "), "expected one line of JSON an input"),
        ("import torch", "ModuleNotFoundError"),
    ],
)
def test_a_program_that_does_not_run(source: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    Path("program.py").write_text(source)
    assert distill("verify", "program.py", both(tmp_path / "both", how="well"), "--trust") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err.replace("what the code of a bundle prints\n", "").splitlines()[0]


@pytest.mark.parametrize("path", ["missing.py", "."])
def test_no_program(path: str, capsys: pytest.CaptureFixture[str]):
    assert distill("verify", path, "missing") == 2
    assert capsys.readouterr().err.startswith(f"distill: {path}: found ")
