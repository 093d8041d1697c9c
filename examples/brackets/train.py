"""Train a GPT-2 on which symbol may follow in a balanced text of brackets that nest at most three deep.

`python train.py` writes config.json, model.safetensors and inputs.npz.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from transformers import GPT2Config, GPT2LMHeadModel

OPEN, CLOSE, BOS, EOS = range(4)
DEEPEST = 3
LONGEST = 24
STEPS = 1500


def draw(rows: int, rng: np.random.Generator) -> np.ndarray:
    """Walk at random, biased up or down by row, between no bracket open and DEEPEST: int64 [row, 1 + LONGEST]."""
    up = rng.uniform(0.3, 0.7, size=rows)
    depth = np.zeros(rows, np.int64)
    tokens = [np.full(rows, BOS)]
    for _ in range(LONGEST):
        opens = (depth == 0) | ((depth < DEEPEST) & (rng.random(rows) < up))
        depth += np.where(opens, 1, -1)
        tokens.append(np.where(opens, OPEN, CLOSE))
    return np.stack(tokens, axis=1)


def allowed(tokens: np.ndarray) -> Tensor:
    """Say which symbols may follow each position: float32 [row, position, symbol]."""
    depth = np.cumsum((tokens == OPEN).astype(int) - (tokens == CLOSE), axis=1)
    columns = [depth < DEEPEST, depth > 0, np.zeros_like(depth), depth == 0]
    return torch.tensor(np.stack(columns, axis=2), dtype=torch.float32)


def main() -> None:
    """Train, count the positions that are wrong in any symbol on fresh texts, and save."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    sizes = {"vocab_size": 4, "n_positions": LONGEST + 1, "n_embd": 16, "n_layer": 2, "n_head": 2}
    config = GPT2Config(**sizes, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0, bos_token_id=BOS, eos_token_id=EOS)
    network = GPT2LMHeadModel(config)
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-2, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for step in range(STEPS):
        tokens = draw(64, rng)
        loss = binary_cross_entropy_with_logits(network(torch.tensor(tokens)).logits, allowed(tokens))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 499:
            print(f"step {step + 1}: loss {loss.item():.5f}")
    test = draw(5000, rng)
    with torch.no_grad():
        wrong = ((network(torch.tensor(test)).logits > 0) != (allowed(test) > 0)).any(dim=2).sum()
    print(f"{int(wrong)} of {test.size} positions wrong")
    network.save_pretrained(".")
    Path("generation_config.json").unlink()  # says how to draw texts: no part of the network
    inputs = draw(2000, rng)
    lengths = rng.integers(1, LONGEST + 2, size=len(inputs))
    inputs = np.where(np.arange(LONGEST + 1) < lengths[:, None], inputs, BOS).astype(np.int8)
    np.savez_compressed("inputs.npz", tokens=inputs, lengths=lengths.astype(np.int8))


if __name__ == "__main__":
    main()
