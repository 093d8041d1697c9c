"""How far program and network stay together: inputs in and beyond the domain on which they might part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from distill.clock import Clock
from distill.forms import seen_form, stated_form
from distill.making import Making
from distill.question import Question
from distill.standing import EXHAUSTIVE, Standing
from distill.walks import ASKED, Walk, bounds, read_walk
from dsl.domains import Domain, Numbers, Sampled, Tokens, symbol_key
from dsl.evaluate import evaluate
from dsl.rows import Rows
from dsl.types import Kind
from verify import Agreement
from verify.explore import explore
from verify.ranges import look_wider
from verify.reach import BEYOND, Effort, Reach

WORK = 6e10  # multiplications that a search may cost the network, about
NO_LENGTHS = "the inputs have no lengths to go beyond"


def look_beyond(
    question: Question, standing: Standing, clock: Clock, rng: np.random.Generator, known: Sequence[Rows] = ()
) -> Reach:
    """Look for inputs on which a program and its network part, within the domain's lengths and beyond them.

    known: inputs that may part. Where time runs out, less was tried, and that is said; nothing else depends on the
    clock.
    """
    makings, why = ways_to_make(question, standing)
    examples = standing.behaviour.counterexamples
    given = [*known, *([] if examples is None else [examples])]

    def agree(rows: Rows) -> Agreement:
        return agreement(question, standing, rows)

    def search(making: Making) -> Reach:
        tried = Rows.concat(given, question.domain.fill) if given else None
        found = explore(making, agree, effort(question, clock, 1 / len(makings)), rng, tried)
        return replace(found, why="" if found.beyond else _confined(question, making, found), made=making.description)

    wider, domain = None, _product(question)
    if isinstance(domain, Numbers) and domain.low is not None:
        wider = look_wider(domain, agree, question.subject.batch_rows, rng, lambda: clock.over)
    if not makings:
        return Reach(None, None, why, wider=wider)
    first, *others = map(search, makings)
    return replace(first, wider=wider, free=others[0] if others else None)


def ways_to_make(question: Question, standing: Standing) -> tuple[list[Making], str]:
    """Give how inputs are made: like the samples, if there are any, and freely; and why, where there is no way."""
    like = _like_samples(question, standing) if question.sampled else None
    return [m for m in (like, _free(question)) if isinstance(m, Making)], like if isinstance(like, str) else NO_LENGTHS


def effort(question: Question, clock: Clock, share: float) -> Effort:
    """Give what a search may cost, as a share of all."""
    return Effort(question.subject.batch_rows, lambda rows: _cost(question, rows), WORK * share, lambda: clock.over)


def agreement(question: Question, standing: Standing, rows: Rows) -> Agreement:
    """Compare a program, with the inputs listed beside it, to the network."""
    if standing.listing is None:
        return question.agreement(standing.term, standing.symbols, rows)
    return standing.listing.agreement(question, standing.term, standing.symbols, rows)


def _cost(question: Question, rows: Rows) -> float:
    """Estimate the multiplications of a run, in whole batches."""
    network, width = question.subject, rows.values.shape[1]
    groups = 1 if network.shares_padding or rows.lengths is None else len(np.unique(rows.lengths))
    batches = max(groups, -(-len(rows) // network.batch_rows))
    return batches * network.batch_rows * width * (network.parameters + width * network.parameters**0.5)


def _confined(question: Question, making: Making, found: Reach) -> str:
    """Say why nothing was tried beyond the domain's lengths."""
    if not found.finished:
        return "no time was left"
    if making.sizes(BEYOND):
        return "a run takes too long"
    if question.room is not None:
        return f"the network takes at most {question.room} positions"
    return "all inputs are of one length"


def _product(question: Question) -> Domain | None:
    """Give the free product that a domain is or states, None where it states none."""
    return question.domain.product if question.sampled else question.domain


def _free(question: Question) -> Making | None:
    """Make free inputs of the lengths that a domain states, None where it states none."""
    free = _product(question)
    form = stated_form(free) if isinstance(free, (Tokens, Numbers)) else None
    if form is None or not isinstance(free, (Tokens, Numbers)):
        return None
    explored = question.domain.size is not None and question.domain.size <= EXHAUSTIVE
    return Making(free, form, None, question.room, question.causal and not len(form.end), explored)


def _like_samples(question: Question, standing: Standing) -> Making | str | None:
    """Make inputs like the samples, as far as can be seen what those are like.

    Gives None where free inputs are all that is known of them, and why where no inputs can be made.
    """
    domain = question.domain
    if not isinstance(domain, Sampled) or not isinstance(domain.space, Tokens):
        return None
    space, samples = domain.space, domain.samples
    if samples.scored is not None:
        samples = samples.take(np.flatnonzero(samples.scored.any(axis=1)))
    assert samples.lengths is not None
    walk = _walk(question, standing, space, samples)
    if walk is not None:
        return Making(space, seen_form(samples, bounds(samples)[0] + 1), walk, question.room, question.causal, False)
    if domain.product is not None:
        return None
    form, places = seen_form(samples, samples.lengths), np.arange(samples.values.shape[1])
    if samples.scored is not None and (samples.scored != (samples.mask & (places >= space.offset))).any():
        return "which outputs count is known of the samples alone"
    return Making(space, form, None, question.room, question.causal and not len(form.end), False)


def _walk(question: Question, standing: Standing, space: Tokens, samples: Rows) -> Walk | None:
    """Say how sequences go on by the answers, None where samples do not."""
    readout = question.readout
    if samples.scored is None or readout.at != "each" or readout.name not in ("argmax", "multilabel"):
        return None
    ids, sets = np.array([space.codes.get(symbol_key(s), -1) for s in readout.symbols]), readout.name == "multilabel"
    network = question.answers(samples.take(slice(0, ASKED))).values
    return read_walk(samples, network, last_answer(question, standing), ids, sets=sets)


def last_answer(question: Question, standing: Standing) -> Callable[[Rows], np.ndarray]:
    """Give the program's answer at the end of each row, coded as the network's are: int64 [row], -1 in the prefix."""
    domain: Domain = question.domain
    symbols = domain.cases(domain.sample(1, np.random.default_rng(0)), standing.symbols).symbols
    codes = np.array([*map(question.readout.code, symbols), -1])

    def answers(rows: Rows) -> np.ndarray:
        cases = domain.cases(rows, standing.symbols)
        assert rows.lengths is not None
        last = rows.lengths - 1 - domain.offset
        values = np.broadcast_to(evaluate(standing.term, cases), cases.mask.shape)[np.arange(len(rows)), last]
        found = codes[values] if question.kind is Kind.SYMBOL else question.codes(values, cases)
        return np.where(last >= 0, found, -1)

    return answers
