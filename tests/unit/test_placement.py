"""Where a step may be, the subspaces that may hold it, and what swapping it there brings."""

from __future__ import annotations

import numpy as np
import pytest

from distill.hypothesis import stated
from distill.reading import Reading
from dsl.terms import Program
from tests.planted.hypotheses import NETWORKS, planted
from tests.planted.planted import Planted
from verify.bench import Bench, as_recorded, bench, by_cell, suits
from verify.explanation import Step
from verify.interchange import Placed
from verify.placement import CLASSES, Placement, cell_values, columns, grouped, mask, one_hot, swap, wheres
from verify.subject import EVERY, Site
from verify.subspace import MAPS, regressors, subspaces

FEED, RECURRENT, ATTENTION, POOLED = (planted(kind)[0] for kind in NETWORKS)
ONE_OF_EACH = [planted(kind)[k] for kind in NETWORKS for k in (0, 4)]


def benched(p: Planted, program: Program | None = None) -> Bench:
    """Put a planted network and its program, or another, on the bench, on every input."""
    question = p.question
    sites = [s for s in question.subject.sites if suits(s, 64)]
    return bench(question.subject, stated(question, program or p.program), Reading(question), p.rows(), sites)


def site(on: Bench, name: str) -> Site:
    return next(s for s in on.activations if str(s) == name)


def step(on: Bench, name: str) -> Step:
    return next(s for s in on.explanation.steps if s.name == name)


def placed(p: Planted, on: Bench, name: str, at: str = "") -> Placed:
    """Give a step with the place where it is known to be, or with what holds it at another site."""
    where = at or p.alignment[name]
    found = step(on, name)
    basis = p.directions(name, where).astype(np.float32)
    return found, Placement(site(on, where), wheres(found, site(on, where))[0], basis, "planted")


def all_placed(p: Planted, on: Bench) -> list[Placed]:
    return [placed(p, on, name) for name in p.alignment]


@pytest.mark.parametrize(
    ("shape", "call", "position", "row", "pair"),
    [
        ((4,), 0, (), ("row",), ()),
        (("position", 4), 0, ("each",), ("each", "last"), ()),
        ((4, "position"), 0, ("each",), ("each", "last"), ()),
        (("position", 4), EVERY, ("each",), ("each", "last"), ()),
        (("position", "position"), 0, (), ("row",), ()),
    ],
)
def test_where_a_step_may_be(shape: tuple, call: int, position: tuple, row: tuple, pair: tuple):
    place = Site("body", call, shape)
    assert wheres(Step("s", axis="position"), place) == position
    assert wheres(Step("s", axis="row"), place) == row
    assert wheres(Step("s", axis="pair"), place) == pair


def test_cells_of_a_place():
    on = benched(ATTENTION)
    lengths = on.rows.lengths
    assert lengths is not None
    assert (mask(on, "each").sum(axis=1) == lengths).all()
    assert (mask(on, "last").sum(axis=1) == 1).all()
    assert (mask(on, "last").argmax(axis=1) == lengths - 1).all()
    assert mask(on, "row").shape == (len(on), 1)
    mask(on, "each")[:] = False  # what is given is the caller's own
    assert mask(on, "each").any()


def test_a_value_of_a_row_is_that_of_each_of_its_cells():
    on = benched(POOLED)
    at = mask(on, "last")
    assert cell_values(on, "k", at).tolist() == on.values["k"][:, 0].tolist()
    assert len(cell_values(on, "k", mask(on, "each"))) == mask(on, "each").sum()


def test_sites_are_seen_cell_by_cell_and_back():
    values = np.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    for shape in ((3, "position", 5), ("position", 4, 5), (3, 4, "position"), (3, 4, 5)):
        place = Site("body", shape=shape)
        cells = by_cell(place, values)
        assert cells.shape[1] == (1 if place.positions is None else values.shape[place.positions])
        assert np.array_equal(as_recorded(place, cells), values)
    inner = by_cell(Site("body", shape=(3, "position", 5)), values)
    assert inner[1, 2].tolist() == values[1, :, 2].ravel().tolist()


def test_few_values_are_classes_and_many_a_number():
    assert one_hot(np.array([3, 1, 3])).tolist() == [[0, 1], [1, 0], [0, 1]]
    many = np.arange(CLASSES + 1)
    assert columns(many[:-1], Step("n")).shape == (CLASSES, CLASSES)
    assert columns(many, Step("n")).tolist() == [[float(v)] for v in many]
    assert columns(many, Step("s", kind="symbol")).shape == (CLASSES + 1, CLASSES + 1)


def test_real_answers_are_grouped_in_quarters():
    assert grouped(np.array([3, 1, 2])).tolist() == [3, 1, 2]
    found = grouped(np.linspace(0, 1, 101).reshape(1, -1))
    assert sorted(set(found.ravel().tolist())) == [0, 1, 2, 3]
    assert np.bincount(found.ravel()).min() >= 25


@pytest.mark.parametrize("p", ONE_OF_EACH, ids=lambda p: p.name)
def test_one_of_the_subspaces_holds_what_is_known_to_hold_a_step(p: Planted):
    on = benched(p)
    for name in p.alignment:
        found, place = placed(p, on, name)
        known = regressors(on, found, place.where)
        offered = list(subspaces(on, found, place.site, place.where, known, MAPS))
        assert all(o.map in MAPS and (o.site, o.where) == (place.site, place.where) for o in offered)
        assert max(overlap(place.basis, o.basis) for o in offered) > 0.99


def overlap(true: np.ndarray, basis: np.ndarray) -> float:
    """Give the least share of a direction that lies in what another basis spans, at equal rank or more."""
    return float(np.linalg.svd(basis.T @ true, compute_uv=False).min()) if basis.shape[1] >= true.shape[1] else 0.0


@pytest.mark.parametrize("p", [RECURRENT, ATTENTION], ids=lambda p: p.name)
def test_subspaces_are_orthonormal_and_each_is_offered_once(p: Planted):
    on = benched(p)
    for name in p.alignment:
        found, place = placed(p, on, name)
        known = regressors(on, found, place.where)
        offered = list(subspaces(on, found, place.site, place.where, known, MAPS))
        for k, one in enumerate(offered):
            assert np.allclose(one.basis.T @ one.basis, np.eye(one.rank), atol=1e-5)
            for other in offered[:k]:
                alike = one.rank == other.rank and np.linalg.norm(one.basis.T @ other.basis) ** 2 > one.rank - 1e-7
                assert not alike


def test_symbols_have_no_direction_and_maps_may_be_asked_for():
    on = benched(ATTENTION)
    found, place = placed(ATTENTION, on, "p")
    assert found.kind == "symbol"
    known = regressors(on, found, "each")
    assert all(o.map.startswith("classes") for o in subspaces(on, found, place.site, "each", known, MAPS))
    assert [o.map for o in subspaces(on, found, place.site, "each", known, ["classes"])] == ["classes"]


def test_what_stands_beside_a_step_leaves_it_free():
    on = benched(FEED)
    for name in FEED.alignment:
        known = regressors(on, step(on, name), "row")
        rest = np.concatenate([np.ones((len(known.own), 1)), *known.beside["the rest"]], axis=1)
        missed = known.own - rest @ np.linalg.lstsq(rest, known.own.astype(float), rcond=None)[0]
        assert missed.var() > 0.02 * known.own.var()


def test_a_swap_brings_units_from_other_rows_and_positions_to_some_cells():
    on = benched(ATTENTION)
    place = placed(ATTENTION, on, "n")[1]
    rng = np.random.default_rng(0)
    cells = mask(on, "each") & (rng.random(on.cells.shape) < 0.5)
    sources, places = rng.permutation(len(on)), rng.integers(0, 4, on.cells.shape)
    made = swap(on, place, sources, places, cells)
    assert made.basis is place.basis
    found = by_cell(place.site, made.values)
    assert np.isnan(found[~cells]).all()
    held = on.activations[place.site]
    for row, position in np.argwhere(cells)[:50]:
        assert np.array_equal(found[row, position], held[sources[row], places[row, position]])
