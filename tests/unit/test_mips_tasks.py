"""The tasks of the MIPS benchmark, and the small trained networks of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from examples.mips import nets
from examples.mips.held import batches, held
from examples.mips.linear import fit_linear
from examples.mips.polished import fit_polished
from examples.mips.run import Outcome
from examples.mips.scale import Scale
from examples.mips.tasks import TASKS, Task
from examples.mips.taught import transitions
from examples.mips.train import tries, write, wrong

ANSWERS = {
    "Binary_Addition": ([[1, 1], [1, 1], [0, 0]], [0, 1, 1]),
    "Base_7_Addition": ([[6, 6], [3, 3], [6, 0]], [5, 0, 0]),
    "Bitwise_Xor": ([[1, 0], [1, 1]], [1, 0]),
    "Bitwise_Not": ([0, 1], [1, 0]),
    "Parity_Last3": ([1, 1, 1, 1, 0], [1, 0, 1, 1, 0]),
    "Parity_All": ([1, 0, 1, 1], [1, 1, 0, 1]),
    "Parity_Zeros": ([1, 0, 0, 0], [0, 1, 0, 1]),
    "Parity_Bits_Mod2": ([1, 1, 0, 1], [0, 1, 0, 1]),
    "Evens_Counter": ([3, 0, 8, 7], [0, 1, 2, 2]),
    "Sum_All": ([99, 99, 1], [99, 198, 199]),
    "Sum_Last2": ([5, 6, 7], [5, 11, 13]),
    "Prev2": ([5, 6, 7, 8], [0, 0, 5, 6]),
    "Bit_Shift_Right": ([1, 0, 1], [0, 1, 0]),
    "Previous_Equals_Current": ([0, 0, 4, 4], [1, 1, 0, 1]),
    "Diff_Last2": ([-100, 99], [-100, 199]),
    "Abs_Diff": ([-100, 99], [100, 199]),
    "Diff_Abs_Values": ([-100, 99], [100, -1]),
    "Min_Seen": ([4, 6, 2], [4, 4, 2]),
    "Max_Seen": ([4, 6, 2], [4, 6, 6]),
    "Majority_0_1": ([1, 0, 1], [1, 0, 1]),
    "Majority_0_3": ([3, 1, 3, 1, 2], [3, 1, 3, 1, 1]),
    "Perfect_Square_Detector": ([0, 1, 2, 9, 16, 15], [1, 1, 0, 1, 1, 0]),
    "Bit_Palindrome": ([1, 0, 1, 0, 1], [1, 0, 1, 0, 1]),
    "Balanced_Parenthesis": ([0, 1, 0, 0, 1, 1, 1, 0], [0, 1, 0, 0, 0, 1, 0, 0]),
    "Alternating_Last3": ([1, 0, 1, 1], [0, 1, 1, 0]),
    "Bit_Dot_Prod_Mod2": ([[1, 1], [1, 0], [1, 1]], [1, 1, 0]),
    "Div_3": ([1, 1, 0, 0, 1, 1, 0, 0, 0, 1], [0, 1, 0, 0, 0, 1, 0, 0, 0, 0]),
    "Add_Mod_3": ([2, 2, 2], [2, 1, 0]),
    "Dithering": ([10, 10, 10, 15], [0, 1, 1, 1]),
    "Newton_Freebody": ([1, 0, 0], [1, 2, 3]),
    "Newton_Gravity": ([1, 0, 0], [0, -1, -3]),
    "Newton_Spring": ([1, 0, 0, 0], [1, 1, 0, -1]),
    "Newton_Magnetic": ([[1, 0], [0, 0]], [[1, 0], [2, 1]]),
}
MACHINES = [task for task in TASKS.values() if task.kind == "machine" and task.states]
SMALL = {"hidden": 3, "f_depth": 2, "f_width": 8, "g_depth": 2, "g_width": 8}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks as small as these are slower on several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def answers(task: Task, x: list) -> list:
    """Give a task's answers to one sequence."""
    y = task.answer(np.array(x).reshape(1, len(x), task.components))[0]
    return (y[:, 0] if y.shape[1] == 1 else y).tolist()


def test_there_are_62_of_which_mips_solved_32_and_gpt4_30():
    assert len(TASKS) == 62
    assert sum(task.mips for task in TASKS.values()) == 32
    assert sum(task.gpt4 for task in TASKS.values()) == 30
    assert sum(task.length == 20 for task in TASKS.values()) == 4


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_worked_out_by_hand(name: str):
    x, y = ANSWERS[name]
    assert answers(TASKS[name], x) == y


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_sequences_are_of_the_domain_and_answers_look_back_alone(task: Task):
    x = task.sample(64, np.random.default_rng(0))
    assert x.shape == (64, task.length, task.components)
    assert task.low <= x.min() <= x.max() <= task.high
    y = task.answer(x)
    for t in (1, 2, task.length - 1):
        assert np.array_equal(task.answer(x[:, :t]), y[:, :t])
    assert np.issubdtype(y.dtype, np.integer)


@pytest.mark.parametrize("name", ["Perfect_Square_Detector", "Bit_Palindrome", "Majority_0_3"])
def test_rare_answers_are_drawn_often(name: str):
    task = TASKS[name]
    last = task.answer(task.sample(4000, np.random.default_rng(0)))[:, -1]
    assert min(np.unique(last, return_counts=True)[1]) > 200


def test_enumeration_is_of_every_sequence_once():
    task = TASKS["Add_Mod_3"]
    x = task.enumerate()
    assert len(np.unique(x.reshape(len(x), -1), axis=0)) == task.size == 3**10


@pytest.mark.parametrize("task", MACHINES, ids=lambda task: task.name)
def test_states_are_those_that_continuations_tell_apart(task: Task):
    """The minimal machine's states, the first among them, where answers are given on the way to the next."""
    rng = np.random.default_rng(0)
    x = task.sample(400, rng)
    tails = rng.integers(task.low, task.high + 1, (40, 6, task.components))
    told = set()
    for t in range(task.length + 1):
        longer = [np.concatenate([x[:, :t], np.broadcast_to(tail, (400, *tail.shape))], axis=1) for tail in tails]
        after = np.concatenate([task.answer(rows)[:, t:].reshape(400, -1) for rows in longer], axis=1)
        told |= {row.tobytes() for row in after}
    assert len(told) == task.states


def test_states_that_are_shown_also_tell_the_answer():
    x, states = transitions(TASKS["Parity_All"], np.random.default_rng(0))
    assert set(np.unique(states)) == {0, 1, 2}  # before the first step, even, odd
    assert (states[:, 0] == 0).all()
    odd = TASKS["Parity_All"].answer(x)[:, :, 0] == 1
    assert len(np.unique(states[:, 1:][odd])) == len(np.unique(states[:, 1:][~odd])) == 1


@pytest.mark.parametrize("name", [task.name for task in TASKS.values() if task.kind == "linear"])
def test_linear_networks_are_right_and_no_larger_than_need_be(name: str):
    task = TASKS[name]
    net, config = fit_linear(task, 0)
    x = task.sample(500, np.random.default_rng(1))
    with torch.no_grad():
        found = net(torch.as_tensor(x, dtype=torch.float32)).round().numpy()
    assert np.array_equal(found, task.answer(x))
    assert config["hidden"] <= 7


@pytest.mark.parametrize("config", [{**SMALL}, {"cell": "gru", "hidden": 4}, {"cell": "lstm", "hidden": 4}])
def test_a_folded_network_takes_and_gives_raw_integers(config: dict):
    task = TASKS["Max_Seen"]
    torch.manual_seed(0)
    net, scale = nets.build({"in_dim": 1, "out_dim": 1, **config}), Scale.of(task, np.random.default_rng(0))
    rows = task.sample(8, np.random.default_rng(1))
    with torch.no_grad():
        before = net(scale.scaled(rows, task)[0].float()) * scale.y_half + scale.y_middle
        scale.fold(net)
        assert torch.allclose(net(torch.as_tensor(rows, dtype=torch.float32)), before, atol=1e-3)


def test_a_network_is_not_right_for_another_task():
    rng = np.random.default_rng(0)
    net, _ = fit_linear(TASKS["Bit_Shift_Right"], 0)
    assert wrong(net, TASKS["Bit_Shift_Right"], rng) == 0
    assert wrong(net, TASKS["Parity_Last2"], rng) > 0


def test_a_network_of_kinks_is_fitted_exactly():
    task = replace(TASKS["Abs_Diff"], length=3)
    sizes = {"in_dim": 1, "out_dim": 1, "hidden": 2, "f_depth": 1, "f_width": 1, "g_depth": 2, "g_width": 16}
    net, _ = fit_polished(task, sizes, 300, 0)
    assert wrong(net, task, np.random.default_rng(1)) == 0


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_there_is_a_way_to_train_for_every_task(kind):
    assert all(next(iter(tries(task, kind, 10)), None) is not None for task in TASKS.values())


def test_a_program_is_held_against_its_network(tmp_path: Path):
    task = TASKS["Bit_Shift_Right"]
    write(tmp_path, task, *fit_linear(task, 0))
    program = tmp_path / "program.py"
    code = "def predict_batch(xs, strict=True):\n    return [{} for x in xs]\n"
    program.write_text(code.format("[0, *x[:-1]]"))
    assert held(task, tmp_path, program, 100) == "exact"
    program.write_text(code.format("x"))
    assert held(task, tmp_path, program, 100).startswith("differs on [")

    program.write_text(code.format("[1 // 0]"))
    assert held(task, tmp_path, program, 100) == "fails: ZeroDivisionError"


def test_programs_are_held_against_networks_at_every_length():
    lengths = [x.shape[1:] for x in batches(TASKS["Parity_All"], 10)]
    assert lengths == [(n, 1) for n in range(1, 11)]
    assert sum(len(x) for x in batches(TASKS["Parity_All"], 10)) == 2**11 - 2
    drawn = [x.shape for x in batches(TASKS["Newton_Magnetic"], 40_000)]
    assert drawn == [*[(1024, n, 2) for n in range(1, 10)], (32768, 10, 2), (7232, 10, 2)]


def test_a_row_of_the_table():
    found = Outcome(TASKS["Div_3"], "4 units", "exact", 5, 3.14, "exact", "untested")
    assert found.row() == "| Div_3 | 4 units |  | yes | exact | 5 | 3.1 | exact | untested |"
    assert found.right
    assert Outcome(TASKS["Div_3"], "not trained", "").row() == "| Div_3 | not trained |  | yes |  |  |  |  |  |"
