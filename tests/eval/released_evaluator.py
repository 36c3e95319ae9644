"""The evaluator of the released code once more, plainly: its rules for keypoints, points and units, in float64 loops.

2D keypoints are integer pixels, and found ones too. In 3D the points labelled 0 are asked and answer; 0 is left out of
the mean. Distances in 3D are world units.
"""

import numpy as np

from tests.eval.naive_evaluator import cosine, ious, most_similar, scores


def best(query, candidates):
    query, *candidates = (np.asarray(feature, np.float64) for feature in (query, *candidates))
    return most_similar(query, candidates, cosine)


def pck_and_iou(distances, thresholds, source_labels, found, true):
    _, pck, _, iou = scores(distances, thresholds, ious(source_labels, found, true))
    return pck, iou


def evaluate_2d(source, target, thresholds):
    """Each side: `keypoints` {id: (x, y)} integers, `part` (h, w), `feature` (h, w, c)."""
    pixels = np.argwhere(target["part"] != 0)
    features = [target["feature"][row, column] for row, column in pixels]
    distances = []
    for number in sorted(source["keypoints"].keys() & target["keypoints"].keys()):
        x, y = source["keypoints"][number]
        row, column = pixels[best(source["feature"][y, x], features)]
        true_x, true_y = target["keypoints"][number]
        distances.append(float(np.hypot(column - true_x, row - true_y)))
    known = np.argwhere(source["part"] != 0)
    labels = [int(source["part"][tuple(at)]) for at in known]
    known_features = [source["feature"][tuple(at)] for at in known]
    true = [int(target["part"][tuple(at)]) for at in pixels]
    found = [labels[best(feature, known_features)] for feature in features]
    return pck_and_iou(distances, thresholds, labels, found, true)


def evaluate_3d(source, target, thresholds):
    """Each side: `keypoints` {id: (xyz, feature)}, `candidates` and `points` [(xyz, feature)], `labels`."""
    distances = []
    for number in sorted(source["keypoints"].keys() & target["keypoints"].keys()):
        _, feature = source["keypoints"][number]
        found, _ = target["candidates"][best(feature, [f for _, f in target["candidates"]])]
        true, _ = target["keypoints"][number]
        distances.append(float(np.linalg.norm(np.asarray(found, np.float64) - np.asarray(true, np.float64))))
    known = [feature for _, feature in source["points"]]
    found = [source["labels"][best(feature, known)] for _, feature in target["points"]]
    return pck_and_iou(distances, thresholds, source["labels"], found, target["labels"])
