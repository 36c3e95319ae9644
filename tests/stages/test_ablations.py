"""Fields that lack a part of the method: named, trained, evaluated and shown beside the whole one."""

import json
from pathlib import Path

from pipeline.config.field_name import FieldName
from pipeline.config.names import VARIANTS
from pipeline.config.settings import load_settings
from tests.stages.conftest import done, refused, with_settings
from tests.stages.tree import contents


def test_a_name_is_read_back_and_changes_the_weights() -> None:
    for variant in VARIANTS:
        field = FieldName("my-own-plane", "daisy", variant)
        assert FieldName.parse(field.instance) == field
    for none in ("plane", "daisy", "plane-pixelnerf"):
        assert FieldName.parse(none) is None
    train = load_settings(Path(__file__).parents[2] / "params.yaml").train
    changed = {variant: FieldName("plane", "daisy", variant).change(train) for variant in VARIANTS}
    assert {name: (t.feature_weight > 0, t.coordinate_weight > 0) for name, t in changed.items()} == {
        "whole": (True, True),
        "no-coordinate-loss": (True, False),
        "no-feature-loss": (False, True),
        "pixelnerf": (False, False),
    }


def test_ablations_stand_beside_the_whole_field(project: Path) -> None:
    whole = contents(Path("models"))
    chosen = with_settings("fields=[whole, pixelnerf]")
    missing = "run `pipeline train --category plane --teacher daisy --field pixelnerf` first"
    assert missing in refused("report", *chosen)
    for stage in ("train", "evaluate"):
        assert "distilled" not in done(stage, "--field", "pixelnerf")
    assert not list(Path("curves/plane-daisy-pixelnerf").glob("*_feature_*"))
    assert "distil" not in Path("models/plane-daisy-pixelnerf/README.md").read_text()
    assert {name: digest for name, digest in contents(Path("models")).items() if name in whole} == whole
    held = json.loads(Path("results/plane-daisy-pixelnerf/statistics.json").read_text())
    assert held["distillation"] == {}
    # What was taught no feature has none to distil.
    assert all(set(of_task) == {"internal", "daisy map", "position", "chance"} for of_task in held["transfer"].values())
    done("report", *chosen)
    page = Path("report/report.html").read_text()
    assert "internal, pixelnerf" in page and "distilled, pixelnerf" not in page
    assert "whole field − pixelnerf" in page  # rendered views, too
    assert f"{held['synthesis']['rendered']['psnr']['mean']:.2f}" in page
