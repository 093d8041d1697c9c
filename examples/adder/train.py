"""Train a recurrent network to add two decimal numbers, lowest digits first. `python train.py` writes checkpoint.pt."""

from __future__ import annotations

import torch
from nets import build
from torch import Tensor
from torch.nn.functional import cross_entropy

CONFIG = {"hidden": 4, "width": 96}
DIGITS = 3
STEPS = 6000


def digits_of_sum(x: Tensor) -> Tensor:
    """Add: x [row, step, 2] -> int64 [row, step]."""
    carry = torch.zeros(len(x), dtype=torch.int64)
    digits = []
    for step in x.long().unbind(1):
        total = step.sum(dim=1) + carry
        digits.append(total % 10)
        carry = total // 10
    return torch.stack(digits, dim=1)


def draw(rows: int, digits: int) -> Tensor:
    """Draw pairs of numbers, as the network reads them: float32 [row, step, 2]."""
    return torch.randint(0, 10, (rows, digits, 2)).float()


def main() -> None:
    """Train, count the digits that are wrong on longer numbers, and save."""
    torch.manual_seed(0)
    network = build(CONFIG)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for step in range(STEPS):
        x = draw(512, DIGITS)
        loss = cross_entropy(network(x).transpose(1, 2), digits_of_sum(x))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 1000 == 999:
            print(f"step {step + 1}: loss {loss.item():.5f}")
    test = draw(20_000, 3 * DIGITS)
    with torch.no_grad():
        wrong = int((network(test).argmax(2) != digits_of_sum(test)).sum())
    print(f"{wrong} of {test.numel() // 2} digits wrong in sums of {3 * DIGITS} digits")
    torch.save({"state_dict": network.state_dict(), "config": CONFIG}, "checkpoint.pt")


if __name__ == "__main__":
    main()
