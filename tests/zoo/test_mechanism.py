"""Networks compiled from known programs: those are confirmed, and nothing is of the same network with random weights.

`DISTILL_ZOO` names the zoo.
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from distill.mechanism import examine
from distill.network import random_twin
from distill.parts import derived
from distill.question import Question, ask
from dsl.parser import parse_program
from verify.mechanism import Mechanism

ZOO = Path(os.environ.get("DISTILL_ZOO", Path(__file__).parents[3] / "shared" / "zoo"))
PROGRAMS = {
    "lib_sort": "input token: int@position\nreturn sorted(token)",
    "lib_hist": "input token: symbol@position\nreturn count(key(token) == query(token))",
    "lib_reverse": "input token: symbol@position\nreturn gather(token, from_end(), #null)",
    "lib_frac_prevs": 'input token: symbol@position\nreturn running_mean(token == #"x")',
    "own_prefix_parity_a": 'input token: symbol@position\nreturn running_count(token == #"a") % 2',
}

pytestmark = pytest.mark.skipif(not (ZOO / "tracr").is_dir(), reason=f"{ZOO} has no compiled networks")


def examined(question: Question, text: str) -> Mechanism:
    found = parse_program(text)
    return examine(question, derived(question, found.result, question.readout.symbols), np.random.default_rng(0))


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_compiled_network_computes_it_as_its_program_does_and_its_twin_does_not(name: str):
    question = ask(ZOO / "tracr" / name)
    found = examined(question, PROGRAMS[name])
    assert found.verdict == "confirmed", found.why
    twin = replace(question, subject=random_twin(question.subject, 1))
    assert examined(twin, PROGRAMS[name]).verdict != "confirmed"


def test_a_program_of_equal_behaviour_and_other_steps_is_not_confirmed():
    """The first token as the least of the running sums: right of every input, and nothing that the network does."""
    question = ask(ZOO / "tracr" / "own_caesar_by_first")
    header = "input token: int@position\n"
    assert examined(question, header + "return (token + first(token)) % 5").verdict == "confirmed"
    found = examined(question, header + "return (token + running_min(running_sum(token))) % 5")
    assert found.answers is not None
    assert found.answers.mean == 1
    assert found.verdict != "confirmed"
