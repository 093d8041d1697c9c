"""Hugging Face folders: config.json and model.safetensors, neither of which can run code."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from distill.errors import BadInput
from distill.loading import gpt2
from distill.loading.archive import SAVE_AGAIN, damaged
from distill.loading.model import Model

_DTYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
    "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip

_Filled = tuple[nn.Module, set[str], set[str]]  # a module, the weights it misses, those it has no place for
_FITTING = "the weights of the network that config.json describes"


def load_folder(folder: Path) -> Model:
    """Read a causal language model from a folder. Only safetensors are read, and only this machine's own code runs.

    Raises BadInput where a file is missing or damaged, the architecture is unknown, or the weights do not fit it.
    """
    config_file, weights_file = folder / "config.json", folder / "model.safetensors"
    for file in (config_file, weights_file):
        if not file.is_file():
            raise BadInput(file, "no file", "config.json and model.safetensors", "save it with save_pretrained(folder)")
    with damaged(config_file, "the configuration of a network"):
        config = dict(json.loads(config_file.read_text(encoding="utf-8")))
    with damaged(weights_file, _FITTING):
        weights = read_safetensors(weights_file)
        build = _plain if gpt2.is_plain(config) else _known
        module, missing, extra = build(config, weights, config_file)
    if missing or extra:
        found = f"no weight {min(missing)!r}" if missing else f"a weight {min(extra)!r}"
        raise BadInput(weights_file, found, _FITTING, SAVE_AGAIN)
    sizes = {"vocab_size": config.get("vocab_size"), "positions": _positions(config)}
    known = {name: size for name, size in sizes.items() if size is not None}
    return Model(module, str(config.get("model_type")), (config_file, weights_file), known)


def _plain(config: dict[str, Any], weights: dict[str, Tensor], file: Path) -> _Filled:
    """Build a GPT-2 and fill it."""
    module = gpt2.GPT2(gpt2.Config(**{f.name: config[f.name] for f in fields(gpt2.Config) if f.name in config}))
    if not any(name.startswith("transformer.") for name in weights):
        weights = {f"transformer.{name}": weight for name, weight in weights.items()}  # saved without its head
    if "lm_head.weight" not in weights:
        module.lm_head.weight = module.transformer.wte.weight  # the head is tied to the embedding
    found = module.load_state_dict(weights, strict=False)
    masks = (".attn.bias", ".attn.masked_bias")  # constants that older versions stored
    extra = {name for name in found.unexpected_keys if not name.endswith(masks)}
    return module, {*found.missing_keys} - {"lm_head.weight"}, extra


def _known(config: dict[str, Any], weights: dict[str, Tensor], file: Path) -> _Filled:
    """Build and fill the architecture that transformers has under `model_type`; never code that the folder names."""
    kind = str(config.get("model_type"))
    try:
        from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, AutoConfig
        from transformers.utils import logging
    except ImportError as error:
        expected = "'gpt2', as transformers is missing"
        raise BadInput(file, f"model_type {kind!r}", expected, "install distill[hf]") from error
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    plain = {k: v for k, v in config.items() if k not in ("auto_map", "model_type", "quantization_config")}
    settings = AutoConfig.for_model(kind, **{**plain, "use_cache": False})
    architecture: Any = MODEL_FOR_CAUSAL_LM_MAPPING[type(settings)]
    module, report = architecture.from_pretrained(
        None,
        config=settings,
        state_dict=weights,
        attn_implementation="eager",
        local_files_only=True,
        output_loading_info=True,
    )
    return module, {*report["missing_keys"], *report["mismatched_keys"]}, {*report["unexpected_keys"]}


def _positions(config: dict[str, Any]) -> int | None:
    return config.get("n_positions") or config.get("max_position_embeddings")


def read_safetensors(file: Path) -> dict[str, Tensor]:
    """Read a safetensors file: a length, a JSON header, the tensors' bytes. Raises ValueError where it is damaged."""
    raw = file.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    if start > len(raw):
        raise ValueError(f"the header ends at byte {start}, the file at byte {len(raw)}")
    header = json.loads(raw[8:start])
    tensors: dict[str, Tensor] = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        dtype, shape, (begin, end) = _DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"]
        size = math.prod(shape) * dtype.itemsize
        if not 0 <= begin <= end <= len(raw) - start or end - begin != size:
            raise ValueError(f"tensor {name!r} should take {size} bytes, the file has bytes {begin} to {end} for it")
        flat = torch.frombuffer(bytearray(raw[start + begin : start + end]), dtype=dtype) if size else torch.empty(0)
        tensors[name] = flat.to(dtype).reshape(shape)
    return tensors
