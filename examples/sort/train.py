"""Train a transformer encoder to sort digits. `python train.py` writes network.pt2."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

SYMBOLS = 5
LONGEST = 6
WIDTH, HEADS, LAYERS = 16, 2, 2
STEPS = 1500


class Layer(nn.Module):
    """One layer of attention over all positions and of an MLP: float32 [row, position, unit], the same out."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Linear(WIDTH, 3 * WIDTH)
        self.join = nn.Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.ReLU(), nn.Linear(4 * WIDTH, WIDTH))
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)])

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.mix(self.norms[0](x)).unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4).unbind(0)
        pattern = (query @ key.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5).softmax(-1)
        x = x + self.join((pattern @ value).transpose(1, 2).flatten(2))
        return x + self.mlp(self.norms[1](x))


class Encoder(nn.Module):
    """tokens: int64 [row, position] -> logits float32 [row, position, symbol]."""

    def __init__(self) -> None:
        super().__init__()
        self.symbols = nn.Embedding(SYMBOLS, WIDTH)
        self.positions = nn.Parameter(torch.randn(LONGEST, WIDTH) * 0.1)
        self.layers = nn.Sequential(*(Layer() for _ in range(LAYERS)))
        self.output = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, SYMBOLS))

    def forward(self, tokens: Tensor) -> Tensor:
        return self.output(self.layers(self.symbols(tokens) + self.positions[: tokens.shape[1]]))


def draw() -> Tensor:
    """Draw a batch of some length, each symbol with a probability of its row's own: int64 [row, position]."""
    length = int(torch.randint(1, LONGEST + 1, ()))
    weights = torch.rand(256, SYMBOLS) ** 2 + 0.02
    return torch.multinomial(weights, length, replacement=True)


def wrong(network: Encoder) -> int:
    """Count the inputs, of all there are, that are not sorted right."""
    total = 0
    with torch.no_grad():
        for n in range(1, LONGEST + 1):
            tokens = torch.cartesian_prod(*[torch.arange(SYMBOLS)] * n).reshape(-1, n)
            total += int((network(tokens).argmax(2) != tokens.sort(dim=1).values).any(dim=1).sum())
    return total


def main() -> None:
    """Train until every sequence is sorted right, and export."""
    torch.manual_seed(0)
    network = Encoder()
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for step in range(STEPS):
        tokens = draw()
        loss = cross_entropy(network(tokens).transpose(1, 2), tokens.sort(dim=1).values)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 499:
            print(f"step {step + 1}: loss {loss.item():.5f}, {wrong(network)} sequences wrong")
    axes = {0: torch.export.Dim("rows"), 1: torch.export.Dim("length", min=1, max=LONGEST)}
    exported = torch.export.export(network.eval(), (torch.zeros(2, 4, dtype=torch.int64),), dynamic_shapes=(axes,))
    for node in exported.graph.nodes:
        node.meta.pop("stack_trace", None)  # which names the folders of the machine it was traced on
    torch.export.save(exported, "network.pt2")


if __name__ == "__main__":
    main()
