"""The evaluator of the released code once more, plainly: its rules for keypoints, points and units, in float64 loops.

2D keypoints are integer pixels, and found ones too. In 3D the points labelled 0 are asked and answer; 0 is left out of
the mean. Distances in 3D are world units.
"""

import numpy as np


def normalised(feature):
    feature = np.asarray(feature, dtype=np.float64)
    return feature / max(np.linalg.norm(feature), 1e-6)


def best(query, candidates):
    similarity = [float(normalised(query) @ normalised(candidate)) for candidate in candidates]
    return max(range(len(candidates)), key=lambda index: (round(similarity[index], 12), -index))


def mean_iou(found, true, source_labels):
    labels = sorted((set(source_labels) & set(true)) - {0})
    ious = []
    for label in labels:
        both = sum(f == label and t == label for f, t in zip(found, true, strict=True))
        either = sum(label in (f, t) for f, t in zip(found, true, strict=True))
        ious.append(both / either)
    return sum(ious) / len(ious) if ious else None


def accuracies(distances, thresholds):
    return [sum(d < t for d in distances) / len(distances) for t in thresholds] if distances else None


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
    return accuracies(distances, thresholds), mean_iou(found, true, labels)


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
    return accuracies(distances, thresholds), mean_iou(found, target["labels"], source["labels"])
