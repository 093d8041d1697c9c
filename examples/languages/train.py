"""Trains a GRU for each language until it is right; `python -m examples.languages.train --cache DIR`."""

from __future__ import annotations

import json
import shutil
import time
from itertools import product
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
from cyclopts import App, Parameter
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from examples.languages import nets
from examples.languages.languages import LANGUAGES, Language

CACHE = Path("~/.cache/distill/languages")
SHORT = 10  # length of the words that are all learnt and all checked
LONG = (20, 50)  # lengths of the words that are checked beside them
CHECKED = 1000
EVERY = 25  # updates between two looks at how it goes
BATCH, SPAN = 128, 30  # long words of one update, and their length
SURE = 2.0  # least size of an output before training ends

app = App(help="Train a small GRU for each of ten regular languages.")


def short(language: Language) -> np.ndarray:
    """Give all words of the length SHORT, of which the shorter ones are beginnings: int64 [row, position]."""
    return np.array(list(product(range(len(language.letters)), repeat=SHORT)))


@torch.no_grad()
def margin(net: nn.Module, language: Language, words: np.ndarray) -> float:
    """Give the least signed size of an output on words and their beginnings: above 0 where all are right."""
    right = language.machine().run(words)
    found = net(torch.as_tensor(words))[..., 0].numpy()
    return float((found * np.where(right, 1, -1)).min())


def right(net: nn.Module, language: Language, rng: np.random.Generator) -> bool:
    """Say whether a network is right on all short words, and on as many long ones as CHECKED."""
    if margin(net, language, short(language)) < SURE:
        return False
    lengths = rng.integers(LONG[0], LONG[1] + 1, 20)
    return all(margin(net, language, language.sample(CHECKED // 20, int(n), rng)) > 0 for n in lengths)


def train(language: Language, config: dict[str, int], seed: int, seconds: float) -> nn.Module | None:
    """Train one network; None where it is not right in time."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    net, machine = nets.build(config), language.machine()
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    words = short(language)
    until = time.monotonic() + seconds
    update = 0
    while time.monotonic() < until:
        update += 1
        loss = torch.zeros(())
        for batch in (words[rng.permutation(len(words))[:256]], language.sample(BATCH, SPAN, rng)):
            wanted = torch.as_tensor(machine.run(batch), dtype=torch.float32)
            loss = loss + binary_cross_entropy_with_logits(net(torch.as_tensor(batch))[..., 0], wanted)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        if update % EVERY == 0 and loss.item() < 0.02 and right(net, language, np.random.default_rng(seed + 1)):
            return net
    return None


def write(folder: Path, language: Language, net: nn.Module, config: dict[str, int]) -> None:
    """Write a network as a bundle."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": net.state_dict(), "config": config}, folder / "checkpoint.pt")
    shutil.copy(Path(nets.__file__), folder / "nets.py")
    (folder / "distill.toml").write_text(
        '[network]\nfile = "checkpoint.pt"\nfactory = "nets.py:build"\n\n'
        f'[input]\nkind = "tokens"\nvocab = {json.dumps(language.letters)}\nlength = [1, {SHORT}]\n\n'
        '[output]\nreadout = "sign"     # whether the word so far is in the language\nat = "each"\n'
    )


@app.default
def main(
    names: Annotated[list[str] | None, Parameter(help="Languages; all by default.")] = None,
    *,
    cache: Path = CACHE,
    hidden: int = 8,
    seconds: float = 120.0,
    attempts: int = 4,
    seed: int = 0,
) -> None:
    """Train what the cache does not have yet. seconds: for one attempt; attempts: seeds tried in turn, ever wider."""
    torch.set_num_threads(1)
    for name in names or LANGUAGES:
        language, folder = LANGUAGES[name], cache.expanduser() / name
        if (folder / "distill.toml").exists():
            continue
        began, net, config = time.monotonic(), None, {}
        for attempt in range(attempts):
            config = {"letters": len(language.letters), "hidden": hidden + 4 * attempt}
            net = train(language, config, seed + attempt, seconds)
            if net is not None:
                break
        spent = time.monotonic() - began
        if net is None:
            print(f"{name}: not right after {spent:.0f} s", flush=True)
            continue
        write(folder, language, net, config)
        print(f"{name}: right, {config['hidden']} units, {spent:.0f} s", flush=True)


if __name__ == "__main__":
    app()
