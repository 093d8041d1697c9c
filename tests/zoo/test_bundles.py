"""The bundles of the zoo: each is read, and the inputs kept aside for judging are of its domain."""

import json
from pathlib import Path

import numpy as np
import pytest

from distill.bundle import fill, make_domain, read_bundle
from distill.readout import make_readout
from dsl.types import Kind

ZOO = Path(__file__).parents[3] / "shared" / "zoo"
BUNDLES = sorted(path.parent for path in ZOO.glob("*/*/distill.toml"))
TRUTHS = [f for f in BUNDLES if (ZOO / ".truth" / f.parent.name / f"{f.name}.jsonl").is_file()]

pytestmark = pytest.mark.skipif(not BUNDLES, reason=f"the zoo is not part of the repository: nothing in {ZOO}")


@pytest.mark.parametrize("folder", BUNDLES, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_bundle(folder: Path):
    bundle = fill(read_bundle(folder), {})
    domain, readout = make_domain(bundle), make_readout(bundle)
    rows = domain.sample(30, np.random.default_rng(0))
    raws = domain.raw(rows)
    assert domain.raw(domain.rows(raws)) == raws
    assert np.array_equal(domain.rows(raws).values, rows.values[:, : domain.rows(raws).values.shape[1]])
    cases = domain.cases(rows, readout.symbols)
    assert all(column.shape == cases.mask.shape for column in cases.inputs.values())
    assert (rows.scored is None) == (bundle.output.at == "whole")
    assert readout.kind in Kind
    assert json.dumps(domain.render())


@pytest.mark.parametrize("folder", TRUTHS, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_inputs_kept_aside_are_of_the_domain(folder: Path):
    truth = ZOO / ".truth" / folder.parent.name / f"{folder.name}.jsonl"
    domain = make_domain(fill(read_bundle(folder), {}))
    lines = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    assert [wrong for line in lines if line["split"] == "in" if (wrong := domain.contains(line["input"]))] == []
