"""Teacher maps as int8 with a scale a channel: zeros stay zeros, the error is half a step, reading gives it back."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from pipeline.artifacts.map_values import dequantised, quantised, read_maps
from pipeline.datasets.records import ObjectKey
from pipeline.stores.array_spec import ArraySpec
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Store

SHAPE = (2, 4, 4, 3)
FEATURE = ArraySpec("feature", SHAPE, "float16", chunk=(1, *SHAPE[1:]))
AS_INT8 = [ArraySpec("feature", SHAPE, "int8", chunk=(1, *SHAPE[1:])), ArraySpec("scale", SHAPE[3:], "float32")]


def some_maps() -> np.ndarray:
    """Background of exact zeros, channels of very different size, the last one empty."""
    maps = np.random.default_rng(0).normal(size=SHAPE) * [1e-3, 40, 0]
    maps[:, :2] = 0
    return maps.astype(np.float16)


def test_a_channel_by_hand() -> None:
    feature = np.array([0, 2, -4, 1], dtype=np.float16).reshape(1, 2, 2, 1)
    values, scale = quantised(feature)
    # A step is 4 / 127: 2 is 63.5 steps, a tie that goes to the even 64, and 1 is 31.75.
    assert scale == pytest.approx([4 / 127])
    assert values.ravel().tolist() == [0, 64, -127, 32]
    np.testing.assert_allclose(dequantised(values, scale).ravel(), [0, 256 / 127, -4, 128 / 127], rtol=1e-6)


@given(st_np.arrays(np.float16, (2, 3, 3, 2), elements=st.floats(-65504, 65504, width=16)))
def test_no_value_is_off_by_more_than_half_a_step(feature: np.ndarray) -> None:
    values, scale = quantised(feature)
    error = np.abs(dequantised(values, scale).astype(np.float64) - feature.astype(np.float64))
    assert (error <= scale.astype(np.float64) * (0.5 + 1e-4)).all()
    assert (values[feature == 0] == 0).all()
    assert values.dtype == np.int8 and values.min() >= -127


def test_an_empty_channel_has_scale_zero() -> None:
    values, scale = quantised(some_maps())
    assert scale[2] == 0 and (scale[:2] > 0).all()
    assert not values[..., 2].any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(value: float) -> None:
    feature = some_maps()
    feature[1, 2, 3, 0] = value
    with pytest.raises(ValueError, match="not finite"):
        quantised(feature)


def filled(root: Path, specs: list[ArraySpec], arrays: dict[str, np.ndarray]) -> tuple[Store, int]:
    store = Store(root / "maps", "daisy", "plane", {}, specs)
    entry = RowKey(ObjectKey("02691156", "p"), "x")
    row = store.allocate([entry])[entry]
    store.write(entry, row, arrays, {})
    return store, row


def test_float16_maps_are_read_as_they_are(tmp_path: Path) -> None:
    read = read_maps(*filled(tmp_path, [FEATURE], {"feature": some_maps()}))
    assert read.dtype == np.float16
    np.testing.assert_array_equal(read, some_maps())


def test_int8_maps_are_read_with_their_scale(tmp_path: Path) -> None:
    values, scale = quantised(some_maps())
    read = read_maps(*filled(tmp_path, AS_INT8, {"feature": values, "scale": scale}))
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, values * scale)
    assert not read[some_maps() == 0].any()
