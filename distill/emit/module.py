"""The module round `predict`: docstring, imports, constants, helpers, the domain's check, the command line."""

from __future__ import annotations

import textwrap

from distill.emit.guard import alphabet, check_source, domain, sequence
from distill.emit.layout import LIMIT, fit
from distill.emit.predict import Predict, predict_of
from distill.emit.signature import About, Signature
from distill.emit.source import quoted
from dsl.terms import Program
from dsl.types import Kind

_IMPORTS = {"accumulate": "from itertools import accumulate", "median": "from statistics import median"}
_MEAN = """
def mean(values, default):
    return sum(values) / len(values) if values else default
"""
_MODE = '''
def mode(values{default}):
    """Give the most frequent value, the {first} at a tie."""
    return max(sorted(set(values){order}), key=values.count{passed})
'''
_BATCH = """
def predict_batch(batch, strict=True):
    return [predict(inputs, strict) for inputs in batch]
"""
_MAIN = """
if __name__ == "__main__":
    for line in sys.stdin.buffer:
        try:
            {answer}
        except (ValueError, RecursionError) as error:
            print(json.dumps({{"error": str(error)}}))
"""


_SETS = """answer = predict(json.loads(line))
            print(json.dumps(answer, default=lambda found: sorted(found, key=SYMBOLS.index)))"""


def emit(program: Program, signature: Signature, about: About) -> str:
    """Give the source of a standalone module that computes a program.

    It imports the standard library alone, runs on Python 3.10 and later, and does nothing on import.
    """
    body = predict_of(program, signature)
    sets = body.sets
    parts = [
        _docstring(about),
        _imports(body),
        _constants(body, signature, sets),
        *_helpers(body),
        _predict(body),
        _BATCH,
        "\n" + check_source(signature),
        _MAIN.format(answer=_SETS if sets else "print(json.dumps(predict(json.loads(line))))"),
    ]
    return "\n".join(part for part in parts if part)


def _docstring(about: About) -> str:
    what, origin, verified = (_sentence(part) for part in (about.what, about.origin, about.verified))
    line = " ".join(filter(None, (what, origin, verified)))
    if len(line) + 6 <= LIMIT:
        return f'"""{line}"""\n'
    return f'"""{_filled(what)}\n\n{_filled(f"{origin} {verified}".strip())}\n"""\n'


def _filled(text: str) -> str:
    return textwrap.fill(text, LIMIT - 4, break_long_words=False, break_on_hyphens=False)


def _sentence(text: str) -> str:
    """Give text as a sentence on one line that cannot end the docstring it stands in."""
    text = "".join(c if c.isprintable() else " " if c.isspace() else ascii(c)[1:-1] for c in text)
    text = " ".join(text.split()).replace("\\", "\\\\").replace('"', "'")
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def _imports(body: Predict) -> str:
    needed = [line for helper, line in _IMPORTS.items() if helper in body.helpers]
    return "\n".join(["import json", "import sys", *needed]) + "\n"


def _constants(body: Predict, signature: Signature, sets: bool) -> str:
    found = {"DOMAIN": quoted(domain(signature))}
    order = signature.symbols or signature.vocabulary
    letters = alphabet(signature)
    if "mode by order" in body.helpers:
        found["ORDER"] = sequence(body.ranked)
    if sets:
        found["SYMBOLS"] = sequence([s for s in order if body.members is None or s in body.members])
    if letters is not None:
        found["ALPHABET"] = letters
    lines = [line for name, source in {**found, **body.constants}.items() for line in _fitted(f"{name} = {source}")]
    return "".join(f"{line}\n" for line in lines)


def _fitted(statement: str) -> list[str]:
    return [statement] if "\n" in statement else fit(statement)


def _helpers(body: Predict) -> list[str]:
    found = []
    if "mean" in body.helpers:
        found.append(_MEAN)
    if "mode" in body.helpers:
        order = ("first in ORDER", ", key=ORDER.index") if "mode by order" in body.helpers else ("lowest", "")
        default = (", default", ", default=default") if "mode of none" in body.helpers else ("", "")
        if default[0] and "mode of some" in body.helpers:
            default = (", default=None", default[1])
        found.append(_MODE.format(first=order[0], order=order[1], default=default[0], passed=default[1]))
    return found


def _predict(body: Predict) -> str:
    lines = ["if strict:", "    _check(inputs)", *body.lines]
    return "\ndef predict(inputs, strict=True):\n" + "".join(f"    {line}\n" for line in lines)


__all__ = ["Kind", "emit"]
