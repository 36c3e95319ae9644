"""Whether a training converged, from curves that are written down."""

import math

from eval.report.contents import Curve, Training
from eval.report.convergence import convergence


def training(value, steps=1000, in_box_steps=0, **others):
    curves = [Curve("total", tuple((step, value(step)) for step in range(10, steps + 1, 10)))]
    curves += [Curve(name, points) for name, points in others.items()]
    return Training("whole field", steps, (), tuple(curves), in_box_steps)


def test_a_level_loss_a_falling_and_a_rising_one():
    assert convergence(training(lambda step: 2 - step / 500 if step < 500 else 1.0)).short == "levelled off"
    falling = convergence(training(lambda step: 2 - step / 1000))
    # The means of steps 810 to 900 and 910 to 1000 are 1.145 and 1.045: 8.7% less.
    assert falling.text == "The training loss went from 1.99 to 1.04 and fell by 8.7% at the end: more steps may help."
    assert convergence(training(lambda step: step / 1000)).short == "rising at the end"


def test_the_jump_where_rays_leave_the_box_is_no_change():
    jump = training(lambda step: 1.0 if step <= 900 else 0.5, in_box_steps=900)
    assert convergence(jump).short == "levelled off"
    assert "Until step 900 rays hit the object's bounding box (train.bounding_box_steps)" in convergence(jump).text
    assert "bounding box" not in convergence(training(lambda _: 1.0, in_box_steps=1000)).text


def test_the_validation_loss_is_told():
    best = training(lambda _: 1.0, validation_total=((500, 0.7), (1000, 0.6)))
    assert "The validation loss was lowest at the end (0.6)." in convergence(best).text
    early = training(lambda _: 1.0, validation_total=((500, 0.5), (1000, 0.6)))
    assert "lowest at step 500 (0.5), and 0.6 at the end." in convergence(early).text


def test_what_cannot_be_told_is_not():
    assert convergence(Training("whole field", 0)).short == "untrained"
    assert convergence(Training("whole field", 9)).short == "not known"
    assert convergence(training(lambda _: math.nan)).short == "not known"
