"""Sites: every place a value leaves can be recorded and replaced, call by call, and nothing is silent."""

import numpy as np
import pytest
import torch
from torch import Tensor

from distill.network import Network
from dsl.rows import Rows
from tests.unit.networks import CASES, IMAGE, NUMBERS, STEPS, Convolutional, Feed, Recurrent, network, rows, site
from verify.subject import EVERY, Site, Swap, UnknownSite


@pytest.fixture(params=CASES)
def net(request: pytest.FixtureRequest) -> Network:
    torch.manual_seed(0)
    build, spec = CASES[request.param]
    return network(build(), spec)


class TestSites:
    def test_shapes(self):
        found = {
            name: {str(s): (s.shape, s.kind) for s in network(build(), spec).sites}
            for name, (build, spec) in CASES.items()
        }
        assert found["recurrent"] == {"cell": (("position", 4), "module"), "head": (("position", 2), "module")}
        assert found["bidirectional"]["lstm"] == (("position", 6), "module")
        assert found["convolutional"]["conv"] == ((2, 6, 6), "module")
        assert found["feed"] == {"first": ((4,), "module"), "last": ((2,), "module")}
        attention = found["transformer"]["body.layers.0.self_attn.attention"]
        assert attention == ((2, "position", "position"), "attention")
        assert "body.layers.0.linear1" in found["transformer"]

    def test_recorded_values_put_back_change_nothing(self, net):
        batch = rows(net)
        run = net.run(batch, record=net.sites)
        for place in net.sites:
            assert run.recorded[place].shape[0] == len(batch)
            again = net.run(batch, patch={place: Swap(run.recorded[place])})
            np.testing.assert_allclose(again.outputs, run.outputs, atol=1e-6)
            kept = net.run(batch, patch={place: Swap(np.full_like(run.recorded[place], np.nan))})
            np.testing.assert_allclose(kept.outputs, run.outputs, atol=1e-6)

    def test_recording_changes_nothing(self, net):
        batch = rows(net)
        assert np.array_equal(net.run(batch, record=net.sites).outputs, net.run(batch).outputs)

    def test_a_bottleneck_carries_everything(self):
        net = network(Feed(), NUMBERS)
        batch = rows(net)
        run = net.run(batch, record=net.sites)
        swapped = net.run(batch, patch={site(net, "first"): Swap(np.roll(run.recorded[site(net, "first")], 1, axis=0))})
        np.testing.assert_allclose(swapped.outputs, np.roll(run.outputs, 1, axis=0), atol=1e-6)

    def test_one_position_of_a_cell_can_be_replaced(self):
        net = network(Recurrent(), STEPS)
        batch = Rows(rows(net).values)
        batch = Rows(batch.values, np.full(len(batch), 6))
        cell = site(net, "cell")
        assert cell.call == EVERY
        patch = np.full((len(batch), 6, 4), np.nan)
        patch[:, 2] = 5.0
        changed = net.run(batch, patch={cell: Swap(patch)}).outputs != net.run(batch).outputs
        assert not changed[:, :2].any()
        assert changed[:, 2:].any(axis=(1, 2)).all()

    def test_values_before_work_in_place_are_recorded(self):
        net = network(Convolutional(), IMAGE)
        assert (net.run(rows(net), record=net.sites).recorded[site(net, "conv")] < 0).any()

    def test_calls_are_told_apart(self):
        class Twice(Feed):
            def forward(self, x: Tensor) -> Tensor:
                return self.last(self.first(x) - self.first(x + 1))

        net = network(Twice(), NUMBERS)
        assert [str(s) for s in net.sites] == ["first", "first[1]", "last"]
        batch = rows(net)
        first, second = (site(net, name) for name in ("first", "first[1]"))
        recorded = net.run(batch, record=[first, second]).recorded
        assert not np.allclose(recorded[first], recorded[second])

    def test_unknown_sites_are_named(self, net):
        with pytest.raises(UnknownSite, match="no site nowhere"):
            net.run(rows(net), record=[Site("nowhere")])

    def test_sites_that_compute_nothing_are_named(self):
        class Sometimes(Feed):
            def forward(self, x: Tensor) -> Tensor:
                return self.last(x[:, :1].expand(-1, 4)) if (x > 9).any() else super().forward(x)

        net = network(Sometimes(), NUMBERS)
        assert site(net, "first")
        with pytest.raises(UnknownSite, match="first computed nothing"):
            net.run(Rows(np.full((2, 3), 10.0)), record=[site(net, "first")])
