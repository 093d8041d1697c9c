"""`distill verify` on how a network computes its answers: emitted programs, named steps, stated alignments."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from dsl import show
from tests.integration.small import distill
from tests.planted.feed import gap

EXAMPLES = Path(__file__).parents[2] / "examples"
NETS = (
    "from tests.planted.feed import gap\ndef build(config):\n    return gap(config['seed']).question.subject.module\n"
)
TABLES = """
[network]
file = "network.pt"
factory = "nets.py:build"
[input]
kind = "numbers"
width = 4
low = 0
high = 4
[output]
readout = "argmax"
at = "whole"
symbols = [0, 1, 2, 3, 4, 5, 6, 7, 8]
"""
LINES = """
import json, sys
def predict(x):
    d = abs(x[0] - x[1])
    e = min(d, x[2])
    return e + x[3]
if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(predict(json.loads(line))))
"""
RIGHT = 'd = "first"\ne = { site = "second", positions = "row" }\n'
RATE = {"mean", "low", "high", "worst_class", "inputs", "outputs"}
SWAPS = RATE - {"inputs"} | {"swaps"}


@pytest.fixture(autouse=True)
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a bundle of a network built by hand, its program with named steps beside it, and work there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    planted = gap(0)
    network = {"state_dict": planted.question.subject.module.state_dict(), "config": {"seed": 0}}
    torch.save(network, tmp_path / "model" / "network.pt")
    (tmp_path / "model" / "nets.py").write_text(NETS)
    (tmp_path / "model" / "distill.toml").write_text(TABLES)
    Path("gap.dsl").write_text(show(planted.program))
    return tmp_path / "model"


def verify(capsys: pytest.CaptureFixture[str], *arguments: str, program: str = "gap.dsl") -> tuple[int, dict]:
    """Give the exit status and the certificate."""
    status = distill("verify", program, "model", "--trust", "--json", *arguments)
    return status, json.loads(capsys.readouterr().out)


def aligned(text: str, name: str = "steps.toml") -> tuple[str, str]:
    """Write an alignment and give the flag that names it."""
    Path(name).write_text(text)
    return "--alignment", name


def test_of_an_emitted_program_the_mechanism_is_told(capsys: pytest.CaptureFixture[str]):
    assert distill("verify", EXAMPLES / "adder" / "program.py", EXAMPLES / "adder", "--trust") == 0
    holds, behaviour, mechanism, *steps = capsys.readouterr().out.splitlines()
    assert holds == "the program holds"
    assert behaviour.startswith("behaviour   exact: ")
    assert mechanism.startswith("mechanism   confirmed, on 308 inputs ")
    assert len(steps) == 1
    assert "scan(0, (a + state + b) // 4) at " in steps[0]
    assert steps[0].endswith(" swaps as predicted")


def test_named_steps_are_what_a_program_claims(capsys: pytest.CaptureFixture[str]):
    status, found = verify(capsys)
    assert (status, found["holds"], found["behaviour"]["claim"]) == (0, True, "exact")
    part = found["mechanism"]
    assert (part["verdict"], part["why"], part["claimed"]) == ("confirmed", None, ["d", "e"])
    assert {step: place["site"] for step, place in part["alignment"].items()} == {"d": "first", "e": "second"}


def test_the_certificate_says_what_the_contract_asks(capsys: pytest.CaptureFixture[str]):
    part = verify(capsys)[1]["mechanism"]
    assert set(part["alignment"]["d"]) == {"site", "positions", "rank", "units", "map", "encoded_share"}
    assert part["alignment"]["d"]["positions"] == "row"
    assert 1 <= part["alignment"]["d"]["rank"] < part["alignment"]["d"]["units"]
    assert {*RATE, "worst_input", "cells", "cells_that_drew_themselves", "runs"} == set(part["scrubbed_agreement"])
    assert part["scrubbed_agreement"]["mean"] == part["scrubbed_agreement"]["worst_class"] == 1.0
    recovered = part["loss_recovered"]
    assert 0.98 < recovered["low"] <= recovered["share"] <= recovered["high"] < 1.02
    assert set(part["interchange_accuracy"]) == SWAPS
    assert set(part["interchange"]["steps"]) == {"d", "e"}
    assert set(part["interchange"]["steps"]["d"]["changed_as_predicted"]) == SWAPS
    assert [pair["steps"] for pair in part["interchange"]["pairs"]] == [["d", "e"]]
    assert part["untested"] == part["refuted"] == {}
    assert part["rows"]["tested_on"] == 308
    assert len(part["rows"]["digest"]) == 64
    for name in ("shuffled sources", "shuffled alignment", "random twin", "dropped step"):
        controls = [c for c in part["controls"] if c["control"] == name]
        assert {c["step"] for c in controls} == {"d", "e"}
        assert all(c["fails_as_it_must"] and c["mean"] < 0.95 for c in controls)


def test_equal_seeds_give_equal_certificates(capsys: pytest.CaptureFixture[str]):
    first, again, other = (verify(capsys, "--seed", seed)[1] for seed in ("3", "3", "4"))
    for found in (first, again, other):
        del found["reproduce"]
    assert first == again
    assert first["mechanism"]["rows"]["digest"] != other["mechanism"]["rows"]["digest"]


@pytest.mark.parametrize("program", ["gap.dsl", "lines.py"])
def test_an_alignment_that_is_right_holds(program: str, capsys: pytest.CaptureFixture[str]):
    Path("lines.py").write_text(LINES)  # whose variables are steps, too
    status, found = verify(capsys, *aligned(RIGHT), program=program)
    assert (status, found["why"]) == (0, "")
    assert found["mechanism"]["verdict"] == "confirmed"
    assert {s: p["site"] for s, p in found["mechanism"]["alignment"].items()} == {"d": "first", "e": "second"}
    assert found["mechanism"]["alignment"]["e"]["positions"] == "row"


def test_an_alignment_in_json_may_be_of_some_steps(capsys: pytest.CaptureFixture[str]):
    status, found = verify(capsys, *aligned('{"d": "first"}', "steps.json"))
    assert (status, found["mechanism"]["claimed"]) == (0, ["d"])


def test_an_alignment_at_a_wrong_site_does_not_hold(capsys: pytest.CaptureFixture[str]):
    flags = aligned('d = "second"\ne = "second"\n')
    status, found = verify(capsys, *flags)
    assert (status, found["holds"], found["behaviour"]["mismatches"]) == (3, False, 0)
    assert found["mechanism"]["verdict"] == "refuted"
    assert found["why"] == f"the alignment is refuted: {found['mechanism']['why']}"
    assert found["why"].startswith("the alignment is refuted: step d: ")
    assert distill("verify", "gap.dsl", "model", "--trust", *flags) == 3
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"the program does not hold: {found['why']}"
    assert out[2] == f"mechanism   refuted: {found['mechanism']['why']}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('d = "first"\ne = "third"', "alignment, step 'e': found no site 'third', expected one that `distill inspect`"),
        ('d = "third"', "alignment, step 'd': found no site 'third', expected one that `distill inspect` lists"),
        ('f = "first"', "alignment, step 'f': found no such step, expected one of d, e"),
        ('d = { site = "first", units = [99] }', "alignment, step 'd': found"),
        ("d = 1", "steps.toml, step 'd': found 1, expected the name of a site, or a table with one"),
        ("d", "steps.toml: found a fault: "),
    ],
)
def test_an_alignment_that_cannot_be_is_one_line(text: str, said: str, capsys: pytest.CaptureFixture[str]):
    assert distill("verify", "gap.dsl", "model", "--trust", *aligned(text)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"distill: {said}")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 + 3", "gap.dsl: found a term, expected a program"),
        ("input x0: int@row\nreturn x0 + ", "gap.dsl: found a fault: "),
        ("input x0: int@row\nreturn x0 and x0", "gap.dsl: found a fault: "),
        ("input y: int@row\nreturn y", "gap.dsl: found"),
        ("input x0: int@position\nreturn last(x0)", "gap.dsl: found"),
    ],
)
def test_a_program_that_cannot_be_is_one_line(text: str, said: str, capsys: pytest.CaptureFixture[str]):
    Path("gap.dsl").write_text(text)
    assert distill("verify", "gap.dsl", "model", "--trust") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"distill: {said}")
    assert len(err.splitlines()) == 1


def test_of_a_program_that_answers_otherwise_no_mechanism_is_looked_for(capsys: pytest.CaptureFixture[str]):
    Path("gap.dsl").write_text(Path("gap.dsl").read_text().replace("e + x3", "e + x2"))
    status, found = verify(capsys)
    assert status == 3
    assert found["differences"]
    assert found["mechanism"]["verdict"] == "untested"
    assert found["mechanism"]["alignment"] is None


def test_a_program_right_by_other_steps_holds_and_says_so(capsys: pytest.CaptureFixture[str]):
    inputs = "".join(f"input x{k}: int@row\n" for k in range(4))
    Path("gap.dsl").write_text(f"{inputs}top = max(x0, x1)\nlow = min(x0, x1)\nreturn min(top - low, x2) + x3\n")
    status, found = verify(capsys)
    assert (status, found["holds"]) == (0, True)
    assert found["mechanism"]["verdict"] != "confirmed"
    assert found["mechanism"]["why"].startswith("step ")
