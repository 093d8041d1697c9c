"""Planted networks compute what they are said to compute, where it is said; false hypotheses about them are false."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from distill.hypothesis import stated
from distill.reading import Reading
from dsl.check import check
from dsl.evaluate import Cases, evaluate, run
from tests.planted.hypotheses import KINDS, NETWORKS, Hypothesis, cases, false, planted, true
from tests.planted.planted import Planted
from verify.bench import as_recorded, by_cell
from verify.explanation import DEFINED, RESULT, Explanation, Given
from verify.subject import Swap

PLANTED = [p for kind in NETWORKS for p in planted(kind)]
FALSE = {kind: [h for network in NETWORKS for h in false(kind, network)] for kind in KINDS}
RIDGE = 1e-6  # relative to the units' mean square: what is smaller is noise
LINEAR = 0.97  # share of a step's variance from which it may be said to be held linearly


@pytest.fixture(params=PLANTED, ids=lambda p: p.name)
def net(request: pytest.FixtureRequest) -> Planted:
    return request.param


def explanation(p: Planted) -> Explanation:
    return stated(p.question, p.program, p.question.readout.symbols)


def test_program_is_what_the_network_computes(net: Planted):
    rows = net.rows()
    answers = net.question.answers(rows)
    counted = net.question.counted(rows, answers)
    found = explanation(net).run(rows)[RESULT]
    assert (found == answers.values)[counted].all()
    assert answers.margins[counted].min() > 0.2


def test_steps_are_held_linearly(net: Planted):
    for step, site in net.alignment.items():
        assert held(net, step, site) > 0.999


def test_steps_are_read_where_they_are(net: Planted):
    for step, site in net.alignment.items():
        assert transplanted(net, step, site) == 1, f"{step}@{site}"


def test_no_unit_shows_a_step(net: Planted):
    for step, site in net.alignment.items():
        assert np.abs(net.directions(step, site)).max() < 0.999


def test_misplaced_steps_are_not_held_or_not_read(net: Planted):
    for step, site in net.misplaced:
        if held(net, step, site) >= LINEAR:
            assert net.directions(step, site).size
            assert transplanted(net, step, site) < 0.8, f"{step}@{site}"


def test_every_distinction_of_a_step_matters(net: Planted):
    rows, claim = net.rows(), explanation(net)
    values, rng = claim.run(rows), np.random.default_rng(0)
    for step in net.alignment:
        answers = {}
        cells = one_cell(claim.cells(rows), values[step], rng)
        for value in np.unique(values[step]):
            ran = claim.run(rows, {step: Given(np.full(values[step].shape, value), cells)})
            answers[value] = np.where(ran.get(DEFINED, True), ran[RESULT], -99)
        for one, other in combinations(answers, 2):
            assert (answers[one] != answers[other]).any(), f"{step}: {one} and {other}"


@pytest.mark.parametrize("kind", KINDS)
def test_false_programs_answer_as_the_network_does(kind: str):
    wrong = [h for h in FALSE[kind] if not answers_alike(h)]
    loses = kind == "coarsened"  # one in three of them does not compute again what it loses
    assert len(wrong) <= len(FALSE[kind]) * loses / 2, "\n".join(map(str, wrong))


@pytest.mark.parametrize("kind", ["swapped", "coarsened", "other steps"])
def test_false_programs_have_a_step_that_is_not_held(kind: str):
    for h in FALSE[kind]:
        claim = replace(h.planted, program=h.program, alignment=h.alignment)
        assert min(held(claim, step, site) for step, site in h.alignment.items()) < LINEAR, str(h)


def test_constant_steps_are_constant():
    for h in FALSE["constant"]:
        assert len(np.unique(run(h.program, cases(h.planted))["fixed"])) == 1, str(h)


def test_coarsened_steps_have_fewer_values_and_refined_more():
    for kind, sign in (("coarsened", -1), ("refined", 1)):
        for h in FALSE[kind]:
            columns = cases(h.planted)
            before, after = run(h.planted.program, columns), run(h.program, columns)
            gains = [sign * (kinds(after[n], columns) - kinds(before[n], columns)) for n in h.alignment]
            assert min(gains) >= 0 < max(gains), str(h)


def test_all_steps_are_steps_and_have_sites():
    for h in [*(h for hs in FALSE.values() for h in hs), *(h for network in NETWORKS for h in true(network))]:
        assert set(h.alignment) == {name for name, _ in h.program.steps}
        assert set(h.alignment.values()) <= {str(s) for s in h.planted.question.subject.sites}
        check(h.program)


def test_equal_seeds_plant_equal_networks_and_others_others():
    build = NETWORKS["feed"].NETWORKS[0]
    weights = [build(seed).question.subject.module.get_parameter("left.write") for seed in (0, 0, 1)]
    assert weights[0].equal(weights[1])
    assert not weights[0].equal(weights[2])


def kinds(values: np.ndarray, columns: Cases) -> int:
    return len(np.unique(values[columns.mask] if values.shape == columns.mask.shape else values))


def answers_alike(h: Hypothesis) -> bool:
    columns = cases(h.planted)
    found, known = (evaluate(program.result, columns) for program in (h.program, h.planted.program))
    real = columns.mask if known.shape == columns.mask.shape else np.ones(known.shape, bool)
    return bool((found == known)[real].all())


def recorded(net: Planted, site: str) -> np.ndarray:
    """Give a site's units on every input: [row, position, unit]."""
    (place,) = (s for s in net.question.subject.sites if str(s) == site)
    return by_cell(place, net.question.subject.run(net.rows(), record=[place]).recorded[place])


def held(net: Planted, step: str, site: str) -> float:
    """Give the share of a step's variance that is linear in a site's units, on every input; of a symbol, the least."""
    rows, claim, units = net.rows(), explanation(net), recorded(net, site)
    values = claim.run(rows)[step]
    if values.shape[1] > units.shape[1]:
        return 0.0
    cells = claim.cells(rows) if units.shape[1] > 1 else np.ones((len(rows), 1), bool)
    x, y = units[cells].astype(float), np.broadcast_to(values, cells.shape)[cells]
    symbol = {s.name: s.kind for s in claim.steps}[step] == "symbol"
    targets = [y == v for v in np.unique(y)] if symbol else [y]
    x = x - x.mean(axis=0)
    gram = x.T @ x
    maps = np.linalg.solve(gram + RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram)), x.T)
    rests = [t - x @ (maps @ t.astype(float)) for t in targets]
    return min(1 - float(rest.var() / t.astype(float).var()) for rest, t in zip(rests, targets, strict=True))


def transplanted(net: Planted, step: str, site: str) -> float:
    """Swap in what holds a step from other rows, a cell a row; give how often the network answers as the program."""
    rows, claim, rng = net.rows(), explanation(net), np.random.default_rng(1)
    (place,) = (s for s in net.question.subject.sites if str(s) == site)
    values, units, basis = claim.run(rows)[step], recorded(net, site), net.directions(step, site)
    partner = rng.permutation(len(rows))
    if rows.lengths is not None:
        partner = np.lexsort((partner, rows.lengths))[np.argsort(np.argsort(rows.lengths, kind="stable"))]
    given = one_cell(claim.cells(rows), values, rng)
    cells = np.ones((len(rows), 1), bool) if units.shape[1] == 1 else given
    swap = Swap(as_recorded(place, np.where(cells[..., None], units[partner], np.nan)), basis.astype(np.float32))
    predicted = claim.run(rows, {step: Given(values[partner], given)})
    reader = Reading(net.question)
    found = reader.answers(net.question.subject.run(rows, patch={place: swap}).outputs, rows)
    clean = claim.run(rows)[RESULT]
    counted = reader.counted(rows, found) & predicted.get(DEFINED, True) & (predicted[RESULT] != clean)
    assert counted.sum() > 10, f"{step}@{site}: {counted.sum()} answers must change"
    return float((found == predicted[RESULT])[counted].mean())


def one_cell(cells: np.ndarray, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Choose one cell of each row; the only one of a value that has no positions."""
    if values.shape[1] == 1 != cells.shape[1]:
        return np.ones(values.shape, bool)
    chance = np.where(cells, rng.random(cells.shape), -1)
    return chance == chance.max(axis=1, keepdims=True)
