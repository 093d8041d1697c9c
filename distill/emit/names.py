"""Names for what a program computes, by what it means: new identifiers that are neither keywords nor builtins."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Sequence
from functools import lru_cache

from distill.emit.rewrite import flatten, of_itself
from dsl.check import check
from dsl.primitives import PRIMITIVES
from dsl.terms import STATE, Call, Expr, Input, Literal, Table, call, integer, subterms
from dsl.types import Kind

_SPELT = dict(
    zip(
        "()[]{}<>+-*/., #=!?:;|&",
        [
            "open",
            "close",
            "open_square",
            "close_square",
            "open_brace",
            "close_brace",
            "less",
            "greater",
            "plus",
            "minus",
            "star",
            "slash",
            "dot",
            "comma",
            "space",
            "hash",
            "equals",
            "bang",
            "question",
            "colon",
            "semicolon",
            "bar",
            "and",
        ],
        strict=True,
    )
)
_DISPLACED = {1: "previous", 2: "before_that", 3: "third_last", 4: "fourth_last", -1: "following", -2: "after_that"}
_STEPS = {
    "floordiv": "carry",
    "mod": "remainder",
    "ne": "odd",
    "eq": "even",
    "max": "largest",
    "min": "smallest",
    "add": "total",
}
ADJECTIVES = frozenset(
    {*_DISPLACED.values(), "largest", "smallest", "least", "smaller", "larger", "latest", "ranked", "picked"}
)
_GENERATED = re.compile(r"(s|t|v|x|step|term|value|node|feature|col|column)_?\d*")
_OURS = (
    "i",
    "j",
    "out",
    "DOMAIN",
    "SYMBOLS",
    "ALPHABET",
    "ORDER",
    "EXCEPTIONS",
    "inputs",
    "strict",
    "predict",
    "predict_batch",
    "json",
    "sys",
    "accumulate",
    "mean",
    "median",
    "mode",
    "commonest",
    "line",
    "error",
)
RESERVED = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *_OURS})


def identifier(text: str) -> str:
    """Give a lower-case part of an identifier for any text; "" where nothing of it can stand in one.

    >>> identifier("<bos>"), identifier("("), identifier("Net Income"), identifier("7")
    ('bos', 'open', 'net_income', '7')
    """
    return _SPELT.get(text) or re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:24].strip("_")


def wish(name: str) -> str:
    """Give the identifier that a step's name asks for; "" for one that says nothing, such as `step3`."""
    return "" if _GENERATED.fullmatch(name) else identifier(name)


class Names:
    """The names of one function, each given once."""

    def __init__(self) -> None:
        self.taken = set(RESERVED)

    def fresh(self, *wanted: str) -> str:
        """Give the first wanted name that is free, else the first with a number behind it."""
        options = [f"_{w}" if w[0].isdigit() else w for w in wanted if w] or ["value"]
        numbered = (f"{options[0]}_{k}" for k in range(2, 10_000))
        name = next(name for name in (*options, *numbered) if name not in self.taken)
        self.taken.add(name)
        return name


def plural(noun: str, kind: Kind = Kind.INT) -> str:
    """Give the name of a list of such values; of conditions, where they hold.

    >>> plural("count"), plural("parity"), plural("largest"), plural("same", Kind.BOOL)
    ('counts', 'parities', 'largest_at', 'same_at')
    """
    if kind is Kind.BOOL or noun in ADJECTIVES:
        return f"{noun}_at"
    if noun.endswith("y") and noun[-2:-1] not in tuple("aeiou"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("s", "ch", "sh", "x")) and len(noun) > 1 else f"{noun}s"


def nouns(term: Expr) -> list[str]:
    """Give what a term's value may be called, the plainest first, then ones that tell it from its like."""
    return list(_nouns(term))


@lru_cache(maxsize=1 << 12)
def _nouns(term: Expr) -> Sequence[str]:
    match term:
        case Input(name=name):
            return [identifier(name) or "value"]
        case Call(op="running_count" | "count_all" | "count", args=(condition,)):
            return _counted(condition)
        case Call(op="every_all" | "any_all" as op, args=(condition,)):
            return [f"{'all' if op == 'every_all' else 'any'}_{nouns(condition)[0]}"]
        case Call(op="since", args=(condition,)):
            return _since(condition)
        case Call(op="any_of", args=(where,)) if any(map(_is_same, flatten("and", where))):
            return ["repeat", "some"]
        case Call(op="running_sum" | "sum_all", args=(value,)):
            return _summed(value)
        case Call(op="scan", args=(_, step)):
            return [_STEPS.get(step.op, STATE) if isinstance(step, Call) else STATE, STATE, "memory"]
        case Call(op="shift", args=(source, Literal(value=int(by)), _)):
            noun = _DISPLACED.get(by, f"back_{by}" if by > 0 else f"ahead_{-by}")
            return [noun, f"{noun}_{nouns(source)[0]}"]
        case Call(op="gather", args=(source, Call(op="from_end"), _)):
            return ["mirror", f"mirror_{nouns(source)[0]}"]
        case Call(op="lookup", args=(key, *_, Table(kind=Kind.BOOL))):
            return ["marked", f"{nouns(key)[0]}_marked"]
        case Call(op="lookup", args=(key, *_)):
            return ["value", f"{nouns(key)[0]}_value"]
        case Call(op="min_of" | "max_of" as op, args=(where, value, _)) if _beyond(op, where, value):
            return ["larger" if op == "min_of" else "smaller", PRIMITIVES[op].noun]
        case Call(op="first_of" | "last_of" as op, args=(where, value, _)):
            return _recalled(op, where, value)
        case Call(op="key" | "query" | "int" | "symbol" | "neg", args=(inner,)):
            return nouns(inner)
        case Call(op="first", args=(Call(op=op) as inner,)) if op in PRIMITIVES and PRIMITIVES[op].family == "select":
            return nouns(inner)
        case Call(op=op, args=args):
            base = PRIMITIVES[op].noun or op
            return [base, *dict.fromkeys(f"{base}_{nouns(a)[0]}" for a in args if not isinstance(a, Literal))]
    return ["value"]


def _counted(condition: Expr) -> list[str]:
    match condition:
        case Call(op="eq", args=(_, Literal(value=value))) if identifier(str(value)):
            return ["count", f"count_{identifier(str(value))}"]
        case Call(op="eq" | "ne" as op, args=(a, b)) if _follow(a, b):
            return ["repeats" if op == "eq" else "changes", "count"]
        case Call(op="lt", args=(Call(op="key"), Call(op="query"))):
            return ["smaller", "rank"]
        case Call(op="lt", args=(Call(op="query"), Call(op="key"))):
            return ["larger", "rank"]
        case Call(op="eq", args=(Call(op="key"), Call(op="query"))):
            return ["frequency", "count"]
        case Call(op="or", args=(Call(op="lt"), _)):
            return ["rank", "count"]
    return ["count", f"count_{nouns(condition)[0]}"]


def _is_same(condition: Expr) -> bool:
    """Say whether a condition on pairs is that a value is the same."""
    return isinstance(condition, Call) and condition.op == "eq" and of_itself(condition)


def _follow(a: Expr, b: Expr) -> bool:
    """Say whether one is the other as it was one position before."""
    return any(
        isinstance(late, Call) and late.op == "shift" and late.args[0] is now and late.args[1] == integer(1)
        for now, late in ((a, b), (b, a))
    )


def _since(condition: Expr) -> list[str]:
    match condition:
        case Call(op="eq" | "ne" as op, args=(a, b)) if _follow(a, b):
            return ["since_repeat" if op == "eq" else "run", "since"]
        case Call(op="ne", args=(_, Literal(value=value))) if identifier(str(value)):
            return ["run", f"run_{identifier(str(value))}"]
        case Call(op="eq", args=(_, Literal(value=value))) if identifier(str(value)):
            return ["since", f"since_{identifier(str(value))}"]
    return ["since", f"since_{nouns(condition)[0]}"]


def _summed(value: Expr) -> list[str]:
    """A sum of steps up and down is a depth where the symbols are brackets, else a balance."""
    match value:
        case Call(op="sub", args=(Call(op="int", args=(Call(op="eq", args=(_, Literal(value=up))),)), Call(op="int"))):
            return ["depth" if up in ("(", "[", "{", "<") else "balance", "surplus"]
    if any(isinstance(n, Call) and n.op == "running_sum" for n in subterms(value)):
        return ["grand_total", "total"]
    return ["total", f"total_{nouns(value)[0]}"]


def _beyond(op: str, where: Expr, value: Expr) -> bool:
    """Say whether the least of the larger values is sought, or the largest of the smaller ones."""
    here, there = call("query", value), call("key", value)
    return call("lt", *((here, there) if op == "min_of" else (there, here))) in subterms(where)


def _recalled(op: str, where: Expr, value: Expr) -> list[str]:
    """What came last with a key: what follows it, where the key is the value before."""
    after = any(isinstance(n, Call) and n.op == "shift" and n.args[0] is value for n in subterms(where))
    if value is call("index"):
        return ["last_place" if op == "last_of" else "first_place"]
    noun = f"{op.removesuffix('_of')}_{nouns(value)[0]}"
    return ["following", noun] if after else [noun, f"{noun}_there"]


def memory_nouns(term: Call) -> list[str]:
    """Give what a dict may be called that remembers where a value came first or last; none where it remembers else."""
    return [f"{term.op.removesuffix('_of')}_seen"] if term.args[1] is call("index") else []


def letters(term: Input) -> tuple[str, str]:
    """Give the variables for an input at a position, and at another one."""
    if term.name == "token" and check(term).kind is Kind.SYMBOL:
        return "token", "other"
    if term.name in ("token", "x"):
        return "x", "y"
    return nouns(term)[0], "other" if term.name == "number" else f"other_{nouns(term)[0]}"


def table_names(term: Call) -> list[str]:
    """Give what a constant that holds a lookup's table may be called."""
    table = term.args[-1]
    assert isinstance(table, Table)
    if any(isinstance(v, frozenset) for _, v in table.entries):
        return ["allowed", "allowed_then"]
    if any(
        isinstance(k, Call) and k.op == "shift" and isinstance(k.args[0], Call) and k.args[0].op == "scan"
        for k in term.args
    ):
        return ["next_state"]
    return [f"by_{'_and_'.join(nouns(k)[0] for k in term.args[:-1])}"]
