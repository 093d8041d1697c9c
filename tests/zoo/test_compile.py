"""Small networks of each family are compiled; the programs answer as is on record. `DISTILL_ZOO` names the zoo."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from distill.options import Options
from distill.pipeline import Compiled, compile_model

ZOO = Path(os.environ.get("DISTILL_ZOO", Path(__file__).parents[3] / "shared" / "zoo"))
CLAIMS = {
    "mlp/valid_date": "exact",
    "tracr/lib_reverse": "exact",
    "rnn/Abs_Diff": "bounded",
    "lm/bce_D2-a1l1h16d3lr00drop": "bounded",
    "lm/bce_tomita2-a1l1h16d3lr00drop": "bounded",
}
IMAGES = "cnn/eis7_mnist"

pytestmark = pytest.mark.skipif(not ZOO.is_dir(), reason=f"the zoo is not part of the repository: no {ZOO}")


def compiled(name: str) -> Compiled:
    return compile_model(ZOO / name, Options(budget=60.0, trust=True))


def recorded(name: str) -> list[tuple[Any, Any]]:
    """Give inputs of the domain with what the network answered to them."""
    lines = (ZOO / ".truth" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    return [(c["input"], c["output"]) for c in cases if c["split"] == "in"]


def hits(found: Any, wanted: Any) -> list[bool]:
    """Compare an output with the one on record, position by position where it counts."""
    if isinstance(found, list):
        return [hit for f, w in zip(found, wanted, strict=True) if w is not None for hit in hits(f, w)]
    if isinstance(found, frozenset):
        return [found == frozenset(wanted)]
    return [found == wanted]


@pytest.mark.parametrize("name", CLAIMS)
def test_a_network_of_the_zoo_is_compiled(name: str):
    found = compiled(name)
    assert found.accepted, found.why
    behaviour = found.certificate["behaviour"]
    assert behaviour["claim"] == CLAIMS[name]
    assert behaviour["used_in_search"] in (None, False)
    assert found.rendered is not None
    module: dict[str, Any] = {"__name__": "emitted"}
    exec(found.rendered.source, module)
    agree = [hit for raw, wanted in recorded(name) for hit in hits(module["predict"](raw), wanted)]
    assert len(agree) > 100
    assert sum(agree) >= (1.0 if behaviour["claim"] == "exact" else 0.998) * len(agree)


def test_images_are_compiled_or_refused_with_a_reason():
    found = compiled(IMAGES)
    assert found.accepted or found.why
    assert found.certificate["behaviour"] is None or found.certificate["behaviour"]["claim"] == "bounded"
