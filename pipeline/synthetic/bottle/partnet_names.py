"""PartNet's names of a bottle's parts: the published tables, as far as made-up bottles need them."""

from pipeline.synthetic.partnet_names import PartNetNames, kept, renamed

_BOTTLE, _JUG = "normal_bottle", "jug"
# Raw path -> merged path, below the root. Handles of lids and of bodies become one class.
_MERGED = {
    **kept(_BOTTLE, "body"),
    **renamed(f"{_BOTTLE}/lid_handle", f"{_BOTTLE}/handle"),
    **renamed(f"{_BOTTLE}/body_handle", f"{_BOTTLE}/handle"),
    **kept(_BOTTLE, "neck", "closure", "lid", "mouth"),
    **kept(_JUG, "mouth", "body"),
    **renamed(f"{_JUG}/body_handle", f"{_JUG}/handle"),
}

NAMES = PartNetNames(
    level1=(f"{_BOTTLE}/body", f"{_BOTTLE}/lid", f"{_BOTTLE}/handle", f"{_JUG}/body", f"{_JUG}/handle"),
    merged=_MERGED,
)
