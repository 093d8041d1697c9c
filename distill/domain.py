"""From a completed bundle to its domain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from distill.errors import BadInput
from distill.samples import Samples, read_samples
from distill.specs import Bundle
from dsl.domains import Domain, Images, Numbers, Sampled, Tokens, symbol_key
from dsl.terms import Value


def make_domain(bundle: Bundle) -> Domain:
    """Make the domain of a bundle that `fill` completed.

    The free product, or inputs like the samples, with the product beside them where it is stated too.
    Raises BadInput where the samples do not fit the [input] table, or all are one input.
    """
    product, spec = _product(bundle), bundle.input
    if spec.samples is None:
        if product is None:
            raise BadInput(
                bundle.where("alphabet"), "a bundle that is not complete", "one from `fill`", "fill it first"
            )
        return product
    samples = read_samples(bundle)
    domain = Sampled(_space(bundle, samples), samples.rows, spec.samples.name, product)
    if domain.distinct < 2:
        expected = "at least two: some to search on, others to judge by"
        raise BadInput(bundle.where("samples"), f"{domain.distinct} distinct input", expected, "give more samples")
    return domain


def _product(bundle: Bundle) -> Domain | None:
    """Give the free product of the [input] table, None where it states none."""
    spec, scores = bundle.input, bundle.output.at != "whole"
    if spec.kind == "tokens":
        if spec.vocab is None or spec.alphabet is None or spec.length is None:
            return None
        return Tokens(spec.vocab, spec.alphabet, spec.length, spec.prefix or (), spec.suffix or (), spec.pad, scores)
    if spec.kind == "numbers":
        if spec.width is None or (spec.samples is not None and spec.low is None):
            return None
        low = None if spec.low is None else tuple(map(int, spec.low))
        high = None if spec.high is None else tuple(map(int, spec.high))
        return Numbers(spec.width, low, high, spec.length, spec.names, scores)
    return _images(bundle, None) if spec.shape and spec.low else None


def _space(bundle: Bundle, samples: Samples) -> Domain:
    """Give what inputs there may be at all, of any length."""
    spec, scores = bundle.input, bundle.output.at != "whole"
    if spec.kind == "tokens":
        prefix = spec.prefix or ()
        alphabet = _alphabet(bundle, samples)
        return Tokens(spec.vocab or (), alphabet, (0 if prefix else 1, None), prefix, (), spec.pad, scores)
    if spec.kind == "numbers":
        product = _product(replace(bundle, input=replace(spec, samples=None)))
        assert isinstance(product, Numbers)
        return replace(product, length=(1, None) if spec.length else None)
    return _images(bundle, samples)


def _alphabet(bundle: Bundle, samples: Samples) -> tuple[Value, ...]:
    """Give the narrowest set of symbols that holds what samples have after the prefix.

    That is the alphabet and the suffix, or the vocabulary without pad and prefix, or without pad.
    """
    spec = bundle.input
    vocab, prefix = spec.vocab or (), spec.prefix or ()
    assert samples.rows.lengths is not None
    ids = samples.rows.values[:, len(prefix) :][samples.rows.mask[:, len(prefix) :]]
    seen = {symbol_key(vocab[int(k)]) for k in np.unique(ids)}
    readable = [s for s in vocab if spec.pad is None or symbol_key(s) != symbol_key(spec.pad)]
    stated = set(map(symbol_key, (*spec.alphabet, *(spec.suffix or ())))) if spec.alphabet else set()
    plain = set(map(symbol_key, readable)) - set(map(symbol_key, prefix))
    allowed = next((keys for keys in (stated, plain) if seen <= keys), None)
    return tuple(s for s in readable if allowed is None or symbol_key(s) in allowed)


def _images(bundle: Bundle, samples: Samples | None) -> Images:
    spec = bundle.input
    assert spec.shape is not None
    low, high = (None, None) if spec.low is None or spec.high is None else (spec.low[0], spec.high[0])
    whole = type(low) is int and type(high) is int if samples is None else samples.whole
    return Images(spec.shape, low, high, whole, 1.0 if spec.scale is None else spec.scale)
