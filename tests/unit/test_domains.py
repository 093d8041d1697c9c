"""Domains: raw inputs and rows are two forms of one thing, and enumeration gives each input once."""

import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.domains import Domain, Images, Numbers, Sampled, Tokens, symbol_key
from dsl.rows import Rows
from dsl.types import Kind

MIXED = (0, 1, 2, "a", True, 1.0, "1", "<bos>", "<eos>", "<pad>")


@st.composite
def tokens(draw) -> Tokens:
    alphabet = tuple(draw(st.lists(st.sampled_from(MIXED[:7]), min_size=1, max_size=3, unique_by=symbol_key)))
    prefix = draw(st.sampled_from([(), ("<bos>",), ("<bos>", 0)]))
    suffix = draw(st.sampled_from([(), ("<eos>",), ("<eos>", 0)]))
    least = draw(st.integers(0 if prefix or suffix else 1, 2))
    length = (least, least + draw(st.integers(0, 3)))
    return Tokens(MIXED, alphabet, length, prefix, suffix, draw(st.sampled_from(["<pad>", None])))


@st.composite
def numbers(draw) -> Numbers:
    width = draw(st.integers(1, 3))
    low = tuple(draw(st.lists(st.integers(-3, 3), min_size=width, max_size=width)))
    high = tuple(bound + draw(st.integers(0, 2)) for bound in low)
    return Numbers(width, low, high, draw(st.sampled_from([None, (1, 1), (1, 2), (2, 2)])))


def keyed(raw):
    """Give a raw input so that equal keys mean equal symbols."""
    return tuple(map(keyed, raw)) if isinstance(raw, list) else symbol_key(raw)


@settings(max_examples=60, deadline=None)
@given(domain=st.one_of(tokens(), numbers()), batch=st.sampled_from([1, 7, 4096]))
def test_enumeration_gives_every_input_once_short_ones_first(domain: Domain, batch: int):
    batches = list(domain.enumerate(batch))
    raws = [raw for rows in batches for raw in domain.raw(rows)]
    assert all(0 < len(rows) <= batch for rows in batches)
    assert len(raws) == len(set(map(keyed, raws))) == domain.size
    assert all(domain.contains(raw) is None for raw in raws)
    if domain.sequence:
        assert [len(raw) for raw in raws] == sorted(len(raw) for raw in raws)


@settings(max_examples=60, deadline=None)
@given(domain=st.one_of(tokens(), numbers()), seed=st.integers(0, 99))
def test_rows_and_raw_inputs_are_inverse(domain: Domain, seed: int):
    rows = domain.sample(20, np.random.default_rng(seed))
    raws = domain.raw(rows)
    again = domain.rows(raws)
    assert list(map(keyed, domain.raw(again))) == list(map(keyed, raws))
    assert np.array_equal(rows.values, again.values)
    if domain.sequence:
        assert np.array_equal(rows.lengths, again.lengths)
        assert np.array_equal(rows.scored, again.scored)
    assert json.loads(json.dumps(raws)) == raws


@settings(max_examples=40, deadline=None)
@given(domain=st.one_of(tokens(), numbers()))
def test_columns_line_up_with_what_the_program_sees(domain: Domain):
    rows = domain.sample(9, np.random.default_rng(0))
    cases = domain.cases(rows, ["new", 1, "new"])
    assert list(cases.inputs) == [i.name for i in domain.inputs]
    assert [s for s in cases.symbols if s == "new"] == ["new"]
    for i in domain.inputs:
        assert cases.inputs[i.name].shape == cases.mask.shape
        assert cases.inputs[i.name].dtype == np.int64
    if domain.sequence:
        assert cases.mask.shape == (9, rows.values.shape[1] - domain.offset)


def test_samples_do_not_starve_short_lengths():
    domain = Tokens(("a", "b"), ("a", "b"), (1, 10))
    lengths = domain.sample(1000, np.random.default_rng(0)).lengths
    assert lengths is not None
    assert np.bincount(lengths, minlength=11)[1:].min() > 60


def test_a_million_inputs_stream_fast():
    start = time.monotonic()
    assert sum(len(rows) for rows in Tokens(tuple("abcd"), tuple("abcd"), (1, 10)).enumerate()) == 1_398_100
    assert time.monotonic() - start < 10


def test_domains_too_large_to_count_start_streaming_or_say_so():
    large = Numbers(4, (0,) * 4, (2**20,) * 4, (1, 4))
    assert large.size == sum((2**20 + 1) ** (4 * n) for n in range(1, 5))
    assert next(large.enumerate(2)).values.tolist() == [[[0, 0, 0, 0]], [[0, 0, 0, 1]]]
    endless = Tokens(tuple("ab"), tuple("ab"), (1, 2**20))
    assert endless.size is None
    with pytest.raises(ValueError, match="cannot enumerate 1 to 1048576 symbols of a, b"):
        next(endless.enumerate())


def test_prefix_suffix_and_padding():
    domain = Tokens(("a", "b", "<bos>", "<eos>", "<pad>"), ("a", "b"), (0, 2), ("<bos>",), ("<eos>",), "<pad>")
    rows = domain.rows([["<bos>", "<eos>"], ["<bos>", "b", "a", "<eos>"]])
    assert rows.values.tolist() == [[2, 3, 4, 4], [2, 1, 0, 3]]
    assert rows.scored is not None
    assert rows.scored.tolist() == [[False, True, False, False], [False, True, True, True]]
    assert domain.cases(rows).mask.tolist() == [[True, False, False], [True, True, True]]


@pytest.mark.parametrize(
    ("alphabet", "kinds"),
    [
        ((0, 1), {"token": Kind.INT}),
        ((0, True), {"token": Kind.SYMBOL, "number": Kind.INT}),
        (("a", 1), {"token": Kind.SYMBOL, "number": Kind.INT}),
    ],
)
def test_columns_of_tokens(alphabet, kinds):
    domain = Tokens(MIXED, alphabet, (1, 3))
    assert {i.name: i.type.kind for i in domain.inputs} == kinds


def test_mixed_vocabularies_have_a_number_beside_the_token():
    domain = Tokens((5, "a", 6, 7, "<pad>"), (5, "a", 6, 7), (1, 3), pad="<pad>")
    cases = domain.cases(domain.rows([[6, "a", 5], [7]]))
    assert cases.inputs["token"].tolist() == [[2, 1, 0], [3, 4, 4]]
    assert cases.inputs["number"].tolist() == [[6, 4, 5], [7, 4, 4]]


TOKENS = Tokens((0, 1, "<bos>", "<eos>", "<pad>"), (0, 1), (1, 2), ("<bos>",), ("<eos>",), "<pad>")
SEQUENCE = Numbers(2, (0, 1), (3, 4), (1, 2))
STEP = Numbers(2, names=("income", "debt"))
IMAGE = Images((1, 1, 2), 0, 255, whole=True)


@pytest.mark.parametrize(
    ("domain", "raw", "wrong"),
    [
        (TOKENS, ["<bos>", 0, "<eos>"], None),
        (TOKENS, ["<bos>", True, "<eos>"], "True at position 1 is not a symbol"),
        (TOKENS, ["<bos>", 1.0, "<eos>"], "1.0 at position 1"),
        (TOKENS, ["<bos>", [0], "<eos>"], "[0] at position 1"),
        (TOKENS, ["<bos>", "<pad>", "<eos>"], "'<pad>' at position 1"),
        (TOKENS, [0, "<eos>"], "the prefix symbol '<bos>' is missing at position 0"),
        (TOKENS, [], "the prefix symbol '<bos>' is missing"),
        (TOKENS, ["<bos>", 0], "the suffix symbol '<eos>' is missing at position 1"),
        (TOKENS, ["<bos>", "<eos>"], "0 free symbols are not 1 to 2"),
        (TOKENS, ["<bos>", 0, 0, 0, "<eos>"], "3 free symbols"),
        (TOKENS, "<bos>", "'<bos>' is not a list of symbols"),
        (TOKENS, None, "None is not a list"),
        (SEQUENCE, [[0, 1], [3, 4]], None),
        (SEQUENCE, [[0.0, 1]], None),
        (SEQUENCE, [[0.5, 1]], "0.5 at step 0 is out of range"),
        (SEQUENCE, [[0, 1], [0, 5]], "5 at step 1 is out of range"),
        (SEQUENCE, [[0, True]], "True at step 0"),
        (SEQUENCE, [[0, "1"]], "'1' at step 0"),
        (SEQUENCE, [0, 1], "0 at step 0 is not 2 integers, 0 to 3 and 1 to 4"),
        (SEQUENCE, [], "0 steps are not 1 to 2"),
        (SEQUENCE, 3, "3 is not a list of steps"),
        (STEP, [0.25, 10], None),
        (STEP, [float("nan"), 0], "nan is out of range"),
        (STEP, [10**400, 0], "is out of range"),
        (STEP, [1], "[1] is not 2 real numbers"),
        (Numbers(1, (0,), (9,)), 7, None),
        (Numbers(1, (0,), (9,)), [7], "[7] is out of range"),
        (IMAGE, [[[0, 255]]], None),
        (IMAGE, [[[0, 256]]], "256 at (0, 0, 1) is out of range"),
        (IMAGE, [[[0]]], "the shape 1 x 1 x 1 is another"),
        (IMAGE, [[[0, 1], [2]]], "not nested evenly"),
        (IMAGE, [[["a", "b"]]], "'a' is not a nested list of numbers"),
        (IMAGE, [[[True, False]]], "True is not a nested list"),
        (IMAGE, [[[0.5, 0]]], "0.5 at (0, 0, 0)"),
        (IMAGE, [[[10**400, 0]]], "is not a nested list of numbers"),
    ],
)
def test_what_is_outside_is_named_with_the_domain(domain: Domain, raw, wrong):
    said = domain.contains(raw)
    if wrong is None:
        assert said is None
        return
    assert said is not None
    assert wrong in said
    assert said.endswith(f"the domain is {domain.describe()}")
    with pytest.raises(ValueError, match="the domain is"):
        domain.rows([raw])


def test_numbers_without_a_sequence_axis():
    domain = Numbers(2, (0, 0), (6, 6), names=("a", "b"))
    rows = domain.rows([[1, 2], [3, 4]])
    assert rows.lengths is None
    assert rows.scored is None
    cases = domain.cases(rows)
    assert cases.inputs["b"].tolist() == [[2], [4]]
    assert cases.mask.tolist() == [[True], [True]]


def test_real_numbers_have_real_columns():
    domain = Numbers(1, length=(1, 3))
    rows = domain.sample(5, np.random.default_rng(0))
    assert domain.size is None
    assert domain.inputs[0].type.kind is Kind.REAL
    assert domain.cases(rows).inputs["x"].dtype == np.float64
    assert domain.raw(domain.rows(domain.raw(rows))) == domain.raw(rows)


def test_images():
    rows = IMAGE.sample(3, np.random.default_rng(0))
    assert IMAGE.raw(IMAGE.rows(IMAGE.raw(rows))) == IMAGE.raw(rows)
    assert isinstance(IMAGE.raw(rows)[0][0][0][0], int)
    assert IMAGE.inputs == ()
    assert Images((1, 2, 2), 0.0, 1.0).sample(2, np.random.default_rng(0)).values.max() <= 1
    with pytest.raises(ValueError, match="no bounds"):
        Images((1, 2, 2)).sample(1, np.random.default_rng(0))


def sampled(product: Domain | None = None) -> Sampled:
    space = Tokens(("a", "b", "<pad>"), ("a", "b"), (1, None), pad="<pad>")
    raws = [list(w) for w in ("a", "b", "ab", "ab", "ba", "bb", "aab", "b")]
    return Sampled(space, space.rows(raws), "inputs.npz", product)


@given(seed=st.integers(0, 500))
def test_halves_of_samples_share_no_input(seed: int):
    domain = sampled()
    search, held = domain.split(np.random.default_rng(seed))
    assert isinstance(search, Sampled)
    assert isinstance(held, Sampled)
    first, second = ([tuple(raw) for raw in half.raw(half.samples)] for half in (search, held))
    assert not set(first) & set(second)
    assert sorted(first + second) == sorted(tuple(raw) for raw in domain.raw(domain.samples))
    assert (search.distinct, held.distinct) == (3, 3)


def test_samples_are_drawn_without_replacement():
    domain = sampled()
    drawn = domain.sample(100, np.random.default_rng(0))
    assert sorted(domain.raw(drawn)) == sorted(domain.raw(domain.samples))
    assert len(domain.sample(3, np.random.default_rng(0))) == 3


def test_samples_are_not_enumerable():
    assert sampled().size is None
    with pytest.raises(ValueError, match="cannot enumerate inputs like the samples"):
        sampled().enumerate()
    with pytest.raises(ValueError, match="only given samples"):
        TOKENS.split(np.random.default_rng(0))


@pytest.mark.parametrize("domain", [TOKENS, SEQUENCE, STEP, IMAGE, sampled(), sampled(TOKENS)])
def test_tables_are_json(domain: Domain):
    table = domain.render()
    assert json.loads(json.dumps(table)) == table
    assert table["size"] == domain.size
    assert domain.distribution


def test_concatenated_batches_keep_their_padding():
    parts = list(TOKENS.enumerate())
    whole = Rows.concat(parts, TOKENS.fill)
    assert TOKENS.raw(whole) == [raw for part in parts for raw in TOKENS.raw(part)]
