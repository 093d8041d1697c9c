"""Ten regular languages: the seven of Tomita (1982), and brackets that match and nest to a bounded depth."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from synthesis.machines import Machine, explored, minimised

State = Hashable
DEAD = "dead"  # the state from which no word of the language is reached any more
STRAYS = 0.08  # share of the letters of a drawn word that may leave the language for good


@dataclass(frozen=True, slots=True)
class Language:
    """A language, by a machine that reads its words; the machine need not be the smallest.

    letters: as the network's vocabulary has them. step: the state and the place of a letter among the letters to the
    next state. accepts: whether a word that leads to a state is in the language.
    """

    name: str
    meaning: str
    letters: tuple[int | str, ...]
    start: State
    step: Callable[[State, int], State]
    accepts: Callable[[State], bool]

    def machine(self) -> Machine:
        """Give the smallest machine that says after each letter whether the word so far is in the language."""

        def read(state: State, letter: int) -> tuple[State, bool]:
            after = self.step(state, letter)
            return after, self.accepts(after)

        return minimised(explored(self.start, read, self.letters))

    def states(self) -> int:
        """Count the states of the smallest automaton that accepts the language, the dead one included."""

        def read(state: State, letter: int) -> tuple[State, bool]:  # tells a word by whether it is in, empty or not
            return self.step(state, letter), self.accepts(state)

        return len(minimised(explored(self.start, read, self.letters)))

    def sample(self, rows: int, length: int, rng: np.random.Generator) -> np.ndarray:
        """Draw words, int64 [row, position]: half uniform, half of letters that seldom leave the language for good."""
        machine = self.machine()
        words = rng.integers(0, len(self.letters), (rows, length))
        step, alive = machine.step, _alive(machine)
        state = np.zeros(rows, np.int64)
        for t in range(length):
            stays = alive[step[state]].astype(float) + STRAYS / len(self.letters)
            drawn = (rng.random((rows, 1)) * stays.sum(1, keepdims=True) < stays.cumsum(1)).argmax(1)
            words[rows // 2 :, t] = drawn[rows // 2 :]
            state = step[state, words[:, t]]
        return words


def _alive(machine: Machine) -> np.ndarray:
    """Say from which states a word of the language is still reached, bool [state]."""
    alive = np.array([any(said) for said in machine.output.tolist()])
    for _ in range(len(machine)):
        alive = np.logical_or(alive, np.any(alive[machine.step], axis=1))
    return alive


def _word(step: Callable[[State, int], State]) -> Callable[[State, int], State]:
    """Let the dead state be left by no letter."""
    return lambda state, letter: DEAD if state == DEAD else step(state, letter)


def _runs(state: State, letter: int) -> State:
    """Tomita 3. State: whether a run of 1s of odd length has ended, the letter of the present run and its parity."""
    assert isinstance(state, tuple)
    ended, last, odd = state
    if letter == last:
        return ended, last, not odd
    if last == 0 and odd and ended:
        return DEAD
    return ended or (last == 1 and odd), letter, True


def _tomita() -> list[Language]:
    bits = (0, 1)
    found: list[tuple[str, State, Callable, Callable]] = [
        ("only 1s", 0, lambda s, a: 0 if a else DEAD, lambda s: s == 0),
        ("10, again and again", 0, lambda s, a: a if a == 1 - s else DEAD, lambda s: s == 0),
        (
            "no run of 1s of odd length before a run of 0s of odd length",
            (False, 1, False),
            _runs,
            lambda s: s != DEAD and not (s[0] and s[1] == 0 and s[2]),
        ),
        ("no three 0s in a row", 0, lambda s, a: 0 if a else s + 1 if s < 2 else DEAD, lambda s: s != DEAD),
        ("an even number of 0s and of 1s", (0, 0), _even, lambda s: s == (0, 0)),
        ("as many 0s as 1s, up to multiples of 3", 0, lambda s, a: (s + 2 * a - 1) % 3, lambda s: s == 0),
        ("0s, then 1s, then 0s, then 1s", 0, lambda s, a: s + (a != s % 2) if s + (a != s % 2) < 4 else DEAD, _lives),
    ]
    return [
        Language(f"Tomita_{k}", meaning, bits, start, _word(step), accepts)
        for k, (meaning, start, step, accepts) in enumerate(found, start=1)
    ]


def _even(state: State, letter: int) -> State:
    assert isinstance(state, tuple)
    return (state[0] ^ (letter == 0), state[1] ^ (letter == 1))


def _lives(state: State) -> bool:
    return state != DEAD


def _dyck(depth: int) -> Language:
    def step(state: State, letter: int) -> State:
        assert isinstance(state, int)
        after = state + 1 - 2 * letter
        return after if 0 <= after <= depth else DEAD

    meaning = f"brackets that match, at most {depth} deep"
    return Language(f"Dyck_{depth}", meaning, ("(", ")"), 0, _word(step), lambda s: s == 0)


LANGUAGES = {language.name: language for language in [*_tomita(), *map(_dyck, (2, 3, 4))]}
