"""Train a feed-forward network on a bank's rule. `python train.py` writes network.pt, as TorchScript."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

STEPS = 2000


def approved(x: Tensor) -> Tensor:
    """Apply the rule: x [row, 3] -> bool [row]."""
    income, debt, missed = x.unbind(1)
    return (income > debt) & (missed < 3)


def build() -> nn.Sequential:
    """Build the network: float32 [row, 3] -> logit float32 [row, 1]."""
    return nn.Sequential(nn.Linear(3, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))


def main() -> None:
    """Train on all applications until every one is decided right, and save."""
    torch.manual_seed(0)
    network = build()
    x = torch.cartesian_prod(torch.arange(21), torch.arange(21), torch.arange(6)).float()
    wanted = approved(x)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for step in range(STEPS):
        logits = network(x)[:, 0]
        loss = binary_cross_entropy_with_logits(logits, wanted.float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 1000 == 999:
            wrong = int(((logits > 0) != wanted).sum())
            print(f"step {step + 1}: loss {loss.item():.5f}, {wrong} of {len(x)} wrong")
    torch.jit.script(network.eval()).save("network.pt")


if __name__ == "__main__":
    main()
