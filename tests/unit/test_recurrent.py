"""Recurrent layers cell by cell: they compute what they did, and each step's state can be seen and replaced."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from distill.loading.recurrent import stepwise
from distill.network import random_twin
from tests.unit.networks import STEPS, network, site
from tests.unit.stepped import changed, full, lstm, states
from verify.subject import EVERY

KINDS = {
    "tanh": (nn.RNN, {}),
    "relu": (nn.RNN, {"nonlinearity": "relu"}),
    "gru": (nn.GRU, {}),
    "lstm": (nn.LSTM, {}),
    "lstm, projected": (nn.LSTM, {"proj_size": 2}),
}


class Backwards(nn.Module):
    """A cell of one's own that reads from the end."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.head = nn.GRUCell(1, 3), nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        state, outputs = x.new_zeros(len(x), 3), []
        for t in reversed(range(x.shape[1])):
            state = self.cell(x[:, t], state)
            outputs.append(self.head(state))
        return torch.stack(outputs[::-1], 1)


def tensors(output: Any) -> list[Tensor]:
    return [output] if isinstance(output, Tensor) else [t for part in output for t in tensors(part)]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


class TestLayers:
    @pytest.mark.filterwarnings("ignore:LSTM with projections")
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("layers", [1, 3])
    def test_they_compute_what_they_did(self, kind: str, layers: int):
        build, options = KINDS[kind]
        flags = itertools.product([False, True], repeat=5)
        for bidirectional, bias, batch_first, started, alone in flags:
            options |= {"bidirectional": bidirectional, "bias": bias, "batch_first": batch_first}
            layer = build(3, 4, layers, dropout=0.5 if layers > 1 else 0.0, **options).eval().double()
            outer = [] if alone else [5 if batch_first else 6]
            begin = [torch.randn(layers * (1 + bidirectional), *outer, n).double() for n in (layer.proj_size or 4, 4)]
            start = (tuple(begin) if build is nn.LSTM else begin[0]) if started else None
            x = torch.randn((5, 3) if alone else (5, 6, 3)).double()
            with torch.no_grad():
                wanted = tensors(layer(x, start))
                for found, value in zip(tensors(stepwise(layer)(x, start)), wanted, strict=True):
                    torch.testing.assert_close(found, value, atol=1e-12, rtol=0)

    @pytest.mark.parametrize("bias", [False, True])
    def test_so_does_a_cell(self, bias: bool):
        cell = nn.LSTMCell(3, 4, bias)
        for shape in ((5,), ()):
            x, start = torch.randn(*shape, 3), (torch.randn(*shape, 4), torch.randn(*shape, 4))
            for given in (None, start):
                wanted, found = cell(x, given), stepwise(copy.deepcopy(cell))(x, given)
                torch.testing.assert_close(found, wanted, atol=1e-6, rtol=0)

    def test_weights_keep_their_names_and_classes_their_methods(self):
        class Doubling(nn.GRU):
            def forward(self, input: Tensor, hx: Tensor | None = None) -> Any:
                return 2 * super().forward(input, hx)[0]

        layer = Doubling(3, 4)
        x, names = torch.randn(5, 6, 3), list(layer.state_dict())
        wanted = layer(x)
        module = stepwise(layer)
        assert isinstance(module, Doubling)
        assert list(module.state_dict()) == names
        torch.testing.assert_close(module(x), wanted)
        assert "cells.0" in dict(module.named_modules())

    def test_names_in_use_are_left_alone(self):
        class Busy(nn.GRU):
            cells = 3

        assert stepwise(layer := Busy(3, 4)) is layer
        assert layer.cells == 3

    def test_packed_sequences_are_left_to_torch(self):
        packed = pack_padded_sequence(torch.randn(5, 2, 3), torch.tensor([5, 4]))
        layer = nn.GRU(3, 4)
        wanted = layer(packed)[0].data.detach().clone()
        assert torch.equal(stepwise(layer)(packed)[0].data, wanted)

    def test_what_is_wrong_is_still_wrong(self):
        with pytest.raises(RuntimeError, match="input_size"):
            stepwise(nn.GRU(3, 4))(torch.randn(5, 2, 7))
        with pytest.raises(RuntimeError, match="hidden"):
            stepwise(nn.GRU(3, 4))(torch.randn(5, 2, 3), torch.randn(1, 3, 4))


class TestSites:
    def test_each_layer_and_direction_has_its_states(self):
        net = network(stepwise(lstm(num_layers=2, bidirectional=True)), STEPS)
        cells = [
            f"layer.cells.{k}{way}.{part}" for k in (0, 1) for way in ("", ".reverse") for part in ("cell", "hidden")
        ]
        assert states(net) == cells
        assert all(s.shape == ("position", 3) for s in net.sites if s.call == EVERY)
        assert [str(s) for s in net.sites if s.call != EVERY] == ["layer", "head"]

    @pytest.mark.parametrize("part", ["cell", "hidden"])
    def test_a_state_acts_on_what_its_direction_reads_next(self, part: str):
        net = network(stepwise(lstm(bidirectional=True)), STEPS)
        assert changed(net, f"layer.cells.0.{part}", 2) == [False, False, True, True, True, True]
        assert changed(net, f"layer.cells.0.reverse.{part}", 2) == [True, True, True, False, False, False]

    def test_states_are_in_the_order_of_positions(self):
        net = network(stepwise(lstm(bidirectional=True)), STEPS)
        whole, *parts = (site(net, f"layer{name}") for name in ("", ".cells.0.hidden", ".cells.0.reverse.hidden"))
        found = net.run(full(net), record=net.sites).recorded
        np.testing.assert_array_equal(found[whole], np.concatenate([found[p] for p in parts], -1))

    def test_a_loop_that_reads_from_the_end_is_found_out(self):
        net = network(Backwards(), STEPS)
        assert {str(s) for s in net.backwards} == {"cell", "head"}
        assert changed(net, "cell", 2) == [True, True, True, False, False, False]

    def test_twins_have_states_of_their_own(self):
        net = network(stepwise(lstm()), STEPS)
        twin = random_twin(net, 0)
        assert twin.sites == net.sites
        before = net.run(full(net)).outputs
        assert not np.allclose(before, twin.run(full(net)).outputs, atol=1e-3)
        assert np.array_equal(before, net.run(full(net)).outputs)
