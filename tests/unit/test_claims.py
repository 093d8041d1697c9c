"""What an explanation claims, what cannot be tested, and the law that equal seeds give equal verdicts."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

from distill.account import mechanism_part
from distill.hypothesis import stated
from distill.mechanism import examine
from distill.parts import derived
from dsl.parser import parse_expr, parse_program
from tests.planted.hypotheses import NETWORKS, planted
from tests.planted.planted import Planted
from tests.unit.test_placement import ATTENTION, FEED, ONE_OF_EACH, POOLED, RECURRENT, benched, site, step
from verify.align import Encoded
from verify.bench import Bench
from verify.claims import BY_POSITION, EVERYWHERE, LABEL, claimed, copies_output, idle, is_bottleneck, needless, telling
from verify.explanation import Step
from verify.mechanism import Mechanism

CHOICE, RIDGE = planted("feed")[4], planted("attention")[2]


def claiming(p: Planted, text: str) -> Bench:
    return benched(p, parse_program(text, p.question.domain.inputs))


@dataclass(frozen=True)
class Claim:
    """As much of an explanation as says what it claims."""

    steps: tuple[Step, ...]
    reads: tuple[str, ...]
    strict: bool = False


@pytest.mark.parametrize("p", ONE_OF_EACH, ids=lambda p: p.name)
def test_steps_of_what_is_true_can_be_tested_and_are_needed(p: Planted):
    on = benched(p)
    assert [idle(on, s) for s in on.explanation.steps] == [""] * len(on.explanation.steps)
    assert [needless(on, s) for s in on.explanation.steps] == [""] * len(on.explanation.steps)


@pytest.mark.parametrize(
    ("p", "term", "why"),
    [
        (FEED, "x0 - x0", EVERYWHERE),
        (FEED, "max(x0, x1) > max(x2, x3)", LABEL),
        (FEED, "int(max(x0, x1) <= max(x2, x3))", LABEL),
        (ATTENTION, "index() * 2", BY_POSITION),
        (ATTENTION, "int(running_any(true))", EVERYWHERE),
        (ATTENTION, "length()", ""),
        (ATTENTION, 'running_count(token == shift(token, 1, #null)) + int(token == #"a")', LABEL),
        (ATTENTION, 'running_count(token == shift(token, 1, #null)) + int(token == #"a") > 2', LABEL),
        (ATTENTION, "running_count(token == shift(token, 1, #null))", ""),
        (POOLED, "count_all(x > 1) + max_all(x)", LABEL),
        (POOLED, "count_all(x > 1)", ""),
        (RECURRENT, 'scan(0, state + int(token == #"a"))', ""),
    ],
)
def test_why_a_step_cannot_be_tested(p: Planted, term: str, why: str):
    on = claiming(p, f"s = {term}\nreturn s")
    assert idle(on, step(on, "s")) == why


def test_a_selection_has_no_place():
    on = claiming(ATTENTION, "s = key(token) == query(token)\nreturn count(s)")
    assert "for each pair of positions" in idle(on, step(on, "s"))


def test_a_memory_is_no_copy_of_the_output_even_where_it_is_the_same():
    on = claiming(RECURRENT, "s = scan(0, state + 1)\nreturn s")
    one = replace(on, values={**on.values, "s": on.answers})
    assert copies_output(one, step(one, "s"))
    assert idle(one, step(one, "s")) == ""
    assert idle(one, replace(step(one, "s"), carried=False)) == LABEL


@pytest.mark.parametrize(
    ("strict", "idle", "wanted"),
    [
        (True, {"moved": LABEL}, {"seen", "moved", "sum"}),
        (False, {}, {"moved"}),
        (False, {"moved": LABEL}, {"seen"}),
        (False, {"moved": LABEL, "seen": EVERYWHERE}, set()),
    ],
)
def test_what_the_verdict_needs(strict: bool, idle: dict, wanted: set):
    seen, moved = Step("seen", ("x",)), Step("moved", ("seen", "y"), moves=True)
    found = Claim((seen, moved, Step("sum", ("moved", "x"))), ("moved",), strict)
    assert claimed(found, idle) == wanted


def test_where_nothing_is_moved_what_the_result_reads_is_needed():
    low, high = Step("low", ("x",)), Step("high", ("low",))
    assert claimed(Claim((low, high), ("high", "x")), {}) >= {"high"}
    assert claimed(Claim((low, high), ("high", "x")), {"high": LABEL}) == {"low"}


@pytest.mark.parametrize(
    ("p", "at", "whether"),
    [
        (CHOICE, "lift", True),
        (FEED, "left", False),  # there is another branch
        (RECURRENT, "embed", True),
        (RECURRENT, "counter", False),
        (ATTENTION, "embed", True),
        (ATTENTION, "where", False),  # all of the positions, none of the tokens
        (POOLED, "each", True),
        (POOLED, "top", False),
    ],
)
def test_whether_all_of_the_input_goes_through_a_site(p: Planted, at: str, whether: bool):
    on = benched(p)
    assert is_bottleneck(on, site(on, at)) is whether


def test_giving_the_network_another_input_tells_nothing_of_a_step_that_is_the_input():
    question = RIDGE.question
    term = parse_expr("shift(token, 1, 0)", question.domain.inputs)
    on = replace(benched(RIDGE), explanation=derived(question, term))
    on = replace(on, values=on.explanation.run(on.rows))
    proposed = [Encoded(s, "each", 1.0, 100) for s in on.activations]
    edge, *_ = on.explanation.steps
    assert edge.name == "token -> shift(token, 1, 0)"
    assert {str(e.site) for e in proposed} - {str(e.site) for e in telling(on, edge, proposed)} >= {"embed"}
    memory = replace(edge, carried=True)
    assert telling(on, memory, proposed) == proposed
    both = replace(on, explanation=derived(question, parse_expr("token + shift(token, 1, 0)", question.domain.inputs)))
    assert telling(both, edge, proposed) == proposed  # the answer reads the input too, and must not change with it


@pytest.mark.parametrize(
    ("p", "text", "said"),
    [
        (FEED, "s = x0 + x1\nreturn s > 0", "1 and 2 apart"),
        (CHOICE, "s = 2 * x0 + int(x3 > 1)\nreturn s // 2 - x3", "0 and 1 apart"),
        (CHOICE, "s = x0 == x1\nreturn x3", "False and True apart"),
        (ATTENTION, 's = running_count(token == #"a")\nreturn min(s, 3)', "3 and 4 apart"),
        (POOLED, "s = x * 2\nreturn max_all(s // 4)", "0 and 2 apart"),
    ],
)
def test_two_values_that_the_result_never_tells_apart_are_named(p: Planted, text: str, said: str):
    on = claiming(p, text)
    assert said in needless(on, step(on, "s"))


def test_many_values_are_tried_two_neighbours_at_a_time():
    on = claiming(CHOICE, "s = x0 + 5 * x1 + 25 * x2\nreturn max(s, 3)")
    assert needless(on, step(on, "s")) == "the result never tells its values 0 and 1 apart"


def figures(p: Planted, seed: int) -> str:
    """Give the certificate's part of an examination, as text."""
    found: Mechanism = examine(p.question, stated(p.question, p.program), np.random.default_rng(seed))
    return json.dumps(mechanism_part(found))


@pytest.mark.parametrize("kind", NETWORKS)
def test_equal_seeds_give_equal_figures(kind: str):
    p = planted(kind)[2]
    first = figures(p, 7)
    assert first == figures(p, 7)
    found, other = json.loads(first), json.loads(figures(p, 8))
    assert found["interchange"] != other["interchange"]
    assert found["verdict"] == other["verdict"] == "confirmed"


@pytest.mark.parametrize("p", [FEED, RECURRENT], ids=lambda p: p.name)
def test_no_step_is_looked_for_on_an_input_that_it_is_tested_on(p: Planted, monkeypatch: pytest.MonkeyPatch):
    seen: list[set[bytes]] = []

    def judge(fit: Bench, test: Bench, *_: object) -> Mechanism:
        seen.extend(set(on.rows.marks()) for on in (fit, test))
        return Mechanism("untested", "")

    monkeypatch.setattr("distill.mechanism.judge", judge)
    examine(p.question, stated(p.question, p.program), np.random.default_rng(0))
    fit, test = seen
    assert fit
    assert test
    assert not fit & test
