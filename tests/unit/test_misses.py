"""What an accepted program misses: a planted rule of where is found and counted on inputs kept apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from distill.bundle import InputSpec
from distill.clock import Clock
from distill.differences import where_it_errs
from distill.evidence import first_evidence
from distill.misses import Misses
from distill.render import verified
from distill.standing import Standing, judge
from dsl.parser import parse_expr
from dsl.printer import show
from dsl.terms import Input
from dsl.types import Axis, Kind, Type
from tests.unit.spoken import Says, asked, candidate, sampled

LONG = InputSpec(kind="numbers", width=1, low=(0,), high=(9,), length=(1, 30))
X = Input("x", Type(Kind.INT, Axis.POSITION))


def largest(x: Tensor) -> Tensor:
    return x[:, :, 0].cummax(1).values


def hasty(x: Tensor) -> Tensor:
    """The largest so far, but where it rises by nine at once."""
    found = largest(x)
    before = torch.nn.functional.pad(found, (1, 0))[:, :-1]
    return torch.where((found - before == 9) & (torch.arange(x.shape[1]) > 0), before, found)


def careless(x: Tensor) -> Tensor:
    """The largest so far, but for a few in no order."""
    place = torch.arange(x.shape[1])
    mixed = (x[:, :, 0] * (place**2 + 3)).cumsum(1) * 7919 + place * 104729
    return largest(x) + ((mixed % 1009 < 1) & (place > 2))


def judged(says: Says, text: str = "running_max(x)", seed: int = 0) -> tuple[Standing, list[Misses]]:
    question, rng = asked(says, LONG, "each"), np.random.default_rng(seed)
    question = sampled(question, question.domain.sample(1500, rng))
    evidence, clock = first_evidence(question, rng), Clock(600)
    standing = judge(question, evidence, candidate(question, text), clock, rng)
    return standing, where_it_errs(question, evidence, standing, clock, rng)


@pytest.fixture(scope="module")
def found() -> tuple[Standing, Misses]:
    standing, rules = judged(hasty)
    return standing, rules[0]


def test_a_rule_of_the_misses_is_found(found: tuple[Standing, Misses]):
    standing, misses = found
    assert standing.accepted
    assert misses.missed == standing.behaviour.mismatches > 5
    assert misses.outputs == standing.behaviour.outputs
    assert misses.hits == misses.missed, show(misses.rule)
    assert misses.good


def test_a_good_rule_is_said_and_certified(found: tuple[Standing, Misses]):
    standing, misses = found
    told = verified(replace(standing, misses=(misses,)), None)
    assert f". {misses.hits} of the {misses.missed} outputs that differ are among the {misses.cells:,} where" in told
    assert misses.words in told
    part = misses.part
    assert (part["recall"], part["differ"], part["used_in_search"]) == (1.0, misses.missed, False)
    assert part["precision"] == misses.hits / misses.cells


def test_misses_in_no_order_have_no_rule():
    standing, rules = judged(careless)
    assert standing.behaviour.mismatches > 5
    assert not [show(m.rule) for m in rules if m.good]


def test_where_nothing_is_missed_nothing_is_said():
    assert judged(largest)[1] == []


@pytest.mark.parametrize(
    ("missed", "cells", "hits", "good"),
    [(4, 10, 4, False), (20, 30, 9, False), (20, 30, 12, True), (20, 6000, 12, False)],
)
def test_a_rule_is_good_if_it_tells_most_of_enough_misses_and_saves_bits(
    missed: int, cells: int, hits: int, good: bool
):
    assert Misses(parse_expr("x > 3", [X]), 500, 10_000, missed, cells, hits, 20).good is good
