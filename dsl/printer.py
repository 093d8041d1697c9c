"""The printer: terms and programs as the text that `dsl.parser` reads back to the same object."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import cast

from dsl.primitives import PRIMITIVES
from dsl.terms import Call, Expr, Input, Literal, Program, Table, Value
from dsl.types import Kind

RESERVED = frozenset(["and", "else", "false", "if", "inf", "input", "nan", "not", "null", "or", "return", "true"])
ATOM, UNARY, COMPARISON, NEGATION, CHOICE = 9, 8, 4, 3, 0  # precedences, as in dsl/primitives/elementwise.py
_MIRROR = {"lt": ">", "le": ">="}
_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_RANKS = {type(None): 0, bool: 1, int: 2, float: 3, str: 4}

Written = tuple[str, int]  # text, and the precedence of its outermost operator


def show(term: Expr | Program) -> str:
    """Give the text of a term, or of a program: a header of inputs, a line a step, the result.

    >>> from dsl.terms import call, integer, symbol
    >>> show(call("lt", integer(3), call("mul", call("add", call("index"), integer(1)), call("length"))))
    '(index() + 1) * length() > 3'
    >>> show(symbol(frozenset({"b", "a"})))
    '#{"a", "b"}'
    """
    if isinstance(term, Program):
        return _show_program(term)
    return _Writer({}).text(term)


def show_name(name: str) -> str:
    """Give a name as it is, or quoted where it is not a plain word."""
    return name if _NAME.fullmatch(name) and name not in RESERVED else "$" + _string(name)


def _show_program(program: Program) -> str:
    lines = [f"input {show_name(i.name)}: {i.type}" for i in program.inputs]
    names: dict[Expr, str] = {}
    for name, term in program.steps:
        lines.append(f"{show_name(name)} = {_Writer(names).text(term)}")
        if isinstance(term, Call):
            names.setdefault(term, show_name(name))
    lines.append(f"return {_Writer(names).text(program.result)}")
    return "\n".join(lines) + "\n"


class _Writer:
    """Writes one term; `names` are the terms that earlier lines named."""

    def __init__(self, names: Mapping[Expr, str]) -> None:
        self.memo: dict[Expr, Written] = {term: (name, ATOM) for term, name in names.items()}

    def text(self, term: Expr, least: int = 0) -> str:
        """Give the text, in brackets where its operator binds more loosely than `least`."""
        found = self.memo.get(term)
        if found is None:
            found = self.memo[term] = self._write(term)
        text, precedence = found
        return text if precedence >= least else f"({text})"

    def _write(self, term: Expr) -> Written:
        match term:
            case Input(name=name):
                return show_name(name), ATOM
            case Literal(value=value, kind=kind):
                text = show_value(value, kind)
                return text, UNARY if text.startswith("-") else ATOM
            case Table():
                return _table(term), ATOM
            case Call():
                return self._call(term)
        raise TypeError(f"not a term: {term!r}")

    def _call(self, term: Call) -> Written:
        primitive = PRIMITIVES.get(term.op)
        match term:
            case Call(op="if", args=(condition, yes, no)):
                text = f"{self.text(yes, CHOICE + 1)} if {self.text(condition, CHOICE + 1)} else {self.text(no)}"
                return text, CHOICE
            case Call(op="not", args=(operand,)):
                return f"not {self.text(operand, NEGATION)}", NEGATION
            case Call(op="neg", args=(Call() as operand,)) | Call(op="neg", args=(Input() as operand,)):
                return f"-{self.text(operand, UNARY)}", UNARY
            case Call(args=(left, right)) if primitive is not None and primitive.infix:
                return self._infix(term.op, primitive.infix, primitive.precedence, left, right)
        return f"{term.op}({', '.join(map(self.text, term.args))})", ATOM

    def _infix(self, op: str, sign: str, precedence: int, left: Expr, right: Expr) -> Written:
        if op in _MIRROR and isinstance(left, Literal) and not isinstance(right, Literal):
            sign, left, right = _MIRROR[op], right, left  # `x > 3` for 3 < x
        loosest = precedence + (precedence == COMPARISON)  # comparisons do not chain
        return f"{self.text(left, loosest)} {sign} {self.text(right, precedence + 1)}", precedence


def _table(table: Table) -> str:
    default = f"else {show_value(table.default, table.kind)}"
    if not table.entries:
        return f"{{({', '.join(k.value for k in table.key_kinds)}) {default}}}"
    parts = []
    for entry, value in table.entries:
        keys = ", ".join(show_value(part, kind) for part, kind in zip(entry, table.key_kinds, strict=False))
        parts.append(f"{keys if len(entry) == 1 else f'({keys})'}: {show_value(value, table.kind)}")
    return f"{{{', '.join(parts)}, {default}}}"


def show_value(value: Value, kind: Kind) -> str:
    """Give a constant's text: `5`, `0.5`, `true`, or a symbol: `#"a"`, `#5`, `#null`, `#{"a", "b"}`."""
    if kind is not Kind.SYMBOL:
        return _scalar(value)
    if isinstance(value, frozenset):
        return f"#{{{', '.join(map(_scalar, sorted(value, key=_rank)))}}}"
    return f"#{_scalar(value)}"


def _scalar(value: Value) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return int.__repr__(value)
        case float():
            return float.__repr__(value)
        case str():
            return _string(value)
    return repr(value)


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=not value.isprintable())


def _rank(value: Value) -> tuple[int, float, str]:
    """Order symbols: null, booleans, integers, reals, strings; each by value."""
    number = cast(float, value) if isinstance(value, (bool, int, float)) else 0.0
    return _RANKS.get(type(value), len(_RANKS)), number, value if isinstance(value, str) else ""


__all__ = ["RESERVED", "show", "show_name", "show_value"]
