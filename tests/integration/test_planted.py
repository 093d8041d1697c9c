"""The mechanism check on networks whose programs are known: it confirms those, and no other of 224 hypotheses."""

from __future__ import annotations

import numpy as np
import pytest

from distill.hypothesis import stated
from distill.mechanism import examine
from tests.planted.hypotheses import KINDS, NETWORKS, Hypothesis, false, true
from verify.mechanism import Mechanism

EACH = 8  # false hypotheses of a kind about networks of a kind


def examined(h: Hypothesis) -> Mechanism:
    """Examine a hypothesis at the sites that it names."""
    question = h.planted.question
    alignment = {step: {"site": site} for step, site in h.alignment.items()}
    explanation = stated(question, h.program, question.readout.symbols)
    return examine(question, explanation, np.random.default_rng(0), alignment=alignment)


@pytest.mark.parametrize("network", NETWORKS)
def test_what_is_true_is_confirmed(network: str):
    found = [(h, examined(h)) for h in true(network)]
    assert len(found) == EACH
    missed = [f"{h}: {m.verdict}, {m.why}" for h, m in found if m.verdict != "confirmed"]
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_false_is_not_confirmed(kind: str, network: str):
    hypotheses = false(kind, network)
    assert len(hypotheses) == EACH
    assert not [str(h) for h in hypotheses if examined(h).verdict == "confirmed"]


def test_there_are_more_than_200_false_hypotheses_all_different():
    said = [(h.planted.question, h.program, *h.alignment.items()) for k in KINDS for n in NETWORKS for h in false(k, n)]
    assert len(set(said)) == len(said) > 200
