"""A rich report of made-up numbers and drawings: what tests and whoever works on the looks can write to a file."""

import math
from dataclasses import replace

import numpy as np
import torch
from PIL import Image, ImageDraw

from eval.interactive.field_surface import SurfacePoints
from eval.interactive.match_cells import PairMatches, cell_pixels, match_features
from eval.pictures.canvas import checker, enlarged, palette_png_bytes, png_bytes
from eval.pictures.keypoints import transfer_picture
from eval.pictures.parts import part_picture
from eval.pictures.shared_colours import FeatureView, painted_features, shared_colours_picture
from eval.report.contents import Curve, LossTerm, Picture, PictureGroup, Report, Section, Training, TransferTask
from eval.statistics.intervals import Interval
from eval.statistics.summary import Difference, TransferDifference, TransferSummary
from eval.synthesis.synthesis_summary import SynthesisDifference
from eval.transfer.transfer_plan import KeypointPlan
from tests.eval.small_report import views

PIXELS, EDGES = (2.5, 5.0, 7.5, 10.0), (0.025, 0.05, 0.075, 0.1)
NAMES = ("internal", "distilled", "internal, no coordinate loss", "daisy map", "dino map", "position", "chance")
BASES = {"2d-cross-instance": 0.62, "2d-other-camera": 0.34, "2d-novel-view": 0.71, "3d-cross-instance": 0.55}
SIDE = 128


def example_report():
    """Three sections: two full ones, in one of which nothing can be told, and one with everything missing."""
    return Report(
        title="Feature fields on made-up chairs, planes and tables",
        made_up=True,
        remarks=("The pairs are the released ones; the poses are ours.",),
        sections=(_full("chair", 0.031, 0), _full("plane", 0.004, 1), empty_section()),
        settings="train:\n  steps: 600\n  coordinate_weight: 0.25\nevaluate:\n  pairs: 48  # <fixed beforehand>\n",
        machine=(("python", "3.11.9"), ("torch", "2.11.0")),
    )


def empty_section():
    """No pair with anything in common, no pair at all, an untrained field, no picture, no view."""
    row = TransferSummary("2d-cross-instance", "internal", 12, PIXELS, None, 0, None, 0)
    lost = Training("no coordinate loss", 40, (), (Curve("rgb", ((0, 0.2), (40, math.nan))),))
    return Section(
        category="table",
        teacher="daisy",
        stand_in=True,
        objects={"train": 2, "val": 0, "test": 1},
        views=4,
        dropped=(("04379243/t7", "its mesh has no face"),),
        tasks=(
            TransferTask("2d-cross-instance", (row, replace(row, descriptor="distilled"))),
            TransferTask("3d-cross-instance", (replace(row, task="3d-cross-instance", pairs=0),)),
        ),
        synthesis=(views("whole field", count=0),),
        training=(Training("full", 0), lost),
        pictures=(PictureGroup("best pairs", (), "No two test objects have a keypoint."), PictureGroup("features", ())),
    )


def _full(category, lead, seed):
    draw = np.random.default_rng(seed)
    difference = SynthesisDifference(
        "whole field − pixelnerf", 24, Difference(-0.13, -0.4, 0.1, 0.3), Difference(-0.003, -0.01, 0.0, 0.2), None
    )
    return Section(
        category=category,
        teacher="daisy",
        stand_in=True,
        objects={"train": 8, "val": 2, "test": 4},
        views=50,
        dropped=((f"0{seed}/x3", "its <mesh> is empty"),),
        notes=((f"0{seed}/x5", "part annotation refused: 3 points for 9 labels"),),
        tasks=tuple(_task(name, base, lead) for name, base in BASES.items()),
        synthesis=(
            views("whole field", 21.34, 0.871, 0.142),
            views("pixelnerf", 21.47, 0.874),
            views("source image", 16.2, 0.801, 0.298),
        ),
        synthesis_differences=(difference,),
        training=(_training("full", 0.25, draw), _training("no coordinate loss", 0.0, draw)),
        pictures=_pictures(draw),
        matches=_matches(),
        surfaces=_surfaces(draw),
        data_facts=(("pixels that are foreground", "21.3%"), ("views cut by the image's edge", "3 of 700")),
        teacher_facts=(("scale", "388.2, fitted on 8 training objects"),),
        stores=tuple(
            (name, f"stores/{name}/{category}/3fa9c1d27be0", "3fa9c1d27be0") for name in ("render", "maps", "train")
        ),
    )


def _task(name, base, lead):
    thresholds = EDGES if name.startswith("3d") else PIXELS
    means = [base, base - 0.05, base - 0.02, base - lead, base - 0.015, base - 0.19, 0.06]
    shape = (0.28, 0.58, 0.82, 1.0)

    def interval(mean, half, label):
        return Interval(mean, mean, mean) if label == "chance" else Interval(mean, mean - half, mean + half)

    def row(label, mean):
        pck = tuple(interval(mean * share, 0.021, label) for share in shape)
        return TransferSummary(name, label, 48, thresholds, pck, 46, interval(mean * 0.8, 0.018, label), 40)

    def difference(first, second, mean):
        p = 0.002 if abs(mean) > 0.02 else 0.58
        pck = tuple(Difference(mean * s, mean * s - 0.019, mean * s + 0.019, p) for s in shape)
        iou = Difference(-mean / 4, -0.02, 0.011, 0.31)
        return TransferDifference(name, first, 48, thresholds, pck, 46, iou, 40, second)

    def curve(index, label, mean):
        shares = (1 - (1 - mean) ** ((step / 10) ** (1.1 + 0.1 * index)) for step in range(21))
        return Curve(label, tuple((thresholds[-1] * step / 10, share) for step, share in enumerate(shares)))

    return TransferTask(
        name,
        tuple(map(row, NAMES, means)),
        (
            difference("internal", "daisy map", lead),
            difference("internal", "internal, no coordinate loss", 0.02),
            difference("distilled", "internal", -0.05),
            difference("internal", "position", 0.19),
        ),
        tuple(map(curve, range(len(NAMES)), NAMES, means)),
    )


def _training(variant, weight, draw):
    def curve(name, start, end):
        noise = np.exp(draw.normal(0, 0.04, 31))
        return Curve(
            name, tuple((20 * i, float((end + (start - end) * math.exp(-i / 6)) * noise[i])) for i in range(31))
        )

    terms = {"rgb": (1.0, 0.11, 0.004), "feature": (0.25, 0.9, 0.35), "coordinate": (weight, 0.06, 0.01)}
    losses = tuple(LossTerm(name, *numbers) for name, numbers in terms.items())
    curves = [curve(name, start, end) for name, (_, start, end) in terms.items()]
    curves.append(Curve("total", tuple((20 * i, 0.2 + 0.5 * math.exp(-i / 4)) for i in range(31))))
    return Training(variant, 600, losses, tuple(curves), in_box_steps=200)


def _pictures(draw):
    chairs = [_chair(height, width) for height, width in ((0.30, 0.20), (0.24, 0.26), (0.34, 0.16), (0.27, 0.23))]

    def shown(rgb, size=256):
        return png_bytes(enlarged(rgb, size))

    def keypoints(source, target, far, size):
        drawn = transfer_picture(source[0], target[0], *_moved(source, target, far, draw), size)
        return palette_png_bytes(drawn)

    def pair(name, source, target, far):
        ends, given, other = f"from x{source} to x{target}, view 12", chairs[source], chairs[target]
        matched = [
            Picture(f"{by}: mean error {error:.1f} px.", f"By {by}", keypoints(given, other, error, 384), ends)
            for by, error in (("internal", far), ("daisy map", 1.6 * far))
        ]
        parts = Picture("internal: IoU 71%.", "Parts", shown(part_picture(other[0], other[1]), 384), ends)
        return PictureGroup(name, (*matched, parts))

    features = painted_features([_features(chairs[0])])[0]
    first = (
        Picture("Source: an unseen object.", "A chair", shown(chairs[0][0])),
        Picture("Teacher: its map of the image.", "A map", shown(features)),
        Picture("Field: its rendered feature.", "A feature", shown(features)),
        Picture("Transfer: to another object.", "A transfer", keypoints(chairs[0], chairs[1], 4.0, 256)),
    )
    shared = png_bytes(shared_colours_picture(_features(chairs[0]), _features(chairs[1]), 256))
    sheet = png_bytes(Image.fromarray(np.concatenate([chair[0] for chair in chairs * 2], axis=1)))
    return (
        PictureGroup("at a glance", first),
        PictureGroup("data", (Picture("Objects of the category.", "Chairs", sheet),)),
        PictureGroup("features", (Picture("Source and target.", "Features in shared colours", shared, "internal"),)),
        pair("best pairs", 0, 1, 2.1),
        pair("worst pairs", 2, 1, 9.4),
        PictureGroup("novel views", tuple(Picture("View: rendered.", "A view", shown(chair[0])) for chair in chairs)),
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
    colours = np.array([(0, 0, 0), (196, 120, 70), (150, 92, 60), (92, 74, 66)], np.uint8)
    rgb = np.where(labels[..., None] > 0, colours[labels], checker(SIDE, SIDE))
    corners = [(left, top), (right, top), (left - 8, seat), (right + 8, seat), (left, bottom), (right, bottom)]
    return rgb, labels, np.array(corners, dtype=np.float32)


def _moved(source, target, far, draw):
    angle = draw.uniform(0, 2 * np.pi, 6)
    found = np.clip(target[2] + far * np.stack([np.cos(angle), np.sin(angle)], axis=1), 2, SIDE - 2).astype(np.float32)
    return KeypointPlan(np.arange(6), source[2], target[2], np.arange(6), found, np.arange(6)), found


def _features(chair):
    rgb, labels, _ = chair
    row, column = np.indices((32, 32)) / 32
    kind = np.eye(4)[labels[2::4, 2::4]]
    features = np.concatenate([row[..., None], column[..., None], np.abs(column - 0.5)[..., None], kind], axis=2)
    return FeatureView(rgb, features, labels[2::4, 2::4] > 0)


def _matches():
    """Cells of one chair and of another, matched by their place with their part, and by their place alone."""
    chairs, step = (_chair(0.30, 0.20), _chair(0.24, 0.26)), 4
    cells = [cell_pixels(labels > 0, step) // step for _, labels, _ in chairs]
    known = [torch.from_numpy(_features(chair).features[tuple(c.T)]) for chair, c in zip(chairs, cells, strict=True)]
    places = [torch.from_numpy(np.concatenate([c, np.ones((len(c), 1))], axis=1)) for c in cells]
    matches = (np.stack(arrays) for arrays in zip(match_features(*known), match_features(*places), strict=True))
    names, titles = np.array(["internal", "daisy map"]), np.array(["x0, view 12", "x1, view 25"])
    return PairMatches(names, titles, chairs[0][0], chairs[1][0], np.array(step), *cells, *matches)


def _surfaces(draw):
    """Points of two ellipsoids, coloured by where they lie."""
    towards = draw.normal(size=(1600, 3))
    xyz = (towards / np.linalg.norm(towards, axis=1, keepdims=True) * (0.2, 0.3, 0.1)).astype(np.float32)
    colour = np.uint8(255 * (xyz - xyz.min(axis=0)) / np.ptp(xyz, axis=0))
    titles = np.array(["x0, view 12", "x1, view 12"])
    return SurfacePoints(titles, np.repeat(np.arange(2), 800), xyz, colour, 255 - colour)
