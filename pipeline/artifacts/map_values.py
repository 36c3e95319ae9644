"""Values of teacher maps, stored as float16 or as int8 with a scale for each channel."""

import numpy as np
from jaxtyping import Float, Float16, Float32, Int8

from pipeline.stores.store import Store
from pipeline.stores.store_reader import StoreReader

ROWS_AT_ONCE = 1024  # cells; as many as stay in the processor's cache
LARGEST = 127  # -128 is left out, so that a channel and its negative are stored alike


def read_maps(
    store: Store | StoreReader, row: int, view: int | None = None
) -> Float16[np.ndarray, "*views cells cells channels"] | Float32[np.ndarray, "*views cells cells channels"]:
    """Read an object's maps, or the map of one view: float16, or float32 if the store has int8.

    Raises UserError if they are damaged.
    """
    feature = store.read("feature", row, view)
    return dequantised(feature, store.read("scale", row)) if "scale" in store.specs else feature


def quantised(
    feature: Float[np.ndarray, "*cells channels"],
) -> tuple[Int8[np.ndarray, "*cells channels"], Float32[np.ndarray, " channels"]]:
    """Round an object's features to int8. Returns them and each channel's scale: its largest absolute value over 127.

    Zero stays zero. The error is at most half the channel's scale, apart from float32's own rounding. The scale of a
    channel of zeros is 0. Raises ValueError if a value is not finite.
    """
    rows = feature.reshape(-1, feature.shape[-1])
    parts = [slice(start, start + ROWS_AT_ONCE) for start in range(0, len(rows), ROWS_AT_ONCE)]
    largest = np.zeros(rows.shape[1], dtype=np.float32)
    for part in parts:
        np.maximum(largest, np.abs(rows[part].astype(np.float32)).max(axis=0), out=largest)
    if not np.isfinite(largest).all():
        raise ValueError("a value is not finite")
    scale = largest / np.float32(LARGEST)
    scale[scale < np.finfo(np.float32).tiny] = 0
    steps = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
    values = np.empty(rows.shape, dtype=np.int8)
    for part in parts:
        values[part] = np.rint(rows[part] * steps)  # whole numbers from -127 to 127
    return values.reshape(feature.shape), scale


def dequantised(
    values: Int8[np.ndarray, "*cells channels"], scale: Float32[np.ndarray, " channels"]
) -> Float32[np.ndarray, "*cells channels"]:
    """Return the features that `quantised` rounded: values times scale."""
    return np.asarray(values * scale, dtype=np.float32)
