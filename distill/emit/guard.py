"""The domain in words, and the source of the check that an input is in it."""

from __future__ import annotations

from collections.abc import Sequence

from distill.emit.layout import fit
from distill.emit.signature import Signature
from distill.emit.source import constant, quoted, tuple_of
from dsl.domains import listed
from dsl.terms import Value

_SHORT = 44  # a tuple of so many characters is written where it is used


def domain(signature: Signature) -> str:
    """Give the domain in a phrase.

    >>> from dsl.types import Kind
    >>> domain(Signature("tokens", "each", Kind.SYMBOL, ("a", "b"), alphabet=("a", "b"), length=(1, 8)))
    '1 to 8 symbols of a, b'
    """
    if signature.kind == "tokens":
        parts = [listed(signature.prefix)] if signature.prefix else []
        parts.append(f"{_counted(signature.length, 'symbol')} of {listed(signature.free)}")
        return " then ".join(parts + ([listed(signature.suffix)] if signature.suffix else []))
    if not signature.sequence:
        return _step(signature)
    step = "" if len(signature.names) == 1 else f" of {_step(signature)}"
    if len(signature.names) == 1:
        return f"{_counted(signature.length, _kind(signature))}{_ranges(signature)}"
    return f"{_counted(signature.length, 'step')}{step}"


def _counted(length: tuple[int, int | None] | None, noun: str) -> str:
    least, most = length or (0, None)
    if most is None:
        return f"{least} or more {noun}s" if least else f"{noun}s"
    return f"{most} {noun}{'s' * (most != 1)}" if least == most else f"{least} to {most} {noun}s"


def _kind(signature: Signature) -> str:
    return "integer" if signature.low else "number"


def _step(signature: Signature) -> str:
    width = len(signature.names)
    return f"{width} {_kind(signature)}{'s' * (width > 1)}{_ranges(signature)}"


def _ranges(signature: Signature) -> str:
    spans = [f"{a} to {b}" for a, b in zip(signature.low, signature.high, strict=True)]
    if len(set(spans)) > 1:
        return ": " + ", ".join(f"{n} {s}" for n, s in zip(signature.names, spans, strict=True))
    return f", {spans[0]}" if spans else ""


def check_source(signature: Signature, letters: str = "ALPHABET") -> str:
    """Give the source of `_check`. letters: the constant that holds a long alphabet."""
    lines = _check_tokens(signature, letters) if signature.kind == "tokens" else _check_numbers(signature)
    return "def _check(inputs):\n" + "".join(f"{part}\n" for line in lines for part in fit(f"    {line}"))


def _raise(value: str, indent: str = "    ") -> str:
    return f'{indent}raise ValueError(f"{{{value}!r:.99}} is not in the domain: {{DOMAIN}}")'


def _check_tokens(signature: Signature, letters: str) -> list[str]:
    before, after = len(signature.prefix), len(signature.suffix)
    tests = ["isinstance(inputs, list)"]
    if before:
        tests.append(_edge(f"inputs[:{before}]", signature.prefix))
    if after:
        tests.append(_edge(f"inputs[-{after}:]", signature.suffix))
    least, most = signature.length or (0, None)
    if signature.at != "each":
        least = max(least, 1 - after)  # an answer of the row needs a position
    tests += _length_test((least, most), before + after)
    inner = f"inputs[{before or ''}:{-after or ''}]" if before or after else "inputs"
    wrong = f"not ({' and '.join(tests)})" if len(tests) > 1 else f"not {tests[0]}"
    return [
        f"if {wrong}:",
        _raise("inputs"),
        f"for symbol in {inner}:",
        f"    if {foreign('symbol', signature.free, letters)}:",
        _raise("symbol", " " * 8),
    ]


def _edge(part: str, symbols: Sequence[Value]) -> str:
    source = f"[{', '.join(constant(s).text for s in symbols)}]"
    if all(isinstance(s, str) for s in symbols):
        return f"{part} == {source}"
    return f"repr({part}) == {quoted(repr(list(symbols)))}"


def _length_test(length: tuple[int, int | None] | None, extra: int) -> list[str]:
    least, most = length or (0, None)
    if most is not None:
        if least == most:
            return [f"len(inputs) == {most + extra}"]
        return [f"{least + extra} <= len(inputs) <= {most + extra}"]
    return [f"len(inputs) >= {least + extra}"] if least else []


def foreign(name: str, symbols: Sequence[Value], letters: str) -> str:
    """Give the test that a value is none of the symbols; True is not 1, and what cannot be hashed is no symbol."""
    form = _form(symbols)
    if form == "range":
        numbers = [s for s in symbols if isinstance(s, int)]
        return f"type({name}) is not int or not {min(numbers)} <= {name} <= {max(numbers)}"
    known = sequence(symbols) if len(sequence(symbols)) <= _SHORT else letters
    if form == "mixed":
        return f"repr({name}) not in {known if known == letters else f'map(repr, {known})'}"
    return f"type({name}) is not int or {name} not in {known}" if form == "integers" else f"{name} not in {known}"


def alphabet(signature: Signature) -> str | None:
    """Give the source of the constant that `_check` looks symbols up in, where it needs one."""
    source, form = sequence(signature.free), _form(signature.free)
    if signature.kind != "tokens" or form == "range" or len(source) <= _SHORT:
        return None
    return f"set(map(repr, {source}))" if form == "mixed" else source


def _form(symbols: Sequence[Value]) -> str:
    """Tell alphabets apart by how membership is tested: a range of integers, integers, strings, or a mixture."""
    if all(isinstance(s, str) for s in symbols):
        return "strings"
    numbers = sorted(s for s in symbols if type(s) is int)
    if len(numbers) < len(symbols):
        return "mixed"
    return "range" if len(numbers) > 1 and numbers[-1] - numbers[0] == len(numbers) - 1 else "integers"


def sequence(symbols: Sequence[Value]) -> str:
    """Give the source of a tuple of symbols, runs of integers and of letters in short.

    >>> sequence([0, 1, 2, 3, 4, "<eos>"]), sequence(["a"]), sequence("abcde")
    ('(*range(5), "<eos>")', '("a",)', '(*"abcde",)')
    """
    runs: list[list[Value]] = []
    for symbol in symbols:
        if runs and _continues(runs[-1][-1], symbol):
            runs[-1].append(symbol)
        else:
            runs.append([symbol])
    return tuple_of([part for run in runs for part in _run(run)])


def _continues(last: Value, symbol: Value) -> bool:
    """Say whether a symbol follows another in a run: the next integer, or a letter after a letter."""
    if type(last) is int and type(symbol) is int:
        return symbol == last + 1
    return all(isinstance(s, str) and len(s) == 1 and s.isalnum() for s in (last, symbol))


def _run(run: list[Value]) -> list[str]:
    """Give the parts of a tuple that hold a run."""
    if len(run) < 5:
        return [constant(symbol).text for symbol in run]
    if isinstance(run[0], str):
        return [f"*{constant(''.join(map(str, run))).text}"]
    numbers = [n for n in run if isinstance(n, int)]
    return [f"*range({f'{numbers[0]}, ' if numbers[0] else ''}{numbers[-1] + 1})"]


def _check_numbers(signature: Signature) -> list[str]:
    width = len(signature.names)
    if signature.sequence:
        tests = ["isinstance(inputs, list)", *_length_test(signature.length, 0)]
        wrong = f"not ({' and '.join(tests)})" if len(tests) > 1 else f"not {tests[0]}"
        first = [f"if {wrong}:", _raise("inputs")]
        if width == 1:
            return [*first, "for value in inputs:", f"    if {_off('value', signature, 0)}:", _raise("value", " " * 8)]
        return [*first, "for step in inputs:", *(f"    {line}" for line in _check_step(signature, "step"))]
    if width == 1:
        return [f"if {_off('inputs', signature, 0)}:", _raise("inputs")]
    return _check_step(signature, "inputs")


def _check_step(signature: Signature, name: str) -> list[str]:
    width = len(signature.names)
    spans = list(zip(signature.low, signature.high, strict=True))
    lines = [f"if not (isinstance({name}, (list, tuple)) and len({name}) == {width}):", _raise(name)]
    if len(set(spans)) > 1:
        ranges = tuple_of([f"({a}, {b})" for a, b in spans])
        lines.append(f"for value, (low, high) in zip({name}, {ranges}):")
        lines.append("    if type(value) is not int or not low <= value <= high:")
    else:
        lines += [f"for value in {name}:", f"    if {_off('value', signature, 0)}:"]
    return [*lines, _raise("value", " " * 8)]


def _off(name: str, signature: Signature, k: int) -> str:
    if not signature.low:
        return f'type({name}) not in (int, float) or not abs({name}) < float("inf")'
    return f"type({name}) is not int or not {signature.low[k]} <= {name} <= {signature.high[k]}"
