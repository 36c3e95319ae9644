import numpy as np

import featurenerf
from featurenerf.viewer.cloud import Cloud, cloud_of, densest


def test_the_densest_cells_come_first_and_thin_ones_not_at_all() -> None:
    density = np.array([3, 0.1, 10, 5, 0.3], np.float32)
    kept, relative = densest(density, 1.0, 10)
    assert kept.tolist() == [2, 3, 0, 4]  # 0.1 is less than 2% of 10
    np.testing.assert_allclose(relative, [1, 0.5, 0.3, 0.03], rtol=1e-6)
    assert densest(density, 1.0, 2)[0].tolist() == [2, 3]


def test_an_empty_volume_has_no_point() -> None:
    # Light that crosses an edge of 2 through a density of 0.004 loses 0.8%.
    assert len(densest(np.full(8, 0.004, np.float32), 2.0, 8)[0]) == 0
    assert len(densest(np.full(8, 0.006, np.float32), 2.0, 8)[0]) == 8
    assert len(densest(np.zeros(8, np.float32), 2.0, 8)[0]) == 0


def test_the_threshold_takes_the_first_points() -> None:
    density = np.array([0.9, 0.5, 0.5, 0.1], np.float32)
    cloud = Cloud(np.zeros((4, 3), np.float32), np.zeros((4, 3), np.uint8), density, 0.1)
    assert [cloud.above(threshold) for threshold in (0, 0.1, 0.3, 0.5, 0.6, 1)] == [4, 4, 3, 3, 1, 0]


def test_a_cloud_is_the_volume_at_its_densest_cells(first: featurenerf.SeenObject) -> None:
    volume = first.volume(6)
    flat = volume.density.reshape(-1)
    order = np.argsort(-flat, kind="stable")[:20]
    cloud = cloud_of(first, cells=6, most=20)
    np.testing.assert_array_equal(cloud.points, volume.points.reshape(-1, 3)[order])
    np.testing.assert_array_equal(cloud.density, flat[order] / flat.max())
    np.testing.assert_array_equal(cloud.rgb, np.rint(255 * volume.rgb.reshape(-1, 3)[order]).astype(np.uint8))
    assert cloud.cell == volume.edge / 6
