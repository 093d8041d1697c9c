"""Running a program with its variables read and replaced: in a bare interpreter, as emitted modules are run."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from distill.emit import run_emitted
from distill.variables.assigned import Place, Variable, place

_HOOK = "_distill_passed"  # what the program calls with each variable's name and value, and takes the value from
_BACK = "_distill_back"  # and what gives it the value back that was replaced
_DRIVER = '''
import json
import sys
import types

PLAIN = (bool, int, float, str, type(None))
passed, changes, replaced = {{}}, {{}}, {{}}


def plain(value):
    return value if type(value) in PLAIN else {{"type": type(value).__name__}}


def hook(name, value):
    """Note a value, and give the one that is to take its place: a list's entry, or a whole value by its turn."""
    found, wanted = passed.setdefault(name, []), dict(changes.get(name, ()))
    if type(value) in (list, tuple):
        value = type(value)([wanted.get(k, entry) for k, entry in enumerate(value)]) if wanted else value
        found.append([plain(entry) for entry in value])
    else:
        replaced[name] = value
        value = wanted.get(len(found), value)
        found.append(plain(value))
    return value


def back(name, value):
    return replaced.get(name, value)


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
setattr(module, {back!r}, back)
out, sys.stdout = sys.stdout, sys.stderr
exec(compile({source!r}, "program.py", "exec"), module.__dict__)
for line in sys.stdin:
    for kept in (passed, changes, replaced):
        kept.clear()
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
    driver = _DRIVER.format(hook=_HOOK, back=_BACK, source=source)
    return [Trace(*found) for found in run_emitted(driver, list(zip(raws, changes, strict=True)), timeout=timeout)]


def instrumented(
    source: str,
    variables: Collection[Variable],
    loops: Mapping[Place, str] | None = None,
    restored: Collection[str] = (),
) -> str:
    """Give a program that passes its variables' values through the hook, and each turn of some loops by name.

    restored: the variables that go on, in the next turn, from the value that was replaced.
    """
    before: dict[Place, list[ast.stmt]] = {}
    after: dict[Place, list[ast.stmt]] = {}
    for variable in variables:
        for point in variable.points:
            after.setdefault(point, []).extend(_through(_HOOK, variable))
        if variable.name in restored and variable.alone is not None:
            before.setdefault(variable.alone, []).extend(_through(_BACK, variable))
    first = {loop: ast.parse(f"{_HOOK}({name!r}, True)").body for loop, name in (loops or {}).items()}
    return ast.unparse(ast.fix_missing_locations(_Insertion(before, after, first).visit(ast.parse(source))))


def _through(hook: str, variable: Variable) -> list[ast.stmt]:
    """Pass a variable through a hook; one that is not assigned on this way is let be."""
    call = f"{variable.local} = {hook}({variable.name!r}, {variable.local})"
    return ast.parse(f"try:\n    {call}\nexcept NameError:\n    pass").body


Statements = Mapping[Place, Sequence[ast.stmt]]


class _Insertion(ast.NodeTransformer):
    """Puts statements before and after others, and first in loops."""

    def __init__(self, before: Statements, after: Statements, first: Statements) -> None:
        self.before, self.after, self.first = before, after, first

    def visit(self, node: ast.AST) -> Any:
        """Give a node, a statement with those round it."""
        self.generic_visit(node)
        if not isinstance(node, ast.stmt):
            return node
        here = place(node)
        if isinstance(node, ast.For):
            node.body[:0] = self.first.get(here, ())
        return [*self.before.get(here, ()), node, *self.after.get(here, ())]
