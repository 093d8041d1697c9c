"""Languages learnt by recurrent networks: their machines have as many states as the languages need, and no more.

The networks were trained by `examples/languages/train.py`; that of Tomita 2 on words of at most ten letters alone.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from distill.cli import run
from dsl.parser import parse_program
from dsl.terms import Input, Program
from dsl.types import Axis, Kind, Type
from examples.languages.languages import LANGUAGES
from examples.languages.nets import build
from examples.languages.train import short, write
from synthesis.automata import machine_terms, spoken
from synthesis.learning import Ask, Undetermined, count_states, drawn, learn, said_by, whole
from synthesis.machines import difference

DATA = Path(__file__).parent.parent / "data" / "languages"
STATES = {f"Tomita_{k}": n for k, n in enumerate((2, 3, 5, 4, 4, 3, 5), start=1)} | {
    f"Dyck_{d}": d + 2 for d in (2, 3, 4)
}
TOKEN = Input("token", Type(Kind.INT, Axis.POSITION))
LONGEST = 10


def network(name: str) -> tuple[torch.nn.Module, dict]:
    stored = torch.load(DATA / f"{name}.pt", weights_only=True)
    net = build(stored["config"])
    net.load_state_dict(stored["state_dict"])
    return net.eval(), stored["config"]


def asked(name: str) -> Ask:
    net, _ = network(name)

    @torch.no_grad()
    def ask(words: np.ndarray) -> np.ndarray:
        return net(torch.as_tensor(words))[..., 0].numpy() > 0

    return ask


@pytest.mark.parametrize("name", LANGUAGES)
def test_languages_need_as_many_states_as_is_known(name: str) -> None:
    language = LANGUAGES[name]
    assert language.states() == len(language.machine()) == STATES[name]


def test_words_are_drawn_from_both_sides_of_a_language() -> None:
    language = LANGUAGES["Dyck_3"]
    words = language.sample(400, 20, np.random.default_rng(0))
    said = language.machine().run(words)
    assert 0.05 < said.mean() < 0.5


@pytest.mark.parametrize("name", ["Tomita_2", "Tomita_3", "Tomita_4"])
def test_a_network_has_the_smallest_machine_of_its_language(name: str) -> None:
    ask, rng = asked(name), np.random.default_rng(0)
    machine = learn(ask, LANGUAGES[name].letters, whole(ask, 2, LONGEST), rng, longest=LONGEST)
    assert len(machine) == STATES[name]
    assert difference(machine, LANGUAGES[name].machine()) is None


def test_words_beyond_the_domain_would_give_a_machine_too_many_states() -> None:
    """The network takes `10` five times at most: on all words its machine has more states than that of the language."""
    ask, language = asked("Tomita_2"), LANGUAGES["Tomita_2"]
    rng = np.random.default_rng(0)
    assert len(learn(ask, language.letters, whole(ask, 2, LONGEST), rng, longest=LONGEST)) == 3
    for longest in (16, 40):
        assert len(learn(ask, language.letters, drawn(ask, 2, longest, rng), rng)) >= 8


def test_three_states_are_not_claimed_of_a_domain_on_which_a_network_errs() -> None:
    """One word in four thousand of sixteen letters: words drawn at random miss it, all words do not."""
    ask, machine = asked("Tomita_2"), LANGUAGES["Tomita_2"].machine()
    words = np.random.default_rng(1).integers(0, 2, (500, 16))
    assert np.array_equal(machine.run(words), ask(words))
    assert len(whole(ask, 2, 16)(machine) or ()) == 12
    with pytest.raises(Undetermined):
        learn(ask, machine.letters, whole(ask, 2, 16), np.random.default_rng(0), longest=16)


@pytest.mark.parametrize("name", ["Tomita_2", "Tomita_3", "Tomita_4"])
def test_a_machine_is_written_down_as_a_term(name: str) -> None:
    machine, rng = LANGUAGES[name].machine(), np.random.default_rng(0)
    asked_of = type(machine)(((0,), (1,)), machine.step, machine.output)
    for term in machine_terms(asked_of, (TOKEN,), Kind.BOOL, (), rng):
        said = said_by(term, (TOKEN,), np.array([[0], [1]]), spoken([term], ()))
        assert (said(short(LANGUAGES[name])) == machine.run(short(LANGUAGES[name]))).all()
        assert count_states(said, 2, LONGEST, rng) == STATES[name]


def test_a_compiled_network_has_the_states_of_its_language(tmp_path: Path) -> None:
    net, config = network("Tomita_2")
    write(tmp_path / "net", LANGUAGES["Tomita_2"], net, config)
    out = tmp_path / "out.py"
    assert run(["compile", str(tmp_path / "net"), "-o", str(out), "--trust", "--quiet"]) == 0
    certificate = json.loads(out.with_suffix(".certificate.json").read_text())
    assert certificate["behaviour"]["claim"] == "exact"
    program = parse_program(certificate["program"]["dsl"])
    assert isinstance(program, Program)
    said = said_by(program.result, program.inputs, np.array([[0], [1]]), spoken([program.result], ()))
    assert count_states(said, 2, LONGEST, np.random.default_rng(0)) == STATES["Tomita_2"]
