"""The evaluator once more, plainly: loops in float64, nothing shared with the package but its records."""

import math

import numpy as np


def cosine(one, other):
    return float(np.dot(one, other)) / (float(np.linalg.norm(one)) * float(np.linalg.norm(other)))


def nearness(one, other):
    """What the control's similarity stands for: the nearer, the more alike."""
    return -math.dist(one, other)


def place_in_image(uv, size):
    """(u, v) in pixels; a map of cells of 4 pixels is constant beyond the centres of its outermost cells."""
    return [min(max(float(x), 2.0), size - 2.0) for x in uv]


def most_similar(query, candidates, alike):
    """Index of the first candidate that is not beaten by more than rounding."""
    best, where = -math.inf, -1
    for index, candidate in enumerate(candidates):
        value = alike(query, candidate)
        if value > best + 1e-12:
            best, where = value, index
    return where


def pck(distances, thresholds):
    return [sum(d < t for d in distances) / len(distances) for t in thresholds] if distances else None


def ious(source_labels, found, true):
    result = []
    for label in range(1, 256):
        if label in source_labels and label in true:
            both = sum(f == label and t == label for f, t in zip(found, true, strict=True))
            either = sum(label in (f, t) for f, t in zip(found, true, strict=True))
            result.append((label, both / either))
    return result


def scores(distances, thresholds, of_labels):
    mean = sum(iou for _, iou in of_labels) / len(of_labels) if of_labels else None
    return distances, pck(distances, thresholds), of_labels, mean


def evaluate_views(source, target, source_feature, target_feature, thresholds, alike=cosine):
    """`source_feature(row, column)` and `target_feature` give the descriptor of a pixel; all foreground is opaque."""
    height, width = source.part.shape
    labelled = [(r, c) for r in range(height) for c in range(width) if target.part[r, c] > 0]
    candidates = labelled or [(r, c) for r in range(height) for c in range(width) if target.foreground[r, c]]
    distances = []
    for number in range(min(len(source.keypoint_visible), len(target.keypoint_visible))):
        if source.keypoint_visible[number] and target.keypoint_visible[number] and candidates:
            u, v = (float(x) for x in source.keypoint_uv[number])
            query = source_feature(min(int(v), height - 1), min(int(u), width - 1))
            row, column = candidates[most_similar(query, [target_feature(*at) for at in candidates], alike)]
            u, v = (float(x) for x in target.keypoint_uv[number])
            distances.append(math.hypot(column + 0.5 - u, row + 0.5 - v))
    known = [(r, c) for r in range(height) for c in range(width) if source.part[r, c] > 0]
    source_labels, true = [int(source.part[at]) for at in known], [int(target.part[at]) for at in labelled]
    if not set(source_labels) & set(true):
        return scores(distances, thresholds, [])
    features = [source_feature(*at) for at in known]
    found = [source_labels[most_similar(target_feature(*at), features, alike)] for at in labelled]
    return scores(distances, thresholds, ious(source_labels, found, true))


def evaluate_points(source, target, source_feature, target_feature, thresholds, edge, alike=cosine):
    """`source_feature(point)` and `target_feature` give the descriptor of a world point."""
    distances = []
    for number in range(min(len(source.keypoint_present), len(target.keypoint_present))):
        if source.keypoint_present[number] and target.keypoint_present[number] and len(target.candidate_xyz):
            features = [target_feature(point) for point in target.candidate_xyz]
            query = source_feature(source.keypoint_xyz[number])
            at = target.candidate_xyz[most_similar(query, features, alike)]
            away = [float(a) - float(b) for a, b in zip(at, target.keypoint_xyz[number], strict=True)]
            distances.append(math.sqrt(sum(a * a for a in away)) / edge)
    known = [(p, int(x)) for p, x in zip(source.part_xyz, source.part_label, strict=True) if x > 0]
    asked = [(p, int(x)) for p, x in zip(target.part_xyz, target.part_label, strict=True) if x > 0]
    source_labels, true = [x for _, x in known], [x for _, x in asked]
    if not set(source_labels) & set(true):
        return scores(distances, thresholds, [])
    features = [source_feature(point) for point, _ in known]
    found = [source_labels[most_similar(target_feature(point), features, alike)] for point, _ in asked]
    return scores(distances, thresholds, ious(source_labels, found, true))
