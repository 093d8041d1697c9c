"""What is wrong with a bundle is said in one line, with the place and a remedy."""

from pathlib import Path

import numpy as np
import pytest

from distill.bundle import make_domain, read_bundle
from distill.errors import BadInput, NeedsTrust
from tests.unit.bundles import TOKENS, begin, completed, samples, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return begin(tmp_path)


WRONG_KEYS = [
    ('vocabs = ["a"]', "", "did you mean 'vocab'?"),
    ('readout = "argmax"', "", "move it to [output]"),
    ("vocab = 3", "", "found 3, expected a list of symbols"),
    ("vocab = []", "", "found []"),
    ('vocab = ["a", [1]]', "", "found ['a', [1]]"),
    ("vocab = [nan]", "", "found [nan]"),
    ("vocab = [1979-05-27]", "", "expected a list of symbols"),
    ('vocab = ["a", "b", "a"]', "", "found 'a' at places 0 and 2, expected distinct symbols"),
    ('kind = "token"', "", "did you mean 'tokens'?"),
    ('kind = ["tokens"]', "", "expected one of tokens, numbers, image"),
    ("", 'readout = "softmax"', "expected one of argmax"),
    ("", 'at = "lasts"', "did you mean 'last'?"),
    ("", 'symbols = ["x", "x"]', "expected distinct symbols"),
    (TOKENS + 'pad = "<pda>"', "", "found '<pda>', expected symbols of vocab (a, b, <bos>, <pad>)"),
    (TOKENS + 'prefix = ["<s>"]', "", "add it to vocab, or correct prefix"),
    (TOKENS + 'prefix = "<bos>"', "", 'write it like prefix = ["<bos>"]'),
    ("vocab = [0, 1.0]\nalphabet = [0.0]", "", "write 0 as vocab does"),
    ('vocab = [0, "1"]\nalphabet = [1]', "", "write '1' as vocab does"),
    (TOKENS + 'pad = "a"\nalphabet = ["a"]', "", "take it out of alphabet"),
    (TOKENS + "length = [5, 2]", "", "found [5, 2], expected least and most, least <= most"),
    (TOKENS + "length = [1, 2, 3]", "", "found [1, 2, 3]"),
    (TOKENS + "length = [-1, 2]", "", "found [-1, 2]"),
    (TOKENS + "length = [0, 2]", "", "raise the least length to 1"),
    (TOKENS + "length = [1, 1.5]", "", "found [1, 1.5]"),
    (TOKENS + "low = 0\nhigh = 1", "", "use alphabet and length instead"),
    (TOKENS + "width = 2", "", "remove it, or set kind = 'numbers'"),
    ("width = 1\nlow = 3\nhigh = 2", "", "low 3 above high 2"),
    ("width = 2\nlow = [0, 3]\nhigh = 2", "", "low 3 above high 2 for component 1"),
    ("width = 1\nlow = 3", "", "set high too, or leave both out for real numbers"),
    ("width = 1\nlow = 0.5\nhigh = 2", "", "leave low and high out for real numbers"),
    ("width = 1\nlow = 0\nhigh = 99999999", "", "integers within 16777216 of 0"),
    ("width = 3\nlow = [0, 0]\nhigh = 1", "", "2 components, expected 3, as width says"),
    ('width = 2\nnames = ["a"]', "", "1 components, expected 2"),
    ('names = ["a b"]', "", "use letters, digits and underscores"),
    ('names = ["if"]', "", "found 'if'"),
    ("width = 0", "", "found 0, expected a positive integer"),
    ("width = true", "", "found True"),
    ("shape = [28, 28]", "", "expected channels, height, width"),
    ("shape = [1, 2, 2]\nscale = 0", "", "expected a number other than 0"),
    ("shape = [1, 2, 2]\nlow = [0, 0]\nhigh = 1", "", "one bound for all values"),
    ("shape = [1, 2, 2]\nlength = [1, 2]", "", "found length, expected keys of kind 'image'"),
    ('samples = "missing.npz"', "", "found 'missing.npz', which does not exist"),
    ('samples = "../inputs.npz"', "", "a path inside the bundle"),
    ('samples = "/etc/passwd"', "", "a path inside the bundle"),
]


@pytest.mark.parametrize(("input", "output", "said"), WRONG_KEYS)
def test_what_is_wrong_without_the_network(folder: Path, input: str, output: str, said: str):
    write(folder, input, output)
    with pytest.raises(BadInput) as error:
        read_bundle(folder)
    line = str(error.value)
    assert said in line
    assert line.startswith(f"{folder / 'distill.toml'} [")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ('file = "other.pt2"', "'other.pt2', which does not exist"),
        ('file = "../network.pt2"', "a path inside the bundle"),
        ('file = "network.pt2"\nfactory = "nets.py"', 'write it like factory = "nets.py:build"'),
        ('file = "network.pt2"\nfactory = "../nets.py:build"', "a path inside the bundle"),
        ('file = "network.pt2"\nfactory = "net.py:build"', "'net.py', which does not exist"),
        ("file = 3", "found 3, expected a path"),
        ('path = "network.pt2"', "an unknown key 'path'"),
    ],
)
def test_wrong_networks(folder: Path, network: str, said: str):
    with pytest.raises(BadInput) as error:
        read_bundle(write(folder, network=network))
    assert said in str(error.value)


def test_links_do_not_lead_out_of_the_bundle(tmp_path: Path):
    (tmp_path / "secret.npz").touch()
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "network.pt2").touch()
    (tmp_path / "bundle" / "inputs.npz").symlink_to(tmp_path / "secret.npz")
    with pytest.raises(BadInput, match="a path inside the bundle"):
        read_bundle(write(tmp_path / "bundle", 'samples = "inputs.npz"'))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[input", "a TOML file in UTF-8"),
        ("\xff", "a TOML file in UTF-8"),
        ("a = " + "[" * 5000, "a TOML file in UTF-8"),
        ('kind = "tokens"', "put it under [input]"),
        ("[inputs]", "did you mean 'input'?"),
        ("input = 3", "found 'input' at the top"),
    ],
)
def test_wrong_manifests(folder: Path, text: str, said: str):
    (folder / "distill.toml").write_text(text, encoding="latin-1")
    with pytest.raises(BadInput) as error:
        read_bundle(folder)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_wrong_paths_and_flags(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    with pytest.raises(BadInput, match="nothing there"):
        read_bundle(folder / "other")
    with pytest.raises(BadInput, match="found no model file"):
        read_bundle(tmp_path_factory.mktemp("empty"))
    with pytest.raises(BadInput, match=r"--vocabs: found an unknown key 'vocabs'.*did you mean 'vocab'"):
        read_bundle(folder, {"vocabs": ["a"]})
    with pytest.raises(BadInput, match=r"--length: found \[8, 1\]"):
        read_bundle(folder, {"length": "8,1"})
    with pytest.raises(BadInput, match=r"--samples: found 'missing\.npz'"):
        read_bundle(folder, {"samples": "missing.npz"})


@pytest.mark.parametrize(
    ("input", "output", "found", "said"),
    [
        (TOKENS, "", {"vocab_size": 5}, "found 4 symbols, expected 5, the rows of the network's embedding"),
        (TOKENS, "", {}, "set length = [1, 8] or so"),
        ("kind = 'tokens'", "", {}, "as the network has no embedding to count"),
        (TOKENS + "length = [1, 8]", "", {"positions": 7}, "found inputs of 8 positions, expected at most 7"),
        (TOKENS + "length = [1, 8]\nprefix = ['<bos>']", "", {"positions": 8}, "found inputs of 9 positions"),
        (TOKENS + "length = [1, 8]", "", {"columns": 5}, "found 4 symbols, expected 5, one a column"),
        (TOKENS + "length = [1, 8]", "symbols = ['x']", {"columns": 2}, "found 1 symbols, expected 2"),
        (TOKENS + "length = [1, 8]", "readout = 'round'", {"columns": 2}, "found 'round' of 2 columns"),
        ("vocab = ['a']\npad = 'a'\nlength = [1, 2]", "", {}, "found no alphabet"),
        ("kind = 'numbers'", "", {}, "set width = 1, or what the first layer takes"),
        ("width = 2", "", {"width": 3}, "found 2 components, expected 3, as the network takes"),
        ("low = [0, 0]\nhigh = 1", "", {"width": 3}, "found 2 components, expected 3"),
        ("width = 2", "at = 'each'", {}, "at = 'each', and inputs without a position axis"),
        ("width = 2", "readout = 'multilabel'", {"columns": 63}, "found 63 columns, expected at most 62"),
        ("width = 2", "readout = 'argmax'", {}, "found no symbols"),
        ("kind = 'image'", "", {}, "found no shape"),
        ("shape = [1, 2, 2]", "", {}, "found no samples"),
        ("vocab = [1]", "", {}, "set length"),
        ("pad = 7", "", {"vocab_size": 3, "positions": 2}, "found 7, expected symbols of vocab (0, 1, 2)"),
    ],
)
def test_what_the_network_contradicts(folder: Path, input: str, output: str, found: dict, said: str):
    with pytest.raises(BadInput) as error:
        completed(write(folder, input, output), found)
    assert said in str(error.value)


GOOD = {"tokens": [[0, 1], [1, 1]], "lengths": [2, 1]}


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"lengths": [1]}, "found no array 'tokens'"),
        ({"tokens": [[0, 1]]}, "found no array 'lengths'"),
        ({**GOOD, "tokens": [[0.0, 1], [1, 1]]}, "found tokens of dtype float64 and shape [2, 2], expected integers"),
        ({**GOOD, "tokens": [0, 1]}, "shape [2]"),
        ({**GOOD, "tokens": [[0, 1], [4, 1]]}, "found 4 at tokens[1, 0], expected ids from 0 to 3"),
        ({**GOOD, "tokens": [[0, -1], [1, 1]]}, "found -1 at tokens[0, 1]"),
        ({**GOOD, "tokens": [[0, 3], [1, 1]]}, "found 3 at tokens[0, 1], expected no padding within a row's length"),
        ({**GOOD, "tokens": np.zeros((0, 2), int)}, "found tokens with no rows"),
        ({**GOOD, "lengths": [2, 3]}, "found 3 at lengths[1], expected lengths from 1 to 2"),
        ({**GOOD, "lengths": [2, 0]}, "found 0 at lengths[1]"),
        ({**GOOD, "lengths": [2]}, "found lengths of dtype int64 and shape [1]"),
        ({**GOOD, "scored": [[1, 1], [1, 1]]}, "found scored of dtype int64"),
        ({**GOOD, "scored": [[False, False], [False, True]]}, "found no scored position"),
        ({**GOOD, "tokens": [[0, 1], [0, 1]], "lengths": [2, 2]}, "found 1 distinct input"),
        ({"tokens": np.array([["a"]], object), "lengths": [1]}, "an .npz file of plain arrays"),
    ],
)
def test_wrong_samples_of_tokens(folder: Path, arrays: dict, said: str):
    write(folder, TOKENS + 'pad = "<pad>"\n' + samples(folder, **arrays))
    with pytest.raises(BadInput) as error:
        make_domain(completed(folder))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("input", "inputs", "said"),
    [
        ("width = 2", [[0, 1, 2]], "found inputs of dtype int64 and shape [1, 3], expected numbers of shape"),
        ("width = 2", [["0", "1"]], "found inputs of dtype <U1"),
        ("width = 2\nlow = 0\nhigh = 3", [[0, 1], [0, 4]], "found 4 at inputs[1, 1], expected values from [0] to [3]"),
        ("width = 2\nlow = 0\nhigh = 3", [[0, 0.5]], "found 0.5 at inputs[0, 1], expected integers"),
        ("width = 1", [[np.nan]], "found nan at inputs[0, 0], expected finite numbers"),
        ("width = 1\nlength = [1, 2]", [[0.5], [1]], "[n, length, width], as length is set"),
        ("kind = 'image'", [[0.5], [1]], "[n, channels, height, width]"),
        ("shape = [1, 1, 1]", [[[[0.5]]], [[[0.5]]]], "found 1 distinct input"),
        ("shape = [1, 2, 1]", [[[[0.5]]], [[[1]]]], "expected numbers of shape [n, 1, 2, 1]"),
        ("shape = [1, 1, 1]\nlow = 0\nhigh = 1", [[[[0.5]]], [[[2]]]], "found 2.0 at inputs[1, 0, 0, 0]"),
    ],
)
def test_wrong_samples_of_numbers(folder: Path, input: str, inputs, said: str):
    write(folder, f"{samples(folder, inputs=inputs)}{input}", 'readout = "argmax"\nsymbols = [0, 1]')
    with pytest.raises(BadInput) as error:
        make_domain(completed(folder))
    assert said in str(error.value)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04broken"])
def test_damaged_samples(folder: Path, content: bytes):
    (folder / "inputs.npz").write_bytes(content)
    with pytest.raises(BadInput, match=r"an \.npz file"):
        make_domain(completed(write(folder, TOKENS + 'samples = "inputs.npz"')))


def test_a_single_array_is_no_samples(folder: Path):
    with (folder / "inputs.npz").open("wb") as file:
        np.save(file, np.zeros((2, 2)))
    with pytest.raises(BadInput, match="found a single array"):
        make_domain(completed(write(folder, TOKENS + 'samples = "inputs.npz"')))


def test_needing_trust_is_bad_input():
    error = NeedsTrust("net.pt", "a pickle\nof code", "tensors", "pass --trust")
    assert isinstance(error, BadInput)
    assert str(error) == "net.pt: found a pickle of code, expected tensors; pass --trust"
