"""Fused kernels bypass modules and softmaxes: every site still fires, or is refused by name; none is skipped."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from distill.network import Network
from dsl.rows import Rows
from tests.unit.networks import TOKENS, network, rows, site
from verify.subject import Site, Swap, UnknownSite


class Embedded(nn.Module):
    """Tokens embedded, a body, a head at each position."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.embed, self.body, self.head = nn.Embedding(5, 8), body, nn.Linear(8, 3)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.body(self.embed(tokens)))


class Attending(nn.Module):
    """torch's attention, asked for its weights or not, positions first or second."""

    def __init__(self, need_weights: bool, batch_first: bool) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(8, 2, batch_first=batch_first)
        self.need_weights, self.batch_first = need_weights, batch_first

    def forward(self, x: Tensor) -> Tensor:
        x = x if self.batch_first else x.transpose(0, 1)
        found = self.attn(x, x, x, need_weights=self.need_weights)[0]
        return found if self.batch_first else found.transpose(0, 1)


class Fused(nn.Module):
    """The fused function, called in a module of one's own."""

    def __init__(self, causal: bool) -> None:
        super().__init__()
        self.qkv, self.out, self.causal = nn.Linear(8, 24), nn.Linear(8, 8), causal

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (t.unflatten(-1, (2, 4)).transpose(1, 2) for t in self.qkv(x).chunk(3, dim=-1))
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out(mixed.transpose(1, 2).flatten(2))


class First(nn.Module):
    """The first of what a module gives."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x)[0]


def layer(**how: bool) -> nn.TransformerEncoderLayer:
    return nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **how)


BODIES: dict[str, Callable[[], nn.Module]] = {
    "encoder": lambda: nn.TransformerEncoder(layer(), 2, enable_nested_tensor=False),
    "encoder of nested tensors": lambda: nn.TransformerEncoder(layer(), 2),
    "encoder layer": layer,
    "encoder layer, norms first": lambda: layer(norm_first=True),
    "attention with weights": lambda: Attending(True, True),
    "attention with weights, positions first": lambda: Attending(True, False),
    "attention without weights": lambda: Attending(False, True),
    "attention without weights, positions first": lambda: Attending(False, False),
    "fused function": lambda: Fused(False),
    "fused function, causal": lambda: Fused(True),
    "lstm": lambda: First(nn.LSTM(8, 8, batch_first=True)),
    "lstm of two layers": lambda: First(nn.LSTM(8, 4, num_layers=2, bidirectional=True, batch_first=True)),
    "gru": lambda: First(nn.GRU(8, 8, batch_first=True)),
}
FUSING = [name for name in BODIES if "lstm" not in name and name != "gru"]


def built(name: str) -> Network:
    torch.manual_seed(0)
    return network(Embedded(BODIES[name]()), TOKENS)


def full(net: Network) -> Rows:
    """Give rows without padding."""
    values = rows(net, 12).values
    return Rows(values, np.full(len(values), values.shape[1]))


@pytest.fixture(params=BODIES)
def net(request: pytest.FixtureRequest) -> Network:
    return built(request.param)


def test_recording_every_site_changes_nothing(net: Network) -> None:
    batch = rows(net, 12)
    run = net.run(batch, record=net.sites)
    assert set(run.recorded) == set(net.sites)
    assert np.array_equal(run.outputs, net.run(batch).outputs)


def test_every_site_is_recorded_as_it_is_patched(net: Network) -> None:
    """A patch that is taken shows in the record and in the outputs; a site's own values, put back, change nothing."""
    batch = full(net)
    run = net.run(batch, record=net.sites)
    rng = np.random.default_rng(0)
    for place in net.sites:
        own = run.recorded[place]
        other = (
            rng.dirichlet(np.ones(own.shape[-1]), own.shape[:-1])
            if place.kind == "attention"
            else rng.normal(size=own.shape)
        )
        patched = net.run(batch, record=[place], patch={place: Swap(other)})
        np.testing.assert_allclose(patched.recorded[place], other, atol=1e-6)
        assert not np.allclose(patched.outputs, run.outputs, atol=1e-4), f"a patch of {place} changed nothing"
        np.testing.assert_allclose(net.run(batch, patch={place: Swap(own)}).outputs, run.outputs, atol=1e-6)


def test_modules_that_ran_are_sites_and_others_are_refused(net: Network) -> None:
    """Each module either gives a site that fires, or asking for it names it."""
    batch = rows(net, 4)
    known = {s.path for s in net.sites}
    for path, _ in net.module.named_modules():
        if path and path not in known:
            with pytest.raises(UnknownSite, match=path.replace(".", r"\.")):
                net.run(batch, record=[Site(path)])


@pytest.mark.parametrize("name", FUSING)
def test_attention_that_is_fused_has_its_pattern(name: str) -> None:
    net = built(name)
    patterns = [s for s in net.sites if s.kind == "attention"]
    assert len(patterns) == (2 if name.startswith("encoder") and "layer" not in name else 1)
    found = net.run(rows(net, 12), record=patterns).recorded
    for pattern in patterns:
        assert pattern.shape == (2, "position", "position")
        total = found[pattern].sum(-1)
        assert np.all((np.abs(total - 1) < 1e-5) | (total == 0))


@pytest.mark.parametrize("name", [n for n in FUSING if n.startswith("encoder")])
def test_what_an_encoder_layer_fuses_is_seen(name: str) -> None:
    paths = {s.path for s in built(name).sites}
    inner = "body.layers.1." if "layer" not in name else "body."
    assert {f"{inner}{part}" for part in ("self_attn", "linear1", "linear2", "norm1", "norm2")} <= paths


@pytest.mark.parametrize("name", [n for n in FUSING if "fused" not in n])
def test_the_projection_that_is_never_called_is_refused(name: str) -> None:
    """torch's attention uses its out_proj's weights, and never calls it."""
    net = built(name)
    path = next(p for p, m in net.module.named_modules() if p.endswith("out_proj"))
    assert path not in {s.path for s in net.sites}
    for asked in ({"record": [Site(path)]}, {"patch": {Site(path): Swap(np.zeros((4, 6, 8)))}}):
        with pytest.raises(UnknownSite, match=path):
            net.run(rows(net, 4), **asked)


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_recurrent_layers_are_one_site_of_all_positions(name: str) -> None:
    net = built(name)
    place = site(net, "body.inner")
    assert place.shape == ("position", 8)
    batch = full(net)
    run = net.run(batch, record=[place])
    patch = np.full_like(run.recorded[place], np.nan)
    patch[:, 0] = 3.0
    changed = (np.abs(net.run(batch, patch={place: Swap(patch)}).outputs - run.outputs) > 1e-5).any(-1)
    assert changed[:, 0].all()
    assert not changed[:, 1:].any()  # the output is replaced, not the state that is carried on


def test_fused_paths_are_back_after_a_run(net: Network) -> None:
    fused = torch.backends.mha.get_fastpath_enabled()
    net.run(rows(net, 4), record=net.sites)
    assert torch.backends.mha.get_fastpath_enabled() is fused
