"""The pipeline: what is accepted is right, what is refused says why, and no claim is stronger than what was run."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import indent
from typing import Any

import numpy as np
import pytest
import torch

from distill.clock import Clock
from distill.evidence import first_evidence
from distill.options import Options
from distill.pipeline import Compiled, compile_model
from distill.question import Question, ask
from distill.standing import behave
from dsl import parse_program
from dsl.rows import Rows
from tests.integration.small import bundle
from verify import Reach
from verify.statistics import lower_bound

NETWORK = """
import torch
from torch import nn
from torch.nn.functional import one_hot


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Parameter(torch.ones(1))

    def forward(self, x):
{forward}


def build(config):
    return Network()
"""
STEPS = 'kind = "numbers"\nwidth = 1\nlow = 0\nhigh = 3\nlength = [1, 4]\n'
PAIR = 'kind = "numbers"\nwidth = 2\nlow = 0\nhigh = 9\n'
TOKENS = 'kind = "tokens"\nvocab = ["a", "b", "c"]\nlength = [1, 4]\n'
SAMPLES = 'kind = "tokens"\nvocab = ["a", "b", "c"]\nsamples = "inputs.npz"\n'
ROUND, WHOLE = 'readout = "round"\nat = "each"\n', 'readout = "round"\nat = "whole"\n'
COPY = "return one_hot(x, 3) * self.one"
SUM = "return x.cumsum(1) * self.one"
BALANCE = "total = (x == 0).cumsum(1) - (x == 1).cumsum(1)\n"
ACCEPTED = {  # what the network computes, [input], [output], its answer to an input outside the domain
    "running sum": (SUM, STEPS, ROUND, [3, 3, 3, 3, 3, 3], [3, 6, 9, 12, 15, 18]),
    "copy": (COPY, TOKENS, "", list("abcabc"), list("abcabc")),
    "the last": ("return one_hot(x.flip(1), 3) * self.one", TOKENS, 'at = "last"\n', list("abbcc"), "a"),
    "sign": ("return (x[:, 0] - 2 * x[:, 1] - 0.5) * self.one", PAIR, 'readout = "sign"\n', [41, 20], True),
    "constant": ("return 4 * torch.ones_like(x) * self.one", STEPS, ROUND, [9, 9], [4, 4]),
    "mean": ("return (x[:, 0] + x[:, 1])[:, None] / 2 * self.one", PAIR, 'readout = "real"\n', [40, 21], 30.5),
    "a set": (
        "return torch.stack([x[:, 0] > x[:, 1], x[:, 0] < x[:, 1]], -1) * self.one - 0.5",
        PAIR,
        'readout = "multilabel"\nsymbols = ["more", "less"]\n',
        [10, 11],
        {"less"},
    ),
}


def network(folder: Path, forward: str, input: str, output: str = "") -> Path:
    """Make a bundle whose network computes what `forward` says of x."""
    made = bundle(folder, input, output, "", {"one": torch.ones(1)})
    (made / "nets.py").write_text(NETWORK.format(forward=indent(forward, " " * 8)))
    return made


def samples(folder: Path, tokens: np.ndarray, lengths: np.ndarray) -> Path:
    np.savez(folder / "inputs.npz", tokens=tokens, lengths=lengths)
    return folder


def compiled(folder: Path, **options: Any) -> Compiled:
    return compile_model(folder, Options(budget=30.0, trust=True, **options))


def module(found: Compiled) -> dict[str, Any]:
    """Give what the emitted module defines."""
    assert found.rendered is not None
    names: dict[str, Any] = {"__name__": "emitted"}
    exec(found.rendered.source, names)
    return names


def answers(folder: Path) -> tuple[list[Any], list[Any]]:
    """Give every input of a domain and what the network says of it, None where that does not count."""
    asked = ask(folder, trust=True)
    raws, outputs = [], []
    for rows in asked.domain.enumerate():
        given = asked.answers(rows)
        raws += asked.domain.raw(rows)
        for line, counted in zip(given.values, asked.counted(rows, given), strict=True):
            told = [asked.readout.value(v) for v, counts in zip(line, counted, strict=True) if counts]
            outputs.append(told if asked.readout.at == "each" else told[0])
    return raws, outputs


@pytest.mark.parametrize("name", ACCEPTED)
def test_a_known_function_is_accepted_and_exact(name: str, tmp_path: Path):
    forward, input, output, beyond, answer = ACCEPTED[name]
    folder = network(tmp_path / "net", forward, input, output)
    found = compiled(folder)
    assert found.accepted, found.why
    assert found.why == ""
    raws, outputs = answers(folder)
    behaviour = found.certificate["behaviour"]
    assert (behaviour["claim"], behaviour["mismatches"], behaviour["inputs"]) == ("exact", 0, len(raws))
    assert (behaviour["match_rate"], behaviour["input_match_lower_bound"], behaviour["level"]) == (1.0, 1.0, 1.0)
    assert found.certificate["domain"]["size"] == len(raws)
    defined = module(found)
    assert defined["predict_batch"](raws) == outputs
    assert defined["predict"](beyond, strict=False) == answer
    with pytest.raises(ValueError, match="domain"):
        defined["predict"](beyond)


def test_the_certificate_speaks_of_the_program_that_was_emitted(tmp_path: Path):
    found = compiled(network(tmp_path / "net", SUM, STEPS, ROUND))
    assert found.rendered is not None
    program = found.certificate["program"]
    assert program["source"] == found.rendered.source
    assert parse_program(program["dsl"]) == found.rendered.program
    assert "340" in found.rendered.source.split('"""')[1]  # as many inputs as were compared
    assert found.certificate["mechanism"]["verdict"] == "untested"
    assert found.certificate["reach"]["parted_at"] is None
    assert found.certificate["reach"]["lengths_tried"] == [5, 32]


REFUSED = {
    "real noise": (
        "return torch.sin(1e4 * torch.sin(x[:, :1] * 78.2 + x[:, 1:] * 12.9)) * self.one",
        'readout = "real"\n',
    ),
    "random classes": (
        "torch.manual_seed(0)\nreturn torch.randn(100, 3)[(10 * x[:, 0] + x[:, 1]).long()] * self.one",
        'symbols = ["a", "b", "c"]\n',
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_noise_is_refused_and_nothing_is_claimed(name: str, tmp_path: Path):
    forward, output = REFUSED[name]
    found = compiled(network(tmp_path / "net", forward, PAIR, output))
    assert not found.accepted
    assert found.why
    assert found.certificate["behaviour"] is None or found.certificate["behaviour"]["claim"] != "exact"


def test_a_rare_exception_is_part_of_the_program_or_a_reason_to_refuse(tmp_path: Path):
    forward = "odd = (x[:, 0] == 13) & (x[:, 1] == 77)\nreturn (x.sum(1) + odd)[:, None] * self.one"
    folder = network(tmp_path / "net", forward, PAIR.replace("9", "99"), WHOLE)
    found = compiled(folder)
    raws, outputs = answers(folder)
    given = module(found)["predict_batch"](raws)
    behaviour = found.certificate["behaviour"]
    if found.accepted:
        assert given == outputs
    else:
        assert behaviour["claim"] == "bounded"
        assert behaviour["counterexamples"] == [[13, 77]]
        assert "differ" in found.why
        assert "REJECTED" in found.certificate["program"]["source"]


def test_counterexamples_correct_the_program(tmp_path: Path):
    folder = network(
        tmp_path / "net", "return x.sum(1).clamp(max=197)[:, None] * self.one", PAIR.replace("9", "99"), WHOLE
    )
    asked = ask(folder, trust=True)
    evidence = first_evidence(asked, np.random.default_rng(0))
    assert (asked.domain.size or 0) > len(evidence.rows)
    missed = asked.domain.rows([[99, 99]])
    more = evidence.with_counterexamples(asked, [missed])
    assert len(more.rows) == len(evidence.rows) + 1
    assert more.problem.pinned == 1
    assert more.problem.target.values[-1].tolist() == [197]
    found = compiled(folder)
    assert found.accepted, found.why
    raws, outputs = answers(folder)
    assert module(found)["predict_batch"](raws) == outputs


def without_reproduction(found: Compiled) -> dict[str, Any]:
    kept = {k: v for k, v in found.certificate.items() if k != "reproduce"}
    steady = {k: v for k, v in found.certificate["reproduce"].items() if k not in ("seconds", "date")}
    return {**kept, "reproduce": steady}


@pytest.mark.parametrize("name", ["running sum", "a set"])
def test_equal_options_give_equal_programs_and_certificates(name: str, tmp_path: Path):
    folder = network(tmp_path / "net", *ACCEPTED[name][:3])
    once, again = compiled(folder, seed=3), compiled(folder, seed=3)
    assert once.rendered is not None
    assert again.rendered is not None
    assert once.rendered.source == again.rendered.source
    assert without_reproduction(once) == without_reproduction(again)


def test_programs_do_not_depend_on_how_python_hashes(tmp_path: Path):
    folder = network(tmp_path / "net", "return one_hot(x[:, :1].expand_as(x), 3) * self.one", TOKENS)
    found = compiled(folder)
    assert found.rendered is not None
    command = [sys.executable, "-m", "distill", "compile", "net", "--trust", "--quiet", "-o", "out.py"]
    known = os.environ | {"PYTHONHASHSEED": "1"}
    subprocess.run(command, cwd=tmp_path, env=known, check=True, capture_output=True)
    assert (tmp_path / "out.py").read_text() == found.rendered.source


def seen_by(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Note every input that programs are judged on."""
    marks: list[bytes] = []
    agreement = Question.agreement

    def noting(self: Question, term: Any, symbols: Any, rows: Rows):
        marks.extend(rows.marks())
        return agreement(self, term, symbols, rows)

    monkeypatch.setattr(Question, "agreement", noting)
    return marks


def test_programs_are_judged_on_inputs_that_the_search_has_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked = ask(network(tmp_path / "net", COPY, TOKENS.replace("4", "13")), trust=True)
    rng = np.random.default_rng(0)
    evidence = first_evidence(asked, rng)
    judged = seen_by(monkeypatch)
    term = parse_program("input token: symbol@position\nreturn token").result
    behaviour = behave(asked, term, (), evidence, Clock(60.0), rng)
    assert behaviour.inputs == len(judged) > 1000
    assert not set(judged) & set(evidence.rows.marks())
    assert not behaviour.exhaustive
    assert behaviour.accepted(0.0)
    assert behaviour.bound == lower_bound(len(judged), len(judged), 0.99) < 1


def test_a_domain_too_large_to_go_through_is_claimed_within_a_bound(tmp_path: Path):
    found = compiled(network(tmp_path / "net", COPY, TOKENS.replace("4", "13")))
    assert found.accepted, found.why
    behaviour = found.certificate["behaviour"]
    assert (behaviour["claim"], behaviour["used_in_search"], behaviour["mismatches"]) == ("bounded", False, 0)
    assert behaviour["input_match_lower_bound"] < 1
    assert behaviour["inputs"] < found.certificate["domain"]["size"]
    assert "none searched on" in behaviour["distribution"]
    assert "every input" not in found.certificate["program"]["source"]


@pytest.fixture
def drawn() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 3, (1500, 6)), rng.integers(1, 7, 1500)


def test_samples_are_claimed_within_a_bound(
    tmp_path: Path, drawn: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
):
    folder = samples(network(tmp_path / "net", COPY, SAMPLES), *drawn)
    judged = seen_by(monkeypatch)
    monkeypatch.setattr("distill.pipeline.look_beyond", lambda *_: Reach(None, None, "not looked for"))
    found = compiled(folder)
    assert found.accepted, found.why
    behaviour = found.certificate["behaviour"]
    assert (behaviour["claim"], behaviour["used_in_search"]) == ("bounded", False)
    assert behaviour["inputs"] == len(judged) < 1500
    assert behaviour["input_match_lower_bound"] < 1
    assert found.certificate["domain"]["size"] is None
    asked = ask(folder, trust=True)
    evidence = first_evidence(asked, np.random.default_rng(0))  # the compile's own seed
    assert not set(judged) & set(evidence.rows.marks())


def test_a_network_that_errs_on_few_samples_is_explained_and_its_errors_are_counted(
    tmp_path: Path, drawn: tuple[np.ndarray, np.ndarray]
):
    err = "odd = (x[:, :4] == 0).all(1) if x.shape[1] > 4 else x[:, 0] > 9\n"
    forward = f"{err}y = x.clone()\ny[odd, 4:5] = (y[odd, 4:5] + 1) % 3\nreturn one_hot(y, 3) * self.one"
    found = compiled(samples(network(tmp_path / "net", forward, SAMPLES), *drawn))
    assert found.accepted, found.why
    behaviour = found.certificate["behaviour"]
    assert 0 < behaviour["mismatches"] <= 0.002 * behaviour["outputs"]
    assert behaviour["claim"] == "bounded"
    assert behaviour["match_rate"] < 1
    assert len(behaviour["counterexamples"]) >= 1
    assert "every output" not in found.certificate["program"]["source"]


def test_a_spent_budget_is_a_reason_to_refuse(tmp_path: Path):
    folder = network(tmp_path / "net", REFUSED["random classes"][0], PAIR, REFUSED["random classes"][1])
    found = compile_model(folder, Options(budget=1e-6, trust=True))
    assert not found.accepted
    assert "budget" in found.why


def test_progress_is_told_stage_by_stage(tmp_path: Path):
    told: list[str] = []
    found = compiled(network(tmp_path / "net", SUM, STEPS, ROUND), report=told.append)
    stages = ["load", "trace", "synthesize", "verify", "mechanism", "exceptions", "reach", "emit"]
    assert list(dict.fromkeys(line for line in told if line in stages)) == stages
    assert list(found.certificate["reproduce"]["seconds"]) == stages


def test_options_are_noted(tmp_path: Path):
    folder = network(tmp_path / "net", SUM, STEPS, ROUND)
    options = Options(budget=30.0, seed=5, trust=True, flags={"length": [1, 2]})
    found = compile_model(folder, replace(options))
    assert found.certificate["reproduce"]["seed"] == 5
    assert found.certificate["domain"]["length"] == [1, 2]
    assert found.certificate["behaviour"]["inputs"] == 20
