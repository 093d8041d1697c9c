"""Alignment files: what they may say, and the one line for everything that they may not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from distill.alignment import Alignment, read_alignment
from distill.errors import BadInput
from distill.hypothesis import stated
from distill.mechanism import examine
from tests.planted.planted import Planted
from tests.unit.test_placement import ATTENTION, FEED
from verify.mechanism import Mechanism


def written(folder: Path, text: str, name: str = "steps.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


TOML = """
"running_sum(x)" = "body.hidden"  # a step may be named by its term
carry = { site = "cell", positions = "each", units = [0, 3, 4] }

[last]
site = "head[1]"
positions = "last"
"""
JSON = """{"running_sum(x)": "body.hidden", "carry": {"site": "cell", "positions": "each", "units": [0, 3, 4]},
           "last": {"site": "head[1]", "positions": "last"}}"""


@pytest.mark.parametrize(("name", "text"), [("steps.toml", TOML), ("steps.json", JSON), ("steps", TOML)])
def test_steps_with_their_sites(name: str, text: str, tmp_path: Path):
    assert read_alignment(written(tmp_path, text, name)) == {
        "running_sum(x)": {"site": "body.hidden"},
        "carry": {"site": "cell", "positions": "each", "units": [0, 3, 4]},
        "last": {"site": "head[1]", "positions": "last"},
    }


TABLE = "a table of steps with their sites"
NAME = "the name of a site, or a table with one"
UNITS = "a list of numbers of units, from 0"


@pytest.mark.parametrize(
    ("text", "place", "expected", "remedy"),
    [
        ("", "", TABLE, 'write it like carry = "cell"'),
        ("carry = 3", ", step 'carry'", NAME, 'write it like { site = "cell" }'),
        ("carry = {}", ", step 'carry'", NAME, 'write it like { site = "cell" }'),
        ("carry = { units = [0] }", ", step 'carry'", NAME, 'write it like { site = "cell" }'),
        ("carry = { site = 1 }", ", step 'carry'", NAME, 'write it like { site = "cell" }'),
        ('carry = ["cell"]', ", step 'carry'", NAME, 'write it like { site = "cell" }'),
        ('body.hidden = "x"', ", step 'body'", NAME, 'write it like { site = "cell" }'),
        ('carry = { site = "c", unit = [1] }', ", step 'carry'", "one of site, positions, units", "correct it"),
        ('carry = { site = "c", positions = "all" }', ", step 'carry'", "one of each, last, row", "correct it"),
        ('carry = { site = "c", positions = ["each"] }', ", step 'carry'", "one of each, last, row", "correct it"),
        ('carry = { site = "c", units = [] }', ", step 'carry'", UNITS, "correct it"),
        ('carry = { site = "c", units = 3 }', ", step 'carry'", UNITS, "correct it"),
        ('carry = { site = "c", units = [0, -1] }', ", step 'carry'", UNITS, "correct it"),
        ('carry = { site = "c", units = [0.5] }', ", step 'carry'", UNITS, "correct it"),
        ('carry = { site = "c", units = [true] }', ", step 'carry'", UNITS, "correct it"),
        ('carry = "cell', "", "TOML, or JSON in a file named .json", "correct it"),
        ('carry = "a"\ncarry = "b"', "", "TOML, or JSON in a file named .json", "correct it"),
        ('{"carry": "cell"}', "", "TOML, or JSON in a file named .json", "correct it"),
    ],
)
def test_what_a_file_may_not_say(text: str, place: str, expected: str, remedy: str, tmp_path: Path):
    path = written(tmp_path, text)
    with pytest.raises(BadInput) as error:
        read_alignment(path)
    assert error.value.where == f"{path}{place}"
    assert (error.value.expected, error.value.remedy) == (expected, remedy)
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[1, 2]", "found list, expected a table"),
        ('"cell"', "found str, expected a table"),
        ('{"carry": "cell"', "found a fault: "),
        ('{"carry": {"site": "c", "units": [null]}}', "step 'carry': found units [None]"),
        ('{"carry": {"site": "c", "places": 1}}', "step 'carry': found key 'places'"),
        ('{"carry": {"site": "c", "positions": "first"}}', "step 'carry': found positions 'first'"),
        ('{"carry": null}', "step 'carry': found None"),
    ],
)
def test_what_was_found_is_said(text: str, found: str, tmp_path: Path):
    with pytest.raises(BadInput, match=r"steps\.json") as error:
        read_alignment(written(tmp_path, text, "steps.json"))
    assert found in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path: Path):
    for path, found in ((tmp_path / "none.toml", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(BadInput, match="expected a TOML or JSON file; check the path") as error:
            read_alignment(path)
        assert error.value.where == str(path)
        assert error.value.found.startswith(found)
    latin = tmp_path / "latin.toml"
    latin.write_bytes('schrägung = "cell"'.encode("latin-1"))
    with pytest.raises(BadInput, match="a fault: 'utf-8' codec can't decode"):
        read_alignment(latin)


def judged(p: Planted, alignment: Alignment) -> Mechanism:
    return examine(p.question, stated(p.question, p.program), np.random.default_rng(0), alignment=alignment)


def test_an_alignment_at_the_right_sites_is_confirmed_and_elsewhere_it_is_not():
    right = {name: {"site": at} for name, at in ATTENTION.alignment.items()}
    assert judged(ATTENTION, right).verdict == "confirmed"
    for name, at in ATTENTION.misplaced:
        found = judged(ATTENTION, {**right, name: {"site": at}})
        assert found.verdict != "confirmed"
        assert found.why.startswith(f"step {name}: ")


def test_steps_without_a_site_are_not_claimed():
    found = judged(FEED, {"a": {"site": "left"}})
    assert found.verdict == "confirmed"
    assert [f.step.name for f in found.findings if f.claimed] == ["a"]


def test_positions_are_taken_as_they_are_said():
    for positions in ("each", "last"):
        found = judged(ATTENTION, {"n": {"site": "count", "positions": positions}})
        assert (found.verdict == "confirmed") is (positions == "each")


def test_units_are_taken_as_they_are_said_and_one_named_twice_counts_once():
    every = list(range(next(s.shape[0] for s in FEED.question.subject.sites if str(s) == "left")))
    for units, status in ((every, "confirmed"), ([*every, 0], "confirmed"), ([0], "refuted")):
        found = judged(FEED, {"a": {"site": "left", "units": units}})
        (finding,) = (f for f in found.findings if f.claimed)
        assert finding.status == status
        assert finding.placement is not None
        assert (finding.placement.rank, finding.placement.map) == (len(set(units)), "stated")
        assert found.verdict != "confirmed"  # a whole site is as good as any other part of it of the same size


@pytest.mark.parametrize(
    ("p", "alignment", "said"),
    [
        (FEED, {"z": {"site": "left"}}, "step 'z': found no such step, expected one of a, c"),
        (FEED, {"a": {"site": "middle"}}, "step 'a': found no site 'middle', expected one that"),
        (FEED, {"a": {"site": "left"}, "c": {"site": "middle"}}, "step 'c': found no site 'middle'"),
        (FEED, {"a": {"site": "left", "units": [0, 99]}}, "99"),
    ],
)
def test_what_the_network_or_the_program_does_not_have(p: Planted, alignment: Alignment, said: str):
    with pytest.raises(BadInput) as error:
        judged(p, alignment)
    assert str(error.value).startswith("alignment, step ")
    assert said in str(error.value)
