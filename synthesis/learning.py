"""Machines learnt by asking: a network is queried like any black box, word by word (active automata learning).

The learner is that of AALpy (Kearns and Vazirani 1994). What is this project's own is when a machine counts as right:
the caller's check says so, which runs every word of a domain where it can. A learner that needs to ask of a word longer
than the domain has is told that there is no machine: what such words do is not the network's business.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dsl.evaluate import Cases, evaluate
from dsl.terms import Expr, Input, Value
from synthesis.machines import Machine, Word, explored

with warnings.catch_warnings():  # its sources have escapes that Python warns of when it compiles them, the first time
    warnings.simplefilter("ignore")
    from aalpy import SUL, Oracle, run_KV

Ask = Callable[[np.ndarray], np.ndarray]  # letters int64 [row, position] -> outputs [row, position], a letter a step
Check = Callable[[Machine], Word | None]  # a word on which a machine is wrong, None where none was found

MOST = 64  # states beyond which a machine is no explanation
ENUMERATED = 70_000  # words up to which all are run
LONGEST = 30  # letters of the words that are run where there is no bound
TESTED = 1024  # words of each kind that a machine is tried on otherwise
STRAYS = 10  # letters of a word of which one may lead where no letter leads away
LEADS, LEAD = 256, 8  # words by which it is seen first how many states there are at least, and their letters
_AT_ONCE = 4096  # words asked of at once


class Undetermined(Exception):
    """There is no machine that the words of the domain determine: it has too many states, or they are too short."""


class Asked(SUL):
    """What was asked and answered so far, as a system under learning.

    letters: how many there are. longest: letters of the longest word that may be asked; None where any may.
    A word that is not known yet is asked together with all that differ from it in one letter, as they are next.
    """

    def __init__(self, ask: Ask, letters: int, longest: int | None) -> None:
        super().__init__()
        self.ask, self.letters, self.longest = ask, letters, longest
        self.known: dict[Word, Any] = {}

    def query(self, word: tuple) -> list:
        """Give the output at each letter; raises Undetermined where the domain has no word so long."""
        if self.longest is not None and len(word) > self.longest:
            raise Undetermined(f"a word of {len(word)} letters is needed, the longest has {self.longest}")
        if word not in self.known:
            self.enter(_neighbours(word, self.letters))
        return [self.known[word[: k + 1]] for k in range(len(word))]

    def enter(self, words: np.ndarray) -> np.ndarray:
        """Ask of words of one length, int64 [row, position], and keep what was said, [row, position]."""
        said = self.ask(words)
        for word, outputs in zip(words.tolist(), said.tolist(), strict=True):
            for k, output in enumerate(outputs):
                self.known[tuple(word[: k + 1])] = output
        return said

    def pre(self) -> None:
        """Words are asked of whole: there is nothing to reset."""

    def post(self) -> None:
        """Nor anything to end."""

    def step(self, letter: Any) -> Any:
        """Refuse: raises TypeError, as words are asked of whole."""
        raise TypeError(f"asked of the letter {letter!r} alone; ask for a whole word by `query`")


def _neighbours(word: Word, letters: int) -> np.ndarray:
    """Give a word and all that differ from it in one letter, int64 [row, position]."""
    rows = np.tile(np.array(word), (len(word) * letters, 1))
    places, values = np.divmod(np.arange(len(rows)), letters)
    rows[np.arange(len(rows)), places] = values
    return np.unique(rows, axis=0)


class _Checked(Oracle):
    """The caller's check, as an equivalence oracle. Raises Undetermined beyond so many states."""

    def __init__(self, sul: Asked, letters: Sequence[Any], check: Check, most: int) -> None:
        super().__init__(list(range(len(letters))), sul)
        self.letters, self.check, self.most = letters, check, most
        self.machine: Machine | None = None

    def find_cex(self, hypothesis: Any) -> tuple | None:
        if len(hypothesis.states) > self.most:
            raise Undetermined(f"{len(hypothesis.states)} states are not enough")
        self.machine = explored(
            hypothesis.initial_state, lambda s, a: (s.transitions[a], s.output_fun[a]), self.letters, self.most
        )
        return self.check(self.machine)


def learn(
    ask: Ask,
    letters: Sequence[Any],
    check: Check,
    rng: np.random.Generator,
    *,
    longest: int | None = None,
    most: int = MOST,
) -> Machine:
    """Learn the smallest machine that passes the check.

    ask: the network. letters: what each letter stands for. longest: letters of the longest word of the domain.
    Raises Undetermined where there is none of at most `most` states, or it takes longer words to tell.
    """
    sul = Asked(ask, len(letters), longest)
    if (told := _told_apart(sul, rng)) > most:
        raise Undetermined(f"there are more than {told} states, {most} may be")
    oracle = _Checked(sul, letters, check, most)
    run_KV(oracle.alphabet, sul, oracle, "mealy", cache_and_non_det_check=False, print_level=0)
    assert oracle.machine is not None
    return oracle.machine


def _told_apart(sul: Asked, rng: np.random.Generator) -> int:
    """Count the states that the next output alone tells apart, among those that words drawn lead to."""
    count, length = min(LEADS, _AT_ONCE // sul.letters), min(sul.longest or LEAD, LEAD)
    words = np.repeat(rng.integers(0, sul.letters, (count, length)), sul.letters, axis=0)
    words[:, -1] = np.tile(np.arange(sul.letters), count)
    return len(np.unique(sul.enter(words)[:, -1].reshape(count, -1), axis=0))


def said_by(term: Expr, inputs: Sequence[Input], letters: np.ndarray, symbols: tuple[Value, ...]) -> Ask:
    """Give a program as something to be asked. letters: int64 [letter, input], codes where inputs are symbols."""

    def ask(words: np.ndarray) -> np.ndarray:
        columns = {i.name: letters[words, k] for k, i in enumerate(inputs)}
        found = evaluate(term, Cases(columns, np.ones(words.shape, dtype=bool), symbols))
        return np.broadcast_to(found, words.shape)

    return ask


def count_states(ask: Ask, letters: int, longest: int | None, rng: np.random.Generator) -> int | None:
    """Count the states of the smallest machine that answers so on words of at most `longest` letters.

    The words are all run where they are few, drawn otherwise; without a bound they are drawn of LONGEST letters. None
    where there is no such machine, or the words are too short to tell.
    """
    try:
        return len(learn(ask, range(letters), check_of(ask, letters, longest, rng), rng, longest=longest))
    except Undetermined:
        return None


def check_of(ask: Ask, letters: int, longest: int | None, rng: np.random.Generator) -> Check:
    """Give the strictest check that there is time for."""
    if longest is not None and letters**longest <= ENUMERATED:
        return whole(ask, letters, longest)
    return drawn(ask, letters, longest or LONGEST, rng)


def whole(ask: Ask, letters: int, longest: int) -> Check:
    """Give the check that holds a machine against every word of at most `longest` letters, asked of once."""
    words = np.indices((letters,) * longest).reshape(longest, -1).T
    said = _asked(ask, words)
    return lambda machine: _first_wrong(machine, words, said)


def drawn(ask: Ask, letters: int, longest: int, rng: np.random.Generator, tested: int = TESTED) -> Check:
    """Give the check that holds a machine against words of four kinds, drawn anew each time.

    Uniform ones; ones of long runs, which reach states that uniform ones miss; ones that lead to each state in turn
    and go on at random; and ones that seldom go where no letter leads away. The first two do not hang on the machine.
    """

    def check(machine: Machine) -> Word | None:
        words = rng.integers(0, letters, (4, tested, longest))
        changes = rng.random((tested, longest)) < rng.uniform(0.0, 0.6, (tested, 1))
        last = np.maximum.accumulate(np.where(changes, np.arange(longest), 0), axis=1)
        words[1] = np.take_along_axis(words[1], last, axis=1)
        access = machine.access()
        for k, word in enumerate(words[2]):
            lead = access[k % len(access)][: longest - 1]
            word[: len(lead)] = lead
        words[3] = _wandering(machine, words[3], rng)
        words = words.reshape(-1, longest)
        return _first_wrong(machine, words, _asked(ask, words))

    return check


def _wandering(machine: Machine, words: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give words that keep from where no letter leads away, but for one letter in STRAYS, which is as given."""
    stuck = (machine.step == np.arange(len(machine))[:, None]).all(axis=1)
    state, found = np.zeros(len(words), np.int64), words.copy()
    for t in range(words.shape[1]):
        weights = np.where(stuck[machine.step[state]], 0.0, 1.0) + 1e-9
        chosen = (rng.random((len(words), 1)) * weights.sum(1, keepdims=True) < weights.cumsum(1)).argmax(1)
        found[:, t] = np.where(rng.random(len(words)) < 1 / STRAYS, words[:, t], chosen)
        state = machine.step[state, found[:, t]]
    return found


def _asked(ask: Ask, words: np.ndarray) -> np.ndarray:
    return np.concatenate([ask(words[k : k + _AT_ONCE]) for k in range(0, len(words), _AT_ONCE)])


def _first_wrong(machine: Machine, words: np.ndarray, said: np.ndarray) -> Word | None:
    """Give the shortest beginning of a word at whose last letter a machine is wrong."""
    wrong = machine.run(words) != said
    places = np.where(wrong.any(axis=1), wrong.argmax(axis=1), words.shape[1])
    row = int(places.argmin())
    return tuple(words[row, : places[row] + 1].tolist()) if places[row] < words.shape[1] else None
