"""Networks built by hand: each module computes named values, which its units hold in a basis turned at random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from distill.bundle import Bundle, InputSpec, NetworkSpec, OutputSpec, fill, make_domain
from distill.loading import Model
from distill.network import Network
from distill.question import Question
from distill.readout import make_readout
from tests.planted.forms import Feature, Form
from tests.planted.modules import Attend, Pool, Stage, Wired

JUNK, GAIN = 1, 0.4  # values of each module but pools that nothing reads, and the spread of what they are computed with
ROOM = 10  # units of each module beyond its values
NOISE = 1e-4  # standard deviation of what is added to every weight


@dataclass(frozen=True, slots=True)
class Space:
    """What a module's units hold: names, and after them what nothing reads. basis: [value, unit], orthonormal rows."""

    names: tuple[str, ...]
    basis: np.ndarray

    def directions(self, step: str) -> np.ndarray:
        """Give what holds a step's value, [unit, rank]: the value of its name, or those of names `step.symbol`."""
        return self.basis[[k for k, n in enumerate(self.names) if n == step or n.startswith(f"{step}.")]].T


class Builder:
    """Adds modules one by one, and makes them a network and a question about it."""

    def __init__(self, seed: int, spec: InputSpec) -> None:
        self.rng, self.spec = np.random.default_rng(seed), spec
        self.spaces: dict[str, Space] = {}
        self.nodes: dict[str, nn.Module] = {}
        self.plan: dict[str, tuple[str, ...]] = {}
        self.cells: list[str] = []
        if spec.kind == "numbers":
            width = spec.width or 1
            names = ("x",) if width == 1 else tuple(f"x{k}" for k in range(width))
            self.spaces["input"] = Space(names, np.eye(width))

    def embed(self) -> None:
        """Add the embedding of the tokens: the values `is.SYMBOL`, and `token` where symbols are integers."""
        vocab = self.spec.vocab or ()
        symbols = [s for s in vocab if s != self.spec.pad]
        columns = {f"is.{s}": [float(s == t) for t in vocab] for s in symbols}
        if all(isinstance(s, int) for s in symbols):
            columns = {"token": [float(t) if isinstance(t, int) else 0.0 for t in vocab]}
        self._embedding("embed", columns, ("input",))

    def where(self) -> None:
        """Add the embedding of the positions: the values `at.POSITION`."""
        most = (self.spec.length or (1, 1))[1]
        self._embedding("where", {f"at.{p}": [float(p == q) for q in range(most)] for p in range(most)}, ())

    def _embedding(self, name: str, columns: Mapping[str, Sequence[float]], sources: tuple[str, ...]) -> None:
        space = self._space(name, columns, sources)
        values = np.array(list(columns.values())).T
        junk = (
            values @ self.rng.standard_normal((len(columns), JUNK)) * GAIN
        )  # linear, lest it tells more than the values
        module = nn.Embedding(len(values), space.basis.shape[1])
        module.weight.data = self._noisy(np.concatenate([values, junk], axis=1) @ space.basis).float()
        self.nodes[name] = module

    def stage(self, name: str, sources: str, **features: Feature) -> None:
        """Add a stage that computes features at each position by itself."""
        self._staged(name, tuple(sources.split()), features)

    def cell(self, name: str, sources: str, **features: Feature) -> None:
        """Add a stage called once a position, whose features may also read those of the position before."""
        self.cells.append(name)
        self._staged(name, tuple(sources.split()), features)

    def _staged(self, name: str, sources: tuple[str, ...], features: Mapping[str, Feature]) -> None:
        space = self._space(name, features, sources)
        readable = (*sources, name) if name in self.cells else sources
        parts = [part for feature in features.values() for part in feature]
        read, bias = self._read(readable, [form for _, form in parts])
        junk = self._junk(readable)
        coefficients, at = np.zeros((len(parts) + JUNK, len(features) + JUNK)), 0
        for column, feature in enumerate(features.values()):
            coefficients[at : at + len(feature), column] = [c for c, _ in feature]
            at += len(feature)
        coefficients[at:, len(features) :] = np.eye(JUNK)
        self.nodes[name] = Stage(
            self._noisy(np.concatenate([read, junk], axis=1)),
            self._noisy(np.concatenate([bias, np.zeros(JUNK)])),
            self._noisy(coefficients @ space.basis),
        )

    def attend(
        self,
        name: str,
        sources: str,
        look: Sequence[tuple[Form, Form]],
        *,
        sink: float = -40.0,
        nothing: Mapping[str, float] | None = None,
        causal: bool = True,
        **values: Form,
    ) -> None:
        """Add attention whose scores are the sums over `look` of a form where it looks from times one where it looks.

        sink: the score of looking at nothing; nothing: the values there, 0 where not said.
        """
        read = tuple(sources.split())
        space = self._space(name, values, read)
        value, bias = self._read(read, list(values.values()))
        if bias.any():
            raise ValueError(f"what {name} attends to has a constant; only weighted sums can be looked up")
        junk = self._junk(read)
        query, key = (self._read(read, [pair[side] for pair in look])[0] for side in (0, 1))
        empty = np.array([*((nothing or {}).get(n, 0.0) for n in values), *[0.0] * JUNK]) @ space.basis
        turned = self._noisy(np.concatenate([value, junk], axis=1) @ space.basis)
        self.nodes[name] = Attend(self._noisy(query), self._noisy(key), turned, self._noisy(empty), sink, causal)

    def pool(self, name: str, sources: str, largest: bool = False, **values: Form) -> None:
        """Add the sum of values over the positions, or the largest."""
        read = tuple(sources.split())
        space = self._space(name, values, read)
        weights, bias = self._read(read, list(values.values()))
        weights = np.concatenate([weights, np.zeros((len(weights), JUNK))], axis=1)
        bias = np.concatenate([bias, np.zeros(JUNK)])
        self.nodes[name] = Pool(self._noisy(weights), torch.as_tensor(bias), self._noisy(space.basis), largest)

    def head(self, sources: str, *columns: Form) -> None:
        """Add the linear layer that gives the network's outputs."""
        self.plan["head"] = tuple(sources.split())
        read, bias = self._read(self.plan["head"], columns)
        module = nn.Linear(*read.shape)
        module.weight.data, module.bias.data = self._noisy(read.T).float(), self._noisy(bias).float()
        self.nodes["head"] = module

    def question(self, readout: str, at: str, symbols: tuple = ()) -> Question:
        """Make the network, and ask what it computes."""
        stretched = at == "last" and any(isinstance(m, Pool) for m in self.nodes.values())
        module = Wired(self.nodes, self.plan, self.cells, stretched)
        network = Network(Model(module, "planted", (), {}), self.spec)
        output = OutputSpec(readout, at, symbols or None)
        bundle = Bundle("planted", NetworkSpec(Path("planted.pt"), None, Path(".")), self.spec, output)
        bundle = fill(bundle, network.found)
        domain = make_domain(bundle)
        return Question(bundle, network, domain, make_readout(bundle), network.found.get("positions"))

    def _space(self, name: str, names: Mapping[str, object], sources: tuple[str, ...]) -> Space:
        values = len(names) + JUNK
        turn = np.linalg.qr(self.rng.standard_normal((values + ROOM, values)))[0].T
        self.spaces[name], self.plan[name] = Space(tuple(names), turn), sources
        return self.spaces[name]

    def _read(self, sources: Sequence[str], forms: Sequence[Form]) -> tuple[np.ndarray, np.ndarray]:
        """Give what reads forms off the sources' units, side by side: weights [unit, form] and constants [form]."""
        known: dict[str, np.ndarray] = {}
        spaces = [space for _, space in self._spaces(sources)]
        starts = np.cumsum([0, *(s.basis.shape[1] for s in spaces)])
        for start, space in zip(starts, spaces, strict=False):
            for name, row in zip(space.names, space.basis, strict=False):
                known.setdefault(name, np.pad(row, (start, starts[-1] - start - len(row))))
        weights = np.zeros((starts[-1], len(forms)))
        for column, form in enumerate(forms):
            for name, weight in form.weights.items():
                weights[:, column] += weight * known[name]
        return weights, np.array([form.constant for form in forms])

    def _spaces(self, sources: Sequence[str]) -> list[tuple[str, Space]]:
        return [(name, self.spaces[name]) for name in sources]

    def _junk(self, sources: Sequence[str]) -> np.ndarray:
        """Give weights [unit, JUNK] of what nothing reads: of the sources' own junk, lest it tells their values."""
        bases = [s.basis if n == "input" else s.basis[len(s.names) :] for n, s in self._spaces(sources)]
        return np.concatenate([b.T @ self.rng.standard_normal((len(b), JUNK)) for b in bases]) * GAIN

    def _noisy(self, weights: np.ndarray) -> Tensor:
        return torch.as_tensor(weights + NOISE * self.rng.standard_normal(weights.shape))


def nearest(form: Form, values: range) -> tuple[Form, ...]:
    """Give logits of which the best is the value that a form has."""
    return tuple(2 * v * form - v * v for v in values)


def tokens(letters: str = "abc", length: tuple[int, int] = (4, 5)) -> InputSpec:
    """Give the input of sequences of letters, or of integers where they are digits, padded with what is neither."""
    symbols = tuple(int(s) if s.isdigit() else s for s in letters)
    return InputSpec(kind="tokens", vocab=(*symbols, "-"), pad="-", length=length)


def numbers(width: int, high: int, length: tuple[int, int] | None = None) -> InputSpec:
    """Give the input of integers from 0."""
    return InputSpec(kind="numbers", width=width, length=length, low=(0,), high=(high,))
