"""Sentences: the forms that a description can take, and how much of the term each has room for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice, takewhile

from distill.describe.idioms import from_end
from distill.describe.speaker import Speaker, TooLong
from distill.describe.tables import CASES, as_sum, changes, choice
from distill.describe.words import CARRIED, LIMIT, PREFIX
from dsl.check import check
from dsl.terms import STATE, Call, Expr, Input, Literal, children, substitute, subterms
from dsl.types import Axis, Kind

_FEW = 4  # distinct subterms that are not worth an abbreviation
_SCOPES = {Axis.ROW: "", Axis.POSITION: "At each position", Axis.PAIR: "For each pair of positions"}


def describe(term: Expr) -> str:
    """Say what a term computes: one printable line of at most 150 characters, without a full stop.

    Inner parts for which there is no room are abbreviated to what they depend on.
    Raises TypeMismatch where the term has no type.

    >>> from dsl.parser import parse_expr
    >>> from dsl.types import Type
    >>> x = Input("x", Type(Kind.INT, Axis.POSITION))
    >>> describe(parse_expr("running_sum(x) % 5", [x]))
    'At each position, the remainder of the running sum of x divided by 5'
    """
    if isinstance(term, Call) and term.op == "symbol":
        return describe(term.args[0])
    found = []
    for form in _forms(term):
        hidden = frozenset(form.roots)
        for root in form.roots:
            hidden = _reveal(form, root, hidden)
        found.append((sum(map(_size, hidden)), form.text(hidden)))
    return min(((lost, text) for lost, text in found if text), key=lambda scored: scored[0])[1]


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of sentence. write: gives the sentence; roots: the terms that it spells out."""

    write: Callable[[Speaker], str]
    roots: tuple[Expr, ...]

    def text(self, hidden: frozenset[Expr]) -> str:
        """Give the sentence with some terms abbreviated, "" where it does not fit."""
        try:
            text = self.write(Speaker(hidden))
        except TooLong:
            return ""
        return text if len(text) <= LIMIT else ""


def _reveal(form: _Form, term: Expr, hidden: frozenset[Expr]) -> frozenset[Expr]:
    """Spell out a hidden term: wholly where there is room, else as many of its parts as there is room for."""
    open_ = hidden - {term}
    if form.text(open_):
        return open_
    parts = dict.fromkeys(c for c in children(term) if isinstance(c, Call) and _size(c) > _FEW)
    narrower = open_ | parts.keys()
    if not parts or not form.text(narrower):
        return hidden
    for part in sorted(parts, key=_size):
        narrower = _reveal(form, part, narrower)
    return narrower


def _size(term: Expr) -> int:
    return sum(1 for _ in islice(subterms(term), 1000))


def _forms(term: Expr) -> list[_Form]:
    """Give the forms a description can take, the best first."""
    forms = [
        _Form(lambda say: _sequence(say, term), (term,)),
        _Form(lambda say: _flag(say, term), (term,)),
        _Form(lambda say: _spelled(say, term), (term,)),
        _Form(lambda say: _finished(say.value(term).text, term), (term,)),
    ]
    scan = _carried(term)
    if scan is None:
        return forms
    rest = substitute(term, {scan: Input(CARRIED[STATE], check(scan))})
    return [*(_with_rule(form, scan) for form in _forms(rest)), *forms]


def _with_rule(form: _Form, scan: Call) -> _Form:
    """Say in a clause of its own what a scan carries, which the form speaks of as the carry."""

    def write(say: Speaker) -> str:
        text = form.write(say)
        return text and f"{text}, where the carry {changes(say, scan)}"

    return _Form(write, (*form.roots, scan.args[1]))


def _carried(term: Expr) -> Call | None:
    """Give the one scan that a term holds and can be described apart from it; None where there are none or more."""
    scans = [t for t in subterms(term) if isinstance(t, Call) and t.op == "scan" and as_sum(t) is None]
    names = {t.name for t in subterms(term) if isinstance(t, Input)}
    if not scans or (scans[-1] is term and check(term).kind is not Kind.BOOL) or CARRIED[STATE] in names:
        return None
    rest = set(subterms(substitute(term, {scans[-1]: scans[-1].args[0]})))
    return None if rest & set(scans) else scans[-1]


def _flag(say: Speaker, term: Expr) -> str:
    match term:
        case Call(op="int", args=(condition,)) if term not in say.hidden:
            return f"{_finished(say.value(condition).text, condition)} (1 or 0)"
    return ""


def _spelled(say: Speaker, term: Expr) -> str:
    if term in say.hidden:
        return ""
    texts = [_finished(text, term, ": ") for k in range(CASES, 0, -1) if (text := choice(say, term, k))]
    return next((text for text in texts if len(text) <= LIMIT), "")


def _finished(text: str, term: Expr, joint: str = ", ") -> str:
    """Make a phrase a sentence: say over what it varies, begin with a capital unless a name or a sign stands first."""
    scope = _SCOPES[check(term).axis]
    if isinstance(term, Literal):
        return f"Always {text}"
    if scope or joint == ": ":
        return f"{scope}{joint}{text}" if scope else text
    first = "".join(takewhile(str.isidentifier, text))
    names = {t.name for t in subterms(term) if isinstance(t, Input)}
    return f"The value of {text}" if first in names or not first else text[0].upper() + text[1:]


def _sequence(say: Speaker, term: Expr) -> str:
    """Name what is done to a sequence as a whole; "" where it is not moved or ordered as a whole."""
    match term:
        case _ if term in say.hidden:
            return ""
        case Input(name="token"):
            return "The sequence unchanged"
        case Call(op="gather" | "sorted"):
            values, _, order = say.value(term).text.partition(" in ")
            if order in ("ascending order", "descending order"):
                values = values.removeprefix("the ") if values.startswith("the ") else f"values of {values}"
                return f"The {values} in {order}"
    if isinstance(term, Call) and term.op == "gather" and from_end(term.args[1]):
        name = say.value(term.args[0]).within(PREFIX)
        return "The sequence reversed" if name == "the symbol" else f"The values of {name} in reverse order"
    return ""
