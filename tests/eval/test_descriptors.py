import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from eval.descriptors.descriptors import FieldDescriptor, MapDescriptor, sample_map
from eval.descriptors.field_answers import FieldAnswers
from eval.views import SeenPixels
from pipeline.datasets.records import ObjectKey

PLANE = ObjectKey("02691156", "1")


def unasked(_key, _view):
    raise AssertionError("no camera is needed here")


def test_between_two_cells_by_hand():
    # Cell centres at 2 and 6; pixel 3's centre 3.5 is 3/8 of the way, pixel 4's 5/8: their mean is half way.
    teacher_map = torch.tensor([[[0.0], [8.0]], [[0.0], [8.0]]])
    samples = sample_map(teacher_map, torch.tensor([[3.5, 3.5], [3.5, 4.5]]), cell=4)
    assert samples[:, 0].tolist() == [3.0, 5.0]
    assert samples.mean() == 4.0


@given(st.integers(0, 127), st.integers(0, 127))
def test_a_linear_map_is_read_exactly(row, column):
    # A map that holds its own cell centres gives back the pixel's centre, clamped to the outermost cell centres.
    centre = torch.arange(32, dtype=torch.float64) * 4 + 2
    teacher_map = torch.stack(torch.meshgrid(centre, centre, indexing="ij"), dim=-1)
    pixel = torch.tensor([[row + 0.5, column + 0.5]])
    wanted = np.clip([row + 0.5, column + 0.5], 2, 126)
    assert torch.allclose(sample_map(teacher_map, pixel, 4)[0], torch.from_numpy(wanted))


def test_the_teachers_descriptor_reads_the_map_of_the_view_it_is_asked_for():
    maps = {(PLANE, 3): np.full((2, 2, 6), 3, np.float32), (PLANE, 4): np.full((2, 2, 6), 4, np.float32)}
    descriptor = MapDescriptor("daisy map", lambda key, view: maps[key, view], unasked, 4, torch.device("cpu"))
    assert descriptor.at_pixels(PLANE, 3, 4, np.array([[0, 0], [5, 5]])).tolist() == [[4.0] * 6] * 2


def test_a_point_projects_with_the_camera_of_its_view():
    pose = np.eye(4, dtype=np.float32)
    pose[2, 3] = 2
    ramp = np.stack(np.indices((2, 2), dtype=np.float32), axis=-1)

    def camera_of(_key, view):
        return pose, np.array([[8, 4, 4, 4], [8, 4, 3, 5]][view], np.float32)

    descriptor = MapDescriptor("ramp", lambda _key, _view: ramp, camera_of, 4, torch.device("cpu"))
    point = np.array([[0.1, 0.2, 0.0]], np.float32)
    # At depth 2: u = 4 + 8 * 0.05, v = 4 - 4 * 0.1; the middles of the cells are at 2 and 6.
    assert descriptor.at_points(PLANE, 0, point).tolist() == [pytest.approx([(3.6 - 2) / 4, (4.4 - 2) / 4])]
    far_right_below = np.array([[50.0, -50.0, 0.0]], np.float32)
    assert descriptor.at_points(PLANE, 0, far_right_below).tolist() == [[1.0, 1.0]]
    assert descriptor.at_points(PLANE, 1, point).tolist() == [pytest.approx([(4.6 - 2) / 4, (3.4 - 2) / 4])]


def test_internal_and_distilled_share_one_render(flat_field, flat_renderer, flat_images):
    answers = FieldAnswers(flat_renderer, flat_images)
    pixels = np.array([[1, 2], [3, 4]])
    assert FieldDescriptor("internal", answers).at_pixels(PLANE, 7, 7, pixels).tolist() == [[1, 2, 1], [3, 4, 1]]
    assert FieldDescriptor("distilled", answers).at_pixels(PLANE, 7, 7, pixels).tolist() == [[7, 7], [7, 7]]
    points = np.array([[1, 2, 3]], dtype=np.float32)
    assert FieldDescriptor("internal", answers).at_points(PLANE, 7, points).tolist() == [[1, 2, 3]]
    assert FieldDescriptor("distilled", answers).at_points(PLANE, 7, points).tolist() == [[7, 7]]
    assert (flat_field.encoded, flat_field.asked, flat_field.points_asked) == (1, [[(1, 2), (3, 4)]], 1)
    assert FieldDescriptor("internal", answers).at_points(PLANE, 7, 2 * points).tolist() == [[2, 4, 6]]


def test_each_pixel_is_rendered_once_and_comes_back_in_the_order_asked(flat_field, flat_renderer, flat_images):
    answers = FieldAnswers(flat_renderer, flat_images)
    answers.pixels(PLANE, 0, 0, np.array([[6, 6], [1, 2], [6, 6]]), "internal")
    again = answers.pixels(PLANE, 0, 0, np.array([[7, 0], [1, 2], [0, 1], [7, 0]]), "internal")
    assert again[:, :2].tolist() == [[7, 0], [1, 2], [0, 1], [7, 0]]
    assert flat_field.asked == [[(1, 2), (6, 6)], [(0, 1), (7, 0)]]


def test_the_view_asked_for_longest_ago_is_let_go(flat_field, flat_renderer, flat_images):
    answers = FieldAnswers(flat_renderer, flat_images, capacity=2)
    pixel = np.array([[0, 0]])
    for view in (0, 1, 0, 2, 0):
        answers.pixels(PLANE, view, view, pixel, "rgb")
    assert len(flat_field.asked) == 3
    answers.pixels(PLANE, 1, 1, pixel, "rgb")
    assert len(flat_field.asked) == 4


def test_pixels_that_are_rendered_ahead_are_not_rendered_again(flat_field, flat_renderer, flat_images):
    answers = FieldAnswers(flat_renderer, flat_images, capacity=2)
    of_zero, of_one, more = np.array([[0, 1]]), np.array([[2, 3], [1, 1]]), np.array([[0, 1], [0, 2]])
    answers.render([SeenPixels(PLANE, *name) for name in ((0, 0, of_zero), (1, 1, of_one), (0, 0, more))])
    assert flat_field.asked == [[(0, 1), (0, 2)], [(1, 1), (2, 3)]]
    assert answers.pixels(PLANE, 1, 1, of_one, "internal")[:, :2].tolist() == of_one.tolist()
    assert answers.pixels(PLANE, 0, 0, more, "internal")[:, :2].tolist() == more.tolist()
    assert len(flat_field.asked) == 2


def test_more_views_than_are_kept_can_be_rendered_ahead(flat_field, flat_renderer, flat_images):
    answers = FieldAnswers(flat_renderer, flat_images, capacity=2)
    pixel = np.array([[0, 1]])
    answers.render(SeenPixels(PLANE, view, view, pixel) for view in range(5))
    assert len(flat_field.asked) == 5
    assert [float(answers.pixels(PLANE, view, view, pixel, "feature")[0, 0]) for view in (4, 3, 0)] == [4, 3, 0]
    assert len(flat_field.asked) == 6


def test_an_object_seen_once_is_rendered_in_another_camera(flat_field, flat_renderer, flat_images):
    answers = FieldAnswers(flat_renderer, flat_images)
    pixel = np.array([[2, 3]])
    # The colour is the image's that was seen, the feature the pose's of the camera that looks.
    assert torch.equal(*(answers.pixels(PLANE, 5, view, pixel, "rgb") for view in (5, 1)))
    assert [answers.pixels(PLANE, 5, view, pixel, "feature")[0, 0] for view in (5, 1)] == [5, 1]
    assert flat_field.encoded == 1


def test_images_taken_in_together_are_not_encoded_again(flat_field, flat_renderer, flat_images):
    answers = FieldAnswers(flat_renderer, flat_images)
    answers.encode([(PLANE, 0), (PLANE, 1), (PLANE, 0)])
    assert flat_field.encoded == 2
    for view in (0, 1):
        answers.pixels(PLANE, view, view, np.array([[0, 0]]), "rgb")
        answers.points(PLANE, view, np.zeros((1, 3), dtype=np.float32))
    assert flat_field.encoded == 2
