"""GPT-2 in plain torch, with the names of its published weights.

The architecture is small and fixed; written out here, a folder loads in milliseconds instead of the ten seconds that
importing its usual library takes, and each value of interest leaves a module of its own: queries, keys and values
(`c_attn`), attention (`softmax`), heads before they are mixed (`heads`), the residual stream between blocks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "gelu_new": lambda x: functional.gelu(x, approximate="tanh"),
    "gelu_pytorch_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "relu": functional.relu,
    "silu": functional.silu,
    "tanh": torch.tanh,
}


@dataclass(frozen=True, slots=True)
class Config:
    """The sizes of a GPT-2, under the names of its config.json."""

    vocab_size: int
    n_positions: int
    n_embd: int
    n_layer: int
    n_head: int
    n_inner: int | None = None
    activation_function: str = "gelu_new"
    layer_norm_epsilon: float = 1e-5
    scale_attn_weights: bool = True
    scale_attn_by_inverse_layer_idx: bool = False


def is_plain(config: Mapping[str, Any]) -> bool:
    """Say whether this file's GPT-2 is the network a config.json describes."""
    return (
        config.get("model_type") == "gpt2"
        and config.get("activation_function", "gelu_new") in _ACTIVATIONS
        and not config.get("add_cross_attention")
        and not config.get("quantization_config")
    )


class GPT2(nn.Module):
    """tokens: int64 [row, position] -> logits float [row, position, vocab_size]."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.transformer = Transformer(config)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Run the network; raises RuntimeError beyond n_positions."""
        return self.lm_head(self.transformer(tokens))


class Transformer(nn.Module):
    """Token and position embeddings, blocks, a last norm."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.n_positions, config.n_embd)
        self.embedded = nn.Identity()
        self.h = nn.ModuleList(Block(config, i) for i in range(config.n_layer))
        self.ln_f = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)

    def forward(self, tokens: Tensor) -> Tensor:
        """Give the last residual stream, normed: [row, position, n_embd]."""
        length = tokens.shape[1]
        if length > self.wpe.num_embeddings:
            raise RuntimeError(f"{length} positions, but the network has {self.wpe.num_embeddings}")
        stream = self.embedded(self.wte(tokens) + self.wpe(torch.arange(length, device=tokens.device)))
        for block in self.h:
            stream = block(stream)
        return self.ln_f(stream)


class Block(nn.Module):
    """Attention, then an MLP, each reading the normed stream and adding to it."""

    def __init__(self, config: Config, index: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)
        self.attn = Attention(config, index)
        self.attended = nn.Identity()
        self.ln_2 = nn.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)
        self.mlp = MLP(config)

    def forward(self, stream: Tensor) -> Tensor:
        """Give the stream after this block: [row, position, n_embd]."""
        stream = self.attended(stream + self.attn(self.ln_1(stream)))
        return stream + self.mlp(self.ln_2(stream))


class Attention(nn.Module):
    """Causal attention of several heads."""

    def __init__(self, config: Config, index: int) -> None:
        super().__init__()
        self.n_head = config.n_head
        self.scale = 1 / math.sqrt(config.n_embd // config.n_head) if config.scale_attn_weights else 1.0
        if config.scale_attn_by_inverse_layer_idx:
            self.scale /= index + 1
        self.c_attn = Conv1D(config.n_embd, 3 * config.n_embd)
        self.softmax = nn.Softmax(dim=-1)
        self.heads = nn.Identity()
        self.c_proj = Conv1D(config.n_embd, config.n_embd)

    def forward(self, stream: Tensor) -> Tensor:
        """Give what attention adds to the stream: [row, position, n_embd]."""
        rows, length, width = stream.shape
        query, key, value = self.c_attn(stream).view(rows, length, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) * self.scale
        future = torch.ones(length, length, dtype=torch.bool, device=stream.device).triu(1)
        pattern = self.softmax(scores.masked_fill(future, torch.finfo(scores.dtype).min))
        return self.c_proj(self.heads((pattern @ value).transpose(1, 2).reshape(rows, length, width)))


class MLP(nn.Module):
    """Two layers with an activation between them."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        inner = config.n_inner or 4 * config.n_embd
        self.c_fc = Conv1D(config.n_embd, inner)
        self.act = Activation(config.activation_function)
        self.c_proj = Conv1D(inner, config.n_embd)

    def forward(self, stream: Tensor) -> Tensor:
        """Give what the MLP adds to the stream: [row, position, n_embd]."""
        return self.c_proj(self.act(self.c_fc(stream)))


class Activation(nn.Module):
    """An activation function by its name in config.json."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.function = _ACTIVATIONS[name]

    def forward(self, x: Tensor) -> Tensor:
        """Apply it to every unit."""
        return self.function(x)


class Conv1D(nn.Module):
    """A linear layer whose weight is stored [in, out], as GPT-2's are."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(inputs, outputs))
        self.bias = nn.Parameter(torch.empty(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Give x @ weight + bias."""
        return torch.addmm(self.bias, x.reshape(-1, x.shape[-1]), self.weight).view(*x.shape[:-1], -1)
