"""The module round `predict`: docstring, imports, constants, helpers, the domain's check, the command line."""

from __future__ import annotations

import textwrap
from dataclasses import replace

from distill.emit.exceptions import NAME, exceptions_source, listed_sets, lookup_lines
from distill.emit.guard import alphabet, check_source, domain, sequence
from distill.emit.layout import LIMIT, fit
from distill.emit.predict import Predict, predict_of
from distill.emit.signature import About, Signature
from distill.emit.source import quoted
from dsl.terms import Program

_IMPORTS = {"accumulate": "from itertools import accumulate", "median": "from statistics import median"}
_MEAN = """
def mean(values, default):
    return sum(values) / len(values) if values else default
"""
_MODE = '''
def mode(values{default}):
    """Give the most frequent value, the lowest at a tie."""
    return max(sorted(set(values)), key=values.count{passed})
'''
_COMMONEST = '''
def commonest(values, default):
    """Give the most frequent value, the first in ORDER at a tie."""
    return max(ORDER, key=values.count) if values else default
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


_PLAIN = "print(json.dumps(predict(json.loads(line))))"
_SETS = """answer = predict(json.loads(line))
            print(json.dumps(answer, default=lambda found: sorted(found, key={symbols}.index)))"""


def emit(program: Program, signature: Signature, about: About) -> str:
    """Give the source of a standalone module that computes a program.

    It imports the standard library alone, runs on Python 3.10 and later, and does nothing on import.
    """
    body = _with_listed(predict_of(program, signature), signature)
    tuples = _tuples(body, signature)
    names = {source: name for name, source in reversed(tuples.items())}  # equal tuples share the first name
    answer = _SETS.format(symbols=names[tuples["SYMBOLS"]]) if body.sets else _PLAIN
    parts = [
        _docstring(about),
        _imports(body),
        _constants(signature, {name: source for source, name in reversed(names.items())}, body.constants),
        *_helpers(body),
        _predict(body),
        _BATCH,
        "\n" + check_source(signature, names.get(tuples.get("ALPHABET", ""), "")),
        _MAIN.format(answer=answer),
    ]
    return "\n".join(part for part in parts if part)


def _with_listed(body: Predict, signature: Signature) -> Predict:
    """Look up listed inputs first."""
    if not signature.exceptions:
        return body
    constants = {**body.constants, NAME: exceptions_source(signature)}
    found = listed_sets(signature)
    members = body.members if found is None or body.members is None else body.members | found
    lines = (*lookup_lines(signature), *body.lines)
    return replace(body, lines=lines, constants=constants, sets=body.sets or found is not None, members=members)


def _tuples(body: Predict, signature: Signature) -> dict[str, str]:
    """Give the tuples of symbols that the module needs: in the order of ties, in that of sets, of the domain."""
    found = {"ORDER": sequence(body.ranked)} if body.ranked else {}
    if body.sets:
        order = signature.symbols or signature.vocabulary
        found["SYMBOLS"] = sequence([s for s in order if body.members is None or s in body.members])
    letters = alphabet(signature)
    if letters is not None:
        found["ALPHABET"] = letters
    return found


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


def _constants(signature: Signature, tuples: dict[str, str], tables: dict[str, str]) -> str:
    found = {"DOMAIN": quoted(domain(signature)), **tuples, **tables}
    return "".join(f"{line}\n" for name, source in found.items() for line in _fitted(f"{name} = {source}"))


def _fitted(statement: str) -> list[str]:
    return [statement] if "\n" in statement else fit(statement)


def _helpers(body: Predict) -> list[str]:
    """Give the functions that `predict` calls."""
    found = [source for name, source in (("mean", _MEAN), ("commonest", _COMMONEST)) if name in body.helpers]
    if "mode" in body.helpers:
        none, some = "mode of none" in body.helpers, "mode of some" in body.helpers
        default = f", default{'=None' * some}" if none else ""
        found.append(_MODE.format(default=default, passed=", default=default" if none else ""))
    return found


def _predict(body: Predict) -> str:
    lines = ["if strict:", "    _check(inputs)", *body.lines]
    return "\ndef predict(inputs, strict=True):\n" + "".join(f"    {line}\n" for line in lines)
