"""Syntax: text to a tree, by `dsl/grammar.lark`. Text is data: nothing in it is evaluated, its nesting is bounded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from lark import Lark, Transformer, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

DEEPEST = 200  # levels of nesting: what the recursive interpreter takes with a wide margin
_FORMS = 4  # syntax forms that a level of a term may take, brackets aside
_SHOWN = 100  # characters of a line that a message shows
_CONSTANTS = {"INTEGER", "REAL", "STRING", "MINUS", "HASH", "TRUE", "FALSE", "NULL"}
_GROUPS = {  # what a message calls terminals, by the ones that give the group away
    "a term": (
        {"NAME", "LPAR"},
        {"INTEGER", "REAL", "STRING", "NOT", "MINUS", "HASH", "DOLLAR", "TRUE", "FALSE", "NULL"},
    ),
    "a constant": ({"INTEGER"}, _CONSTANTS),
    "a name": ({"NAME"}, {"DOLLAR"}),
    "an operator": ({"AND"}, {"OR", "COMPARE", "PLUS", "MINUS", "TIMES", "IF"}),
    "the end of the line": ({"_NEWLINE"}, {"$END"}),
    "the end of the text": ({"$END"}, set()),
}


class ParseError(ValueError):
    """Text that is no term or program: line and column (from 1), what was expected, and a caret under the place."""

    def __init__(self, message: str, text: str, line: int, column: int) -> None:
        lines = text.split("\n")
        shown = lines[line - 1] if 0 < line <= len(lines) else ""
        skipped = max(0, column - 1 - _SHOWN // 2) if len(shown) > _SHOWN else 0
        caret = " " * (column - 1 - skipped) + "^"
        super().__init__(f"{line}:{column}: {message}\n    {shown[skipped : skipped + _SHOWN]}\n    {caret}")
        self.message, self.line, self.column = message, line, column


@dataclass(frozen=True, slots=True)
class Node:
    """One syntax form: its parts are nodes and tokens; where it begins; how many forms deep it is."""

    form: str
    parts: tuple[Any, ...]
    line: int
    column: int
    depth: int


class _TooDeep(Exception):
    """Raised while the tree is built, with the line and column of the first node that is nested too deep."""


class _Builder(Transformer):
    def __default__(self, data: Any, parts: list[Any], meta: Any) -> Node | Tree:
        if data.startswith("_"):  # lark's own helper for a repetition: it takes the parts out again
            return Tree(data, parts)
        parts = [p for p in parts if p is not None]
        line, column = (parts[0].line or 1, parts[0].column or 1) if parts else (1, 1)
        depth = 1 + max((p.depth for p in parts if isinstance(p, Node)), default=0)
        if depth > _FORMS * DEEPEST:
            raise _TooDeep(line, column)
        return Node(str(data), tuple(parts), line, column, depth)


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    grammar = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="basic", transformer=_Builder())


def read_syntax(text: str) -> Node:
    """Give the tree of a term or a program; raises ParseError."""
    try:
        return cast(Node, _grammar().parse(text)).parts[0]
    except UnexpectedInput as error:
        raise _syntax_error(error, text) from None
    except _TooDeep as error:
        line, column = error.args
        raise ParseError(f"nested more than {DEEPEST} levels deep; name the inner steps", text, line, column) from None


def _syntax_error(error: UnexpectedInput, text: str) -> ParseError:
    line, column = error.line, error.column
    if isinstance(error, UnexpectedCharacters):
        return ParseError(f"no word begins with {error.char!r}", text, line, column)
    if not isinstance(error, UnexpectedToken):
        return ParseError("not a term or a program", text, line, column)
    token = error.token
    if token.type == "$END":
        lines = text.split("\n")
        line, column = len(lines), len(lines[-1]) + 1
    found = {"$END": "the end of the text", "_NEWLINE": "the end of the line"}.get(token.type, f"`{token}`")
    return ParseError(f"expected {_expectations(set(error.accepts))}, got {found}", text, line, column)


def _expectations(terminals: set[str]) -> str:
    """Name what the grammar would have accepted, wide groups before single words."""
    words = []
    for word, (signs, others) in _GROUPS.items():
        if signs <= terminals:
            words.append(word)
            terminals -= signs | others
    spelled = {t.name: t.pattern.value for t in _grammar().terminals}
    words += sorted(f"`{spelled[t]}`" for t in terminals if t in spelled and t != "_NEWLINE")
    return " or ".join(words)
