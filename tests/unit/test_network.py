"""Networks as subjects: rows run as they would alone, every site can be recorded and replaced, nothing is silent."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from distill import probe
from distill.bundle import Bundle, InputSpec, NetworkSpec, OutputSpec
from distill.errors import BadInput
from distill.loading import Model
from distill.network import Network, random_twin
from distill.readout import Readout
from distill.trace import fitting, trace
from dsl.rows import Rows
from tests.unit.networks import (
    CASES,
    NUMBERS,
    STEPS,
    TOKENS,
    Feed,
    Recurrent,
    Transformer,
    network,
    rows,
)


@pytest.fixture(params=CASES)
def net(request: pytest.FixtureRequest) -> Network:
    torch.manual_seed(0)
    build, spec = CASES[request.param]
    return network(build(), spec)


class TestRun:
    def test_rows_run_as_they_would_alone(self, net):
        batch = rows(net)
        outputs = net.run(batch).outputs
        for i in range(5):
            length = None if batch.lengths is None else int(batch.lengths[i])
            with torch.no_grad():
                alone = net.module(net.tensor(batch.values[i : i + 1], length))[0].numpy()
            found = outputs[i] if length is None else outputs[i, :length]
            np.testing.assert_allclose(found, alone, atol=1e-6)

    def test_company_does_not_matter(self, net):
        batch = rows(net, 600)
        some = np.array([3, 500, 7])
        np.testing.assert_allclose(net.run(batch).outputs[some], net.run(batch.take(some)).outputs, atol=1e-6)

    def test_nothing_to_run(self, net):
        batch = rows(net)
        run, none = net.run(batch, record=net.sites), net.run(batch.take(slice(0)), record=net.sites)
        assert none.outputs.shape == (0, *run.outputs.shape[1:])
        assert [a.shape[1:] for a in none.recorded.values()] == [a.shape[1:] for a in run.recorded.values()]
        if batch.lengths is not None:
            assert net.run(Rows(batch.values, 0 * batch.lengths)).outputs.shape == run.outputs.shape

    def test_padding_is_shared_where_it_is_harmless(self):
        padded = InputSpec(kind="tokens", vocab=tuple("abcde"), pad="e", length=(1, 6))
        assert network(Transformer(causal=True), padded).shares_padding
        assert not network(Transformer(causal=True), TOKENS).shares_padding
        assert not network(Transformer(), padded).shares_padding

    def test_outputs_without_columns_get_one(self):
        class Sum(nn.Module):
            def forward(self, x: Tensor) -> Tensor:
                return x[..., 0].cumsum(1)

        net = network(Sum(), STEPS)
        assert net.run(rows(net)).outputs.shape == (40, 6, 1)
        assert net.found["columns"] == 1
        assert net.found["at"] == "each"

    def test_a_fixed_size_is_padded_to(self):
        class Fixed(Transformer):
            def forward(self, tokens: Tensor) -> Tensor:
                assert tokens.shape == (4, 6)
                return super().forward(tokens)

        spec = InputSpec(kind="tokens", vocab=tuple("abcde"), pad="e", length=(1, 4))
        net = network(Fixed(causal=True), spec, sizes=(4, 6))
        batch = Rows(np.zeros((9, 4), np.int64), np.full(9, 3))
        assert net.run(batch, record=net.sites).outputs.shape == (9, 4, 5)


class TestInference:
    def test_sizes(self):
        assert network(Transformer(), TOKENS).found == {"vocab_size": 5, "positions": 9, "columns": 5, "at": "each"}
        bare = InputSpec(kind="numbers", length=(1, 6))
        assert network(Recurrent(), bare).found == {"width": 1, "columns": 2, "at": "each"}
        assert network(Feed(), InputSpec(kind="numbers")).found == {"width": 3, "columns": 2, "at": "whole"}

    @pytest.mark.parametrize(
        ("name", "kind"), [("transformer", "tokens"), ("convolutional", "image"), ("feed", "numbers")]
    )
    def test_kind(self, name, kind):
        module = CASES[name][0]()
        assert probe.complete(bundle(InputSpec()), Model(module, "", (), {})).kind == kind

    def test_no_vocabulary(self):
        class OneHot(nn.Module):
            def forward(self, tokens: Tensor) -> Tensor:
                return nn.functional.one_hot(tokens, 5).float()

        with pytest.raises(BadInput, match="vocab"):
            network(OneHot(), InputSpec(kind="tokens", length=(1, 6)))


def bundle(spec: InputSpec, at: str = "each") -> Bundle:
    return Bundle("b", NetworkSpec(Path("network.pt"), None, Path(".")), spec, OutputSpec(readout="argmax", at=at))


class Mixing(Feed):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x - x.mean(0))


class Endless(Feed):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) / 0


class Several(Feed):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return super().forward(x), x


class TestCheck:
    @pytest.mark.parametrize(
        ("module", "message"),
        [
            (Mixing(), "depend on the other rows"),
            (Endless(), "not finite"),
            (Several(), "outputs of type tuple"),
            (nn.Linear(7, 2), "a fault"),
        ],
    )
    def test_what_is_wrong_is_said(self, module, message):
        with pytest.raises(BadInput, match=message):
            probe.check(network(module, NUMBERS), bundle(NUMBERS, "whole"))

    def test_an_output_a_position_is_needed_for_each(self):
        class Last(Recurrent):
            def forward(self, x: Tensor) -> Tensor:
                return super().forward(x)[:, -1]

        with pytest.raises(BadInput, match="row, position, column"):
            probe.check(network(Last(), STEPS), bundle(STEPS))


class TestTwin:
    def test_same_sites_other_answers(self, net):
        batch = rows(net)
        twin, again, other = random_twin(net, 0), random_twin(net, 0), random_twin(net, 1)
        assert twin.sites == net.sites
        outputs = twin.run(batch).outputs
        assert np.array_equal(outputs, again.run(batch).outputs)
        for different in (net, other):
            assert not np.allclose(outputs, different.run(batch).outputs, atol=1e-3)


class TestTrace:
    def test_answers_and_activations(self):
        net = network(Feed(), NUMBERS)
        batch = rows(net)
        found = trace(net, Readout("argmax", "whole", (0, 1), "b"), batch, net.sites)
        assert np.array_equal(found.answers.values[:, 0], net.run(batch).outputs.argmax(-1))
        assert [a.shape for a in found.activations.values()] == [(40, 4), (40, 2)]

    def test_memory_bounds_what_is_recorded(self):
        net = network(Transformer(), TOKENS)
        batch = rows(net)
        kept, left_out = fitting(net.sites, batch, 40 * 6 * 8 * 4 * 2)
        assert str(kept[0]) == "embed"
        assert set(kept) | set(left_out) == set(net.sites)
        found = trace(net, Readout("argmax", "each", tuple("abcde"), "b"), batch, net.sites, memory=10_000)
        assert sum(a.nbytes for a in found.activations.values()) <= 10_000
        assert found.left_out
