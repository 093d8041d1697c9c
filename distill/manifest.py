"""The keys of a bundle, from distill.toml and from flags: what each must be, and what it is where it is not stated."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from distill.errors import BadInput, did_you_mean, shown
from dsl.terms import Value

tomllib = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

KINDS = ("tokens", "numbers", "image")
READOUTS = ("argmax", "multilabel", "sign", "round", "real")
PLACES = ("each", "last", "whole")
_LARGEST = 2**53  # integers beyond it are not told apart as floats
_LONGEST = 2**20  # positions


def _text(value: Any) -> str:
    if not isinstance(value, (str, Path)) or not str(value):
        raise ValueError
    return str(value)


def _choice(options: Sequence[str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in options:
            raise ValueError
        return value

    return read


def _one_of(options: Sequence[str]) -> str:
    return "one of " + ", ".join(options)


def _symbol(value: Any) -> Value:
    if not isinstance(value, (str, bool)):
        _number(value)
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise ValueError
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 < value <= _LARGEST:
        raise ValueError
    return value


def _list(read: Callable[[Any], Any]) -> Callable[[Any], tuple]:
    def read_all(value: Any) -> tuple:
        if not isinstance(value, (list, tuple)):
            raise ValueError
        return tuple(map(read, value))

    return read_all


def _nonempty(read: Callable[[Any], Any]) -> Callable[[Any], tuple]:
    def read_some(value: Any) -> tuple:
        if not (found := _list(read)(value)):
            raise ValueError
        return found

    return read_some


def _bounds(value: Any) -> tuple[float, ...]:
    return _nonempty(_number)(value if isinstance(value, (list, tuple)) else [value])


def _length(value: Any) -> tuple[int, int]:
    least, *rest = value if isinstance(value, (list, tuple)) else (value,)
    most = rest[0] if len(rest) == 1 else least
    if len(rest) > 1 or type(least) is not int or type(most) is not int or not 0 <= least <= most <= _LONGEST:
        raise ValueError
    return least, most


def _shape(value: Any) -> tuple[int, int, int]:
    channels, height, width = _list(_count)(value)
    return channels, height, width


def _scale(value: Any) -> float:
    if _number(value) == 0:
        raise ValueError
    return float(value)


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its table, what reads it (raising ValueError or TypeError), and what it must be, in words.

    default: what it is where it is not stated.
    """

    table: str
    read: Callable[[Any], Any]
    expected: str
    example: str
    default: str


_CHOICES = {"kind": KINDS, "readout": READOUTS, "at": PLACES}
_ANY = "a list of symbols (strings, integers, finite floats, booleans)"
_OF_VOCAB = "a list of symbols of vocab"
_BOUND = "a number, or a list with one a component"
KEYS: dict[str, Key] = {
    "file": Key("network", _text, "a path in the bundle", '"network.pt2"', "its one .pt2 or .pt, or config.json's"),
    "factory": Key("network", _text, "a file and a function", '"nets.py:build"', "none"),
    "kind": Key("input", _choice(KINDS), _one_of(KINDS), '"tokens"', "tokens for an embedding, or numbers"),
    "vocab": Key("input", _nonempty(_symbol), _ANY, '["a", "b"]', "0 to the embedding's rows - 1"),
    "pad": Key("input", _symbol, "a symbol of vocab", '"<pad>"', "none"),
    "prefix": Key("input", _list(_symbol), _OF_VOCAB, '["<bos>"]', "none"),
    "alphabet": Key("input", _nonempty(_symbol), _OF_VOCAB, '["a", "b"]', "vocab without pad, prefix and suffix"),
    "length": Key("input", _length, "least and most, least <= most", "[1, 8]", "tokens: 1 to the network's positions"),
    "suffix": Key("input", _list(_symbol), _OF_VOCAB, '["<eos>"]', "none"),
    "low": Key("input", _bounds, _BOUND, "0", "none: real numbers"),
    "high": Key("input", _bounds, _BOUND, "9", "none: real numbers"),
    "names": Key("input", _nonempty(_text), "a list with one name a component", '["income"]', "x, or x0, x1, ..."),
    "width": Key("input", _count, "a positive integer", "1", "what bounds, names, samples or the first layer say"),
    "shape": Key("input", _shape, "channels, height, width", "[1, 28, 28]", "that of the samples"),
    "scale": Key("input", _scale, "a number other than 0", "0.00392156862745098", "1"),
    "samples": Key("input", _text, "a path in the bundle", '"inputs.npz"', "none: the free product is the domain"),
    "readout": Key("output", _choice(READOUTS), _one_of(READOUTS), '"argmax"', "argmax, real of one column"),
    "at": Key("output", _choice(PLACES), _one_of(PLACES), '"each"', "each with positions, else whole"),
    "symbols": Key("output", _nonempty(_symbol), _ANY, '["x", "y"]', "vocab, else 0, 1, ..."),
}
_WORDS = {name for name, key in KEYS.items() if key.read is _text} | set(_CHOICES)
_LISTS = {"vocab", "prefix", "alphabet", "length", "suffix", "low", "high", "names", "shape", "symbols"}

Stated = dict[str, tuple[Any, str]]  # key -> its value, and the place it was found at


def read_manifest(path: Path) -> Stated:
    """Read distill.toml; raises BadInput for what is not TOML, unknown or misplaced keys, and values of wrong types."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise BadInput(path, f"a fault: {error}", "a TOML file in UTF-8", "correct it") from error
    tables = sorted({key.table for key in KEYS.values()})
    stated: Stated = {}
    for table, entries in content.items():
        if table not in tables or not isinstance(entries, dict):
            remedy = f"put it under [{KEYS[table].table}]" if table in KEYS else did_you_mean(table, tables)
            raise BadInput(path, f"{table!r} at the top", "[network], [input] and [output] alone", remedy)
        for name, value in entries.items():
            place = f"{path} [{table}] {name}"
            if name not in KEYS or KEYS[name].table != table:
                known = [k for k, key in KEYS.items() if key.table == table]
                remedy = f"move it to [{KEYS[name].table}]" if name in KEYS else did_you_mean(name, known)
                raise BadInput(place, f"an unknown key {name!r}", f"a key of [{table}]", remedy)
            stated[name] = _read(name, value, place), place
    return stated


def read_flags(flags: Mapping[str, object]) -> Stated:
    """Read keys given as flags, None for those not given; text stands for the TOML value it spells.

    A list may be spelt `[0, "a"]`, `0,a`, or come as a list of texts; what spells no TOML value is a string.
    """
    stated: Stated = {}
    for name, value in flags.items():
        if value is None:
            continue
        place = f"--{name}"
        if name not in KEYS:
            raise BadInput(place, f"an unknown key {name!r}", "a key of distill.toml", did_you_mean(name, KEYS))
        stated[name] = _read(name, value if name in _WORDS else _spelt(value, name in _LISTS), place), place
    return stated


def _read(name: str, value: Any, place: str) -> Any:
    key = KEYS[name]
    try:
        return key.read(value)
    except (ValueError, TypeError) as error:
        remedy = f"write it like {name} = {key.example}"
        if isinstance(value, str) and name in _CHOICES:
            remedy = did_you_mean(value, _CHOICES[name])
        raise BadInput(place, shown(value), key.expected, remedy) from error


def _spelt(value: Any, several: bool) -> Any:
    """Give what a flag's text spells."""
    if isinstance(value, (list, tuple)):
        return [_spelt(v, False) for v in value]
    if not isinstance(value, str):
        return [value] if several else value
    try:
        found = tomllib.loads(f"value = {value}")["value"]
    except ValueError:
        found = [_spelt(part.strip(), False) for part in value.split(",")] if several else value
    if not isinstance(found, (str, int, float, list)):
        found = value
    return [found] if several and not isinstance(found, list) else found
