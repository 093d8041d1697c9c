"""Standing in for a network: an emitted module as a torch module that takes and returns what the network did."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from distill.errors import BadInput, shown
from distill.output import beside
from distill.readout import Readout
from dsl.terms import Value

Predict = Callable[..., Any]


def load(
    path: str | Path,
    *,
    input: Mapping[str, Any] | None = None,
    output: Mapping[str, Any] | None = None,
    strict: bool = True,
) -> StandIn:
    """Wrap an emitted module so that it can stand where its network stood. This runs the module's code.

    input, output: the bundle's tables, resolved; by default those of the certificate beside the module.
    strict: raise ValueError for inputs outside the domain, as `predict` does.
    Raises BadInput where the tables are missing or the file is no emitted module.
    """
    path = Path(path)
    certificate = _certificate(beside(path, ".certificate.json")) if input is None or output is None else {}
    made = _table(path, "output", output or certificate.get("output"))
    encoding = Encoding(_table(path, "input", input or certificate.get("domain")))
    readout = Readout(made["readout"], made["at"], tuple(made.get("symbols") or ()), path.name)
    return StandIn(_predict(path), encoding, readout, strict=strict)


def _table(path: Path, name: str, found: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if not found:
        raise BadInput(path, f"no [{name}] table", "one in the certificate beside it", f"pass {name}=...")
    return found


def _certificate(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise BadInput(path, f"no JSON ({error})", "the certificate of the program", "compile again") from error


def _predict(path: Path) -> Predict:
    """Give `predict` of a module that is imported from its file under no name."""
    spec = importlib.util.spec_from_file_location(f"distilled_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise BadInput(path, "no Python file", "a module that distill emitted", "give the path of OUT.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not callable(getattr(module, "predict", None)):
        raise BadInput(path, "no function `predict`", "a module that distill emitted", "give the path of OUT.py")
    return module.predict


@dataclass(frozen=True, slots=True)
class Encoding:
    """How inputs are tensors. table: the resolved [input] table."""

    table: Mapping[str, Any]

    def decoded(self, batch: np.ndarray) -> list[Any]:
        """Give each row as `predict` takes it.

        batch: tokens int64 [row, position], right-padded | numbers float32 [row, position, width] or [row, width].
        """
        if self.table["kind"] == "tokens":
            return [self._symbols(row) for row in batch]
        return [self._numbers(row) for row in batch]

    def _symbols(self, ids: np.ndarray) -> list[Value]:
        vocab, pad = self.table["vocab"], self.table.get("pad")
        unknown = [k for k in ids.tolist() if not 0 <= k < len(vocab)]
        if unknown:
            raise ValueError(f"id {unknown[0]} is none of the {len(vocab)} symbols")
        symbols = [vocab[k] for k in ids.tolist()]
        while pad is not None and symbols and symbols[-1] == pad:
            symbols.pop()
        return symbols

    def _numbers(self, row: np.ndarray) -> Any:
        whole = self.table.get("low") is not None
        values = row[..., 0] if self.table["width"] == 1 else row
        return _exact(values.tolist()) if whole else values.tolist()


def _exact(value: Any) -> Any:
    """Give whole numbers as integers, inside lists too."""
    if isinstance(value, list):
        return [_exact(v) for v in value]
    return int(value) if float(value).is_integer() else value


class StandIn(torch.nn.Module):
    """A network's program as a module: the same inputs, the same shapes; logits 1 for the answer and 0 for the rest."""

    def __init__(self, predict: Predict, encoding: Encoding, readout: Readout, *, strict: bool = True) -> None:
        super().__init__()
        self.predict, self.encoding, self.readout, self.strict = predict, encoding, readout, strict

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Give float32 [row, position, column], or [row, column] where there is one output a row.

        inputs: as the network took them. Raises ValueError outside the domain where `strict`.
        """
        raws = self.encoding.decoded(inputs.detach().cpu().numpy())
        answers = [self.predict(raw, strict=self.strict) for raw in raws]
        positions = inputs.shape[1] if self.readout.at != "whole" else 1
        codes = np.array([self._codes(raw, answer, positions) for raw, answer in zip(raws, answers, strict=True)])
        return torch.from_numpy(self.readout.logits(codes)).to(inputs.device)

    def _codes(self, raw: Any, answer: Any, positions: int) -> list[float]:
        """Give a row's answers as the readout codes them, one a position; what has none is -1, or 0 for numbers."""
        answers = answer if self.readout.at == "each" else [answer]
        if self.readout.at == "last":
            answers = [None] * (len(raw) - 1) + answers
        return [self._code(a) for a in answers] + [self._code(None)] * (positions - len(answers))

    def _code(self, answer: Any) -> float:
        symbols = self.readout.symbols
        if self.readout.name not in ("argmax", "multilabel"):
            return 0 if answer is None else answer
        if answer is None and None not in symbols:
            return -1
        if self.readout.name == "argmax":
            return _place(answer, symbols)
        return sum(1 << _place(symbol, symbols) for symbol in answer or ())


def _place(symbol: Value, symbols: Sequence[Value]) -> int:
    """Give the column of a symbol: the one of its type first, as True equals 1."""
    for k, known in enumerate(symbols):
        if type(known) is type(symbol) and known == symbol:
            return k
    if symbol in symbols:
        return symbols.index(symbol)
    raise ValueError(f"the program answers {shown(symbol)}, which is none of the outputs {shown(list(symbols))}")


__all__ = ["Encoding", "StandIn", "load"]
