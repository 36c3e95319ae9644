"""Tiles with labels, in rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from eval.pictures.palette import Colour

_INK: Colour = (58, 58, 64)
_MARGIN = 10
_TEXT = 15


@dataclass(frozen=True)
class Tile:
    """A picture and the words above it; no words, no room for them."""

    image: Image.Image
    label: str = ""


def grid(rows: Sequence[Sequence[Tile]]) -> Image.Image:
    """Rows of tiles on white. Columns are as wide as their widest tile, rows as high as their highest.

    Raises ValueError without a tile.
    """
    if not any(rows):
        raise ValueError("a grid needs a tile")
    count = max(len(row) for row in rows)
    widths = [max((row[i].image.width for row in rows if i < len(row)), default=0) for i in range(count)]
    heads = [_TEXT + 7 if any(tile.label for tile in row) else 0 for row in rows]
    heights = [max((tile.image.height for tile in row), default=0) for row in rows]
    size = (sum(widths) + _MARGIN * (count + 1), sum(heights) + sum(heads) + _MARGIN * (len(rows) + 1))
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    top = _MARGIN
    for row, head, height in zip(rows, heads, heights, strict=True):
        left = _MARGIN
        for tile, width in zip(row, widths, strict=False):
            draw.text((left, top), fitted(tile.label, width), fill=_INK, font=_font())
            sheet.paste(tile.image, (left, top + head))
            left += width + _MARGIN
        top += head + height + _MARGIN
    return sheet


def legend(entries: Sequence[tuple[str, Colour]]) -> Image.Image:
    """Colour patches with their names, in one line."""
    lengths = [round(_font().getlength(name)) for name, _ in entries]
    sheet = Image.new("RGB", (sum(length + 2 * _TEXT + 8 for length in lengths) or 1, _TEXT + 7), "white")
    draw = ImageDraw.Draw(sheet)
    left = 0
    for (name, colour), length in zip(entries, lengths, strict=True):
        draw.rectangle((left, 4, left + _TEXT - 3, _TEXT + 1), fill=colour)
        draw.text((left + _TEXT + 3, 0), name, fill=_INK, font=_font())
        left += length + 2 * _TEXT + 8
    return sheet


def fitted(text: str, width: int) -> str:
    """The text, shortened with an ellipsis until it is at most `width` pixels wide."""
    if _font().getlength(text) <= width:
        return text
    while text and _font().getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    # Pillow's own face: no font of the machine, so the same picture everywhere.
    return ImageFont.load_default(_TEXT)
