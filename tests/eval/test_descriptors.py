import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from eval.descriptors import DistilledDescriptor, InternalDescriptor, TeacherMapDescriptor, sample_map
from eval.own_view_renders import OwnViewRenders
from pipeline.datasets.records import ObjectKey

PLANE = ObjectKey("02691156", "1")


def test_an_odd_cell_has_a_pixel_at_its_centre():
    teacher_map = torch.randn(4, 5, 3, generator=torch.Generator().manual_seed(0))
    pixels = torch.tensor([[1, 1], [4, 7], [10, 13]])
    assert torch.equal(sample_map(teacher_map, pixels, cell=3), teacher_map[[0, 1, 3], [0, 2, 4]])


def test_between_two_cells_by_hand():
    # Cell centres at 2 and 6; pixel 3's centre 3.5 is 3/8 of the way, pixel 4's 5/8: their mean is half way.
    teacher_map = torch.tensor([[[0.0], [8.0]], [[0.0], [8.0]]])
    samples = sample_map(teacher_map, torch.tensor([[3, 3], [3, 4]]), cell=4)
    assert samples[:, 0].tolist() == [3.0, 5.0]
    assert samples.mean() == 4.0


def test_beyond_the_outermost_centres_the_border_holds():
    teacher_map = torch.arange(4.0).reshape(2, 2, 1)
    corners = torch.tensor([[0, 0], [0, 7], [7, 0], [7, 7]])
    assert sample_map(teacher_map, corners, cell=4)[:, 0].tolist() == [0, 1, 2, 3]


@given(st.integers(0, 127), st.integers(0, 127))
def test_a_linear_map_is_read_exactly(row, column):
    # A map that holds its own cell centres gives back the pixel's centre, clamped to the outermost cell centres.
    centre = torch.arange(32, dtype=torch.float64) * 4 + 2
    teacher_map = torch.stack(torch.meshgrid(centre, centre, indexing="ij"), dim=-1)
    wanted = np.clip([row + 0.5, column + 0.5], 2, 126)
    assert torch.allclose(sample_map(teacher_map, torch.tensor([[row, column]]), 4)[0], torch.from_numpy(wanted))


def test_the_teachers_descriptor_reads_the_map_of_the_view_it_is_asked_for():
    maps = {(PLANE, 3): np.full((2, 2, 6), 3, np.float32), (PLANE, 4): np.full((2, 2, 6), 4, np.float32)}
    descriptor = TeacherMapDescriptor("daisy's own map", lambda key, view: maps[key, view], cell=4)
    assert descriptor.at(PLANE, 4, np.array([[0, 0], [5, 5]])).tolist() == [[4.0] * 6] * 2


def test_internal_and_distilled_share_one_render(flat_field, flat_renderer, flat_images):
    renders = OwnViewRenders(flat_renderer, flat_images)
    pixels = np.array([[1, 2], [3, 4]])
    assert InternalDescriptor(renders).at(PLANE, 7, pixels).tolist() == [[1, 2, 1], [3, 4, 1]]
    assert DistilledDescriptor(renders).at(PLANE, 7, pixels).tolist() == [[7, 7], [7, 7]]
    assert flat_field.encoded == 1
    assert flat_field.asked == [[(1, 2), (3, 4)]]


def test_each_pixel_is_rendered_once_and_comes_back_in_the_order_asked(flat_field, flat_renderer, flat_images):
    renders = OwnViewRenders(flat_renderer, flat_images)
    renders.at(PLANE, 0, np.array([[6, 6], [1, 2], [6, 6]]))
    again = renders.at(PLANE, 0, np.array([[7, 0], [1, 2], [0, 1], [7, 0]]))
    assert again.internal[:, :2].tolist() == [[7, 0], [1, 2], [0, 1], [7, 0]]
    assert again.depth.tolist() == [7, 3, 1, 7]
    assert flat_field.asked == [[(1, 2), (6, 6)], [(0, 1), (7, 0)]]


def test_the_view_asked_for_longest_ago_is_let_go(flat_field, flat_renderer, flat_images):
    renders = OwnViewRenders(flat_renderer, flat_images, capacity=2)
    pixel = np.array([[0, 0]])
    for view in (0, 1, 0, 2, 0):
        renders.at(PLANE, view, pixel)
    assert flat_field.encoded == 3
    renders.at(PLANE, 1, pixel)
    assert flat_field.encoded == 4
