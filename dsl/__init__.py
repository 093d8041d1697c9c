"""The language: programs as data, and what they mean. Knows nothing of networks."""

from dsl.check import TypeMismatch, check
from dsl.evaluate import Cases, Interpreter, evaluate, run
from dsl.parser import parse, parse_expr, parse_program
from dsl.primitives import PRIMITIVES, Primitive
from dsl.printer import show
from dsl.rows import Answers, Rows
from dsl.simplify import simplify
from dsl.size import bits, nodes
from dsl.syntax import ParseError
from dsl.terms import STATE, Call, Expr, Input, Literal, Program, Table, call, integer, substitute, subterms, symbol
from dsl.types import Axis, Kind, Type, accepts

__all__ = [
    "PRIMITIVES",
    "STATE",
    "Answers",
    "Axis",
    "Call",
    "Cases",
    "Expr",
    "Input",
    "Interpreter",
    "Kind",
    "Literal",
    "ParseError",
    "Primitive",
    "Program",
    "Rows",
    "Table",
    "Type",
    "TypeMismatch",
    "accepts",
    "bits",
    "call",
    "check",
    "evaluate",
    "integer",
    "nodes",
    "parse",
    "parse_expr",
    "parse_program",
    "run",
    "show",
    "simplify",
    "substitute",
    "subterms",
    "symbol",
]
