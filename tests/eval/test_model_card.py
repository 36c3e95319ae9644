"""The model card: plain Markdown that says what was measured."""

from eval.model_card.field_card import training_facts
from eval.model_card.model_card import ModelCard, card_markdown
from pipeline.config.settings import Train
from tests.eval.distillation_summaries import BAD, GOOD


def card(distillation: dict) -> ModelCard:
    return ModelCard(
        field="chair-lite0-whole",
        category="chair",
        data=(("training objects", "8"),),
        teacher=(("name", "lite0"), ("levels", "a|b")),
        training=(("train.steps", "600"),),
        distillation=distillation,
        teacher_licence="Apache-2.0, trained on ImageNet",
    )


def test_a_card_begins_with_its_verdict_and_ends_with_how_to_load_the_field() -> None:
    text = card_markdown(card({"unseen-objects": GOOD}))
    assert text == card_markdown(card({"unseen-objects": GOOD}))
    lines = text.splitlines()
    assert lines[0] == "# chair-lite0-whole"
    assert lines[4].startswith("The distilled feature explains 41% of the teacher's variance on unseen objects")
    assert "| distilled | unseen objects | 0.41 [0.38, 0.44] | 0.80 [0.70, 0.90] | 12 | 48 | 9000 |" in lines
    assert "| constant mean | unseen objects | 0.00 [0.00, 0.00] | 0.50 [0.40, 0.60] | 12 | 48 | 9000 |" in lines
    assert "| levels | a&#124;b |" in lines  # a bar in a value does not end its cell
    assert "The field and the code: Apache-2.0. The teacher's weights: Apache-2.0, trained on ImageNet." in lines
    assert lines[-5:-1] == [
        "```python",
        "import featurenerf",
        'field = featurenerf.load_field("models/chair-lite0-whole")',
        'seen = field.see(featurenerf.prepare_photo("photo.png"), azimuth=30, elevation=20)',
    ]


def test_a_field_that_learnt_nothing_is_said_to_be_so_and_one_without_feature_has_no_word_of_it() -> None:
    assert card_markdown(card({"unseen-objects": BAD})).splitlines()[4].startswith("**Warning.** The distilled feature")
    without = card_markdown(card({}))
    assert "distil" not in without.lower()
    assert "R^2" not in without


def test_settings_are_written_as_in_params() -> None:
    facts = dict(training_facts(Train(encoder_weights=None, width=512), "0c1d"))
    assert facts["train.encoder_weights"] == "null"
    assert facts["train.width"] == "512"
    assert facts["run"] == "0c1d"
