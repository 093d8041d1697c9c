"""What a bundle says, as data: its network, its inputs, its outputs. None where a key is not stated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dsl.terms import Value

MANIFEST = "distill.toml"


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """Where the weights are.

    path: the model file, or a Hugging Face folder. factory: "file.py:function" inside root. root: the bundle's folder.
    """

    path: Path
    factory: str | None
    root: Path


@dataclass(frozen=True, slots=True)
class InputSpec:
    """The [input] table. low and high hold one bound for all components, or one a component (always after `fill`)."""

    kind: str | None = None
    vocab: tuple[Value, ...] | None = None
    pad: Value = None
    prefix: tuple[Value, ...] | None = None
    alphabet: tuple[Value, ...] | None = None
    length: tuple[int, int] | None = None
    suffix: tuple[Value, ...] | None = None
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None
    names: tuple[str, ...] | None = None
    width: int | None = None
    shape: tuple[int, int, int] | None = None
    scale: float | None = None
    samples: Path | None = None


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """The [output] table."""

    readout: str | None = None
    at: str | None = None
    symbols: tuple[Value, ...] | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A network and what the weights do not say.

    places: for each stated key, the file and table or the flag it came from, for messages.
    """

    name: str
    network: NetworkSpec
    input: InputSpec
    output: OutputSpec
    places: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def where(self, key: str) -> str:
        """Give the place of a key: where it is stated, or else where it could be."""
        manifest = self.network.root / MANIFEST
        return self.places.get(key, f"{manifest if manifest.is_file() else self.network.path}, {key}")
