"""Sentences: the forms that a description can take, and how much of the term each has room for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice

from distill.describe.elsewhere import from_end
from distill.describe.setting import Setting
from distill.describe.speaker import Speaker, TooLong
from distill.describe.tables import CASES, as_sum, changes, choice, fallback
from distill.describe.words import CARRY, LIMIT, constant, input_noun
from distill.emit.facts import Facts
from distill.emit.missing import sought
from distill.emit.names import ADJECTIVES, nouns
from distill.emit.normal import normal
from distill.emit.signature import Signature
from distill.emit.whole import at_last
from dsl.check import check
from dsl.terms import STATE, Call, Expr, Input, Literal, children, substitute, subterms
from dsl.types import Axis, Kind

_PLACE = re.compile(r"the position(?= (is|minus|plus|times)\b)|at position \d+")
_IN_FORMULA = re.compile(r"position given by|(?<!the )\bposition [-+*/%]|[-+*/%] position\b")
_ORIGIN, _ORIGINS = " (counted from 0)", " (positions count from 0)"
_FEW = 4  # distinct subterms that are not worth an abbreviation


def describe(term: Expr, signature: Signature | None = None) -> str:
    """Say what a term computes: one printable line of at most 250 characters, without a full stop.

    signature: the domain and where outputs count, which make for plainer words. Inner parts for which there is no room
    are only named. Raises TypeMismatch where the term has no type.

    >>> from dsl.parser import parse_expr
    >>> from dsl.types import Type
    >>> x = Input("x", Type(Kind.INT, Axis.POSITION))
    >>> describe(parse_expr("running_sum(x) % 5", [x]))
    'At each position, the remainder of the running sum of x divided by 5'
    """
    check(term)
    setting = Setting() if signature is None else Setting(Facts(signature, longer=True), _somewhere(signature.scored))
    if setting.facts is not None:
        term = normal(term, setting.facts)
    if signature is not None and signature.sequence and signature.at != "each":
        term = at_last(term)
    if isinstance(term, Call) and term.op == "symbol":
        term = term.args[0]
    found = []
    for form in _forms(term, setting):
        hidden = frozenset(form.roots)
        for root in form.roots:
            hidden = _reveal(form, root, hidden)
        found.append((sum(map(_size, hidden)), form.text(hidden)))
    return _counted(min(((lost, text) for lost, text in found if text), key=lambda scored: scored[0])[1])


def _somewhere(scored: Expr | None) -> Expr | None:
    """Give where outputs count; None where that is everywhere."""
    return None if isinstance(scored, Literal) else scored


def _counted(text: str) -> str:
    """Say once from where positions are counted, where that matters."""
    place = _PLACE.search(text)
    if place is not None and len(text) + len(_ORIGIN) <= LIMIT:
        return f"{text[: place.end()]}{_ORIGIN}{text[place.end() :]}"
    formula = _IN_FORMULA.search(text) and len(text) + len(_ORIGINS) <= LIMIT
    return f"{text}{_ORIGINS}" if formula else text


@dataclass(frozen=True, slots=True)
class _Form:
    """A form of sentence. write: gives the sentence; roots: the terms that it spells out."""

    write: Callable[[Speaker], str]
    roots: tuple[Expr, ...]
    setting: Setting

    def text(self, hidden: frozenset[Expr]) -> str:
        """Give the sentence with some terms abbreviated, "" where it does not fit."""
        try:
            text = self.write(Speaker(hidden, self.setting.facts))
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


def _forms(term: Expr, setting: Setting) -> list[_Form]:
    """Give the forms a description can take, the best first."""
    writers = (_sequence, _standing_in, _flag, _spelled, _plain)
    forms = [_Form(partial(write, setting=setting, term=term), (term,), setting) for write in writers]
    scan = _carried(term)
    if scan is None:
        return forms
    noun = nouns(scan)[0]
    plain = noun not in ADJECTIVES and check(scan).kind is not Kind.BOOL
    name = Input(CARRY + (noun.replace("_", " ") if plain else "state"), check(scan))
    rest = substitute(term, {scan: name})
    return [*(_with_rule(form, scan, name) for form in _forms(rest, setting)), *forms]


def _with_rule(form: _Form, scan: Call, name: Input) -> _Form:
    """Say in a clause of its own what a scan carries, which the form speaks of by a name."""
    start, step = scan.args[0], _renamed(scan.args[1], name)
    alone = form.roots[0] == name and check(scan).kind is not Kind.BOOL

    def write(say: Speaker) -> str:
        text, subject = form.write(say), "which" if alone else f"where {input_noun(name)}"
        return text and f"{text}, {subject} {changes(say, start, step)}"

    return _Form(write, (*form.roots, step), form.setting)


def _renamed(step: Expr, name: Input) -> Expr:
    """Give a step with a name for the state; scans inside it keep theirs."""
    if isinstance(step, Input):
        return Input(name.name, step.type) if step.name == STATE else step
    if not isinstance(step, Call) or step.op == "scan":
        return step
    return Call(step.op, tuple(_renamed(a, name) for a in step.args))


def _carried(term: Expr) -> Call | None:
    """Give the one scan that a term holds and can be described apart from it; None where there are none or more."""
    scans = [t for t in subterms(term) if isinstance(t, Call) and t.op == "scan" and as_sum(t) is None]
    if not scans:
        return None
    rest = set(subterms(substitute(term, {scans[-1]: scans[-1].args[0]})))
    return None if rest & set(scans) else scans[-1]


def _plain(say: Speaker, setting: Setting, term: Expr) -> str:
    return setting.finished(say.value(term).text, term)


def _standing_in(say: Speaker, setting: Setting, term: Expr) -> str:
    """Say of what is looked up what stands in for it where there is nothing."""
    found = sought(term)
    if found is None or term in say.hidden or found[1].value is None or setting.always(term):
        return ""
    if found[1].value is False:
        return ""
    return setting.finished(f"{say.value(term).text}, or {constant(found[1].value)} where there is none", term)


def _flag(say: Speaker, setting: Setting, term: Expr) -> str:
    match term:
        case Call(op="int", args=(condition,)) if term not in say.hidden:
            word = "if" if check(term).axis is Axis.ROW else "where"
            return setting.finished(f"1 {word} {say.phrase(condition).text}, else 0", term, ", " * (word == "where"))
    return ""


def _spelled(say: Speaker, setting: Setting, term: Expr) -> str:
    if term in say.hidden or (isinstance(term, Call) and term.op == "if" and fallback(say, term)):
        return ""
    texts = [setting.finished(text, term, ": ") for k in range(CASES, 0, -1) if (text := choice(say, term, k))]
    return next((text for text in texts if len(text) <= LIMIT), "")


def _sequence(say: Speaker, setting: Setting, term: Expr) -> str:
    """Name what is done to a sequence as a whole; "" where it is not moved or ordered as a whole."""
    match term:
        case _ if term in say.hidden or setting.scored is not None:
            return ""
        case Input(name="token"):
            return "The sequence unchanged"
        case Call(op="length"):
            return "The length of the sequence"
        case Call(op="sorted", args=(source,)):
            return f"{_values(say, source)} in ascending order"
        case Call(op="gather", args=(Call(op="sorted", args=(source,)), where, _)) if from_end(where):
            return f"{_values(say, source)} in descending order"
        case Call(op="gather", args=(Input(name="token"), where, _)) if from_end(where):
            return "The sequence reversed"
        case Call(op="gather", args=(source, where, _)) if from_end(where):
            return f"{_values(say, source)} in reverse order"
    return ""


def _values(say: Speaker, term: Expr) -> str:
    text = say.values(term).text
    return f"T{text[1:]}" if text.startswith("the ") and text.endswith("s") else f"The values of {text}"
