"""Recurrent layers run cell by cell, so that the state after each step of each layer and direction is a site.

`nn.RNN`, `nn.GRU` and `nn.LSTM` run all steps in one fused call, and `nn.LSTMCell` gives its cell state where no hook
looks. Made stepwise, they compute the same with plain tensor operations and submodules that are called once a step:

    layer.cells.0            the state of the first layer of an nn.RNN or nn.GRU
    layer.cells.0.reverse    of its other direction, whose first call is at the last position
    layer.cells.0.hidden     of an nn.LSTM: the hidden state
    layer.cells.0.cell       and the cell state, of which the hidden one is made
    cell.hidden, cell.cell   of an nn.LSTMCell

Weights stay where they were, under their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from distill.loading.cells import States, make_cells, run_lstm_cell, unroll
from distill.loading.graph import Graph


class _Stepwise(nn.RNNBase):
    """What the stepwise layers share."""

    cells: nn.ModuleList

    def _run(self, x: Any, states: States | None) -> tuple[Tensor, States]:
        """Run [row, position, unit], or [position, row, unit], or [position, unit]; states None: zeros."""
        rows, alone = 0 if self.batch_first else 1, x.dim() == 2
        if alone:
            x, states = x.unsqueeze(rows), None if states is None else tuple(s.unsqueeze(1) for s in states)
        if states is None:
            sizes = (self.proj_size or self.hidden_size, self.hidden_size)[: 2 if self.mode == "LSTM" else 1]
            states = tuple(x.new_zeros(len(self.all_weights), x.shape[rows], n) for n in sizes)
        check: Any = self.check_forward_args
        check(x, states if self.mode == "LSTM" else states[0], None)
        output, states = unroll(self.cells, x, states, self.all_weights, 1 - rows)
        return (output.squeeze(rows), tuple(s.squeeze(1) for s in states)) if alone else (output, states)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """Give the hidden states of all positions and the final ones, as torch's forward does.

        Packed sequences are left to torch, all steps at once: their states are no sites.
        """
        if isinstance(input, PackedSequence):
            return super().forward(input, hx)
        if self.mode == "LSTM":
            return self._run(input, hx)
        output, (hidden,) = self._run(input, None if hx is None else (hx,))
        return output, hidden


class StepwiseRNN(_Stepwise, nn.RNN):
    """nn.RNN, cell by cell."""


class StepwiseGRU(_Stepwise, nn.GRU):
    """nn.GRU, cell by cell."""


class StepwiseLSTM(_Stepwise, nn.LSTM):
    """nn.LSTM, cell by cell."""


class StepwiseLSTMCell(nn.LSTMCell):
    """nn.LSTMCell whose states leave `hidden` and `cell`."""

    def forward(self, input: Tensor, hx: Any = None) -> tuple[Tensor, Tensor]:
        """Give the next hidden and cell state, [row, unit] or [unit]."""
        if hx is None:
            hx = (input.new_zeros(*input.shape[:-1], self.hidden_size),) * 2
        return run_lstm_cell(self, input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)


_STEPWISE: Mapping[type[nn.Module], type[nn.Module]] = {
    nn.RNN: StepwiseRNN, nn.GRU: StepwiseGRU, nn.LSTM: StepwiseLSTM, nn.LSTMCell: StepwiseLSTMCell,
}  # fmt: skip


def stepwise(module: nn.Module) -> nn.Module:
    """Make every recurrent layer of a module run cell by cell, in place; give the module.

    A class derived from one of torch's keeps its own methods; what it asks of `super()` is then run cell by cell.
    For exported graphs see `rolled.roll`, for TorchScript, which becomes another module, `scripted.unscripted`.
    """
    if isinstance(module, Graph):
        from distill.loading.rolled import roll  # which makes its cells here

        return roll(module)
    if isinstance(module, torch.jit.ScriptModule):
        from distill.loading.scripted import unscripted

        return unscripted(module)
    for child in list(module.modules()):
        base = next((b for b in _STEPWISE if isinstance(child, b)), None)
        if base is None or isinstance(child, _STEPWISE[base]):
            continue
        kind, inside = type(child), _inside(child)
        if any(hasattr(child, name) for name in inside):
            continue  # a class of one's own that has another use for the names
        child.__class__ = _STEPWISE[base] if kind is base else type(kind.__name__, (kind, _STEPWISE[base]), {})
        for name, part in inside.items():
            setattr(child, name, part)
    return module


def _inside(child: nn.Module) -> dict[str, nn.Module]:
    """Give what a layer is given to run through, by name."""
    if isinstance(child, nn.RNNBase):
        return {"cells": make_cells(child.mode, child.num_layers, child.bidirectional)}
    return {"hidden": nn.Identity(), "cell": nn.Identity()}
