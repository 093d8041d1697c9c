"""The parser: text to terms and programs, the inverse of the printer.

`dsl/syntax.py` reads the text into a tree; the reader here resolves its names and checks its types, from the top down.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

from lark import Token

from dsl.check import TypeMismatch, check
from dsl.primitives import PRIMITIVES
from dsl.printer import show_value
from dsl.syntax import DEEPEST, Node, ParseError, read_syntax
from dsl.terms import STATES, Call, Expr, Input, Literal, Program, Table, Value, children
from dsl.types import Axis, Kind, Type

_DIGITS = 4000  # of an integer: Python refuses to convert more
_OPERATORS = {p.infix: p.name for p in PRIMITIVES.values() if p.infix} | {">": "lt", ">=": "le"}
_SWAPPED = (">", ">=")
_WORDS = {"true": True, "false": False, "null": None}
_TABLES = ("table", "empty_table")
_KINDS = {k.value: k for k in Kind}
_AXES = {a.name.lower(): a for a in Axis}


def parse(text: str, inputs: Iterable[Input] = ()) -> Expr | Program:
    """Read a term, or a program (it has a `return` line).

    inputs: what names stand for, beside those that a program's own `input` lines declare.
    Raises ParseError (syntax, unknown names, nesting over 200 levels) and TypeMismatch, both with the place.

    >>> from dsl.printer import show
    >>> show(parse("not 1+index() > 3"))
    'not 1 + index() > 3'
    """
    root, reader = read_syntax(text), _Reader(text)
    return reader.program(root, tuple(inputs)) if root.form == "program" else reader.top(root, inputs)


def parse_expr(text: str, inputs: Iterable[Input] = ()) -> Expr:
    """Read a term; raises ParseError on a program, else as `parse`."""
    found = parse(text, inputs)
    if isinstance(found, Program):
        raise ParseError("expected a term, got a program", text, 1, 1)
    return found


def parse_program(text: str, inputs: Iterable[Input] = ()) -> Program:
    """Read a program; raises ParseError on a term, else as `parse`."""
    found = parse(text, inputs)
    if not isinstance(found, Program):
        raise ParseError("expected a program, which ends in a line `return ...`, got a term", text, 1, 1)
    return found


class _Reader:
    """Turns syntax into terms, checking each as it is built."""

    def __init__(self, text: str) -> None:
        self.text, self.step = text, ""
        self.depths: dict[Expr, int] = {}

    def top(self, node: Node, inputs: Iterable[Input]) -> Expr:
        return self.term(node, {i.name: i for i in inputs})

    def program(self, node: Node, given: tuple[Input, ...]) -> Program:
        *lines, result = node.parts
        declared = tuple(self.declaration(n) for n in lines if n.form == "declaration")
        names: dict[str, Expr] = {i.name: i for i in (*given, *declared)}
        steps: list[tuple[str, Expr]] = []
        for step in lines:
            if step.form == "step":
                name = _name(step.parts[0])
                if name in names or name in STATES:
                    self.fail(step, f"the name {name!r} is taken; choose another")
                self.step = name
                names[name] = self.term(step.parts[1], names)
                steps.append((name, names[name]))
        self.step = "result"
        program = Program(declared or given, tuple(steps), self.term(result, names))
        check(program)
        return program

    def declaration(self, node: Node) -> Input:
        name, kind, axis = node.parts
        if kind not in _KINDS or axis not in _AXES:
            self.fail(node, f"no type {kind}@{axis}; it is {' or '.join(_KINDS)}, then @, then {' or '.join(_AXES)}")
        return Input(_name(name), Type(_KINDS[kind], _AXES[axis]))

    def term(self, node: Node, names: Mapping[str, Expr]) -> Expr:
        """Build a node's term, note its depth and check it."""
        built = self.build(node, names)
        self.depths[built] = 1 + max((self.depths.get(c, 0) for c in children(built)), default=0)
        if self.depths[built] > DEEPEST:
            self.fail(node, f"nested more than {DEEPEST} levels deep, the steps it uses included")
        try:
            check(built)
        except TypeMismatch as error:
            place = f"{node.line}:{node.column}" + (f", step {self.step!r}" if self.step else "")
            raise error.at(place) from None
        return built

    def build(self, node: Node, names: Mapping[str, Expr]) -> Expr:
        match node.form, node.parts:
            case "plain" | "symbol" | "symbol_set", _:
                return self.constant(node)
            case "reference", (name,):
                return self.reference(node, _name(name), names)
            case "infix", (left, sign, right):
                pair = (right, left) if sign in _SWAPPED else (left, right)
                return Call(_OPERATORS[str(sign)], tuple(self.term(p, names) for p in pair))
            case "prefix", (sign, operand):
                return self.prefix(str(sign), operand, names)
            case "choice", (yes, condition, no):
                return Call("if", tuple(self.term(p, names) for p in (condition, yes, no)))
            case "call", (name, *arguments):
                return self.call(node, str(name), arguments, names)
        raise AssertionError(f"the grammar has a form that the parser does not know: {node.form}")

    def prefix(self, sign: str, operand: Node, names: Mapping[str, Expr]) -> Expr:
        # a number is negated before it is checked: the least integer has no positive
        inner = self.constant(operand) if operand.form == "plain" else self.term(operand, names)
        if sign == "-" and isinstance(inner, Literal) and inner.kind in (Kind.INT, Kind.REAL):
            return Literal(_negative(inner.value), inner.kind)
        return Call("neg" if sign == "-" else "not", (inner,))

    def reference(self, node: Node, name: str, names: Mapping[str, Expr]) -> Expr:
        if name not in names:
            near = get_close_matches(name, names, 1)
            known = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names) or 'none'}"
            self.fail(node, f"no input or step {name!r}; {known}")
        return names[name]

    def call(self, node: Node, name: str, arguments: list[Node], names: Mapping[str, Expr]) -> Expr:
        if name == "scan" and len(arguments) == 2:
            start = self.term(arguments[0], names)
            if not isinstance(start, Literal):
                self.fail(arguments[0], "a scan starts from a constant")
            states = {state: Input(state, Type(start.kind, Axis.POSITION)) for state in sorted(STATES)}
            return Call(name, (start, self.term(arguments[1], {**names, **states})))
        if name not in PRIMITIVES and name not in ("lookup", "scan"):
            near = get_close_matches(name, [*PRIMITIVES, "lookup", "scan"], 1)
            self.fail(node, f"no primitive {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        *rest, last = arguments or [None]
        if name == "lookup" and last is not None and last.form in _TABLES:
            return Call(name, (*(self.term(a, names) for a in rest if a is not None), self.table(last)))
        for argument in arguments:
            if argument.form in _TABLES:
                self.fail(argument, "a table stands only in a lookup, as its last argument")
        return Call(name, tuple(self.term(a, names) for a in arguments))

    def table(self, node: Node) -> Table:
        *parts, default = node.parts
        fallback = self.constant(default)
        if node.form == "empty_table":
            unknown = [p for p in parts if p not in _KINDS]
            if unknown:
                self.fail(node, f"no kind {unknown[0]}; it is {' or '.join(_KINDS)}")
            return Table((), fallback.value, tuple(_KINDS[p] for p in parts), fallback.kind)
        if not parts:
            self.fail(node, "an empty table says the kinds of its keys, as in `{(symbol, int) else 0}`")
        rows = [([self.constant(k) for k in entry.parts[0].parts], self.constant(entry.parts[1])) for entry in parts]
        kinds = tuple(k.kind for k in rows[0][0])
        for entry, (keys, value) in zip(parts, rows, strict=True):
            if tuple(k.kind for k in keys) != kinds or value.kind is not fallback.kind:
                self.fail(entry, "all entries of a table have the same kinds; reals are written with a point")
        entries = tuple((tuple(k.value for k in keys), value.value) for keys, value in rows)
        return Table(entries, fallback.value, kinds, fallback.kind)

    def constant(self, node: Node) -> Literal:
        match node.form:
            case "symbol":
                return Literal(self.scalar(node.parts[0]), Kind.SYMBOL)
            case "symbol_set":
                return Literal(frozenset(self.scalar(p) for p in node.parts), Kind.SYMBOL)
        value = self.scalar(node.parts[0])
        for kind, class_ in ((Kind.BOOL, bool), (Kind.INT, int), (Kind.REAL, float)):
            if type(value) is class_:
                return Literal(value, kind)
        self.fail(node, f"a symbol is written {show_value(value, Kind.SYMBOL)}")

    def scalar(self, node: Node) -> Value:
        token = node.parts[-1]
        if node.form == "negative":
            return _negative(self.number(node, token))
        if token.type in ("INTEGER", "REAL"):
            return self.number(node, token)
        return _WORDS[str(token)] if str(token) in _WORDS else self.string(node, token)

    def number(self, node: Node, token: Token) -> int | float:
        if token.type == "REAL":
            return float(token)
        if len(token) > _DIGITS:
            self.fail(node, f"an integer of {len(token)} digits")
        return int(token)

    def string(self, node: Node, token: Token) -> str:
        try:
            return json.loads(token)
        except json.JSONDecodeError as error:
            self.fail(node, f"not a JSON string: {error.msg}")

    def fail(self, node: Node, message: str) -> NoReturn:
        raise ParseError(message, self.text, node.line, node.column)


def _negative(value: Any) -> int | float:
    return -value


def _name(node: Node) -> str:
    token = node.parts[0]
    return json.loads(token) if token.type == "STRING" else str(token)
