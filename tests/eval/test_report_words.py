import pytest

from eval.report.contents import TransferTask
from eval.report.sentences import chance_sentence, finding_of, position_sentence, standing
from eval.statistics.summary import Difference
from tests.eval.small_report import CHANCE, DAISY, INTERNAL, TASK, difference, row


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((0.031, 0.012, 0.05, 0.002), "better"),
        ((-0.031, -0.05, -0.012, 0.002), "worse"),
        ((0.031, -0.001, 0.05, 0.002), "undecided"),
        ((0.031, 0.012, 0.05, 0.05), "undecided"),
        ((0.031, 0.0, 0.05, 0.001), "undecided"),
    ],
)
def test_a_claim_needs_the_interval_and_p(given, expected):
    assert standing(Difference(*given)) == expected


def test_the_sentences_word_for_word():
    task = TransferTask(TASK, (INTERNAL, DAISY))

    def words(pck, iou=None, objects=12, **names):
        return tuple(finding.text for finding in finding_of(task, difference(pck, iou, **names), objects))

    assert words((0.031, 0.012, 0.05, 0.002), (-0.004, -0.02, 0.012, 0.58)) == (
        "internal is 3.1 points better than daisy map for keypoints within 10 px; this is sure (p = 0.002).",
        "internal is 0.4 points worse than daisy map for parts on these 12 objects; too close to be sure (p = 0.58).",
    )
    assert words((-0.1, -0.2, -0.05, 0.0001)) == (
        "internal is 10.0 points worse than daisy map for keypoints within 10 px; this is sure (p < 0.001).",
    )
    assert words((0.39, -0.1, 0.566, 0.07), objects=3)[0].endswith(
        "on these 3 objects; too few objects to be sure (p = 0.07)."
    )
    assert "is less than 0.1 points better than" in words((0.0002, 0.0001, 0.0003, 0.01))[0]
    assert words((0.0, -0.1, 0.1, 1.0)) == (
        "internal and daisy map are level for keypoints within 10 px on these 12 objects.",
    )
    assert "“internal, far” is 10.0 points better" in words((0.1, 0.05, 0.2, 0.01), first="internal, far")[0]
    assert words(None) == ()


def test_where_interval_and_test_disagree_the_sentence_says_so():
    task = TransferTask(TASK, (INTERNAL, DAISY))
    (finding,) = finding_of(task, difference((0.39, 0.27, 0.566, 0.071)), 3)
    assert finding.standing == "undecided"
    assert "its interval leaves out 0, but the test does not (p = 0.071)" in finding.text
    (finding,) = finding_of(task, difference((0.39, -0.02, 0.566, 0.02)), 30)
    assert finding.standing == "undecided"
    assert "the test leaves out 0 (p = 0.02), but its interval does not" in finding.text


def test_a_win_of_the_position_alone_is_said():
    behind = difference((-0.02, -0.06, 0.01, 0.2), (0.1, 0.05, 0.2, 0.01), second="position")
    assert position_sentence(TransferTask(TASK, (INTERNAL,), (behind,)), 10) == (
        "Position is 2.0 points better than internal for keypoints on these 10 objects; too close to be sure "
        "(p = 0.2). Here the place in the image says more than the feature: this task hardly tests features."
    )
    ahead = difference((0.02, -0.06, 0.05, 0.2), second="position")
    assert position_sentence(TransferTask(TASK, (INTERNAL,), (ahead,)), 10) == ""
    assert position_sentence(TransferTask(TASK, (INTERNAL,)), 10) == ""


def test_what_does_not_stand_above_chance_is_named():
    lucky = row("distilled", ((0.02, 0.01, 0.03), (0.06, 0.04, 0.08)), None)
    assert chance_sentence(TransferTask(TASK, (INTERNAL, lucky, CHANCE))) == (
        "Not clearly better than chance (5.0% of keypoints at 10 px): distilled (6.0%, 95% interval 4.0 to 8.0)."
    )
    assert chance_sentence(TransferTask(TASK, (INTERNAL, CHANCE))) == ""
    assert chance_sentence(TransferTask(TASK, (lucky,))) == ""
