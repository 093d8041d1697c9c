"""The state of a program, and whether it is that of a recurrent network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from distill.mechanism import examine_state
from distill.network import random_twin
from distill.question import Question, ask
from distill.reading import Reading
from distill.states import States, carried, siblings, states
from dsl import parse_expr, show
from verify.bench import bench
from verify.explanation import RESULT, Given
from verify.mechanism import Mechanism
from verify.states import judge_state

NETS = """
import torch
from torch import nn


class Remainders(nn.Module):
    '''Carries the sum modulo 5, and beside it, for nothing, the sum modulo 3. Answers 1 where the first is 0.'''

    def __init__(self):
        super().__init__()
        self.decoy, self.cell, self.head = nn.Identity(), nn.Linear(2, 2, bias=False), nn.Linear(2, 1, bias=False)

    def forward(self, x):
        held, other, out = x[:, 0].expand(-1, 2) * 0, x[:, 0] * 0, []
        for t in range(x.shape[1]):
            other = self.decoy((other + x[:, t]) % 3)
            held = self.cell((held + x[:, t]) % 5)
            out.append(self.head((held.round() % 5 < 0.5).float()) + 0 * other)
        return torch.stack(out, 1)


def build(config):
    return Remainders()
"""
TOML = """
[network]
file = "checkpoint.pt"
factory = "nets.py:build"
[input]
kind = "numbers"
low = 0
high = 3
width = 1
length = [1, 8]
[output]
readout = "round"
at = "each"
"""
PROGRAM = "int(running_sum(x) % 5 == 0)"


@pytest.fixture
def question(tmp_path: Path) -> Question:
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "distill.toml").write_text(TOML)
    weights = {"cell.weight": torch.eye(2), "head.weight": torch.tensor([[1.0, 0.0]])}
    torch.save({"state_dict": weights, "config": {}}, tmp_path / "checkpoint.pt")
    return ask(tmp_path, {}, device="cpu", trust=True)


def state_of(question: Question, text: str) -> States:
    found = states(question, parse_expr(text, question.domain.inputs), (), np.random.default_rng(0))
    assert found is not None
    return found


def judged_at(question: Question, text: str, site: str) -> Mechanism:
    rng, state = np.random.default_rng(0), state_of(question, text)
    rows = question.domain.sample(300, rng)
    sites = [s for s in question.subject.sites if str(s) == site]
    twin = random_twin(question.subject, 1)
    made = bench(question.subject, state, Reading(question), rows, sites)
    return judge_state(made, lambda: bench(twin, state, Reading(question), rows, sites), rng)


def test_a_program_carries_its_memories_and_values_that_it_reads_late(question: Question):
    term = parse_expr("running_sum(x) + shift(x, 3, 0)", question.domain.inputs)
    assert list(map(show, carried(term))) == ["running_sum(x)", "x", "shift(x, 1, 0)", "shift(x, 2, 0)"]
    assert carried(parse_expr("x + 1", question.domain.inputs)) == []


def test_states_are_as_fine_as_the_answers_tell_apart(question: Question):
    state = state_of(question, PROGRAM)
    rows = question.domain.sample(50, np.random.default_rng(1))
    codes, cells = state.run(rows)[state.name], state.cells(rows)
    rest = rows.values[..., 0].cumsum(1).astype(int) % 5
    pairs = np.unique(np.stack([codes[cells], rest[cells]]), axis=1)
    assert pairs.shape[1] == len(np.unique(rest[cells])) == len(np.unique(codes[cells]))
    assert state.name == "what matters later of running_sum(x)"
    assert state_of(question, "shift(x, 1, 0)").name == "x"


def test_a_state_that_is_given_is_gone_on_from(question: Question):
    state = state_of(question, PROGRAM)
    rows = question.domain.rows([[1, 1, 3], [2, 0, 1]])
    codes = state.run(rows)[state.name]
    where = np.array([[False, True, False], [False, False, False]])
    given = {state.name: Given(np.full((2, 3), codes[1, 0]), where)}  # of a sum of 2, which 3 makes 5
    assert state.run(rows)[RESULT][:, :3].tolist() == [[0, 0, 1], [0, 0, 0]]
    assert state.run(rows, given)[RESULT][:, :3].tolist() == [[0, 0, 1], [0, 0, 0]]
    given = {state.name: Given(np.full((2, 3), codes[1, 2]), where)}  # of a sum of 3, which 3 makes 6
    assert state.run(rows, given)[RESULT][:, :3].tolist() == [[0, 0, 0], [0, 0, 0]]


def test_two_states_given_to_a_row_are_refused(question: Question):
    state = state_of(question, PROGRAM)
    rows = question.domain.rows([[1, 1, 3]])
    with pytest.raises(ValueError, match="two positions"):
        state.run(rows, {state.name: Given(np.zeros((1, 3)), np.ones((1, 3), dtype=bool))})


def test_the_state_of_a_network_is_confirmed_where_it_is_the_programs(question: Question):
    found = examine_state(question, state_of(question, PROGRAM), np.random.default_rng(0))
    assert found is not None
    assert (found.verdict, found.why) == ("confirmed", "")
    assert {str(f.placement.site) for f in found.findings if f.placement} == {"cell"}
    assert all(control.passed for control in found.controls)


@pytest.mark.parametrize(
    ("text", "site"),
    [
        (PROGRAM, "decoy"),  # it holds something else
        ("int(running_sum(x) % 5 == 0 and running_sum(x) < 9)", "cell"),  # other states
        ("int(running_sum(x) % 5 == 0 and index() < 6)", "cell"),
    ],
)
def test_a_state_that_is_not_the_networks_is_not_confirmed(question: Question, text: str, site: str):
    assert judged_at(question, text, site).verdict != "confirmed"


def test_siblings_end_as_another_row_does_behind_another_past(question: Question):
    rows = question.domain.sample(40, np.random.default_rng(2))
    found = siblings(rows, np.random.default_rng(3))
    assert rows.lengths is not None
    last = (rows.lengths - 1)[:, None]
    ends = [np.take_along_axis(r.values[..., 0], last, axis=1) for r in (rows, found)]
    assert (ends[0] == ends[1]).all()
    assert (found.values[:, 0] != rows.values[:, 0]).any()
