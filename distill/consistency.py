"""Whether the keys of a bundle go together, as far as can be seen without the network."""

from __future__ import annotations

import keyword
from collections.abc import Sequence

from distill.errors import BadInput, shown
from distill.specs import Bundle, InputSpec
from dsl.domains import listed, symbol_key
from dsl.terms import STATES, Value

EXACT = 2**24  # integers up to it are exact in float32

KEYS_OF_KIND = {
    "tokens": ("vocab", "pad", "prefix", "alphabet", "suffix"),
    "numbers": ("width", "names"),
    "image": ("shape", "scale"),
}


def check_input(bundle: Bundle) -> None:
    """Raise BadInput for the first keys of [input] that contradict each other."""
    _check_kind(bundle)
    _check_symbols(bundle)
    _check_length(bundle)
    _check_widths(bundle)
    _check_bounds(bundle)
    _check_names(bundle)


def _check_kind(bundle: Bundle) -> None:
    """A key that another kind of input has would have no effect."""
    kind = bundle.input.kind
    for other, keys in KEYS_OF_KIND.items():
        for key in keys:
            stated = key in bundle.places
            if kind is not None and stated and kind != other:
                raise BadInput(bundle.where(key), key, f"keys of kind {kind!r}", f"remove it, or set kind = {other!r}")
    for key in ("low", "high"):
        if kind == "tokens" and key in bundle.places:
            raise BadInput(bundle.where(key), key, "keys of kind 'tokens'", "use alphabet and length instead")
    if kind == "image" and "length" in bundle.places:
        raise BadInput(bundle.where("length"), "length", "keys of kind 'image'", "remove it")


def _check_symbols(bundle: Bundle) -> None:
    """Symbols are distinct, and those that inputs are made of are in the vocabulary."""
    spec = bundle.input
    _check_distinct(bundle, "vocab", spec.vocab or ())
    _check_distinct(bundle, "alphabet", spec.alphabet or ())
    pad = () if spec.pad is None else (spec.pad,)
    parts = {"prefix": spec.prefix or (), "alphabet": spec.alphabet or (), "suffix": spec.suffix or ()}
    known = set(map(symbol_key, spec.vocab or ()))
    for key, symbols in {"pad": pad, **parts}.items():
        unknown = [s for s in symbols if symbol_key(s) not in known]
        if spec.vocab is not None and unknown:
            raise _unknown(bundle, key, unknown[0], spec.vocab)
    for key, symbols in parts.items():
        if pad and symbol_key(spec.pad) in map(symbol_key, symbols):
            expected = "symbols that are read, and the pad symbol is not"
            raise BadInput(bundle.where(key), repr(spec.pad), expected, f"take it out of {key}")


def _check_distinct(bundle: Bundle, key: str, symbols: Sequence[Value]) -> None:
    seen = {}
    for place, symbol in enumerate(symbols):
        first = seen.setdefault(symbol_key(symbol), place)
        if first != place:
            found = f"{symbol!r} at places {first} and {place}"
            raise BadInput(bundle.where(key), found, "distinct symbols", "rename or remove one")


def _unknown(bundle: Bundle, key: str, symbol: Value, vocab: Sequence[Value]) -> BadInput:
    """Give the error for a symbol that is not of the vocabulary."""
    alike = [s for s in vocab if s == symbol or str(s) == str(symbol)]
    remedy = f"add it to vocab, or correct {key}"
    if alike:
        remedy = f"write {alike[0]!r} as vocab does (symbols are told apart by type)"
    return BadInput(bundle.where(key), repr(symbol), f"symbols of vocab ({listed(vocab)})", remedy)


def _check_length(bundle: Bundle) -> None:
    """There is at least one position."""
    spec = bundle.input
    if spec.length is None or spec.kind is None:
        return
    least = spec.length[0] + len(spec.prefix or ()) + len(spec.suffix or ())
    if least < 1:
        found = f"{list(spec.length)}, which allows inputs without a position"
        raise BadInput(bundle.where("length"), found, "at least one position", "raise the least length to 1")


def _check_widths(bundle: Bundle) -> None:
    """What is given one a component is given for the same number of components."""
    said = stated_widths(bundle.input)
    for key, count in said.items():
        first, expected = next(iter(said.items()))
        if count != expected:
            remedy = f"correct {key} or {first}"
            raise BadInput(bundle.where(key), f"{count} components", f"{expected}, as {first} says", remedy)


def _check_bounds(bundle: Bundle) -> None:
    """Bounds come in pairs, as many as there are components, in order, whole for numbers."""
    spec = bundle.input
    if spec.low is None and spec.high is None:
        return
    if spec.low is None or spec.high is None:
        given, other = ("low", "high") if spec.high is None else ("high", "low")
        remedy = f"set {other} too, or leave both out for real numbers"
        raise BadInput(bundle.where(given), f"{given} alone", "low and high together", remedy)
    if spec.kind == "image" and stated_widths(spec):
        raise BadInput(bundle.where("low"), shown(list(spec.low)), "one bound for all values", "give one number")
    for key in ("low", "high"):
        for bound in getattr(spec, key):
            if spec.kind != "image" and (type(bound) is not int or abs(bound) > EXACT):
                remedy = "leave low and high out for real numbers"
                raise BadInput(bundle.where(key), repr(bound), f"integers within {EXACT} of 0", remedy)
    count = max(len(spec.low), len(spec.high))
    for k, (low, high) in enumerate(zip(spread(spec.low, count), spread(spec.high, count), strict=True)):
        if low > high:
            found = f"low {low} above high {high}" + (f" for component {k}" if count > 1 else "")
            raise BadInput(bundle.where("low"), found, "low <= high", "swap or correct them")


def stated_widths(spec: InputSpec) -> dict[str, int]:
    """Give how many components a step has by each key that says so; one bound may stand for all components."""
    said = {"width": spec.width, "names": len(spec.names or ())}
    for key, bounds in (("low", spec.low), ("high", spec.high)):
        said[key] = 0 if bounds is None or len(bounds) == 1 else len(bounds)
    return {key: count for key, count in said.items() if count}


def spread(bounds: tuple[float, ...], count: int) -> tuple[float, ...]:
    """Give one bound a component."""
    return bounds * count if len(bounds) == 1 else bounds


def _check_names(bundle: Bundle) -> None:
    """Names serve as parameters of the emitted program."""
    names = bundle.input.names or ()
    _check_distinct(bundle, "names", names)
    for name in names:
        if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name) or name in STATES:
            remedy = "use letters, digits and underscores, like annual_income"
            raise BadInput(bundle.where("names"), repr(name), "names that Python code may use", remedy)


def check_output(bundle: Bundle) -> None:
    """Raise BadInput where output symbols repeat: an answer would not say its column."""
    _check_distinct(bundle, "symbols", bundle.output.symbols or ())
