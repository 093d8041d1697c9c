"""Linear forms over named values, and features: sums of their ReLUs, which compute functions of integers exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Form:
    """A weighted sum of named values, and a constant."""

    weights: Mapping[str, float] = field(default_factory=dict)
    constant: float = 0.0

    def __add__(self, other: Form | float) -> Form:
        other = other if isinstance(other, Form) else Form({}, other)
        names = {**self.weights, **other.weights}
        weights = {n: self.weights.get(n, 0.0) + other.weights.get(n, 0.0) for n in names}
        return Form(weights, self.constant + other.constant)

    def __mul__(self, factor: float) -> Form:
        return Form({n: w * factor for n, w in self.weights.items()}, self.constant * factor)

    def __neg__(self) -> Form:
        return self * -1

    def __sub__(self, other: Form | float) -> Form:
        return self + -other

    def __rsub__(self, other: float) -> Form:
        return -self + other

    __radd__, __rmul__ = __add__, __mul__


Feature = tuple[tuple[float, Form], ...]  # coefficients of ReLUs of forms


def wires(names: str) -> tuple[Form, ...]:
    """Give a form a name, each the value of that name."""
    return tuple(Form({name: 1.0}) for name in names.split())


def relu(form: Form) -> Feature:
    return ((1.0, form),)


def scaled(factor: float, feature: Feature) -> Feature:
    return tuple((factor * c, form) for c, form in feature)


def steady(value: float) -> Feature:
    return ((value, Form({}, 1.0)),)


def copied(form: Form) -> Feature:
    return relu(form) + scaled(-1, relu(-form))


def at_least(form: Form, bound: float, gap: float = 1.0) -> Feature:
    """1 from `bound` on, 0 up to `bound - gap`: there are no values between them."""
    return scaled(1 / gap, relu(form - (bound - gap)) + scaled(-1, relu(form - bound)))


def equal(form: Form, value: float) -> Feature:
    return relu(form - (value - 1)) + scaled(-2, relu(form - value)) + relu(form - (value + 1))


def larger(a: Form, b: Form) -> Feature:
    return copied(a) + relu(b - a)


def smaller(a: Form, b: Form) -> Feature:
    return copied(a) + scaled(-1, relu(a - b))


def either(a: Form, b: Form) -> Feature:
    """1 where one of two flags is 1."""
    return steady(1) + scaled(-1, relu(1 - a - b))


def gated(value: Form, flag: Form, most: float = 12) -> Feature:
    """The value, 0 to `most`, where a flag is 1, else 0."""
    return relu(value - most * (1 - flag))


def residue(form: Form, modulus: int, most: int) -> Feature:
    """The remainder of an integer 0 to `most`."""
    return copied(form) + tuple(
        part for k in range(modulus, most + 1, modulus) for part in scaled(-modulus, at_least(form, k))
    )


def interpolated(form: Form, points: Mapping[float, float]) -> Feature:
    """The broken line through points (argument -> value), steady before the first and after the last."""
    xs = sorted(points)
    slopes = [0.0, *((points[b] - points[a]) / (b - a) for a, b in pairwise(xs)), 0.0]
    bends = ((after - before, form - x) for x, (before, after) in zip(xs, pairwise(slopes), strict=True))
    return steady(points[xs[0]]) + tuple(bends)
