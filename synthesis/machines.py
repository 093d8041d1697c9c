"""Mealy machines as values: explored from a step function, minimised, compared, run.

A machine reads a letter and gives an output at every step. States are numbered in the order in which words reach them,
the letters in their order, so that minimal machines that do the same are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

Word = tuple[int, ...]  # the places of its letters among a machine's letters
Read = TypeVar("Read", bound=Hashable)


@dataclass(frozen=True, slots=True, eq=False)
class Machine:
    """A finite-state machine that starts in state 0.

    letters: what each letter stands for. step: int64 [state, letter], the state after. output: [state, letter], int64,
    bool or codes: what is said on reading a letter in a state.
    """

    letters: tuple[Any, ...]
    step: np.ndarray
    output: np.ndarray

    def __len__(self) -> int:
        return len(self.step)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Machine)
            and self.letters == other.letters
            and np.array_equal(self.step, other.step)
            and np.array_equal(self.output, other.output)
        )

    def __hash__(self) -> int:
        return hash((self.letters, self.step.tobytes()))

    def states(self, words: np.ndarray) -> np.ndarray:
        """Give the state after each letter: int64 [row, position] for words of that shape."""
        found, state = np.zeros(words.shape, np.int64), np.zeros(len(words), np.int64)
        for t in range(words.shape[1]):
            state = found[:, t] = self.step[state, words[:, t]]
        return found

    def run(self, words: np.ndarray) -> np.ndarray:
        """Give the output at each letter, [row, position] for words of that shape."""
        before = np.concatenate([np.zeros((len(words), 1), np.int64), self.states(words)[:, :-1]], axis=1)
        return self.output[before, words]

    def access(self) -> list[Word]:
        """Give the first shortest word that leads to each state; raises ValueError where none leads to one."""
        found: dict[int, Word] = {0: ()}
        queue = [0]
        for state in queue:
            for letter, after in enumerate(self.step[state].tolist()):
                if after not in found:
                    found[after] = (*found[state], letter)
                    queue.append(after)
        if len(found) < len(self):
            raise ValueError(f"{len(self) - len(found)} of {len(self)} states are never reached")
        return [found[state] for state in range(len(self))]


def explored(
    start: Read, read: Callable[[Read, int], tuple[Read, Any]], letters: Sequence[Any], most: int = 10_000
) -> Machine:
    """Make the machine of the states that a step function reaches.

    read: state, place of the letter -> next state, output. Raises ValueError beyond `most` states.
    """
    number, queue = {start: 0}, [start]
    step, output = [], []
    for state in queue:
        pairs = [read(state, letter) for letter in range(len(letters))]
        for after, _ in pairs:
            if after not in number:
                number[after] = len(queue)
                queue.append(after)
        if len(queue) > most:
            raise ValueError(f"more than {most} states are reached from {start!r}")
        step.append([number[after] for after, _ in pairs])
        output.append([said for _, said in pairs])
    return Machine(tuple(letters), np.array(step, np.int64), np.array(output))


def minimised(machine: Machine) -> Machine:
    """Give the smallest machine that does the same (Moore 1956): states that no word tells apart are one."""
    found = _renumbered(machine)
    classes = _classes(found.output)
    while True:
        finer = _classes(np.concatenate([classes[:, None], classes[found.step]], axis=1))
        if finer.max() == classes.max():
            break
        classes = finer
    _, first = np.unique(classes, return_index=True)
    return _renumbered(Machine(found.letters, classes[found.step[first]], found.output[first]), int(classes[0]))


def _classes(rows: np.ndarray) -> np.ndarray:
    """Number the distinct rows of a matrix."""
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)


def _renumbered(machine: Machine, start: int = 0) -> Machine:
    """Number the states in the order in which words reach them from `start`; those that none reaches are dropped."""

    def read(state: int, letter: int) -> tuple[int, Any]:
        return int(machine.step[state, letter]), machine.output[state, letter]

    found = explored(start, read, machine.letters, len(machine))
    return Machine(machine.letters, found.step, found.output.astype(machine.output.dtype))


def difference(first: Machine, second: Machine) -> Word | None:
    """Give a shortest word on which two machines of the same letters differ, at its last letter; None where none is."""
    seen: dict[tuple[int, int], Word] = {(0, 0): ()}
    queue = [(0, 0)]
    for pair in queue:
        one, other = pair
        for letter in range(len(first.letters)):
            word = (*seen[pair], letter)
            if first.output[one, letter] != second.output[other, letter]:
                return word
            after = int(first.step[one, letter]), int(second.step[other, letter])
            if after not in seen:
                seen[after] = word
                queue.append(after)
    return None
