"""The cells of recurrent layers: one step each, called once a step, in plain tensor operations.

They compute what torch's fused layers do, so that whatever leaves a cell can be seen and replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

BACKWARDS = "backwards"  # the attribute of a graph that names the paths called from the last position to the first
States = tuple[Tensor, ...]  # the hidden state, and the cell state of an LSTM


class Cell(nn.Module):
    """One step of a layer in one direction. It holds no weights; `reverse` is the cell of the other direction.

    It is called with what the input adds to the gates, [row, gate x unit], the states before, the weight and the
    bias by which the hidden state adds to them, and the projection of proj_size; and gives the states after.
    """

    def __init__(self, bidirectional: bool) -> None:
        super().__init__()
        self.reverse = type(self)(False) if bidirectional else None

    @property
    def directions(self) -> tuple[Cell, ...]:
        """The cells of its layer."""
        return (self,) if self.reverse is None else (self, self.reverse)


class TanhCell(Cell):
    """A step of nn.RNN."""

    def forward(self, read: Tensor, states: States, weight: Tensor, bias: Tensor | None, _: Tensor | None) -> States:
        """See Cell."""
        return ((read + linear(states[0], weight, bias)).tanh(),)


class ReluCell(Cell):
    """A step of nn.RNN with nonlinearity="relu"."""

    def forward(self, read: Tensor, states: States, weight: Tensor, bias: Tensor | None, _: Tensor | None) -> States:
        """See Cell."""
        return ((read + linear(states[0], weight, bias)).relu(),)


class GRUCell(Cell):
    """A step of nn.GRU."""

    def forward(self, read: Tensor, states: States, weight: Tensor, bias: Tensor | None, _: Tensor | None) -> States:
        """See Cell."""
        (hidden,), kept = states, linear(states[0], weight, bias)
        gates = 2 * hidden.shape[-1]
        reset, update = (read[..., :gates] + kept[..., :gates]).sigmoid().chunk(2, -1)
        new = torch.addcmul(read[..., gates:], reset, kept[..., gates:]).tanh()
        return (torch.lerp(new, hidden, update),)


class LSTMCell(Cell):
    """A step of nn.LSTM: `cell` and `hidden` pass on what it makes, as values that can be replaced on their way."""

    def __init__(self, bidirectional: bool) -> None:
        super().__init__(bidirectional)
        self.hidden, self.cell = nn.Identity(), nn.Identity()

    def forward(
        self, read: Tensor, states: States, weight: Tensor, bias: Tensor | None, projection: Tensor | None
    ) -> States:
        """See Cell."""
        return _lstm(self, read + linear(states[0], weight, bias), states[1], projection)


def _lstm(module: Any, gates: Tensor, cell: Tensor, projection: Tensor | None) -> tuple[Tensor, Tensor]:
    """Give the next states of an LSTM, as they leave `module.hidden` and `module.cell`."""
    enter, keep, new, leave = gates.chunk(4, -1)
    cell = module.cell(torch.addcmul(keep.sigmoid() * cell, enter.sigmoid(), new.tanh()))
    hidden = leave.sigmoid() * cell.tanh()
    return module.hidden(hidden if projection is None else linear(hidden, projection)), cell


def run_lstm_cell(
    module: Any, input: Tensor, hx: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor,
    b_ih: Tensor | None = None, b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Do what `aten::lstm_cell` does with these arguments; the states leave `module.hidden` and `module.cell`."""
    return _lstm(module, linear(input, w_ih, b_ih) + linear(hx[0], w_hh, b_hh), hx[1], None)


CELLS: Mapping[str, type[Cell]] = {"RNN_TANH": TanhCell, "RNN_RELU": ReluCell, "GRU": GRUCell, "LSTM": LSTMCell}
FUSED = {f"aten::{mode.lower()}": mode for mode in CELLS}  # the operations that run all steps, and their modes


def make_cells(mode: str, layers: int, bidirectional: bool) -> nn.ModuleList:
    """Make the cells of stacked layers; mode: one of CELLS."""
    return nn.ModuleList(CELLS[mode](bidirectional) for _ in range(layers))


def called_backwards(module: nn.Module, prefix: str = "") -> frozenset[str]:
    """Give the paths in a module, each after `prefix`, that are known to be called from the last position on."""
    found = set[str](getattr(module, BACKWARDS, ()))
    for path, child in module.named_modules():
        if isinstance(child, Cell) and child.reverse is not None:
            found.update(f"{prefix}{path}.{name}" for name, _ in child.named_modules() if name.startswith("reverse"))
    return frozenset(found)


def unroll(
    cells: Iterable[Any], x: Tensor, states: States, weights: Sequence[Sequence[Tensor]], axis: int
) -> tuple[Tensor, States]:
    """Run stacked cells over x [row, position, unit], its positions on `axis` (1 or 0).

    states: [layer x direction, row, unit] each. weights: of each layer and direction in turn, as torch orders them:
    of the input, of the state, then the two biases and the projection where it has them. Gives the last layer's
    hidden states, directions side by side, and all final states. Between layers nothing is dropped, as in eval mode.
    """
    finals: list[States] = []
    for cell in cells:
        found = []
        for direction in cell.directions:
            index = len(finals)
            first = tuple(s[index] for s in states)
            hidden, last = _along(direction, x, first, weights[index], axis, backwards=direction is not cell)
            found.append(hidden)
            finals.append(last)
        x = torch.cat(found, -1) if len(found) > 1 else found[0]
    return x, tuple(torch.stack(s) for s in zip(*finals, strict=True))


def run_fused(
    cells: nn.ModuleList, input: Tensor, hx: Tensor | Sequence[Tensor], params: Sequence[Tensor], has_biases: bool,
    num_layers: int, dropout: float, train: bool, bidirectional: bool, batch_first: bool,
) -> tuple[Tensor, ...]:  # fmt: skip
    """Do what `aten::gru`, `lstm`, `rnn_tanh` and `rnn_relu` do with these arguments, but drop nothing."""
    each = len(params) // (num_layers * (2 if bidirectional else 1))
    weights = [params[k : k + each] for k in range(0, len(params), each)]
    output, finals = unroll(cells, input, (hx,) if isinstance(hx, Tensor) else tuple(hx), weights, int(batch_first))
    return output, *finals


def _along(
    cell: Cell, x: Tensor, states: States, weights: Sequence[Tensor], axis: int, *, backwards: bool
) -> tuple[Tensor, States]:
    """Run one cell over x; give its hidden states at all positions, and its final states."""
    reading, keeping, *rest = weights
    bias, state_bias = rest[:2] if len(rest) > 1 else (None, None)
    projection = rest[-1] if len(rest) % 2 else None
    steps, outputs = linear(x, reading, bias).unbind(axis), list[Tensor]()
    for read in reversed(steps) if backwards else steps:
        states = cell(read, states, keeping, state_bias, projection)
        outputs.append(states[0])
    return torch.stack(outputs[::-1] if backwards else outputs, axis), states
