import math

import pytest

from eval.report.contents import TransferTask
from eval.report.sentences import chance_sentence, finding_of, standing, verdict
from eval.statistics.summary import Difference
from tests.eval.small_report import CHANCE, DAISY, INTERNAL, TASK, difference, row, section_of

NAN = math.nan


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((0.031, 0.012, 0.05, 0.002), "better"),
        ((-0.031, -0.05, -0.012, 0.002), "worse"),
        ((0.031, -0.001, 0.05, 0.002), "undecided"),
        ((0.031, 0.012, 0.05, 0.05), "undecided"),
        ((0.031, 0.012, 0.05, NAN), "undecided"),
        ((0.031, 0.0, 0.05, 0.001), "undecided"),
        ((NAN, NAN, NAN, NAN), "not measured"),
    ],
)
def test_a_claim_needs_the_interval_and_p(given, expected):
    assert standing(Difference(*given)) == expected


def test_the_sentences_word_for_word():
    task = TransferTask(TASK, (INTERNAL, DAISY))

    def words(pck, iou=None, **names):
        return tuple(finding.text for finding in finding_of(task, difference(pck, iou, **names)))

    keypoints, parts = words((0.031, 0.012, 0.05, 0.002), (-0.004, -0.02, 0.012, 0.58))
    assert keypoints == (
        "Keypoints: internal is 3.1 points better than daisy map in PCK at 10 px (95% interval 1.2 to 5.0, p = 0.002)."
    )
    assert parts == (
        "Parts: internal is 0.4 points worse than daisy map in part IoU on these 40 pairs; this may be chance "
        "(95% interval −2.0 to 1.2, p = 0.58)."
    )
    assert words((-0.1, -0.2, -0.05, 0.0001))[0] == (
        "Keypoints: internal is 10.0 points worse than daisy map in PCK at 10 px "
        "(95% interval −20.0 to −5.0, p < 0.001)."
    )
    assert "is less than 0.1 points better than" in words((0.0002, 0.0001, 0.0003, 0.01))[0]
    assert "internal and daisy map are level in PCK at 10 px on these 46 pairs" in words((0.0, -0.1, 0.1, 1.0))[0]
    assert "“internal, far” is 10.0 points better" in words((0.1, 0.05, 0.2, 0.01), first="internal, far")[0]
    assert words(None) == (
        "Keypoints: internal against daisy map is not measured: no pair has a keypoint in common.",
        "Parts: internal against daisy map is not measured: no pair has a part in common.",
    )


def test_the_verdict_is_of_the_first_difference_that_was_measured():
    rows = (INTERNAL, DAISY)
    clear, unsure = difference((0.031, 0.012, 0.05, 0.002)), difference((0.001, -0.05, 0.05, 0.9))
    assert verdict(section_of(TransferTask(TASK, rows, (clear, unsure)))).standing == "better"
    assert verdict(section_of(TransferTask(TASK, rows, (unsure, clear)))).standing == "undecided"
    parts = verdict(section_of(TransferTask(TASK, rows, (difference(None, (-0.1, -0.2, -0.05, 0.01)),))))
    assert parts.standing == "worse"
    assert "part IoU" in parts.text
    later = verdict(section_of(TransferTask(TASK), TransferTask("2d-novel-view", rows, (clear,))))
    assert later.text.startswith("2D novel view: internal is 3.1 points better")


def test_what_does_not_stand_above_chance_is_named():
    lucky = row("distilled", ((0.02, 0.01, 0.03), (0.06, 0.04, 0.08)), None)
    assert chance_sentence(TransferTask(TASK, (INTERNAL, lucky, CHANCE))) == (
        "Not clearly better than chance (5.0% of keypoints at 10 px): distilled (6.0%, 95% interval 4.0 to 8.0)."
    )
    assert chance_sentence(TransferTask(TASK, (INTERNAL, CHANCE))) == ""
    assert chance_sentence(TransferTask(TASK, (lucky,))) == ""
