"""DINO's vision transformer written plainly in fp64: loops over blocks and heads, matrix products, nothing fused."""

import numpy as np
from jaxtyping import Float64
from scipy.special import erf

Array = Float64[np.ndarray, "..."]
Weights = dict[str, Array]
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
HEADS, WIDTH, PATCH, EPS = 6, 64, 8, 1e-6


def keys(weights: Weights, image: Float64[np.ndarray, "h h 3"], block: int) -> Float64[np.ndarray, "cells cells 384"]:
    """The keys of a block, counted from 0, of one image of half the network's size; heads side by side."""
    tokens = embedded(weights, image)
    for number in range(block):
        tokens = tokens + attention(weights, f"blocks.{number}", tokens)
        tokens = tokens + perceptron(weights, f"blocks.{number}", tokens)
    _, key, _ = queries_keys_values(weights, f"blocks.{block}", tokens)
    cells = int(np.sqrt(len(tokens) - 1))
    return key[1:].reshape(cells, cells, HEADS * WIDTH)


def embedded(weights: Weights, image: Array) -> Array:
    size = 2 * len(image)
    enlarge = resampling(len(image), size, 2.0, hat, reach=1)
    pixels = np.einsum("ij,jkc,lk->ilc", enlarge, image, enlarge)
    pixels = (pixels - MEAN) / STD
    cells = size // PATCH
    rows = [
        pixels[r * PATCH : (r + 1) * PATCH, c * PATCH : (c + 1) * PATCH].transpose(2, 0, 1).ravel()
        for r in range(cells)
        for c in range(cells)
    ]
    kernel = weights["patch_embed.proj.weight"].reshape(HEADS * WIDTH, -1)
    patches = np.stack(rows) @ kernel.T + weights["patch_embed.proj.bias"]
    patches += position(weights["pos_embed"][0, 1:], cells)
    return np.concatenate([weights["cls_token"][0] + weights["pos_embed"][0, :1], patches])


def position(trained: Float64[np.ndarray, "patches channels"], cells: int) -> Float64[np.ndarray, "new channels"]:
    """The position embedding of DINO's code at another grid: its scale factor has a tenth of a cell too much."""
    side = int(np.sqrt(len(trained)))
    resize = resampling(side, cells, (cells + 0.1) / side, cubic, reach=2)
    grid = np.einsum("ij,jkc,lk->ilc", resize, trained.reshape(side, side, -1), resize)
    return grid.reshape(cells * cells, -1)


def resampling(old: int, new: int, scale: float, kernel, reach: int) -> Float64[np.ndarray, "new old"]:
    """Row i: how much of each old sample is in the new one, which lies at (i + 0.5) / scale - 0.5; borders repeat."""
    matrix = np.zeros((new, old))
    for i in range(new):
        at = (i + 0.5) / scale - 0.5
        for j in range(int(np.floor(at)) - reach + 1, int(np.floor(at)) + reach + 1):
            matrix[i, min(max(j, 0), old - 1)] += kernel(abs(at - j))
    return matrix


def hat(x: float) -> float:
    return max(0.0, 1 - x)


def cubic(x: float, a: float = -0.75) -> float:
    """Keys' kernel."""
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def attention(weights: Weights, block: str, tokens: Array) -> Array:
    query, key, value = queries_keys_values(weights, block, tokens)
    heads = []
    for head in range(HEADS):
        part = slice(head * WIDTH, (head + 1) * WIDTH)
        scores = query[:, part] @ key[:, part].T / np.sqrt(WIDTH)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        heads.append(shares / shares.sum(axis=1, keepdims=True) @ value[:, part])
    return linear(weights, f"{block}.attn.proj", np.concatenate(heads, axis=1))


def queries_keys_values(weights: Weights, block: str, tokens: Array) -> list[Array]:
    return np.split(linear(weights, f"{block}.attn.qkv", normalised(weights, f"{block}.norm1", tokens)), 3, axis=1)


def perceptron(weights: Weights, block: str, tokens: Array) -> Array:
    hidden = linear(weights, f"{block}.mlp.fc1", normalised(weights, f"{block}.norm2", tokens))
    return linear(weights, f"{block}.mlp.fc2", hidden * (1 + erf(hidden / np.sqrt(2))) / 2)


def normalised(weights: Weights, name: str, tokens: Array) -> Array:
    centred = tokens - tokens.mean(axis=1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=1, keepdims=True) + EPS)
    return centred / spread * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def linear(weights: Weights, name: str, tokens: Array) -> Array:
    return tokens @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]
