"""PartNet's names of a bottle's parts: the published tables, as far as made-up bottles need them."""

from pipeline.synthetic.partnet_names import PartNetNames

_BOTTLE, _JUG = "normal_bottle", "jug"
# Raw path -> merged path, below the root. Handles of lids and of bodies become one class.
_MERGED = {
    _BOTTLE: _BOTTLE,
    f"{_BOTTLE}/body": f"{_BOTTLE}/body",
    f"{_BOTTLE}/lid_handle": f"{_BOTTLE}/handle",
    f"{_BOTTLE}/body_handle": f"{_BOTTLE}/handle",
    f"{_BOTTLE}/neck": f"{_BOTTLE}/neck",
    f"{_BOTTLE}/closure": f"{_BOTTLE}/closure",
    f"{_BOTTLE}/lid": f"{_BOTTLE}/lid",
    f"{_BOTTLE}/mouth": f"{_BOTTLE}/mouth",
    _JUG: _JUG,
    f"{_JUG}/mouth": f"{_JUG}/mouth",
    f"{_JUG}/body": f"{_JUG}/body",
    f"{_JUG}/body_handle": f"{_JUG}/handle",
}

NAMES = PartNetNames(
    level1=(f"{_BOTTLE}/body", f"{_BOTTLE}/lid", f"{_BOTTLE}/handle", f"{_JUG}/body", f"{_JUG}/handle"),
    merged=_MERGED,
)
