"""Recurrence in exported graphs and in TorchScript: they compute what they did, and states are called once a step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from distill.bundle import InputSpec
from distill.loading.recurrent import stepwise
from distill.network import Network, random_twin
from tests.unit.archives import load
from tests.unit.networks import STEPS, network
from tests.unit.stepped import Looped, changed, full, lstm, quiet, states
from verify.subject import EVERY

FIXED = InputSpec(kind="numbers", width=1, length=(4, 4), low=(-3,), high=(3,))
X = torch.linspace(-1, 1, 12).reshape(3, 4, 1)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def exported(module: nn.Module, path: Path, *, decomposed: bool) -> Network:
    """Export a network for any number of rows and four positions, and load it."""
    sizes = ({0: torch.export.Dim("rows", min=1, max=4096)},)
    with quiet():
        program = torch.export.export(module.eval(), (X,), dynamic_shapes=sizes)
        torch.export.save(program.run_decompositions() if decomposed else program, path)
    model = load(path)
    torch.testing.assert_close(model.module(X), module(X))
    return network(model.module, FIXED, **model.known)


class TestExported:
    def test_fused_layers_run_cell_by_cell(self, tmp_path: Path):
        net = exported(lstm(bidirectional=True), tmp_path / "network.pt2", decomposed=False)
        cells = [f"layer.lstm.cells.0{way}.{part}" for way in ("", ".reverse") for part in ("cell", "hidden")]
        assert states(net) == cells
        assert {str(s) for s in net.backwards} == set(cells[2:])
        assert changed(net, cells[0], 1) == [False, True, True, True]
        assert changed(net, cells[2], 1) == [True, True, False, False]

    def test_unrolled_cells_are_calls_of_one(self, tmp_path: Path):
        net = exported(Looped(nn.LSTMCell(1, 3)), tmp_path / "network.pt2", decomposed=False)
        assert states(net) == ["cell.lstm_cell.0", "cell.lstm_cell.1", "head.linear"]
        assert changed(net, "cell.lstm_cell.1", 1) == [False, False, True, True]

    def test_unrolled_operations_are_too(self, tmp_path: Path):
        net = exported(lstm(bidirectional=True), tmp_path / "network.pt2", decomposed=True)
        forwards, backwards = (
            [str(s) for s in net.sites if ".tanh" in str(s) and s.call == EVERY and (s in net.backwards) is reverse]
            for reverse in (False, True)
        )
        assert [changed(net, name, 1) for name in forwards] == [[False, True, True, True]] * 2
        assert [changed(net, name, 1) for name in backwards] == [[True, True, False, False]] * 2


class TestScripted:
    @pytest.mark.parametrize("how", ["script", "trace", "freeze"])
    @pytest.mark.parametrize("build", [lstm, lambda: lstm(num_layers=2, bidirectional=True)])
    def test_layers_are_in_the_open(self, build: Callable[[], nn.Module], how: str, tmp_path: Path):
        module = build().eval()
        with quiet():
            script = torch.jit.trace(module, X) if how == "trace" else torch.jit.script(module)
            torch.jit.save(torch.jit.freeze(script) if how == "freeze" else script, tmp_path / "network.pt")
            loaded = load(tmp_path / "network.pt").module
        torch.testing.assert_close(loaded(X), module(X))
        net = network(loaded, STEPS)
        prefix = "" if how == "freeze" else "layer."
        assert states(net) == [s.replace("layer.", prefix) for s in states(network(stepwise(module), STEPS))]
        assert changed(net, f"{prefix}cells.0.cell", 4)[3:] == [bool(net.backwards), True, True]

    def test_so_are_loops(self, tmp_path: Path):
        module = Looped(nn.LSTMCell(1, 3)).eval()
        with quiet():
            torch.jit.save(torch.jit.script(module), tmp_path / "network.pt")
            net = network(load(tmp_path / "network.pt").module, STEPS)
        torch.testing.assert_close(net.module(X), module(X))
        assert states(net) == ["cell.cell", "cell.hidden", "head"]
        assert sum(p.numel() for p in net.module.parameters()) == sum(p.numel() for p in module.parameters())
        assert not np.allclose(random_twin(net, 0).run(full(net)).outputs, net.run(full(net)).outputs, atol=1e-3)
