"""The heads of a network, for people: where each looks and what its layer then knows. `inspect --attention`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from distill.attention import Attention, Head, attend
from distill.describe import describe
from distill.describe.selection import positions
from distill.describe.speaker import Speaker, TooLong
from distill.question import Question
from dsl import show
from dsl.terms import Expr, Literal
from synthesis.looks import Look

ROWS = 1000  # inputs drawn, of which a few are looked at
PICKED: Mapping[str, str] = {
    "first_of": "the first of",
    "last_of": "the last of",
    "min_of": "the least {by} of",
    "max_of": "the largest {by} of",
}


def heads_part(question: Question, seed: int) -> dict[str, Any]:
    """Give what attention says, ready for JSON: a look for each head, and the values found at its layer."""
    rng = np.random.default_rng(seed)
    found = attend(question, question.domain.sample(ROWS, rng), rng)
    return {"heads": [_head(h) for h in found.heads], "found": _found(found)}


def _head(head: Head) -> dict[str, Any]:
    look = head.looks[0] if head.looks else None
    return {
        "site": str(head.site),
        "head": head.index,
        "queries": head.asked,
        "looks_at": None if look is None else said(look),
        "condition": None if look is None else show(look.where),
        "picks": None if look is None or not look.op else [look.op, *([show(look.by)] if look.by else [])],
        "share": None if look is None else round(look.share, 3),
        "queries_held_out": 0 if look is None else look.queries,
    }


def said(look: Look) -> str:
    """Give a look in words; in the language where words would be too many."""
    try:
        where = "all positions" if isinstance(look.where, Literal) else positions(Speaker(), look.where)
    except TooLong:
        where = f"positions where {show(look.where)}"
    by = "" if look.by is None else show(look.by)
    return f"{PICKED[look.op].format(by=by)} {where}" if look.op else where


def _found(attention: Attention) -> list[dict[str, Any]]:
    return [
        {"value": show(h.term), "words": _words(h.term), "site": str(h.site), "share": round(h.share, 3)}
        for h in attention.heard
    ]


def _words(term: Expr) -> str:
    return describe(term).removeprefix("At each position, ")
