"""The terms that objects come with, as a sentence for those who get a store or an export of them."""

from pipeline.config.sections.data import Source

OWNER_DECIDES = "The owner of the source decides: this program does not know the terms."
LICENCES = {
    "made-up": "No licence is needed: this program made the objects up.",
    "shapenet-v1": "ShapeNet's terms of use: non-commercial research and education; do not pass the models on.",
    "shapenet-v2": "ShapeNet's terms of use: non-commercial research and education; do not pass the models on.",
    "co3d": "Common Objects in 3D is under CC BY-NC 4.0: not for commercial use; name the authors.",
}


def licence_of(source: Source) -> str:
    """Return the terms of a source's objects; of a folder of the user's own they are not known."""
    return LICENCES.get(str(source.layout) if source.kind == "renders" else source.kind, OWNER_DECIDES)
