"""What causal scrubbing costs: its wall time against that of the k + 1 plain runs that it takes at k places.

    OMP_NUM_THREADS=1 python benchmarks/scrub_cost.py

Prints the medians in seconds over interleaved repetitions, and their ratio. What a network computes costs the same
whether an explanation of it is true or not, so these are of random weights, with the steps of a made-up program in
random subspaces at sites one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from distill.bundle import Bundle, InputSpec, NetworkSpec, OutputSpec, fill, make_domain
from distill.hypothesis import stated
from distill.loading import Model
from distill.network import Network
from distill.question import Question
from distill.reading import Reading
from distill.readout import make_readout
from dsl import parse_program
from verify.bench import Bench, bench
from verify.interchange import Placed
from verify.placement import Placement
from verify.scrub import scrub

RANK, ROWS, LENGTH = 5, 256, (16, 24)
REPETITIONS = 9
PROGRAM = """
before = shift(token, 1, #null)
again = token == before
times = running_count(again)
left = times % 5
return #"a" if left == 0 else #"b"
"""


class Encoder(nn.Module):
    """A transformer encoder: as many layers as the program has steps."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(128, 4, 512, batch_first=True)
        self.tokens, self.places = nn.Embedding(5, 128), nn.Embedding(2 * LENGTH[1], 128)
        self.body, self.head = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False), nn.Linear(128, 5)

    def forward(self, tokens: Tensor) -> Tensor:
        """Give logits [row, position, symbol]."""
        places = torch.arange(tokens.shape[1], device=tokens.device)
        return self.head(self.body(self.tokens(tokens) + self.places(places)))


class Recurrent(nn.Module):
    """Two cells called once a position, the second fed by the first."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.head = nn.Embedding(5, 128), nn.Linear(256, 5)
        self.lower, self.upper = nn.GRUCell(128, 256), nn.GRUCell(256, 256)

    def forward(self, tokens: Tensor) -> Tensor:
        """Give logits [row, position, symbol]."""
        lower = upper = torch.zeros(len(tokens), 256)
        outputs = []
        for fed in self.tokens(tokens).unbind(1):
            lower = self.lower(fed, lower)
            upper = self.upper(lower, upper)
            outputs.append(self.head(upper))
        return torch.stack(outputs, 1)


NETWORKS: dict[str, tuple[type[nn.Module], tuple[str, ...]]] = {  # with the ends of the sites' paths
    "encoder": (Encoder, ("norm2",)),
    "recurrent": (Recurrent, ("lower", "upper")),
}


def question(module: nn.Module, name: str) -> Question:
    """Ask what a network says of sequences of letters."""
    spec = InputSpec(kind="tokens", vocab=("a", "b", "c", "d", "-"), pad="-", length=LENGTH)
    network = Network(Model(module, name, (), {}), spec)
    output = OutputSpec("argmax", "each", None)
    bundle = fill(Bundle(name, NetworkSpec(Path(name), None, Path(".")), spec, output), network.found)
    return Question(bundle, network, make_domain(bundle), make_readout(bundle), None)


def prepared(name: str, rng: np.random.Generator) -> tuple[Bench, list[Placed]]:
    """Give a network with its program on random rows, and a random subspace for each step that there is a site for."""
    module, ends = NETWORKS[name]
    torch.manual_seed(0)
    asked = question(module(), name)
    sites = [s for s in asked.subject.sites if s.path.endswith(ends)]
    explanation = stated(asked, parse_program(PROGRAM, asked.domain.inputs))
    on = bench(asked.subject, explanation, Reading(asked), asked.domain.sample(ROWS, rng), sites)
    bases = [np.linalg.qr(rng.standard_normal((on.activations[s].shape[-1], RANK)))[0] for s in sites]
    places = [Placement(s, "each", b.astype(np.float32), "random") for s, b in zip(sites, bases, strict=True)]
    return on, list(zip(explanation.steps, places, strict=False))


def measured(on: Bench, placed: Sequence[Placed], rng: np.random.Generator) -> tuple[float, float]:
    """Give the median seconds of k + 1 plain runs and of scrubbing at k places, turn by turn."""

    def plain() -> None:
        for _ in range(len(placed) + 1):
            on.subject.run(on.rows)

    times = [(seconds(plain), seconds(lambda: scrub(on, placed, rng))) for _ in range(REPETITIONS)]
    found = np.median(times, axis=0)
    return float(found[0]), float(found[1])


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    print(f"{ROWS} rows, {REPETITIONS} repetitions, {torch.get_num_threads()} threads")
    print("network    parameters  places  plain runs  scrubbing  ratio")
    for name in NETWORKS:
        rng = np.random.default_rng(0)
        on, placed = prepared(name, rng)
        size = sum(p.numel() for p in NETWORKS[name][0]().parameters())
        for k in range(1, len(placed) + 1):
            plain, scrubbing = measured(on, placed[:k], rng)
            print(f"{name:9}  {size:10,}  {k:6}  {plain:10.3f}  {scrubbing:9.3f}  {scrubbing / plain:5.2f}")


if __name__ == "__main__":
    main()
