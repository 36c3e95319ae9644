"""A rich report of made-up numbers and drawings: what tests and whoever works on the looks can write to a file."""

import dataclasses
import math

import numpy as np
import torch
from PIL import Image, ImageDraw

from eval.interactive.pair_matches import PairMatches
from eval.interactive.surface_points import SurfacePoints
from eval.pictures.canvas import checker, enlarged, palette_png_bytes, png_bytes
from eval.pictures.keypoints import transfer_picture
from eval.pictures.match_cells import cell_pixels, match_features
from eval.pictures.parts import part_picture
from eval.pictures.shared_colours import FeatureView, painted_features, shared_colours_picture
from eval.report.contents import (
    Counts,
    Curve,
    Fact,
    LossTerm,
    PckCurve,
    Picture,
    PictureGroup,
    Report,
    Section,
    StoreLine,
    Training,
    TransferTask,
)
from eval.statistics.intervals import Interval
from eval.statistics.summary import Difference, TransferDifference, TransferSummary
from eval.synthesis.synthesis_summary import SynthesisDifference, SynthesisSummary
from eval.transfer.transfer_plan import KeypointPlan
from tests.eval.rendered_views import views

PIXELS, EDGES = (2.5, 5.0, 7.5, 10.0), (0.025, 0.05, 0.075, 0.1)
NAMES = ("internal", "distilled", "internal, no coordinate loss", "daisy map", "dino map", "position", "chance")
BASES = {"2d-cross-instance": 0.62, "2d-other-camera": 0.34, "2d-novel-view": 0.71, "3d-cross-instance": 0.55}
COLOURS = {1: (196, 120, 70), 2: (150, 92, 60), 3: (92, 74, 66)}
SIDE = 128


def example_report():
    """Three sections: two full ones, in one of which nothing can be told, and one with everything missing."""
    return Report(
        title="Feature fields on made-up chairs, planes and tables",
        made_up=True,
        remarks=("The pairs are the released ones; the poses are ours.",),
        sections=(_full("chair", 0.031, 0), _full("plane", 0.004, 1), empty_section()),
        settings="train:\n  steps: 600\n  coordinate_weight: 0.25\nevaluate:\n  pairs: 48  # <fixed beforehand>\n",
        machine=(Fact("python", "3.11.9"), Fact("torch", "2.11.0"), Fact("processor", "2 cores"), Fact("seed", "0")),
    )


def empty_section():
    """No pair with anything in common, an untrained field, no teacher map, no number where there should be one."""

    def row(name, value=None):
        return TransferSummary("2d-cross-instance", name, 12, PIXELS, value, 0, None, 0)

    lost = tuple(Interval(math.nan, math.nan, math.nan) for _ in PIXELS)
    return Section(
        category="table",
        teacher="daisy",
        stand_in=True,
        counts=Counts((("train", 2), ("val", 0), ("test", 1)), 4, (("04379243/t7", "its mesh has no face"),)),
        tasks=(
            TransferTask(
                "2d-cross-instance",
                rows=(row("internal"), row("distilled")),
                differences=(
                    TransferDifference("2d-cross-instance", "internal", 12, PIXELS, None, 0, None, 0, "distilled"),
                ),
            ),
            TransferTask(
                "2d-novel-view",
                rows=(
                    dataclasses.replace(row("internal", lost), task="2d-novel-view", keypoint_pairs=4),
                    dataclasses.replace(row("distilled"), task="2d-novel-view"),
                ),
                curves=(PckCurve("internal", PIXELS, (math.nan,) * 4),),
            ),
            TransferTask("3d-cross-instance", missing="Not measured: no object has annotated points."),
        ),
        synthesis=(SynthesisSummary("whole field", 0, None, Interval(math.nan, math.nan, math.nan), None),),
        training=(
            Training("full", 0),
            Training(
                "no coordinate loss",
                40,
                (LossTerm("rgb", 1.0, 0.2, math.nan),),
                (Curve("rgb", ((0, 0.2), (40, math.nan))),),
            ),
        ),
        pictures=(
            PictureGroup("best pairs", (), "No pair can be ranked: PCK is not measured."),
            PictureGroup("features", ()),
        ),
    )


def _full(category, lead, seed):
    draw = np.random.default_rng(seed)
    return Section(
        category=category,
        teacher="daisy",
        stand_in=True,
        counts=Counts(
            (("train", 8), ("val", 2), ("test", 4)),
            50,
            ((f"0{seed}/x3", "its <mesh> is empty"),),
            ((f"0{seed}/x5", "part annotation refused: 3 points for 9 labels"),),
        ),
        tasks=tuple(_task(name, base, lead) for name, base in BASES.items()),
        synthesis=(
            views("whole field", 21.34, 0.871, 0.142),
            views("no coordinate loss", 21.02, 0.868, 0.147),
            views("pixelnerf", 21.47, 0.874),
            views("source image", 16.2, 0.801, 0.298),
        ),
        synthesis_differences=(
            SynthesisDifference(
                "whole field \u2212 pixelnerf",
                24,
                Difference(-0.13, -0.4, 0.1, 0.3),
                Difference(-0.003, -0.01, 0.0, 0.2),
                None,
            ),
        ),
        training=(_training("full", 0.25, draw), _training("no coordinate loss", 0.0, draw)),
        pictures=_pictures(category, draw),
        matches=_matches(),
        surfaces=tuple(_surface(f"x{number}, view 12", draw) for number in (0, 1)),
        data_facts=(
            Fact("pixels that are foreground", "21.3%"),
            Fact("foreground without a part label", "4.1%"),
            Fact("views cut by the image's edge", "3 of 700"),
            Fact("keypoints visible in a view", "6.2 of 10 on average"),
        ),
        teacher_facts=(
            Fact("feature", "32 x 32 x 384, float16"),
            Fact("scale", "388.2, fitted on 8 training objects"),
            Fact("RMS of foreground features", "1.000"),
        ),
        stores=(
            StoreLine("render", f"stores/views/{category}/3fa9c1d27be0", "3fa9c1d27be0"),
            StoreLine("cache-teachers", f"stores/maps/{category}-daisy/77ab02cd91ef", "77ab02cd91ef"),
            StoreLine("train", f"stores/runs/{category}-daisy-whole/0c1d27be3fa9", "0c1d27be3fa9"),
        ),
    )


def _task(name, base, lead):
    thresholds = EDGES if name.startswith("3d") else PIXELS
    means = [base, base - 0.05, base - 0.02, base - lead, base - 0.015, base - 0.19, 0.06]
    shape = (0.28, 0.58, 0.82, 1.0)

    def interval(mean, half):
        return Interval(mean, mean - half, mean + half)

    rows = tuple(
        TransferSummary(
            name,
            label,
            48,
            thresholds,
            tuple(interval(mean * share, 0 if label == "chance" else 0.021) for share in shape),
            46,
            interval(mean * 0.8, 0 if label == "chance" else 0.018),
            40,
        )
        for label, mean in zip(NAMES, means, strict=True)
    )

    def difference(first, second, mean):
        p = 0.002 if abs(mean) > 0.02 else 0.58
        pck = tuple(Difference(mean * s, mean * s - 0.019, mean * s + 0.019, p) for s in shape)
        return TransferDifference(
            name, first, 48, thresholds, pck, 46, Difference(-mean / 4, -0.02, 0.011, 0.31), 40, second
        )

    fine = tuple(2 * thresholds[-1] * step / 20 for step in range(21))
    return TransferTask(
        name,
        rows,
        (
            difference("internal", "daisy map", lead),
            difference("internal", "internal, no coordinate loss", 0.02),
            difference("distilled", "internal", -0.05),
            difference("internal", "position", 0.19),
        ),
        tuple(
            PckCurve(label, fine, tuple(1 - (1 - mean) ** ((step / 10) ** (1.1 + 0.1 * index)) for step in range(21)))
            for index, (label, mean) in enumerate(zip(NAMES, means, strict=True))
        ),
    )


def _training(variant, weight, draw):
    def curve(name, start, end):
        noise = draw.normal(0, 0.04, 31)
        return Curve(
            name, tuple((20 * i, float(end + (start - end) * math.exp(-i / 6)) * math.exp(noise[i])) for i in range(31))
        )

    curves = (
        curve("rgb", 0.11, 0.004),
        curve("feature", 0.9, 0.35),
        curve("coordinate", 0.06, 0.01),
        Curve("total", tuple((20 * i, 0.2 + 0.5 * math.exp(-i / 4)) for i in range(31))),
    )
    terms = (("rgb", 1.0), ("feature", 0.25), ("coordinate", weight))
    losses = tuple(
        LossTerm(name, of_sum, one.points[0][1], one.points[-1][1])
        for (name, of_sum), one in zip(terms, curves[:3], strict=True)
    )
    return Training(variant, 600, losses, curves, in_box_steps=200)


def _pictures(category, draw):
    plain = [_chair(height, width) for height, width in ((0.30, 0.20), (0.24, 0.26), (0.34, 0.16), (0.27, 0.23))]

    def pair(source, target, far):
        ends = f"from x{source} to x{target}, view 12"
        pictures = []
        for name, error in (("internal", far), ("daisy map", 1.6 * far)):
            picture = transfer_picture(
                plain[source][0], plain[target][0], *_moved(plain[source], plain[target], error, draw), 384
            )
            pictures.append(
                Picture(
                    f"{name}: mean error {error:.1f} px.",
                    f"Keypoints {ends} by {name}",
                    palette_png_bytes(picture),
                    ends,
                )
            )
        for name in ("true parts", "internal: IoU 71%"):
            tinted = enlarged(part_picture(plain[target][0], plain[target][1]), 384)
            pictures.append(Picture(f"{name}.", f"Parts {ends}: {name}", png_bytes(tinted), ends))
        return pictures

    shared = shared_colours_picture(_features(plain[0]), _features(plain[1]), 256)
    views = [
        Picture(
            f"View {12 * i}: {'given' if i == 0 else 'rendered'}.",
            f"View {12 * i} of a {category}",
            png_bytes(enlarged(rgb, 256)),
        )
        for i, (rgb, _, _) in enumerate(plain)
    ]
    first = (
        Picture("Source: an unseen object.", "A chair", png_bytes(enlarged(plain[0][0], 256))),
        Picture("Teacher: its map of the image.", "A map", png_bytes(enlarged(_painted(plain[0]), 256))),
        Picture("Field: its rendered feature.", "A feature", png_bytes(enlarged(_painted(plain[0]), 256))),
        Picture(
            "Transfer: keypoints to another object.",
            "A transfer",
            palette_png_bytes(transfer_picture(plain[0][0], plain[1][0], *_moved(plain[0], plain[1], 4.0, draw), 256)),
        ),
    )
    return (
        PictureGroup("at a glance", first),
        PictureGroup("data", (Picture("Objects of the category.", f"Four {category}s", png_bytes(_strip(plain))),)),
        PictureGroup(
            "features",
            (
                Picture(
                    "Above: source and target. Below: their internal features.",
                    "Features of a pair in shared colours",
                    png_bytes(shared),
                    "internal",
                ),
            ),
        ),
        PictureGroup("best pairs", tuple(pair(0, 1, 2.1))),
        PictureGroup("worst pairs", tuple(pair(2, 1, 9.4))),
        PictureGroup("spread pairs", tuple(pair(3, 0, 4.2))),
        PictureGroup("novel views", tuple(views)),
    )


def _chair(height, width):
    """A chair from the front: its picture over the checker, its parts, and six keypoints (column, row)."""
    part = Image.new("L", (SIDE, SIDE))
    pen = ImageDraw.Draw(part)
    left, right, seat = (round(SIDE * x) for x in (0.5 - width, 0.5 + width, 0.58))
    top, bottom = round(SIDE * (0.55 - height)), round(SIDE * 0.92)
    pen.rectangle((left, top, right, seat), fill=1)
    for x in (left, right - 6):
        pen.rectangle((x, seat, x + 6, bottom), fill=3)
    pen.polygon([(left, seat), (right, seat), (right + 8, seat + 12), (left - 8, seat + 12)], fill=2)
    labels = np.asarray(part)
    rgb = checker(SIDE, SIDE)
    light = np.linspace(1.15, 0.75, SIDE)[:, None]
    for label, colour in COLOURS.items():
        inside = labels == label
        rgb = np.where(inside[..., None], np.clip(np.array(colour) * light[..., None], 0, 255), rgb).astype(np.uint8)
    corners = [
        (left, top),
        (right, top),
        (left - 8, seat + 12),
        (right + 8, seat + 12),
        (left + 3, bottom),
        (right - 3, bottom),
    ]
    return rgb, labels, np.array(corners, dtype=np.float32)


def _moved(source, target, far, draw):
    angle = draw.uniform(0, 2 * np.pi, 6)
    found = target[2] + (far * np.stack([np.cos(angle), np.sin(angle)], axis=1)).astype(np.float32)
    found = np.clip(found, 2, SIDE - 2).astype(np.float32)
    return KeypointPlan(np.arange(6), source[2], target[2], np.arange(6), found, np.arange(6)), found


def _features(chair):
    rgb, labels, _ = chair
    row, column = np.indices((32, 32)) / 32
    kind = np.eye(4)[labels[2::4, 2::4]]
    features = np.concatenate([row[..., None], column[..., None], np.abs(column - 0.5)[..., None], kind], axis=2)
    return FeatureView(rgb, features, labels[2::4, 2::4] > 0)


def _painted(chair):
    view = _features(chair)
    return painted_features([view])[0]


def _matches():
    """Cells of one chair and of another, matched by their place with their part, and by their place alone."""
    chairs, step = (_chair(0.30, 0.20), _chair(0.24, 0.26)), 4
    cells = [cell_pixels(labels > 0, step) // step for _, labels, _ in chairs]
    descriptors = [
        [
            torch.from_numpy(_features(chair).features[tuple(of_view.T)])
            for chair, of_view in zip(chairs, cells, strict=True)
        ],
        [torch.from_numpy(np.concatenate([of_view, np.ones((len(of_view), 1))], axis=1)) for of_view in cells],
    ]
    return PairMatches(
        ("x0, view 12", "x1, view 25"),
        chairs[0][0],
        chairs[1][0],
        step,
        *cells,
        tuple(
            match_features(name, *features)
            for name, features in zip(("internal", "daisy map"), descriptors, strict=True)
        ),
    )


def _surface(title, draw):
    """Points of an ellipsoid, coloured by where they lie."""
    towards = draw.normal(size=(800, 3))
    xyz = (towards / np.linalg.norm(towards, axis=1, keepdims=True) * (0.2, 0.3, 0.1)).astype(np.float32)
    colour = np.uint8(255 * (xyz - xyz.min(axis=0)) / np.ptp(xyz, axis=0))
    return SurfacePoints(title, xyz, colour, 255 - colour)


def _strip(chairs):
    sheet = Image.new("RGB", (len(chairs) * 264 - 8, 256), "white")
    for index, (rgb, _, _) in enumerate(chairs):
        sheet.paste(enlarged(rgb, 256), (264 * index, 0))
    return sheet
