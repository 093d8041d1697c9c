"""Train a recurrent network to add in base 4, lowest digits first. `python train.py` writes checkpoint.pt."""

from __future__ import annotations

import torch
from nets import build
from torch import Tensor
from torch.nn.functional import mse_loss

CONFIG = {"hidden": 4, "width": 16}
BASE = 4
DIGITS = 4
STEPS = 2000


def digits_of_sum(x: Tensor) -> Tensor:
    """Add: x float32 [row, step, 2] -> float32 [row, step, 1]."""
    carry = torch.zeros(len(x))
    digits = []
    for step in x.unbind(1):
        total = step.sum(dim=1) + carry
        digits.append(total % BASE)
        carry = total // BASE
    return torch.stack(digits, dim=1)[:, :, None]


def draw(rows: int, digits: int) -> Tensor:
    """Draw pairs of numbers, as the network reads them: float32 [row, step, 2]."""
    return torch.randint(0, BASE, (rows, digits, 2)).float()


def main() -> None:
    """Train, count the digits that are wrong on longer numbers, and save."""
    torch.manual_seed(0)
    network = build(CONFIG)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for step in range(STEPS):
        x = draw(256, DIGITS)
        loss = mse_loss(network(x), digits_of_sum(x))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 500 == 499:
            print(f"step {step + 1}: loss {loss.item():.5f}")
    test = draw(20_000, 3 * DIGITS)
    with torch.no_grad():
        wrong = int((network(test).round() != digits_of_sum(test)).sum())
    print(f"{wrong} of {test.numel() // 2} digits wrong in sums of {3 * DIGITS} digits")
    torch.save({"state_dict": network.state_dict(), "config": CONFIG}, "checkpoint.pt")


if __name__ == "__main__":
    main()
