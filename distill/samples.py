"""Real inputs from an .npz file: what a bundle gives where its domain is no free product."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from distill.errors import BadInput, shown
from distill.specs import Bundle, InputSpec
from dsl.domains import symbol_key
from dsl.domains.base import scored
from dsl.rows import Rows
from dsl.terms import Value

_MEMBERS = {"tokens": ("tokens", "lengths", "scored"), "numbers": ("inputs", "lengths"), "image": ("inputs",)}

_DAMAGED = (
    *(ValueError, OSError, EOFError, MemoryError, OverflowError, RuntimeError, SyntaxError),
    *(zipfile.BadZipFile, zlib.error),
)  # what numpy and zipfile raise for damaged files


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Real inputs. whole: the file holds integers."""

    rows: Rows
    whole: bool

    @property
    def lengths(self) -> tuple[int, ...]:
        """The positions of each row; () without a position axis."""
        return () if self.rows.lengths is None else tuple(self.rows.lengths.tolist())


def read_samples(bundle: Bundle) -> Samples:
    """Read the samples of a bundle whose kind is known.

    Raises BadInput where the file is not a plain .npz, an array is missing or of a wrong dtype or shape, or a value is
    not one that the [input] table allows.
    """
    spec, where = bundle.input, bundle.where("samples")
    assert spec.samples is not None
    assert spec.kind is not None
    arrays = _load(spec.samples, where, _MEMBERS[spec.kind])
    read = {"tokens": _tokens, "numbers": _numbers, "image": _images}[spec.kind]
    name = "tokens" if spec.kind == "tokens" else "inputs"
    if name not in arrays:
        raise BadInput(where, f"no array {name!r}", f"{name!r} in {spec.samples.name}", f"save it as {name}=...")
    if not len(arrays[name]):
        raise BadInput(where, f"{name} with no rows", "real inputs", "save at least two")
    return Samples(read(bundle, arrays, where), arrays[name].dtype.kind in "iub")


def _load(path: Path, where: str, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    remedy = "save it with numpy.savez_compressed, without objects"
    try:
        with path.open("rb") as file:
            content = np.load(file, allow_pickle=False)
            if isinstance(content, np.ndarray):
                raise BadInput(where, "a single array", "an .npz file of plain arrays", remedy)
            return {name: content[name] for name in names if name in content.files}
    except _DAMAGED as error:
        raise BadInput(where, f"a fault: {error}", "an .npz file of plain arrays", remedy) from error


def _require(where: str, name: str, array: np.ndarray, kinds: str, shape: tuple[int | None, ...], what: str) -> None:
    """Raise BadInput where an array is not of one of the dtype kinds, or an axis is not as long as it must be."""
    fits = array.ndim == len(shape) and all(w in (None, n) for w, n in zip(shape, array.shape, strict=True))
    if array.dtype.kind not in kinds or not fits:
        found = f"{name} of dtype {array.dtype} and shape {list(array.shape)}"
        raise BadInput(where, found, what, f"save {name} so")


def _refuse(where: str, name: str, array: np.ndarray, wrong: np.ndarray, expected: str) -> None:
    """Raise BadInput for the first value of an array that is wrong."""
    if wrong.any():
        place = tuple(int(k) for k in np.argwhere(wrong)[0])
        found = f"{array[place].item()!r} at {name}{list(place)}"
        raise BadInput(where, found, expected, "correct the samples or the [input] table")


def _lengths(where: str, arrays: dict[str, np.ndarray], rows: int, most: int) -> np.ndarray:
    lengths = arrays["lengths"]
    _require(where, "lengths", lengths, "iu", (rows,), f"integers of shape [{rows}]")
    _refuse(where, "lengths", lengths, (lengths < 1) | (lengths > most), f"lengths from 1 to {most}")
    return lengths.astype(np.int64)


def _tokens(bundle: Bundle, arrays: dict[str, np.ndarray], where: str) -> Rows:
    spec, tokens = bundle.input, arrays["tokens"]
    _require(where, "tokens", tokens, "iu", (None, None), "integers of shape [n, length]")
    if "lengths" not in arrays:
        raise BadInput(where, "no array 'lengths'", "the real positions of each row", "save it as lengths=...")
    lengths = _lengths(where, arrays, *tokens.shape)
    real = np.arange(tokens.shape[1]) < lengths[:, None]
    vocab = spec.vocab or ()
    beyond = real & ((tokens < 0) | (tokens >= len(vocab)))
    _refuse(where, "tokens", tokens, beyond, f"ids from 0 to {len(vocab) - 1}, the symbols of vocab")
    pad = 0 if spec.pad is None else _id(vocab, spec.pad)
    if spec.pad is not None:
        _refuse(where, "tokens", tokens, real & (tokens == pad), "no padding within a row's length")
    for k, symbol in enumerate(spec.prefix or ()):
        wrong = real & (np.arange(tokens.shape[1]) == k) & (tokens != _id(vocab, symbol))
        _refuse(where, "tokens", tokens, wrong, f"{_id(vocab, symbol)}, the prefix symbol {symbol!r}")
    _refuse(where, "lengths", lengths, lengths < len(spec.prefix or ()), "rows that hold the prefix")
    values = np.where(real, tokens.astype(np.int64), pad)
    return Rows(values, lengths, _scored(bundle, arrays, values, lengths, where))


def _scored(
    bundle: Bundle, arrays: dict[str, np.ndarray], values: np.ndarray, lengths: np.ndarray, where: str
) -> np.ndarray | None:
    if bundle.output.at == "whole":
        return None
    default = scored(lengths, values.shape[1], len(bundle.input.prefix or ()))
    if "scored" not in arrays:
        return default
    given = arrays["scored"]
    _require(where, "scored", given, "b", values.shape, f"booleans of shape {list(values.shape)}")
    given = given & scored(lengths, values.shape[1], 0)
    if not given.any():
        raise BadInput(
            where, "no scored position", "outputs that count", "save scored=... with some True, or leave it out"
        )
    return given


def _id(vocab: tuple[Value, ...], symbol: Value) -> int:
    return [symbol_key(s) for s in vocab].index(symbol_key(symbol))


def _numbers(bundle: Bundle, arrays: dict[str, np.ndarray], where: str) -> Rows:
    spec, inputs = bundle.input, arrays["inputs"]
    sequence = inputs.ndim == 3
    shape = (None, None, spec.width) if sequence else (None, spec.width)
    width = spec.width or "width"
    _require(where, "inputs", inputs, "iufb", shape, f"numbers of shape [n, length, {width}] or [n, {width}]")
    if spec.length is not None and not sequence:
        remedy = "leave length out, or save an axis of steps"
        raise BadInput(where, f"inputs of shape {list(inputs.shape)}", "[n, length, width], as length is set", remedy)
    _check_range(spec, where, inputs)
    values = inputs.astype(np.float64)
    if not sequence:
        return Rows(values)
    lengths = np.full(len(values), values.shape[1], np.int64)
    if "lengths" in arrays:
        lengths = _lengths(where, arrays, len(values), values.shape[1])
    real = scored(lengths, values.shape[1], 0)
    return Rows(np.where(real[:, :, None], values, 0.0), lengths, None if bundle.output.at == "whole" else real)


def _images(bundle: Bundle, arrays: dict[str, np.ndarray], where: str) -> Rows:
    spec, inputs = bundle.input, arrays["inputs"]
    shape = spec.shape or (None, None, None)
    expected = f"numbers of shape {['n', *shape] if spec.shape else ['n', 'channels', 'height', 'width']}"
    _require(where, "inputs", inputs, "iufb", (None, *shape), expected.replace("'", ""))
    _check_range(spec, where, inputs)
    return Rows(inputs.astype(np.float64))


def _check_range(spec: InputSpec, where: str, inputs: np.ndarray) -> None:
    """Numbers are finite, within the bounds where there are any, and for kind numbers then whole."""
    _refuse(where, "inputs", inputs, ~np.isfinite(inputs), "finite numbers")
    if spec.low is None or spec.high is None:
        return
    low, high = np.array(spec.low), np.array(spec.high)
    bounds = f"from {shown(list(spec.low))} to {shown(list(spec.high))}"
    _refuse(where, "inputs", inputs, (inputs < low) | (inputs > high), f"values {bounds}, as low and high say")
    if spec.kind == "numbers":
        _refuse(where, "inputs", inputs, inputs != np.round(inputs), f"integers {bounds}")
