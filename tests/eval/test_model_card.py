"""The model card: plain Markdown that says what was measured."""

from eval.model_card import card_markdown, training_facts
from pipeline.config.settings import Train
from tests.eval.small_report import BAD, GOOD


def card(distillation: dict) -> str:
    facts = {
        "Data": (("training objects", "8"),),
        "Teacher": (("name", "lite0"), ("levels", "a|b")),
        "Training": training_facts(Train(encoder_weights=None, width=512), "0c1d"),
    }
    return card_markdown("chair-lite0-whole", "chair", facts, distillation, "Apache-2.0, trained on ImageNet")


def test_a_card_begins_with_its_verdict_and_ends_with_how_to_load_the_field() -> None:
    lines = card({"unseen-objects": GOOD}).splitlines()
    assert lines[0] == "# chair-lite0-whole"
    assert lines[4].startswith("The distilled feature explains 41% of the teacher's variance on unseen objects")
    assert "| distilled | unseen objects | 0.41 [0.38, 0.44] | 0.80 [0.70, 0.90] | 12 | 48 | 9000 |" in lines
    assert "| constant mean | unseen objects | 0.00 [0.00, 0.00] | 0.50 [0.40, 0.60] | 12 | 48 | 9000 |" in lines
    # Settings as in params.yaml.
    assert {"| train.encoder_weights | null |", "| train.width | 512 |", "| run | 0c1d |"} <= set(lines)
    assert "| levels | a&#124;b |" in lines  # a bar in a value does not end its cell
    assert "The field and the code: Apache-2.0. The teacher's weights: Apache-2.0, trained on ImageNet." in lines
    assert lines[-5:-1] == [
        "```python",
        "import featurenerf",
        'field = featurenerf.load_field("models/chair-lite0-whole")',
        'seen = field.see(featurenerf.prepare_photo("photo.png"), azimuth=30, elevation=20)',
    ]


def test_a_field_that_learnt_nothing_is_said_to_be_so_and_one_without_feature_has_no_word_of_it() -> None:
    assert card({"unseen-objects": BAD}).splitlines()[4].startswith("**Warning.** The distilled feature")
    without = card({})
    assert "distil" not in without.lower()
    assert "R^2" not in without
