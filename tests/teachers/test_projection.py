"""PCA and scale: by hand, against an oracle, and back from bytes."""

import numpy as np
import pytest
import torch

from pipeline.artifacts.projections import Projection
from pipeline.errors import UserError
from pipeline.teachers.projection import Moments, ProjectionOnDevice, fit_projection

CPU = torch.device("cpu")


def moments_of(cells: np.ndarray, parts: int = 3) -> Moments:
    moments = Moments.none(cells.shape[1], CPU)
    for part in np.array_split(cells, parts):
        moments = moments.with_cells(torch.from_numpy(part))
    return moments


def drawn(count: int, channels: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(channels, channels)) * np.geomspace(3, 0.01, channels)[:, None]
    return (rng.normal(size=(count, channels)) @ mixing + rng.normal(size=channels)).astype(np.float32)


def test_scale_by_hand() -> None:
    # (9 + 16 + 0 + 0) / 4
    projection = fit_projection(moments_of(np.array([[3.0, 4.0], [0.0, 0.0]])), None, divide=True)
    assert projection.rms == projection.divisor == pytest.approx(2.5)
    assert projection.channels == 2 and projection.basis is None
    assert projection.explained == 1
    assert ProjectionOnDevice.load(projection, CPU)(torch.tensor([[5.0, -10.0]])).tolist() == [[2, -4]]
    published = fit_projection(moments_of(np.array([[3.0, 4.0], [0.0, 0.0]])), None, divide=False)
    assert (published.rms, published.divisor) == (pytest.approx(2.5), 1)  # keeps its scale and has it recorded


def test_two_points_on_a_line_by_hand() -> None:
    # All variance lies along (3, 4) / 5; the points are 5 to either side of the mean (1, 1).
    projection = fit_projection(moments_of(np.array([[4.0, 5.0], [-2.0, -3.0]])), 1, divide=False)
    assert projection.mean is not None and projection.basis is not None
    np.testing.assert_allclose(projection.mean, [1, 1])
    np.testing.assert_allclose(projection.basis[:, 0], [0.6, 0.8], atol=1e-7)
    np.testing.assert_allclose(projection.variance, [25, 0], atol=1e-12)
    assert projection.explained == pytest.approx(1)
    assert ProjectionOnDevice.load(projection, CPU)(
        torch.tensor([[4.0, 5.0], [1.0, 1.0]])
    ).flatten().tolist() == pytest.approx([5, 0])


def test_against_the_singular_values_of_the_cells_themselves() -> None:
    cells = drawn(500, 20)
    projection = fit_projection(moments_of(cells), 6, divide=True)
    centred = cells.astype(np.float64) - cells.astype(np.float64).mean(0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(projection.variance, singular**2 / 500, rtol=1e-6, atol=1e-9)
    assert projection.explained == pytest.approx((singular[:6] ** 2).sum() / (singular**2).sum())
    features = ProjectionOnDevice.load(projection, CPU)(torch.from_numpy(cells)).numpy()
    assert np.sqrt((features.astype(np.float64) ** 2).mean()) == pytest.approx(1, abs=1e-5)
    expected = np.abs(centred @ axes[:6].T) / projection.rms
    np.testing.assert_allclose(np.abs(features), expected, atol=1e-4)


def test_axes_have_a_sign() -> None:
    cells = drawn(400, 10)
    ways = (moments_of(cells), moments_of(cells[::-1].copy(), parts=7))
    np.testing.assert_allclose(ways[0].outer, ways[1].outer, rtol=1e-12)
    first, second = (fit_projection(moments, 4, divide=True) for moments in ways)
    assert first.basis is not None and second.basis is not None
    np.testing.assert_allclose(first.basis, second.basis, atol=1e-5)
    assert (first.basis[np.abs(first.basis).argmax(0), range(4)] > 0).all()


@pytest.mark.parametrize("channels", [None, 3, 5, 9])
def test_bytes_come_back(channels: int | None) -> None:
    projection = fit_projection(moments_of(drawn(100, 5)), channels, divide=True)
    assert projection.channels == min(channels or 5, 5)
    data = projection.to_bytes()
    back = Projection.from_bytes(data)
    assert back.to_bytes() == data
    cells = torch.from_numpy(drawn(7, 5, seed=1))
    assert torch.equal(ProjectionOnDevice.load(back, CPU)(cells), ProjectionOnDevice.load(projection, CPU)(cells))


@pytest.mark.parametrize("damage", [b"", b"x" * 40])
def test_other_bytes_are_no_projection(damage: bytes) -> None:
    with pytest.raises(ValueError, match="no projection"):
        Projection.from_bytes(damage)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (np.zeros((0, 3)), "raise fit-projection.views"),
        (np.zeros((5, 3)), "raise fit-projection.views"),
        (np.full((5, 3), np.nan), "not finite"),
        (np.ones((2, 3)) * [[1], [2]], "cannot be fitted on 2 foreground cells"),
    ],
)
def test_what_cannot_be_fitted_is_said(cells: np.ndarray, message: str) -> None:
    with pytest.raises(UserError, match=message):
        fit_projection(moments_of(cells, 1), 2, divide=True)


def test_half_precision_answers_are_projected_in_single() -> None:
    projection = Projection(np.zeros(2, np.float32), np.eye(2, dtype=np.float32)[:, :1], 3.0, 3.0, np.ones(2))
    features = ProjectionOnDevice.load(projection, CPU)(torch.tensor([[1.0, 2.0]], dtype=torch.bfloat16))
    assert features.dtype == torch.float32
    assert features.item() == pytest.approx(1 / 3, abs=1e-7)
