"""The inputs that a program is wrong on, as a constant of the module, and the statement that looks them up."""

from __future__ import annotations

from typing import Any

from distill.emit.signature import Signature
from distill.emit.source import constant, tuple_of
from dsl.terms import Value

NAME = "EXCEPTIONS"


def exceptions_source(signature: Signature) -> str:
    """Give the source of the dictionary from inputs to outputs."""
    return f"{{{', '.join(f'{_key(signature, raw)}: {_output(signature, o)}' for raw, o in signature.exceptions)}}}"


def lookup_lines(signature: Signature) -> list[str]:
    """Give the statement that answers a listed input; none where nothing is listed."""
    if not signature.exceptions:
        return []
    key = "inputs"
    if _told_by_text(signature):
        key = "repr(inputs)"
    elif signature.sequence or len(signature.names) > 1:
        nested = signature.kind == "numbers" and signature.sequence and len(signature.names) > 1
        key = "tuple(map(tuple, inputs))" if nested else "tuple(inputs)"
    found = f"{NAME}[{key}]"
    return [f"if {key} in {NAME}:", f"    return {f'list({found})' if signature.at == 'each' else found}"]


def listed_sets(signature: Signature) -> frozenset[Value] | None:
    """Give what the sets among the listed outputs hold; None where no output is a set."""
    outputs = [o for _, output in signature.exceptions for o in (output if isinstance(output, list) else [output])]
    sets = [o for o in outputs if isinstance(o, frozenset)]
    return frozenset(m for s in sets for m in s) if sets else None


def _told_by_text(signature: Signature) -> bool:
    """Whether symbols are told apart by type alone, as True, 1 and 1.0 are: then lists of them are not by `==`."""
    return signature.kind == "tokens" and len(set(signature.vocabulary)) < len(signature.vocabulary)


def _key(signature: Signature, raw: Any) -> str:
    return constant(repr(raw)).text if _told_by_text(signature) else _frozen(raw)


def _frozen(raw: Any) -> str:
    return tuple_of([_frozen(r) for r in raw]) if isinstance(raw, (list, tuple)) else constant(raw).text


def _output(signature: Signature, output: Any) -> str:
    if isinstance(output, list):
        return f"[{', '.join(_output(signature, o) for o in output)}]"
    return constant(output, signature.symbols or signature.vocabulary).text
