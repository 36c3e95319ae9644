"""Settings for the released data: where they lie, their layout, and their maps as teachers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.artifacts.layouts import CELL
from pipeline.config.profiles import profile_file, settings_text
from pipeline.config.settings import Evaluate, parse_settings
from pipeline.config.yaml_file import load_yaml
from pipeline.datasets.axes import WORLD
from pipeline.datasets.categories import own_category
from pipeline.datasets.released.layout import SPLITS
from pipeline.datasets.views.frame import Frame
from pipeline.datasets.views.released import Released, open_released
from pipeline.errors import UserError
from pipeline.exchange.released_survey import CategoryFound, survey_released, survey_table, synsets_in
from pipeline.manifests.splits import SEEDED
from pipeline.stores.atomic_files import write_bytes

STAGES = ("manifest", "render", "label", "fit-projection", "cache-teachers", "train", "evaluate", "report")


def import_released(root: Path, categories: Sequence[str], splits: Path | None, params: Path, overwrite: bool) -> str:
    """Check the released data below `root`, write settings for them, and return what the user is told.

    Without `categories`, all that there are. Raises UserError if the data cannot be used, or if `params` exists and
    `overwrite` is false.
    """
    if params.exists() and not overwrite:
        raise UserError(f"{params} is there already: give another --params, or --overwrite.")
    source = open_released(root, Frame(WORLD, 1.0))
    synsets = [own_category(name).synset for name in categories] or synsets_in(source.root)
    if not synsets:
        raise UserError(f"{source.root / 'img'} holds no folder of a category.")
    found = [survey_released(source, synset) for synset in synsets]
    tree = released_tree(source, found, _split_folder(source, synsets, splits))
    parse_settings(tree, str(params))  # a mistake is found here and not in the next command
    head = f"# The released data in {root}, as `pipeline import released-data` found them.\n"
    write_bytes(params, (head + settings_text(tree)).encode())
    option = "" if params.name == "params.yaml" else f" --params {params}"
    commands = "\n".join(f"  pipeline {stage}{option}" for stage in STAGES)
    return f"{survey_table(found)}\n{_splits_line(tree)}\nsettings -> {params}; run `dvc repro`, or\n{commands}"


def released_tree(source: Released, found: Sequence[CategoryFound], splits: Path | None) -> dict[str, Any]:
    """Return the settings: those of a profile, with what was found in the place of its source, camera and teachers."""
    tree: dict[str, Any] = load_yaml(profile_file("released"))

    def change(section: str, **settings: Any) -> None:
        tree[section] = {**tree.get(section, {}), **settings}

    networks = _networks(source.root, found)
    views = sum((one.views for one in found), Counter[int]()).most_common(1)[0][0]
    side = min(min(one.size) for one in found)
    tree |= {
        "categories": [one.name for one in found],
        "teachers": list(networks) or ["dino"],
        "source": {"kind": "renders", "layout": "released", "views_root": str(source.root)},
    }
    tree.pop("render", None)
    change("manifest", splits=SEEDED if splits is None else str(splits))
    change("camera", views=views, size=max(8, side - side % CELL), angle_x=found[0].angle_x)
    change("networks", **networks)
    nearest = all(one.nearest for one in found)
    change("cache-teachers", foreground="nearest" if nearest else "any", foreground_from="any-alpha")
    # The profile is for 50 views.
    if views > 1 and Evaluate(**tree.get("evaluate", {})).other_camera % views == 0:
        change("evaluate", other_camera=1)
    return tree


def _networks(root: Path, found: Sequence[CategoryFound]) -> dict[str, Mapping[str, Any]]:
    """Return an entry of `networks` for each folder of maps that every category has."""
    first, *others = [{maps.folder: maps.channels for maps in one.maps} for one in found]
    return {
        _teacher_name(folder): {"kind": "stored-maps", "root": str(root), "folder": folder, "channels": channels}
        for folder, channels in first.items()
        if all(other.get(folder) == channels for other in others)
    }


def _teacher_name(folder: str) -> str:
    """Return a name that a teacher can have: `dino_feat_256`."""
    name = re.sub("[^a-z0-9_]", "_", folder.lower())
    return name if name[0].isalpha() else f"maps_{name}"


def _split_folder(source: Released, synsets: Sequence[str], given: Path | None) -> Path | None:
    """Return the folder of split files: the given one, or splits/ beside the images if it has every category."""
    folder = source.root / SPLITS if given is None else given
    missing = [synset for synset in synsets if not (folder / f"{synset}.json").is_file()]
    if not missing:
        return folder
    if given is not None:
        raise UserError(f"{given / missing[0]}.json is missing: --splits names the folder of the released split files.")
    return None


def _splits_line(tree: Mapping[str, Any]) -> str:
    splits = tree["manifest"]["splits"]
    if splits != SEEDED:
        return f"splits and pairs: {splits}"
    return "splits and pairs: seeded; for the released ones repeat with --splits and assets/splits of the released code"
