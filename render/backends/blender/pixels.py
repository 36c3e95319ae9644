"""Convert what Blender renders, floats of colour times coverage, to an 8-bit image with straight alpha."""

import numpy as np
from jaxtyping import Float32, UInt8


def to_image(premultiplied: Float32[np.ndarray, "fine fine 4"], subpixels: int) -> UInt8[np.ndarray, "size size 4"]:
    """The mean of `subpixels` x `subpixels` values a pixel, divided by its alpha; rgb 0 where alpha is 0.

    Values are sRGB-coded, 0..1, and averaged as they are, as the other backends do.
    """
    size = len(premultiplied) // subpixels
    blocks = premultiplied.reshape(size, subpixels, size, subpixels, 4)
    mean = blocks.mean(axis=(1, 3), dtype=np.float64)
    alpha = np.clip(mean[..., 3:], 0, 1)
    rgb = np.clip(np.where(alpha > 0, mean[..., :3] / np.where(alpha > 0, alpha, 1), 0), 0, 1)
    image = np.rint(255 * np.concatenate([rgb, alpha], axis=-1)).astype(np.uint8)
    image[image[..., 3] == 0] = 0
    return np.asarray(image)
