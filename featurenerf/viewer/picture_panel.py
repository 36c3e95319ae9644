"""The two images of the side panel as HTML: source and target with their marks; clicks on the source are places."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from eval.pictures.canvas import png_bytes
from eval.pictures.palette import Colour, keypoint_colour
from featurenerf.viewer.shown import Shown

# The label of the text field that places are typed into: a click types one there, and the field tells the server.
PLACE_LABEL = "place"
# A field of React notices a value only if it is set past React's own setter.
_TELL = (
    "const l=[...document.querySelectorAll('label')].find(l=>l.textContent==='" + PLACE_LABEL + "');"
    "let b=l;while(b&&!b.querySelector('input'))b=b.parentElement;const i=b.querySelector('input');"
    "Object.getOwnPropertyDescriptor(HTMLInputElement.prototype,'value').set.call(i,place);"
    "i.dispatchEvent(new Event('input',{{bubbles:true}}));"
)
_ON_IMAGE = (
    "const r=this.getBoundingClientRect();const place=Math.floor((event.clientY-r.top)/r.height*{height})+','+"
    "Math.floor((event.clientX-r.left)/r.width*{width});" + _TELL
)
_ON_KEYPOINT = "event.stopPropagation();const place='k{number}';" + _TELL
# Blue is no colour of heat: the place that was asked and its match stand out, here and in the scene.
MARKED: Colour = (0, 190, 255)


@dataclass(frozen=True)
class Mark:
    """A disc, or a ring, at (u, v) of an image. With a number it is a keypoint of the source that can be clicked."""

    uv: Float[np.ndarray, "2"]
    colour: Colour
    radius: float
    ring: bool = False
    number: int | None = None


@dataclass(frozen=True)
class PanelImage:
    """An image with a title and marks."""

    title: str
    picture: UInt8[np.ndarray, "h w 3"]
    marks: Sequence[Mark]


def panel_images(shown: Shown) -> tuple[PanelImage, PanelImage]:
    """Mark the source's keypoints, the place that was asked, its match, and as a ring the match's true place."""
    keypoints, answer = shown.source.keypoints, shown.answer
    pairs = zip(keypoints.ids.tolist(), keypoints.uv, strict=True)
    left = [Mark(uv, keypoint_colour(number), 2.2, number=number) for number, uv in pairs]
    right = []
    if answer is not None:
        left.append(Mark(answer.asked.uv, MARKED, 3.0))
        if answer.true is not None:
            right.append(Mark(answer.true, (0, 200, 80), 4.2, ring=True))
        right.append(Mark(answer.match.uv, MARKED, 3.0))
    source, target = shown.painted
    return (
        PanelImage(shown.source.given.name, source.picture, left),
        PanelImage(shown.target.given.name, target.picture, right),
    )


def panel_html(source: PanelImage, target: PanelImage, note: str, number: int) -> str:
    """Write both images beside each other and a note below; `number` counts the answers, for who waits for one."""
    figures = _figure(source, clickable=True) + _figure(target, clickable=False)
    return (
        f'<div data-answer="{number}" style="padding:0 0.6em 0.4em">'
        f'<div style="display:flex;gap:6px">{figures}</div>'
        f'<div style="font-size:0.8em;min-height:2.6em;padding-top:0.3em">{escape(note)}</div></div>'
    )


def _figure(image: PanelImage, *, clickable: bool) -> str:
    height, width, _ = image.picture.shape
    click = f' onclick="{escape(_ON_IMAGE.format(height=height, width=width))}"' if clickable else ""
    cursor = "crosshair" if clickable else "default"
    data = base64.b64encode(png_bytes(Image.fromarray(image.picture), smallest=False)).decode("ascii")
    marks = "".join(_svg_mark(mark) for mark in image.marks)
    return (
        f'<div style="flex:1;min-width:0"><div style="font-size:0.8em;overflow:hidden;text-overflow:ellipsis;'
        f'white-space:nowrap" title="{escape(image.title)}">{escape(image.title)}</div>'
        f'<svg viewBox="0 0 {width} {height}" style="width:100%;display:block;cursor:{cursor}"{click}>'
        f'<image href="data:image/png;base64,{data}" width="{width}" height="{height}" '
        f'style="image-rendering:pixelated"/>{marks}</svg></div>'
    )


def _svg_mark(mark: Mark) -> str:
    u, v = (float(value) for value in mark.uv)
    colour = "rgb({},{},{})".format(*mark.colour)
    place = f'cx="{u:.2f}" cy="{v:.2f}" r="{mark.radius:g}"'
    if mark.ring:
        return f'<circle {place} fill="none" stroke="{colour}" stroke-width="1.3" pointer-events="none"/>'
    click = ' pointer-events="none"'
    if mark.number is not None:
        click = f' style="cursor:pointer" onclick="{escape(_ON_KEYPOINT.format(number=mark.number))}"'
    return f'<circle {place} fill="{colour}" stroke="black" stroke-width="0.8"{click}/>'
