"""The readout: from a network's raw outputs to answers, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from distill.errors import BadInput
from distill.specs import Bundle
from dsl.rows import Answers, Rows
from dsl.terms import Value
from dsl.types import Kind

KIND = {
    "argmax": Kind.SYMBOL,
    "multilabel": Kind.SYMBOL,
    "sign": Kind.BOOL,
    "round": Kind.INT,
    "real": Kind.REAL,
}
_EXACT = 2.0**53  # integers beyond it are not told apart as floats


@dataclass(frozen=True, slots=True)
class Readout:
    """How outputs are read.

    name: argmax, multilabel, sign, round or real. at: each, last or whole. symbols: of the columns, () without columns.
    source: the bundle's name, for messages.
    """

    name: str
    at: str
    symbols: tuple[Value, ...]
    source: str

    @property
    def kind(self) -> Kind:
        """What one answer is; a multilabel answer is a symbol that is a set."""
        return KIND[self.name]

    def answers(self, outputs: np.ndarray, rows: Rows) -> Answers:
        """Read raw outputs: [row, position, column] or [row, column], the column axis left out where there is one.

        Gives [row, position] for at = "each", else [row, 1]. Codes are places in `symbols`; for multilabel, bit k
        stands for symbols[k]. Margins are how far the raw output was from another answer: best minus second logit,
        the least distance of a logit from 0, the distance from a half between integers, inf for reals.
        Beyond a row's length, answers are those of zero outputs, and margins inf.
        Raises BadInput for outputs of another shape, or not finite where they count.
        """
        answers = self._read(self.picked(np.asarray(outputs, np.float64), rows))
        if self.at != "each":
            return answers
        return Answers(answers.values, np.where(rows.mask, answers.margins, np.inf))

    def _read(self, values: np.ndarray) -> Answers:
        """Read picked outputs, [row, position or 1, column]."""
        match self.name:
            case "argmax":
                codes = values.argmax(-1)
                if values.shape[-1] == 1:
                    return Answers(codes, np.full(codes.shape, np.inf))
                best = np.partition(values, -2, axis=-1)
                return Answers(codes, best[..., -1] - best[..., -2])
            case "multilabel":
                bits = np.left_shift(np.int64(1), np.arange(values.shape[-1], dtype=np.int64))
                return Answers(((values > 0) * bits).sum(-1), np.abs(values).min(-1))
            case "sign":
                return Answers(values[..., 0] > 0, np.abs(values[..., 0]))
            case "round":
                return self._rounded(values[..., 0])
            case _:
                return Answers(values[..., 0], np.full(values.shape[:-1], np.inf))

    def _rounded(self, values: np.ndarray) -> Answers:
        if (np.abs(values) > _EXACT).any():
            found = f"an output of {values[np.abs(values) > _EXACT][0]:g}"
            raise BadInput(self.source, found, "integers of at most 2**53", "use readout = 'real'")
        nearest = np.rint(values)
        return Answers(nearest.astype(np.int64), 0.5 - np.abs(values - nearest))

    def picked(self, outputs: np.ndarray, rows: Rows) -> np.ndarray:
        """Give the outputs that are answers, [row, position or 1, column]; 0 at positions that are not real."""
        positions = self.at != "whole"
        columns = len(self.symbols) or 1
        if columns == 1 and outputs.ndim == 1 + positions:
            outputs = outputs[..., None]
        shape = (len(rows), rows.values.shape[1], columns) if positions else (len(rows), columns)
        if outputs.shape != shape:
            found, expected = f"outputs of shape {list(outputs.shape)}", f"{list(shape)} for at = {self.at!r}"
            raise BadInput(self.source, found, expected, "correct [output] at, readout or symbols")
        if not positions:
            outputs = outputs[:, None, :]
        elif self.at == "last":
            assert rows.lengths is not None
            outputs = outputs[np.arange(len(rows)), rows.lengths - 1][:, None, :]
        else:
            outputs = np.where(rows.mask[:, :, None], outputs, 0.0)
        wrong = ~np.isfinite(outputs)
        if wrong.any():
            row, position, column = map(int, np.argwhere(wrong)[0])
            found = (
                f"{outputs[row, position, column]} in row {row}, position {position}, column {column} of the outputs"
            )
            raise BadInput(self.source, found, "finite outputs", "check the weights, and that inputs are of the domain")
        return outputs

    def value(self, code: int | float | bool | np.generic) -> Value:
        """Give what a code of `answers` stands for: a symbol, a frozenset, or the bool, int or float itself."""
        match self.name:
            case "argmax":
                return self.symbols[int(code)]
            case "multilabel":
                bits = int(code)
                return frozenset(s for k, s in enumerate(self.symbols) if bits >> k & 1)
            case "sign":
                return bool(code)
            case "round":
                return int(code)
            case _:
                return float(code)

    def code(self, value: Value) -> int:
        """Give the code of a symbol or a set of symbols, the inverse of `value`; -1 where there is none."""
        if self.name == "multilabel":
            if not isinstance(value, frozenset) or not value <= set(self.symbols):
                return -1
            return sum(1 << k for k, s in enumerate(self.symbols) if s in value)
        return next((k for k, s in enumerate(self.symbols) if type(s) is type(value) and s == value), -1)

    def logits(self, values: np.ndarray) -> np.ndarray:
        """Give outputs that read as the answers: float32 [row, position, column], [row, column] for at = "whole".

        values: as `answers` gives them; -1, for argmax and multilabel, is no answer, all columns 0. Logits are 1 for
        what is answered, 0 for the rest; reals and integers are themselves.
        """
        values = np.asarray(values)
        columns = np.arange(len(self.symbols), dtype=np.int64)
        if self.name == "argmax":
            outputs = values[..., None] == columns
        elif self.name == "multilabel":
            outputs = (values[..., None] >> columns & 1).astype(bool) & (values[..., None] >= 0)
        else:
            outputs = values[..., None]
        return (outputs[:, 0] if self.at == "whole" else outputs).astype(np.float32)


def make_readout(bundle: Bundle) -> Readout:
    """Make the readout of a bundle that `fill` completed; raises BadInput for one that it did not."""
    output = bundle.output
    if output.readout is None or output.at is None or output.symbols is None:
        raise BadInput(bundle.where("readout"), "an [output] that is not complete", "one from `fill`", "fill it first")
    return Readout(output.readout, output.at, output.symbols, bundle.name)
