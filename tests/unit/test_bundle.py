"""Bundles: what is stated is read, what is not is inferred."""

from pathlib import Path

import numpy as np
import pytest

from distill.bundle import fill, make_domain, read_bundle
from distill.manifest import KEYS, read_flags
from dsl.domains import Images, Numbers, Sampled, Tokens
from dsl.types import Kind
from tests.unit.bundles import TOKENS, begin, completed, samples, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return begin(tmp_path)


def test_everything_stated(folder: Path):
    given = TOKENS + 'pad = "<pad>"\nprefix = ["<bos>"]\nalphabet = ["a", "b"]\nlength = [1, 8]\nsuffix = []'
    write(folder, given, 'readout = "argmax"\nat = "each"\nsymbols = ["x", "y"]')
    bundle = completed(folder, {"vocab_size": 4, "positions": 9, "columns": 2})
    domain = make_domain(bundle)
    assert isinstance(domain, Tokens)
    assert domain.describe() == "<bos> then 1 to 8 symbols of a, b"
    assert domain.size == 510
    assert bundle.output.symbols == ("x", "y")
    assert bundle.network.path == folder / "network.pt2"


def test_a_bare_file_with_flags(folder: Path):
    flags = {"vocab": "a,b,0,'1'", "length": "[1, 3]", "pad": 0, "prefix": None, "at": "last"}
    bundle = completed(folder / "network.pt2", {"vocab_size": 4}, flags)
    assert bundle.name == "network"
    assert bundle.input.vocab == ("a", "b", 0, "1")
    assert bundle.input.alphabet == ("a", "b", "1")
    assert bundle.output.at == "last"


def test_flags_override_the_manifest(folder: Path):
    write(folder, TOKENS + "length = [1, 2]")
    bundle = completed(folder, {}, {"length": (1, 4), "alphabet": ["a"]})
    assert bundle.input.length == (1, 4)
    assert bundle.input.alphabet == ("a",)
    assert bundle.where("length") == "--length"
    assert "[input] vocab" in bundle.where("vocab")


@pytest.mark.parametrize(
    ("text", "vocab"),
    [
        ('[0, "a", true, 1.5]', (0, "a", True, 1.5)),
        ("0,a,true,1.5", (0, "a", True, 1.5)),
        (["0", "a", '"1"'], (0, "a", "1")),
        ("<bos>", ("<bos>",)),
        (7, (7,)),
    ],
)
def test_flags_spell_symbols(folder: Path, text, vocab):
    bundle = read_bundle(folder, {"vocab": text})
    assert list(map(type, bundle.input.vocab or ())) == list(map(type, vocab))
    assert bundle.input.vocab == vocab


def test_a_hugging_face_folder(tmp_path: Path):
    (tmp_path / "config.json").touch()
    bundle = completed(tmp_path, {"vocab_size": 3, "positions": 5, "columns": 3})
    assert bundle.network.path == tmp_path
    domain = make_domain(bundle)
    assert isinstance(domain, Tokens)
    assert (domain.vocab, domain.length) == ((0, 1, 2), (1, 5))
    assert domain.inputs[0].type.kind is Kind.INT
    assert (bundle.output.readout, bundle.output.at, bundle.output.symbols) == ("argmax", "each", (0, 1, 2))


def test_symbols_are_told_apart_by_type(folder: Path):
    write(folder, 'vocab = [1, true, 1.0, "1"]\nalphabet = [true, "1"]\nlength = [1, 1]')
    domain = make_domain(completed(folder))
    assert isinstance(domain, Tokens)
    assert [domain.raw(rows) for rows in domain.enumerate()] == [[[True], ["1"]]]
    assert next(domain.enumerate()).values.tolist() == [[1], [3]]


def test_numbers(folder: Path):
    write(folder, "width = 2\nlow = 0\nhigh = [1, 5]", 'readout = "round"')
    bundle = completed(folder, {"width": 2, "columns": 1})
    assert (bundle.input.kind, bundle.input.low, bundle.input.high) == ("numbers", (0, 0), (1, 5))
    assert make_domain(bundle) == Numbers(2, (0, 0), (1, 5), scores=False)
    assert bundle.output.at == "whole"


def test_width_is_inferred(folder: Path):
    assert completed(folder, {"width": 3, "columns": 1}).input.width == 3
    assert completed(folder, {"columns": 1}, {"names": "income,debt"}).input.width == 2
    assert completed(folder, {"columns": 1}, {"kind": "numbers", "low": "[0, 0]", "high": 1}).input.width == 2
    assert completed(folder, {"width": 3, "columns": 1}).output.readout == "real"


def test_sampled_tokens(folder: Path):
    given = samples(
        folder, tokens=[[2, 0, 1], [2, 1, -7]], lengths=[3, 2], scored=[[False, False, True], [False, True, True]]
    )
    write(folder, TOKENS + given + 'pad = "<pad>"\nprefix = ["<bos>"]', 'readout = "multilabel"')
    domain = make_domain(completed(folder, {"vocab_size": 4, "positions": 3}))
    assert isinstance(domain, Sampled)
    assert (domain.offset, domain.product) == (1, None)
    assert domain.raw(domain.samples) == [["<bos>", "a", "b"], ["<bos>", "b"]]
    assert domain.samples.values.tolist() == [[2, 0, 1], [2, 1, 3]]
    assert domain.samples.scored is not None
    assert domain.samples.scored.tolist() == [[False, False, True], [False, True, False]]
    assert domain.contains(["<bos>", *"ab" * 50]) is None
    assert domain.contains(["<bos>", "<bos>"]) is not None


def test_samples_beside_a_product(folder: Path):
    given = samples(folder, tokens=[[0, 1], [1, 1], [0, 3]], lengths=[2, 2, 1])
    write(folder, TOKENS + given + 'alphabet = ["a", "b"]')
    domain = make_domain(completed(folder))
    assert isinstance(domain, Sampled)
    assert domain.size is None
    assert isinstance(domain.product, Tokens)
    assert domain.product.length == (1, 2)


def test_sampled_numbers(folder: Path):
    write(folder, samples(folder, inputs=np.arange(12).reshape(2, 3, 2), lengths=[3, 1]) + "low = 0\nhigh = 20")
    bundle = completed(folder, {"width": 2, "columns": 1})
    domain = make_domain(bundle)
    assert isinstance(domain, Sampled)
    assert bundle.input.length == (1, 3)
    assert bundle.output.at == "each"
    assert domain.raw(domain.samples) == [[[0, 1], [2, 3], [4, 5]], [[6, 7]]]
    write(folder, samples(folder, inputs=[[0.5], [1.5]]), 'at = "whole"')
    domain = make_domain(completed(folder, {"width": 1, "columns": 1}))
    assert domain.raw(domain.rows([0.5])) == [0.5]
    assert not domain.sequence


def test_images(folder: Path):
    write(folder, samples(folder, inputs=np.arange(8, dtype=np.uint8).reshape(2, 1, 2, 2)) + 'kind = "image"')
    bundle = completed(folder, {"columns": 2})
    assert (bundle.input.shape, bundle.input.scale, bundle.output.symbols) == ((1, 2, 2), 1.0, (0, 1))
    assert make_domain(bundle).raw(make_domain(bundle).rows([[[[1, 2], [3, 4]]]])) == [[[[1, 2], [3, 4]]]]
    write(folder, "shape = [1, 2, 2]\nlow = 0\nhigh = 1.0")
    assert make_domain(completed(folder, {"columns": 2})) == Images((1, 2, 2), 0, 1.0)


def test_booleans_are_numbers_in_samples(folder: Path):
    write(folder, samples(folder, inputs=[[True, False], [False, True]]) + "low = 0\nhigh = 1")
    assert make_domain(completed(folder, {"columns": 2})).kind == "numbers"


def test_fill_changes_nothing_that_is_complete(folder: Path):
    write(folder, TOKENS + 'pad = "<pad>"\nlength = [1, 8]')
    bundle = completed(folder, {"vocab_size": 4})
    assert fill(bundle, {"vocab_size": 4}) == bundle


def test_every_key_has_a_default_and_an_example_that_reads():
    for name, key in KEYS.items():
        assert key.default
        stated = read_flags({name: key.example.strip('"')})
        assert stated[name][1] == f"--{name}"
