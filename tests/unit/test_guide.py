"""The guide: steps are looked for in the activations, and of programs about as short the encoded one is preferred."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from distill.evidence import first_evidence
from distill.guide import CLOSE, ROWS, Listening, hints, listen, prefer, steps
from distill.question import Question, ask
from dsl.evaluate import Cases, evaluate
from dsl.parser import parse_program
from dsl.printer import show
from dsl.terms import Expr
from dsl.types import Axis
from synthesis.attempt import Candidate
from tests.integration.small import NUMBERS, TOKENS, WHOLE, both, bundle, copy
from verify.subject import Site

EARLY, LATE = Site("early", shape=("position", 4)), Site("late", shape=("position", 4))
COUNT, SUM = "running_count(x == 1)", "running_sum(x)"


def term(text: str) -> Expr:
    return parse_program(f"input x: int@position\nreturn {text}").result


def candidate(text: str, longer: float = 0.0) -> Candidate:
    return Candidate(term(text), 30.0 + longer, "test")


@pytest.fixture
def heard() -> Listening:
    """Noise early, and the running count of ones among noise late."""
    rng = np.random.default_rng(0)
    mask = np.arange(8) < rng.integers(1, 9, 120)[:, None]
    cases = Cases({"x": rng.integers(0, 4, mask.shape)}, mask)
    units = {site: rng.standard_normal((int(mask.sum()), 4)) for site in (EARLY, LATE)}
    units[LATE][:, 2] += 20 * evaluate(term(COUNT), cases)[mask]
    return Listening(cases, mask, units, Axis.POSITION)


def test_steps_are_the_parts_with_a_number_or_a_condition_at_each_cell():
    found = steps(term(f"min({COUNT}, 2) + scan(0, (state + x) % 3) + sum_all(x + 1)"), Axis.POSITION)
    wanted = ["x == 1", COUNT, f"min({COUNT}, 2)", "scan(0, (state + x) % 3)", "x + 1"]
    assert [show(s) for s in found if show(s) in wanted] == wanted
    assert not {"state + x", "(state + x) % 3", "sum_all(x + 1)", "x", "1"} & set(map(show, found))
    assert steps(term("x"), Axis.POSITION) == steps(term(SUM), Axis.POSITION) == []


def test_a_step_is_found_where_it_is_encoded_best(heard: Listening):
    (condition, count) = hints(term(f"{COUNT} > 2"), heard, np.random.default_rng(0))
    assert (count.step, count.site) == (COUNT, "late")
    assert count.share > 0.95
    assert count.cells == heard.cells.sum()
    assert condition.share < 0.5


def test_a_step_that_never_varies_is_not_looked_for(heard: Listening):
    assert hints(term("running_sum(x * 0) + 1"), heard, np.random.default_rng(0)) == []


def test_of_programs_about_as_short_the_encoded_one_comes_first(heard: Listening):
    plain, encoded = candidate(f"{SUM} > 2"), candidate(f"{COUNT} > 2", longer=1.0)
    assert prefer([plain, encoded], heard, np.random.default_rng(0)) == [encoded, plain]
    assert prefer([plain, encoded], None, np.random.default_rng(0)) == [plain, encoded]


def test_a_program_that_is_clearly_longer_stays_behind(heard: Listening):
    plain, encoded = candidate(f"{SUM} > 2"), candidate(f"{COUNT} > 2", longer=CLOSE + 1)
    far = candidate(f"{COUNT} > 3", longer=CLOSE + 2)
    assert prefer([plain, encoded, far], heard, np.random.default_rng(0)) == [plain, encoded, far]


def test_equal_seeds_give_equal_preferences(heard: Listening):
    several = [candidate(f"{SUM} > {k}", longer=k) for k in range(4)] + [candidate(f"{COUNT} > 2", longer=4)]
    once, again = (prefer(several, heard, np.random.default_rng(3)) for _ in range(2))
    assert once == again
    assert sorted(c.bits for c in once) == [c.bits for c in several]


def question(folder: Path, prefix: str = "") -> Question:
    return ask(copy(folder, TOKENS + prefix), trust=True)


@pytest.mark.parametrize("prefix", ["", 'prefix = ["c", "b"]\n'])
def test_activations_are_heard_at_the_cells_that_programs_see(prefix: str, tmp_path: Path):
    asked = question(tmp_path / "copy", prefix)
    found = listen(asked, first_evidence(asked, np.random.default_rng(0)), np.random.default_rng(0))
    assert found is not None
    (site,) = [s for s in found.activations if s.path == "tokens"]
    codes = found.cases.inputs["token"][found.cells]
    assert np.array_equal(found.activations[site], np.eye(3)[codes])  # the network's embedding is the identity
    assert len(found.cells) <= ROWS
    assert all(len(units) == len(codes) for units in found.activations.values())


def test_rows_without_positions_are_heard_once(tmp_path: Path):
    layers = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))
    folder = bundle(tmp_path / "layers", NUMBERS, WHOLE, "", layers.state_dict())
    code = "return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2))"
    (folder / "nets.py").write_text(f"from torch import nn\ndef build(config):\n    {code}\n")
    asked = ask(folder, trust=True)
    found = listen(asked, first_evidence(asked, np.random.default_rng(0)), np.random.default_rng(0))
    assert found is not None
    assert found.axis is Axis.ROW
    inputs = np.stack([found.cases.inputs[name][:, 0] for name in ("x0", "x1")], axis=1)
    with torch.no_grad():
        wanted = layers[0](torch.tensor(inputs, dtype=torch.float32)).numpy()
    (units,) = [units for site, units in found.activations.items() if site.path == "0"]
    np.testing.assert_allclose(units, wanted, rtol=1e-5, atol=1e-6)


def test_a_network_without_places_to_listen_to_is_not_heard(tmp_path: Path):
    asked = ask(both(tmp_path / "both"), trust=True)
    assert listen(asked, first_evidence(asked, np.random.default_rng(0)), np.random.default_rng(0)) is None


def test_the_shorter_comes_first_where_neither_is_encoded(heard: Listening):
    deaf = Listening(heard.cases, heard.cells, {EARLY: heard.activations[EARLY]}, heard.axis)
    several = [candidate(f"{SUM} > 2"), candidate(f"{COUNT} > 2", longer=3.0)]
    assert prefer(several, deaf, np.random.default_rng(0)) == several
