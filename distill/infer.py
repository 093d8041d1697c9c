"""What a bundle leaves unstated, completed from its network and its samples, and the rest checked against them.

The defaults of all keys stand in one table: `distill.manifest.KEYS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from distill.consistency import check_input, check_output, spread, stated_widths
from distill.errors import BadInput
from distill.samples import Samples, read_samples
from distill.specs import Bundle, InputSpec, OutputSpec
from dsl.domains import symbol_key
from dsl.terms import Value

MOST_COLUMNS = 62  # a set of symbols is the bits of an int64


def fill(bundle: Bundle, found: Mapping[str, Any]) -> Bundle:
    """Complete a bundle from what its network says of itself, and check the two against each other.

    found: any of vocab_size (rows of the embedding), positions (the longest input), width (components a step),
    columns (of the output), at ("each" or "whole": whether outputs have a position axis).
    Raises BadInput where they contradict each other, or a key that nothing implies is missing.
    """
    kind = bundle.input.kind or ("tokens" if "vocab_size" in found else "numbers")
    bundle = replace(bundle, input=replace(bundle.input, kind=kind))
    check_input(bundle)
    complete = {"tokens": _tokens, "numbers": _numbers, "image": _image}[kind]
    bundle = replace(bundle, input=complete(bundle, found))
    check_input(bundle)
    bundle = replace(bundle, output=_output(bundle, found))
    check_output(bundle)
    return bundle


def _tokens(bundle: Bundle, found: Mapping[str, Any]) -> InputSpec:
    spec, rows = bundle.input, found.get("vocab_size")
    if spec.vocab is None and rows is None:
        expected = "the symbol of each id, as the network has no embedding to count"
        raise BadInput(bundle.where("vocab"), "no vocab", expected, 'set vocab = ["a", "b", ...]')
    vocab = tuple(range(rows or 0)) if spec.vocab is None else spec.vocab
    if rows is not None and len(vocab) != rows:
        expected = f"{rows}, the rows of the network's embedding"
        raise BadInput(bundle.where("vocab"), f"{len(vocab)} symbols", expected, "list one symbol an id, in id order")
    spec = replace(spec, vocab=vocab, prefix=spec.prefix or (), suffix=spec.suffix or ())
    fixed, most = len(spec.prefix or ()) + len(spec.suffix or ()), found.get("positions")
    if spec.samples is None:
        spec = _free_tokens(bundle, spec, fixed, most)
    else:
        lengths = read_samples(replace(bundle, input=spec)).lengths
        _check_positions(bundle, "samples", max(lengths), most)
        if spec.alphabet is not None and spec.length is None:
            spec = replace(spec, length=(max(0, min(lengths) - fixed), max(0, max(lengths) - fixed)))
    if spec.length is not None:
        _check_positions(bundle, "length", spec.length[1] + fixed, most)
    return spec


def _free_tokens(bundle: Bundle, spec: InputSpec, fixed: int, most: int | None) -> InputSpec:
    """Free symbols are those of no other use, and as many as the network has positions for."""
    alphabet, length = spec.alphabet, spec.length
    if alphabet is None:
        used = {symbol_key(s) for s in (*(spec.prefix or ()), *(spec.suffix or ()), spec.pad)}
        alphabet = tuple(s for s in spec.vocab or () if symbol_key(s) not in used)
        if not alphabet:
            expected = "free symbols beside prefix, suffix and pad"
            raise BadInput(bundle.where("alphabet"), "no alphabet", expected, "set alphabet, or give samples")
    if length is None:
        if most is None or most <= fixed:
            found = "no length" if most is None else f"no length, and {most} positions in the network"
            raise BadInput(bundle.where("length"), found, "least and most free symbols", "set length = [1, 8] or so")
        length = (1, most - fixed)
    return replace(spec, alphabet=alphabet, length=length)


def _check_positions(bundle: Bundle, key: str, longest: int, most: int | None) -> None:
    if most is not None and longest > most:
        expected = f"at most {most}, as the network has"
        raise BadInput(bundle.where(key), f"inputs of {longest} positions", expected, "leave longer inputs out")


def _numbers(bundle: Bundle, found: Mapping[str, Any]) -> InputSpec:
    spec = bundle.input
    samples = None if spec.samples is None else read_samples(bundle)
    width = _width(bundle, samples, found)
    low = None if spec.low is None else spread(spec.low, width)
    high = None if spec.high is None else spread(spec.high, width)
    spec = replace(spec, width=width, low=low, high=high)
    if samples is not None and samples.lengths and spec.length is None:
        spec = replace(spec, length=(min(samples.lengths), max(samples.lengths)))
    if spec.length is not None:
        _check_positions(bundle, "length", spec.length[1], found.get("positions"))
    return spec


def _width(bundle: Bundle, samples: Samples | None, found: Mapping[str, Any]) -> int:
    """Give how many components a step has, which all that speak of it must agree on."""
    said = stated_widths(bundle.input)
    if samples is not None:
        said["samples"] = samples.rows.values.shape[-1]
    network = found.get("width")
    width = network if network is not None else next(iter(said.values()), None)
    if width is None:
        expected = "the number of components a step"
        raise BadInput(bundle.where("width"), "no width", expected, "set width = 1, or what the first layer takes")
    for key, other in said.items():
        if other != width:
            source = "the network takes" if network is not None else f"{next(iter(said))} says"
            raise BadInput(bundle.where(key), f"{other} components", f"{width}, as {source}", f"correct {key}")
    return width


def _image(bundle: Bundle, found: Mapping[str, Any]) -> InputSpec:
    spec = bundle.input
    shape = spec.shape
    if shape is None:
        if spec.samples is None:
            expected = "channels, height and width"
            raise BadInput(bundle.where("shape"), "no shape", expected, "set shape = [1, 28, 28] or so, or samples")
        channels, height, width = read_samples(bundle).rows.values.shape[1:]
        shape = (channels, height, width)
    if spec.samples is None and spec.low is None:
        remedy = 'set samples = "inputs.npz", or low and high for random images'
        raise BadInput(bundle.where("samples"), "no samples", "images to work on", remedy)
    return replace(spec, shape=shape, scale=1.0 if spec.scale is None else spec.scale)


def _output(bundle: Bundle, found: Mapping[str, Any]) -> OutputSpec:
    output, columns = bundle.output, found.get("columns")
    sequence = bundle.input.kind == "tokens" or bundle.input.length is not None
    at = output.at or found.get("at") or ("each" if sequence else "whole")
    if at != "whole" and not sequence:
        found_at = f"at = {at!r}, and inputs without a position axis"
        raise BadInput(bundle.where("at"), found_at, "at = 'whole'", "set it, or set [input] length")
    readout = output.readout or ("argmax" if output.symbols or columns != 1 else "real")
    if readout not in ("argmax", "multilabel"):
        if columns not in (None, 1):
            remedy = "use argmax or multilabel, which read several"
            raise BadInput(bundle.where("readout"), f"{readout!r} of {columns} columns", "one column", remedy)
        return OutputSpec(readout, at, ())
    symbols = _column_symbols(bundle, columns)
    if readout == "multilabel" and len(symbols) > MOST_COLUMNS:
        expected = f"at most {MOST_COLUMNS} for multilabel"
        raise BadInput(bundle.where("readout"), f"{len(symbols)} columns", expected, "use argmax, or fewer columns")
    return OutputSpec(readout, at, symbols)


def _column_symbols(bundle: Bundle, columns: int | None) -> tuple[Value, ...]:
    """Give the symbol of each column: as stated, else the vocabulary, else 0, 1, ..."""
    symbols = bundle.output.symbols
    if symbols is None:
        symbols = bundle.input.vocab if bundle.input.kind == "tokens" else tuple(range(columns or 0))
    if not symbols:
        raise BadInput(bundle.where("symbols"), "no symbols", "the symbol of each output column", "set symbols")
    if columns is not None and len(symbols) != columns:
        expected = f"{columns}, one a column of the network's output"
        raise BadInput(bundle.where("symbols"), f"{len(symbols)} symbols", expected, "list one symbol a column")
    return symbols
