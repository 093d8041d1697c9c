"""Programs with exceptions: planted rules are found as rules, planted inputs are listed, noise is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from distill.clock import Clock
from distill.differences import parting
from distill.emit import run_emitted
from distill.evidence import first_evidence
from distill.exceptions import with_exceptions
from distill.question import Question
from distill.render import render
from distill.standing import Standing, judge
from dsl.printer import show
from dsl.terms import Call
from tests.unit.spoken import STREAM, Says, asked, candidate
from verify import compare

ODD = {(2, 7, 1): 40, (9, 0, 4): 41, (3, 3, 8): 40}


def total(x: Tensor) -> Tensor:
    return x[:, 0] + 2 * x[:, 1]


def ruled(x: Tensor) -> Tensor:
    """The sum but where all three are equal."""
    same = (x[:, 0] == x[:, 1]) & (x[:, 1] == x[:, 2])
    return torch.where(same, torch.tensor(50), total(x))


def listed(x: Tensor) -> Tensor:
    found = total(x)
    for key, value in ODD.items():
        found = torch.where((x == torch.tensor(key)).all(1), torch.tensor(value), found)
    return found


def noisy(x: Tensor) -> Tensor:
    """The sum but on a tenth of the inputs, in no order."""
    mixed = (x[:, 0] * 7919 + x[:, 1] * 104729 + x[:, 2] * 1299709 + 12345) % 1009
    return torch.where(mixed < 100, mixed + 60, total(x))


def counting(x: Tensor) -> Tensor:
    """The sum so far, but 50 at a 2 in the fourth place after a 1 in the third."""
    found = x[:, :, 0].cumsum(1)
    if x.shape[1] > 3:
        found[:, 3] = torch.where((x[:, 3, 0] == 2) & (x[:, 2, 0] == 1), torch.tensor(50), found[:, 3])
    return found


def found_of(says: Says, text: str, **spec) -> tuple[Question, Standing | None]:
    question, rng = asked(says, **spec), np.random.default_rng(0)
    evidence = first_evidence(question, rng)
    return question, with_exceptions(question, evidence, [candidate(question, text)], Clock(600), rng)


def exact(question: Question, standing: Standing) -> bool:
    """Compare again on every input of the domain, the term alone."""
    behaviour = compare(
        question.domain.enumerate(),
        lambda rows: question.agreement(standing.term, standing.symbols, rows),
        exhaustive=True,
        distribution="every input",
    )
    return behaviour.accepted(0.0) and behaviour.exhaustive


def test_a_rule_is_found():
    question, found = found_of(ruled, "a + 2 * b")
    assert found is not None
    assert found.accepted
    assert found.listing is None
    assert isinstance(found.term, Call)
    assert found.term.op == "if"
    assert exact(question, found), show(found.term)


def test_a_rule_about_places_is_found_where_the_domain_is_too_large_to_search_on_whole():
    question, found = found_of(counting, "running_sum(x)", spec=STREAM, at="each")
    assert found is not None
    assert found.listing is None
    assert exact(question, found), show(found.term)


@pytest.fixture(scope="module")
def few() -> tuple[Question, Standing]:
    question, found = found_of(listed, "a + 2 * b")
    assert found is not None
    return question, found


def test_a_few_inputs_are_listed(few: tuple[Question, Standing]):
    question, found = few
    assert found.listing is not None
    assert {tuple(i): o for i, o in found.listing.pairs} == ODD
    assert list(found.listing.programs) == [a + 2 * b for a, b, _ in found.listing.inputs]
    assert found.behaviour.exhaustive
    assert found.behaviour.mismatches == 0
    assert found.behaviour.inputs == 1000
    assert not exact(question, found), "the list is needed"


def test_a_list_is_priced(few: tuple[Question, Standing]):
    question, found = few
    bare = candidate(question, "a + 2 * b").bits
    assert found.listing is not None
    assert found.bits == bare + found.listing.bits
    assert found.listing.bits > 3 * np.log2(1000)


def test_a_list_is_emitted_and_said(few: tuple[Question, Standing]):
    question, found = few
    rendered = render(question, found, None, None, None, np.random.default_rng(0))
    assert not rendered.fault
    assert "except on 3 inputs, which are listed" in rendered.description
    assert "EXCEPTIONS = {(2, 7, 1): 40, (3, 3, 8): 40, (9, 0, 4): 41}" in rendered.source
    raws = [[2, 7, 1], [2, 7, 2], [9, 0, 4]]
    assert run_emitted(rendered.source, raws) == [40, 16, 41]


def test_a_list_that_is_wrong_is_noticed(few: tuple[Question, Standing]):
    question, found = few
    assert found.listing is not None
    answers = found.listing.answers
    wrong = replace(found.listing, answers=replace(answers, values=answers.values + np.array([[1], [0], [0]])))
    rows = question.domain.rows([[2, 7, 1], [0, 0, 0], [9, 0, 4]])
    agreement = wrong.agreement(question, found.term, found.symbols, rows)
    assert agreement.same[:, 0].tolist() == [False, True, True]


def test_what_is_not_shorter_is_not_given():
    question, rng = asked(listed), np.random.default_rng(0)
    evidence = first_evidence(question, rng)
    near = [candidate(question, "a + 2 * b")]
    assert with_exceptions(question, evidence, near, Clock(600), rng, under=near[0].bits + 10) is None


@pytest.mark.parametrize("says", [noisy, total])
def test_many_exceptions_and_none_are_no_exceptions(says: Says):
    assert found_of(says, "a + 2 * b")[1] is None


def test_nothing_is_looked_for_when_the_time_is_up():
    question, rng = asked(listed), np.random.default_rng(0)
    evidence = first_evidence(question, rng)
    assert with_exceptions(question, evidence, [candidate(question, "a + 2 * b")], Clock(0), rng) is None


def test_equal_seeds_give_equal_exceptions():
    once, again = (found_of(ruled, "a + 2 * b")[1] for _ in range(2))
    assert once is not None
    assert again is not None
    assert once.term is again.term


def test_a_refusal_names_the_shortest_input_with_both_answers():
    question, rng = asked(counting, STREAM, "each"), np.random.default_rng(0)
    evidence, clock = first_evidence(question, rng), Clock(600)
    standing = judge(question, evidence, candidate(question, "running_sum(x)"), clock, rng)
    assert not standing.accepted
    found = parting(question, evidence, standing)
    assert found is not None
    assert len(found.input) == 4
    assert found.input[2:] == [1, 2]
    assert found.position == 3
    assert found.network[3] == 50
    assert found.sentence.endswith(f"at position 3 the program gives {sum(found.input)}, the network 50")


def test_programs_that_agree_part_nowhere():
    question, rng = asked(total), np.random.default_rng(0)
    evidence = first_evidence(question, rng)
    standing = judge(question, evidence, candidate(question, "a + 2 * b"), Clock(600), rng)
    assert parting(question, evidence, standing) is None
