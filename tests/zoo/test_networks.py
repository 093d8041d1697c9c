"""Every network of the zoo loads, runs, and answers as it is on record. `DISTILL_ZOO` may name another zoo."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from distill.bundle import fill, make_domain, read_bundle
from distill.errors import NeedsTrust
from distill.network import load_network
from distill.readout import make_readout

ZOO = Path(os.environ.get("DISTILL_ZOO", Path(__file__).parents[3] / "shared" / "zoo"))
BUNDLES = sorted(p.parent for p in ZOO.glob("*/*/distill.toml"))
MOST = 500  # recorded answers compared, a network

pytestmark = pytest.mark.skipif(not BUNDLES, reason="DISTILL_ZOO names no folder of bundles")


def recorded(folder: Path) -> tuple[list[Any], list[Any]]:
    """Give inputs of the domain and what the network answered to them."""
    lines = (ZOO / ".truth" / folder.parent.name / f"{folder.name}.jsonl").read_text().splitlines()
    cases = [json.loads(line) for line in lines]
    cases = [c for c in cases if c["split"] == "in"][:MOST]
    return [c["input"] for c in cases], [c["output"] for c in cases]


def agrees(found: Any, expected: Any, readout: str) -> bool:
    if readout == "multilabel":
        return found == frozenset(expected)
    return abs(found - expected) <= 1e-3 * max(1, abs(expected)) if readout == "real" else found == expected


@pytest.mark.parametrize("folder", BUNDLES, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_answers_are_those_on_record(folder: Path):
    bundle = read_bundle(folder)
    network = load_network(bundle, trust=True)
    bundle = fill(bundle, network.found)
    domain, readout = make_domain(bundle), make_readout(bundle)
    inputs, outputs = recorded(folder)
    rows = domain.rows(inputs)
    run = network.run(rows, record=network.sites)
    assert network.sites
    assert all(np.isfinite(values).all() for values in run.recorded.values())
    answers = readout.answers(run.outputs, rows).values
    for row, output in zip(answers, outputs, strict=True):
        for code, expected in zip(row, output if readout.at == "each" else [output], strict=False):
            assert expected is None or agrees(readout.value(code), expected, readout.name)


@pytest.mark.parametrize("folder", BUNDLES, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_code_takes_trust(folder: Path):
    bundle = read_bundle(folder)
    if bundle.network.factory is None:
        load_network(bundle)
    else:
        with pytest.raises(NeedsTrust, match="pass --trust"):
            load_network(bundle)


def test_gpt2_is_that_of_transformers(tmp_path: Path):
    transformers = pytest.importorskip("transformers")
    import torch

    from distill.loading import load_model

    torch.manual_seed(0)
    config = transformers.GPT2Config(
        vocab_size=11, n_positions=16, n_embd=8, n_layer=2, n_head=2, scale_attn_by_inverse_layer_idx=True
    )
    model = transformers.GPT2LMHeadModel(config).eval()
    for weight in model.parameters():
        weight.data.normal_(std=0.3)
    model.save_pretrained(tmp_path)
    found = load_model(tmp_path, factory=None, root=tmp_path, device="cpu", trust=False)
    tokens = torch.randint(0, 11, (3, 16))
    torch.testing.assert_close(found.module(tokens), model(tokens).logits)
