"""The state of a recurrent network is found by running it: the smallest set of sites by which a past can be swapped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from distill.bundle import Bundle, InputSpec, NetworkSpec, OutputSpec, fill, make_domain
from distill.commands import Job
from distill.inspection import inspect, show
from distill.loading.recurrent import stepwise
from distill.question import Question
from distill.readout import make_readout
from distill.recurrence import find_recurrence
from dsl.rows import Rows
from tests.unit.networks import STEPS, TOKENS, Bidirectional, Recurrent, Transformer, network, site
from tests.unit.stepped import Looped, lstm, quiet
from verify.subject import Swap

PREFIXED = InputSpec(kind="tokens", vocab=tuple("abcde"), alphabet=tuple("abc"), prefix=("d",), pad="e", length=(1, 5))
BUNDLE = """
[network]
file = "network.pt"
[input]
kind = "numbers"
width = 1
low = 0
high = 3
length = [1, 5]
[output]
readout = "argmax"
symbols = [0, 1]
"""


class Reading(nn.Module):
    """Tokens embedded, a recurrent layer, a head on what `pick` takes of what the layer gives."""

    def __init__(self, layer: nn.RNNBase, pick: Callable[[tuple], Tensor] = lambda given: given[0]) -> None:
        super().__init__()
        width = (layer.proj_size or layer.hidden_size) * (2 if layer.bidirectional else 1)
        self.embed, self.layer, self.head, self.pick = nn.Embedding(5, 4), layer, nn.Linear(width, 3), pick

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.pick(self.layer(self.embed(tokens))))


class Forgetful(Recurrent):
    """Calls a cell once a position, and carries nothing on."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.stack([self.head(self.cell(x[:, t].expand(-1, 5))) for t in range(x.shape[1])], 1)


def question(module: nn.Module, spec: InputSpec, at: str = "each") -> Question:
    net = network(stepwise(module), spec)
    symbols = tuple("vwxyz")[: net.found["columns"]]
    given = Bundle("b", NetworkSpec(Path("n.pt"), None, Path(".")), spec, OutputSpec("argmax", at, symbols))
    bundle = fill(given, net.found)
    return Question(bundle, net, make_domain(bundle), make_readout(bundle), None)


def gru(**options: object) -> nn.GRU:
    return nn.GRU(4, 3, batch_first=True, **options)


FOUND = {
    "a cell": (lambda: question(Recurrent(), STEPS), "cell", 4),
    "gru": (lambda: question(Reading(gru()), TOKENS), "layer.cells.0", 3),
    "gru, after a prefix": (lambda: question(Reading(gru()), PREFIXED), "layer.cells.0", 3),
    "gru of two layers": (lambda: question(Reading(gru(num_layers=2)), TOKENS), "layer.cells.0 layer.cells.1", 6),
    "lstm": (lambda: question(lstm(), STEPS), "layer.cells.0.cell layer.cells.0.hidden", 6),
    "lstm, projected": (
        lambda: question(Reading(nn.LSTM(4, 5, batch_first=True, proj_size=2)), TOKENS),
        "layer.cells.0.cell layer.cells.0.hidden", 7,
    ),
    "lstm cell": (lambda: question(Looped(nn.LSTMCell(1, 3)), STEPS), "cell.cell cell.hidden", 6),
    "gru, read at the end": (
        lambda: question(Reading(gru(), lambda given: given[1][-1]), TOKENS, "whole"), "layer.cells.0", 3,
    ),
}  # fmt: skip
NOT_FOUND = {
    "both directions": lambda: question(Bidirectional(), TOKENS),
    "both directions, read at their ends": lambda: question(
        Reading(gru(bidirectional=True), lambda given: torch.cat([*given[1]], -1)), TOKENS, "whole"
    ),
    "a mean, which no site carries": lambda: question(Reading(gru(), lambda given: given[0].mean(1)), TOKENS, "whole"),
    "no memory": lambda: question(Forgetful(), STEPS),
    "no steps": lambda: question(Transformer(causal=True), TOKENS),
}


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def drawn(asked: Question, count: int = 200) -> Rows:
    return asked.domain.sample(count, np.random.default_rng(1))


@pytest.mark.parametrize("name", FOUND)
def test_the_smallest_state_is_found(name: str):
    build, sites, width = FOUND[name]
    asked = build()
    found = find_recurrence(asked, drawn(asked), np.random.default_rng(0))
    assert found is not None
    assert (" ".join(map(str, found.sites)), found.width) == (sites, width)
    assert found == find_recurrence(asked, drawn(asked), np.random.default_rng(0))


@pytest.mark.parametrize("name", NOT_FOUND)
def test_where_there_is_none_none_is_found(name: str):
    asked = NOT_FOUND[name]()
    assert find_recurrence(asked, drawn(asked), np.random.default_rng(0)) is None


def test_rows_too_short_to_tell():
    asked = question(Recurrent(), STEPS)
    rows = drawn(asked)
    for few in (rows.take(slice(0)), Rows(rows.values, np.ones(len(rows), int))):
        assert find_recurrence(asked, few, np.random.default_rng(0)) is None


@pytest.mark.parametrize("name", ["gru of two layers", "lstm", "gru, read at the end"])
def test_a_step_from_a_state_is_the_network_s(name: str):
    """Taken from the states of rows, it leads to their next states and outputs."""
    asked = FOUND[name][0]()
    rows = drawn(asked)
    rows = rows.take(rows.lengths == 3)
    found = find_recurrence(asked, drawn(asked), np.random.default_rng(0))
    assert found is not None
    states, outputs = found.states(asked, rows), asked.subject.run(rows).outputs
    assert states.shape == (len(rows), rows.values.shape[1], found.width)
    after, said = found.advance(asked, states[:, 1], rows.values[:, 2])
    np.testing.assert_allclose(after, states[:, 2], atol=1e-6)
    np.testing.assert_allclose(said, outputs[:, 2] if outputs.ndim == 3 else outputs, atol=1e-6)


def test_half_a_state_is_not_enough():
    """What the search refuses: with the hidden state alone another's past is not taken over."""
    asked = question(lstm(), STEPS)
    rows = drawn(asked)
    rows = rows.take(rows.lengths == 6)
    donors, net = rows.take(np.arange(len(rows))[::-1]), asked.subject
    mixed = Rows(np.concatenate([donors.values[:, :3], rows.values[:, 3:]], 1), rows.lengths)
    wanted = net.run(mixed).outputs[:, 3:]
    places = [site(net, f"layer.cells.0.{part}") for part in ("cell", "hidden")]
    patch = {}
    for place, value in net.run(donors, record=places).recorded.items():
        patch[place] = Swap(np.where(np.arange(6)[:, None] == 2, value, np.nan))
    np.testing.assert_allclose(net.run(rows, patch=patch).outputs[:, 3:], wanted, atol=1e-6)
    for place in places:
        assert not np.allclose(net.run(rows, patch={place: patch[place]}).outputs[:, 3:], wanted, atol=1e-3)


def test_inspect_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "distill.toml").write_text(BUNDLE)
    with quiet():
        torch.jit.script(lstm().eval()).save(tmp_path / "network.pt")
        found = inspect(Job(tmp_path, 1.0, 0, "cpu", False, False, False, {}))
    assert found["state"] == {"sites": ["layer.cells.0.cell", "layer.cells.0.hidden"], "units": 6}
    show(found)
    line = "state       layer.cells.0.cell, layer.cells.0.hidden, called once a step, 6 units, complete"
    assert line in capsys.readouterr().out.splitlines()
