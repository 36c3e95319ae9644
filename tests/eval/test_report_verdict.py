"""Who wins a section, by how much, and whether it is sure; and the five answers of the first screen."""

import dataclasses

from eval.report.answers import answers
from eval.report.contents import Curve, Picture, PictureGroup, Training, TransferTask
from eval.report.verdict import NOT_COMPARED, verdict
from tests.eval.small_report import CHANCE, DAISY, INTERNAL, POSITION, TASK, difference, row, section_of

CLEAR, UNSURE, LOST = (0.031, 0.012, 0.05, 0.002), (0.12, -0.05, 0.3, 0.2), (-0.04, -0.06, -0.02, 0.001)
WEAK = row("daisy map", ((0.31, 0.25, 0.35), (0.589, 0.56, 0.61)), (0.4, 0.3, 0.5))
DISTILLED = row("distilled", ((0.2, 0.1, 0.3), (0.5, 0.4, 0.6)), (0.3, 0.2, 0.4))


def of_tasks(*differences, rows=(INTERNAL, DAISY)):
    names = ("2d-cross-instance", "2d-other-camera", "2d-novel-view", "3d-cross-instance")
    return section_of(
        *(
            TransferTask(name, tuple(dataclasses.replace(r, task=name) for r in rows), (each,))
            for name, each in zip(names, differences, strict=False)
        )
    )


def test_one_task_is_told_as_a_finding():
    outcome = verdict(of_tasks(difference(UNSURE), rows=(INTERNAL, WEAK)))
    assert outcome.surety == "undecided"
    assert outcome.text == (
        "Internal is 12.0 points better than daisy map for keypoints on these 3 objects; too few objects to be sure "
        "(p = 0.2)."
    )


def test_the_verdict_is_of_all_tasks_and_not_of_the_first_alone():
    outcome = verdict(of_tasks(difference(UNSURE), difference(CLEAR), rows=(INTERNAL, WEAK)))
    assert outcome.surety == "partly sure"
    assert outcome.text == (
        "Internal wins: for keypoints it is 3.1 to 12.0 points better than daisy map on 3 unseen objects."
    )
    assert outcome.more == "This is sure in 1 of 2 tasks, undecided in 1."
    assert (outcome.winner, outcome.wins, outcome.scores) == ("internal", 4, 4)


def test_who_is_best_in_half_of_the_scores_does_not_win():
    outcome = verdict(of_tasks(difference(UNSURE), difference(CLEAR)))
    assert outcome.surety == "undecided"
    assert outcome.text == "No descriptor wins clearly: internal is best in 2 of 4 scores, daisy map in 2."
    assert outcome.more == (
        "For keypoints, internal is 3.1 to 12.0 points better than daisy map on 3 unseen objects. "
        "This is sure in 1 of 2 tasks, undecided in 1."
    )
    # Each is best in two scores (parts: 0.5 and 0.5004); internal has the larger mean.
    assert (outcome.winner, outcome.wins, outcome.scores) == ("internal", 2, 4)
    assert (outcome.sure, outcome.leads) == (1, 2)


def test_a_lead_that_turns_over_is_said_both_ways():
    outcome = verdict(of_tasks(difference(CLEAR), difference(LOST), rows=(INTERNAL, DISTILLED, WEAK)))
    assert "between 4.0 points worse and 3.1 points better than daisy map" in outcome.text
    assert outcome.more == "It is surely better in 1 of 2 tasks, surely worse in 1."


def test_equal_sizes_are_said_once_and_sure_everywhere_is_sure():
    outcome = verdict(of_tasks(difference(CLEAR), difference(CLEAR), rows=(INTERNAL, WEAK)))
    assert outcome.surety == "sure"
    assert "it is 3.1 points better than daisy map" in outcome.text
    assert outcome.more == "This is sure in all 2 tasks."


def test_the_teachers_map_can_win():
    weak = row("internal", ((0.1, 0.1, 0.1), (0.2, 0.1, 0.3)), (0.1, 0.1, 0.1))
    outcome = verdict(of_tasks(difference(LOST), rows=(weak, DAISY, POSITION)))
    assert outcome.winner == "daisy map"
    assert outcome.text.startswith("Daisy map is 4.0 points better than internal for keypoints; this is sure")


def test_the_controls_do_not_take_part():
    high = dataclasses.replace(row("position", ((0.9, 0.9, 0.9), (0.99, 0.9, 1.0)), (0.9, 0.9, 0.9)))
    assert verdict(of_tasks(difference(CLEAR), rows=(INTERNAL, DAISY, high, CHANCE))).winner != "position"


def test_without_keypoints_the_parts_decide():
    rows = (row("internal", None, (0.6, 0.5, 0.7)), row("daisy map", None, (0.5, 0.4, 0.6)))
    outcome = verdict(of_tasks(difference(None, CLEAR), rows=rows))
    assert outcome.text == "Internal is 3.1 points better than daisy map for parts; this is sure (p = 0.002)."


def test_nothing_measured_is_one_sentence():
    assert verdict(section_of()).text == NOT_COMPARED
    outcome = verdict(section_of(TransferTask(TASK, (INTERNAL, CHANCE))))
    assert (outcome.surety, outcome.text) == ("not measured", "Only internal was measured.")
    alone = verdict(section_of(TransferTask(TASK, (INTERNAL, DAISY), (difference(None),))))
    assert (alone.surety, alone.winner) == ("not measured", "internal")


def test_the_five_answers():
    training = Training("whole field", 600, (), (Curve("total", tuple((i, 1.0) for i in range(0, 601, 10))),))
    worst = PictureGroup("worst pairs", (Picture("Keypoints by internal: mean error 31.0 px.", "", b"", ""),))
    section = dataclasses.replace(
        of_tasks(difference(CLEAR), difference(UNSURE)), training=(training,), pictures=(worst,)
    )
    told = {each.question: (each.answer, each.link) for each in answers(section, verdict(section), "a")}
    assert told["What goes wrong?"] == ("Keypoints by internal: mean error 31.0 px", "a-worst")
    assert told["Did training converge?"] == ("Loss levelled off", "a-training")
    assert told["Is it sure?"] == ("In 1 of 2 scores against daisy map", "a-tasks")
    assert told["Which settings?"] == ("600 steps, 0 training objects, teacher daisy", "settings")
    bare = {each.question: each.answer for each in answers(section_of(), verdict(section_of()), "a")}
    assert bare["Which descriptor wins?"] == "Not measured"
    assert bare["What goes wrong?"] == "No pair to show"
    assert bare["Did training converge?"] == "No training is recorded"
