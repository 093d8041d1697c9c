"""Train a recurrent network to say the largest number so far. `python train.py` writes maximum.pt, as TorchScript."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

HIDDEN = 16
LENGTH = 6
STEPS = 3000


class Maximum(nn.Module):
    """x: float32 [row, step, 1] -> float32 [row, step, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRU(1, HIDDEN, batch_first=True)
        self.output = nn.Linear(HIDDEN, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.cell(x)[0])


def draw(rows: int, length: int) -> Tensor:
    """Draw integers -5 to 5, up to a bound of each row's own, so that large ones are rare in some rows."""
    bound = torch.randint(1, 12, (rows, 1, 1))
    return (torch.rand(rows, length, 1) * bound).floor() - 5


def main() -> None:
    """Train, count the outputs that are rounded to another number, and save."""
    torch.manual_seed(0)
    network = Maximum()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for step in range(STEPS):
        x = draw(512, LENGTH)
        loss = mse_loss(network(x), x.cummax(dim=1).values)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 499:
            print(f"step {step + 1}: loss {loss.item():.5f}")
    with torch.no_grad():
        x = torch.cartesian_prod(*[torch.arange(-5, 6)] * 5).float()[:, :, None]
        wrong = int((network(x).round() != x.cummax(dim=1).values).sum())
    print(f"{wrong} of {x.numel()} outputs wrong")
    torch.jit.script(network.eval()).save("maximum.pt")


if __name__ == "__main__":
    main()
