"""Where attention looks: selects read back from patterns that were made by them."""

from __future__ import annotations

import numpy as np
import pytest

from dsl import show
from dsl.domains import Tokens
from dsl.evaluate import evaluate
from dsl.parser import parse_expr
from dsl.terms import Expr, Input, call
from dsl.types import Axis, Kind, Type
from synthesis.bank import Bank
from synthesis.grow import grow, seed
from synthesis.looks import Seen, looks, see
from synthesis.places import places
from synthesis.vocabulary import Vocabulary

TOKEN = Input("token", Type(Kind.INT, Axis.POSITION))
DOMAIN = Tokens((*range(6),), length=(2, 7), alphabet=(*range(6),))
CASES = DOMAIN.cases(DOMAIN.sample(80, np.random.default_rng(1)))
WORDS = Vocabulary(causal=False, sequence=False, tables=False, atoms=("index", "length", "from_end"))


def bank(heard: tuple[Expr, ...] = ()) -> Bank:
    """A bank of small elementwise terms."""
    found = Bank(CASES, np.random.default_rng(0))
    seed(found, [TOKEN], WORDS, heard)
    for size in (2, 3):
        grow(found, WORDS, size, 600)
    return found


def even(where: str) -> np.ndarray:
    """Weights that look evenly at what a condition selects, and at nothing where it selects nothing."""
    selected = np.asarray(evaluate(parse_expr(where, [TOKEN]), CASES)) & CASES.mask[:, None, :] & CASES.mask[:, :, None]
    return selected / np.maximum(selected.sum(axis=2, keepdims=True), 1)


def seen(weights: np.ndarray, heard: tuple[Expr, ...] = (), causal: bool = False) -> Seen:
    """All queries of a pattern."""
    grown = bank(heard)
    found = see(grown, grown.columns, weights, CASES.mask, causal, np.random.default_rng(2))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "where",
    [
        "key(token) == query(token)",
        "before() and key(token) == query(token)",
        "query(token) < key(token)",
        "key(token == 2)",
        "key(index()) == query(token)",
        "key(from_end()) == query(index())",
        "key(token) < query(token) or key(token) == query(token) and before()",
    ],
)
def test_an_even_look_is_read_back(where: str) -> None:
    best = looks(seen(even(where)), False, 1)[0]

    assert best.share > 0.999
    assert (even(show(best.where)) == even(where)).all()
    assert best.op == ""


def test_a_look_at_everything_needs_no_condition() -> None:
    best = looks(seen(even("upto() or not upto()")), False, 1)[0]

    assert show(best.where) == "true"
    assert best.share > 0.999


def test_of_a_causal_network_only_earlier_positions_are_spoken_of() -> None:
    best = looks(seen(even("upto() and key(token) == query(token)"), causal=True), True, 1)[0]

    assert show(best.where) in ("upto() and key(token) == query(token)", "key(token) == query(token) and upto()")


@pytest.mark.parametrize(("op", "sign"), [("min_of", 1), ("max_of", -1)])
def test_the_least_or_largest_of_those_selected_is_told(op: str, sign: int) -> None:
    selected = even("key(token) != query(token)") > 0
    values = sign * np.broadcast_to(CASES.inputs["token"][:, None, :], selected.shape)
    best = np.where(selected, values, 99).min(axis=2, keepdims=True)
    chosen = selected & (values == best)

    found = looks(seen(chosen / np.maximum(chosen.sum(axis=2, keepdims=True), 1)), False, 1)[0]

    assert (found.op, found.by) == (op, TOKEN)
    assert found.share > 0.999


def test_the_share_is_of_queries_that_the_look_was_not_chosen_on() -> None:
    noise = np.random.default_rng(5).dirichlet(np.ones(7), CASES.mask.shape) * CASES.mask[:, :, None]

    best = looks(seen(noise), False, 1)[0]

    assert best.share < 0.8
    assert best.queries > 0


def test_a_place_is_told_by_a_column_that_tells_the_keys_apart() -> None:
    rank = parse_expr("count(key(token) < query(token) or key(token) == query(token) and before())", [TOKEN])
    middle = call("eq", call("key", rank), call("query", parse_expr("(length() - 1) // 2", [TOKEN])))

    found = places(seen(even(show(middle)), (rank,)), CASES, np.random.default_rng(0))

    assert [show(look.where) for look in found] == [show(middle)]
    assert found[0].share > 0.999


def test_places_in_no_order_are_not_told() -> None:
    order = np.random.default_rng(6).integers(0, 7, CASES.mask.shape) % CASES.mask.sum(axis=1, keepdims=True)
    weights = (np.arange(CASES.mask.shape[1]) == order[:, :, None]) * CASES.mask[:, :, None]

    assert places(seen(weights.astype(float)), CASES, np.random.default_rng(0)) == []
