"""Inputs within and beyond a domain, made of a form and a walk: what `verify.reach` explores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from distill.forms import Form
from distill.walks import Walk, bounds
from dsl.domains import Numbers, Tokens
from dsl.rows import Rows
from verify.plans import STRATEGIES, shortened, varied
from verify.reach import WITHIN

_GROWTH = (1.25, 1.5, 2.0, 3.0)  # sizes tried beyond the domain, as multiples of its most
_SHRUNK = (0.75, 0.5, 0.25, 0.125)  # and within it
_FEW = (1.5,), (0.5,)  # both, where an input answers for all shorter ones that it begins with
_FREE_GROWTH = 8  # sizes tried where the network takes any
_FREE_MOST = 256
_WALKED = 300_000_000  # pairs of positions that a program reads in all steps of a walk, at most


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is free in an input: head, values [step, component] of the form; walk, ids that it is to go on with."""

    head: np.ndarray
    walk: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Making:
    """Makes inputs: a form's free steps, then, where there is a walk, what the program's answers allow.

    space: gives the rows. room: the most positions. parts: whether an input up to an answer is an input, too, with
    the same answers. explored: whether every input within the domain was compared already.
    """

    space: Tokens | Numbers
    form: Form
    walk: Walk | None
    room: int | None
    parts: bool
    explored: bool

    @property
    def description(self) -> str:
        """How inputs are made, in words."""
        like = "".join(f", {found}" for found in self.form.properties)
        if self.walk is None:
            return f"free steps drawn by strategies{like}"
        head = "what is given as in the samples" + (f", drawn by strategies{like}" if len(self.form.letters[0]) else "")
        follows = "symbols that the program allows, chosen by strategies" if self.grows else "the program's own answers"
        return f"{head}; then {follows}"

    @property
    def fill(self) -> int:
        """The value of padded positions."""
        return self.space.fill

    @property
    def most(self) -> int:
        """The positions of the domain's longest input, up to the last answer that counts."""
        return self.form.around + self.form.counts[1] if self.walk is None else self.walk.most

    def sizes(self, region: str) -> tuple[int, ...]:
        """Give free steps, or where walks grow, steps of the walk: some within the domain, some beyond it."""
        least, most, step, limit = self._span
        growth, shrunk = _FEW if self.parts and (self.walk is None or self.grows) else (_GROWTH, _SHRUNK)
        if region == WITHIN:
            wanted = () if self.explored else {least, most, *(int(most * g) for g in shrunk)}
            return tuple(sorted({self._fitting(size) for size in wanted}))
        wanted = {limit, *(size for size in (most + step, *(int(most * g) for g in growth)) if size <= limit)}
        return tuple(size for size in sorted({self._fitting(size) for size in wanted}) if size > most)

    def _fitting(self, size: int) -> int:
        """Give the largest size that there is up to this one."""
        least, _, step, limit = self._span
        return least + max(min(size, limit) - least, 0) // step * step

    @property
    def _span(self) -> tuple[int, int, int, int]:
        """Give the sizes within the domain, least and most, their step, and the largest that can be made."""
        least, most = self.form.counts
        given = self.form.around + most
        room = self.room or min(_FREE_GROWTH * self.most, max(_FREE_MOST, self.most))
        if self.grows:
            assert self.walk is not None
            return 1, self.walk.most - given, 1, room - given
        limit = int((room - self.form.around) / (1 + self._follows))
        limit = most if least == most and self.walk is not None else limit
        return least, most, self.form.step, limit if self.form.repeats else min(limit, len(self.form.letters[0]))

    @property
    def _follows(self) -> float:
        """How many steps follow each that is given."""
        most = self.form.counts[1]
        return 0.0 if self.walk is None else (self.walk.most - self.form.around - most) / max(most, 1)

    @property
    def grows(self) -> bool:
        """Whether inputs grow by their walk, not by what is given."""
        return self.walk is not None and self.walk.sets and len(self.walk.letters) > 0

    def size(self, row: Rows) -> int:
        """Give the steps of an input that its size counts."""
        return self._size(*self.plans(row))

    def _size(self, plan: Plan) -> int:
        return len(plan.walk if self.grows else plan.head)

    def make(self, size: int, n: int, rng: np.random.Generator) -> tuple[Rows, list[str]]:
        """Make inputs of a size, as many by every strategy."""
        size, (least, most), plans = self._fitting(size), self.form.counts, list[tuple[str, Plan]]()
        count, each = size, max(1, min(n, self._bearable(size)) // len(STRATEGIES))
        for strategy in STRATEGIES:
            if self.grows:
                count = int(rng.choice(np.arange(least, most + 1, self.form.step)))
            heads, walks = self.form.draw(strategy, count, each, rng), np.zeros((each, 0), np.int64)
            if self.grows:
                assert self.walk is not None
                walks = self.walk.letters[STRATEGIES[strategy](len(self.walk.letters), each, size, rng)]
            plans += [(strategy, Plan(h, w)) for h, w in zip(heads, walks, strict=True) if self.form.holds(h)]
        return self.build([plan for _, plan in plans], rng), [name for name, _ in plans]

    def _bearable(self, size: int) -> int:
        """Give how many inputs of a size may be walked at once: a step may compare every two positions before it."""
        given, steps = self.form.around + size, int(size * self._follows)
        if self.grows:
            given, steps = self.form.around + self.form.counts[1], size
        return max(1, _WALKED // max(1, sum((given + k) ** 2 for k in range(steps))))

    def build(self, plans: Sequence[Plan], rng: np.random.Generator) -> Rows:
        """Make the inputs of some plans."""
        values, lengths = self.form.assemble([p.head for p in plans], self.fill)
        if self.walk is None:
            return self.space.batch(values if isinstance(self.space, Numbers) else values[..., 0], lengths)
        given = Rows(values[..., 0], lengths)
        return self.walk.follow(given, [p.walk for p in plans], self.room or _FREE_MOST, self.fill, rng)

    def plans(self, rows: Rows) -> Iterator[Plan]:
        """Yield the plan of each row."""
        assert rows.lengths is not None
        values = rows.values if rows.values.ndim == 3 else rows.values[..., None]
        ends = self._given(rows)
        start, end = len(self.form.start), len(self.form.end)
        for line, given, length in zip(values, ends.tolist(), rows.lengths.tolist(), strict=True):
            yield Plan(line[start : given - end], line[given:length, 0])

    def _given(self, rows: Rows) -> np.ndarray:
        """Give how many positions of each row are not the walk's."""
        assert rows.lengths is not None
        return rows.lengths if self.walk is None else bounds(rows)[0] + 1

    def vary(self, rows: Rows, upto: np.ndarray, rng: np.random.Generator) -> Rows:
        """Change each input in one place at or before the answer `upto`, or anywhere where there is one answer.

        Only the first of them, where walks are long.
        """
        plans, bearable = [], self._bearable(max(map(self._size, self.plans(rows))))
        rows, upto = rows.take(slice(0, bearable)), upto[:bearable]
        for plan, given, answer in zip(self.plans(rows), self._given(rows).tolist(), upto.tolist(), strict=True):
            last = answer + self.space.offset + 1 if self.parts else rows.values.shape[1]
            if self.grows and last > given and len(plan.walk):
                assert self.walk is not None
                early = plan.walk[: last - given]
                drawn = rng.choice(self.walk.letters, len(early))
                plans.append(Plan(plan.head, np.concatenate([varied(early, drawn, rng), plan.walk[last - given :]])))
            else:
                early = plan.head[: max(last - len(self.form.start), 0)] if self.walk is None else plan.head
                changed = varied(early, self.form.fresh(early, rng), rng)
                head = np.concatenate([changed, plan.head[len(early) :]])
                plans.append(Plan(head if self.form.holds(head) else plan.head, plan.walk))
        return self.build(plans, rng)

    def shorter(self, row: Rows, rng: np.random.Generator) -> Rows:
        """Give inputs with a part of the free steps, or of the walk, cut out."""
        (plan,) = self.plans(row)
        parts = shortened(plan.head, self.form.counts[0], self.form.step)
        heads = [Plan(head, plan.walk) for head in parts if self.form.holds(head)]
        walks = [Plan(plan.head, walk) for walk in shortened(plan.walk, 0)] if self.grows else []
        return self.build(heads + walks, rng) if heads or walks else row.take(slice(0, 0))

    def beyond(self, rows: Rows) -> np.ndarray:
        """Say which answers are later than any in the domain, or follow more than any there."""
        later = self.extents(rows) > self.most
        if self.walk is None:
            return later
        return later | (self._given(rows) > self.form.around + self.form.counts[1])[:, None]

    def extents(self, rows: Rows) -> np.ndarray:
        """Give the length of the shortest input with each answer."""
        assert rows.lengths is not None
        if not self.parts:
            return rows.lengths[:, None]
        least = self.form.around + self.form.counts[0] if self.walk is None else 0
        places = np.arange(self.space.offset, rows.values.shape[1]) + 1
        return np.broadcast_to(np.maximum(places, least), (len(rows), len(places)))

    def cut(self, row: Rows, answer: int) -> Rows:
        """Give the row up to an answer, where that is an input."""
        if not self.parts:
            return row
        length = int(self.extents(row)[0, answer])
        scored = None if row.scored is None else row.scored[:, :length]
        return Rows(row.values[:, :length], np.array([length]), scored)
