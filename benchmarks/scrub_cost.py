"""What causal scrubbing costs: its wall time against that of the k + 1 plain runs that it takes at k places.

    OMP_NUM_THREADS=1 python benchmarks/scrub_cost.py

Prints, for each number of places, the medians in seconds over interleaved repetitions, and their ratio; the exit status
is 1 where one of them is above MOST. What a network computes costs the same whether the explanation is true or not, so
this one is of random weights, with steps of a made-up program at random subspaces after each of its layers.
"""

from __future__ import annotations

import sys
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

WIDTH, LAYERS, RANK = 128, 4, 5
ROWS, LENGTH = 256, (16, 24)
REPETITIONS = 9
MOST = 1.3  # how dear scrubbing may be, in plain runs of as many rows
PROGRAM = """
before = shift(token, 1, #null)
again = token == before
times = running_count(again)
left = times % 5
return #"a" if left == 0 else #"b"
"""


class Encoder(nn.Module):
    """A transformer encoder over tokens."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, batch_first=True)
        self.tokens, self.places = nn.Embedding(5, WIDTH), nn.Embedding(2 * LENGTH[1], WIDTH)
        self.body, self.head = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False), nn.Linear(WIDTH, 5)

    def forward(self, tokens: Tensor) -> Tensor:
        """Give a logit for each of the five symbols at each position."""
        places = torch.arange(tokens.shape[1], device=tokens.device)
        return self.head(self.body(self.tokens(tokens) + self.places(places)))


def question() -> Question:
    """Ask about an encoder of random weights."""
    torch.manual_seed(0)
    spec = InputSpec(kind="tokens", vocab=("a", "b", "c", "d", "-"), pad="-", length=LENGTH)
    network = Network(Model(Encoder(), "encoder", (), {}), spec)
    stated_so = Bundle("encoder", NetworkSpec(Path("-"), None, Path(".")), spec, OutputSpec("argmax", "each", None))
    bundle = fill(stated_so, network.found)
    return Question(bundle, network, make_domain(bundle), make_readout(bundle), None)


def steps(on: Bench, rng: np.random.Generator) -> list[Placed]:
    """Place each step at a random subspace after a layer of its own."""
    bases = [np.linalg.qr(rng.standard_normal((WIDTH, RANK)))[0].astype(np.float32) for _ in on.activations]
    places = [Placement(site, "each", basis, "random") for site, basis in zip(on.activations, bases, strict=True)]
    return list(zip(on.explanation.steps, places, strict=True))


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measured(on: Bench, placed: Sequence[Placed], rng: np.random.Generator) -> tuple[float, float]:
    """Give the median seconds of k + 1 plain runs and of scrubbing at k places, turn by turn."""

    def plain() -> None:
        for _ in range(len(placed) + 1):
            on.subject.run(on.rows)

    times = [(seconds(plain), seconds(lambda: scrub(on, placed, rng))) for _ in range(REPETITIONS)]
    found = np.median(times, axis=0)
    return float(found[0]), float(found[1])


def main() -> int:
    """Measure, print, and say by the exit status whether scrubbing is as cheap as it must be."""
    asked, rng = question(), np.random.default_rng(0)
    rows = asked.domain.sample(ROWS, rng)
    sites = [s for s in asked.subject.sites if s.path.endswith("norm2")]
    explanation = stated(asked, parse_program(PROGRAM, asked.domain.inputs))
    on = bench(asked.subject, explanation, Reading(asked), rows, sites)
    placed, worst = steps(on, rng), 0.0
    print(f"{asked.subject.parameters:,} parameters, {ROWS} rows, {torch.get_num_threads()} threads")
    print("places  plain runs  scrubbing  ratio")
    for k in range(1, len(placed) + 1):
        plain, scrubbing = measured(on, placed[:k], rng)
        worst = max(worst, scrubbing / plain)
        print(f"{k:6}  {plain:10.3f}  {scrubbing:9.3f}  {scrubbing / plain:5.2f}")
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
