"""Running a program with its variables read and replaced: in a bare interpreter, as emitted modules are run."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from distill.emit import run_emitted
from distill.variables.assigned import Place, Variable, place

_HOOK = "_distill_passed"  # what the program calls with each variable's name and value, and takes the value from
_DRIVER = '''
import json
import sys
import types

PLAIN = (bool, int, float, str, type(None))
passed, changes = {{}}, {{}}


def plain(value):
    return value if type(value) in PLAIN else {{"type": type(value).__name__}}


def hook(name, value):
    """Note a value, and give the one that is to take its place: a list's entry, or a whole value by its turn."""
    found, wanted = passed.setdefault(name, []), dict(changes.get(name, ()))
    if type(value) in (list, tuple):
        value = type(value)([wanted.get(k, entry) for k, entry in enumerate(value)]) if wanted else value
        found.append([plain(entry) for entry in value])
    else:
        value = wanted.get(len(found), value)
        found.append(plain(value))
    return value


def written(value):
    return sorted(value, key=repr) if isinstance(value, (set, frozenset)) else plain(value)


def answer(raw):
    try:
        return json.dumps([module.predict(raw), True, passed], default=written)
    except (ArithmeticError, AssertionError, AttributeError, LookupError, NameError, RuntimeError, StopIteration,
            TypeError, ValueError):
        return json.dumps([None, False, passed])


module = types.ModuleType("program")
sys.modules["program"] = module
setattr(module, {hook!r}, hook)
out, sys.stdout = sys.stdout, sys.stderr
exec(compile({source!r}, "program.py", "exec"), module.__dict__)
for line in sys.stdin:
    passed.clear()
    changes.clear()
    raw, asked = json.loads(line)
    changes.update(asked)
    print(answer(raw), file=out)
'''


@dataclass(frozen=True, slots=True)
class Trace:
    """What one run of `predict` gave: its output, read back from JSON; whether it gave one; its variables' values.

    passed: by variable, what it was worth each time it had its value; a list for a list.
    """

    output: Any
    answered: bool
    passed: Mapping[str, list[Any]]


Changes = Mapping[str, Sequence[tuple[int, Any]]]  # by variable: which turn or entry, and the value it is to have


def run_traced(source: str, raws: Sequence[Any], changes: Sequence[Changes], *, timeout: float) -> list[Trace]:
    """Run an instrumented program on raw inputs, each with its own changes.

    Raises RuntimeError where the program cannot be loaded, TimeoutError after `timeout` seconds.
    """
    driver = _DRIVER.format(hook=_HOOK, source=source)
    return [Trace(*found) for found in run_emitted(driver, list(zip(raws, changes, strict=True)), timeout=timeout)]


def instrumented(source: str, variables: Collection[Variable], loops: Mapping[Place, str] | None = None) -> str:
    """Give a program that passes its variables' values through the hook, and each turn of some loops by name."""
    after: dict[Place, list[Variable]] = {}
    for variable in variables:
        for point in variable.points:
            after.setdefault(point, []).append(variable)
    return ast.unparse(ast.fix_missing_locations(_Instrument(after, loops or {}).visit(ast.parse(source))))


class _Instrument(ast.NodeTransformer):
    """Puts hooks after statements, and first in loops."""

    def __init__(self, after: Mapping[Place, Sequence[Variable]], loops: Mapping[Place, str]) -> None:
        self.after, self.loops = after, loops

    def visit(self, node: ast.AST) -> Any:
        """Give a node with hooks, a statement with those that follow it."""
        self.generic_visit(node)
        if not isinstance(node, ast.stmt):
            return node
        if isinstance(node, ast.For) and place(node) in self.loops:
            node.body[:0] = _statements(f"{_HOOK}({self.loops[place(node)]!r}, True)")
        return [node, *(hook for v in self.after.get(place(node), ()) for hook in _read(v))]


def _read(variable: Variable) -> list[ast.stmt]:
    """A variable that is not assigned on this way is let be."""
    call = f"{variable.local} = {_HOOK}({variable.name!r}, {variable.local})"
    return _statements(f"try:\n    {call}\nexcept NameError:\n    pass")


def _statements(text: str) -> list[ast.stmt]:
    return ast.parse(text).body
