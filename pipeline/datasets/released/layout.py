"""The folders of the released data.

<root>/ or <root>/data/
    img/<synset>/<id>/*.png               RGBA
    camera/<synset>/<id>.json             camera_angle_x, frames
    part_2d_anno/<synset>/<id>.npz        labels (views, h, w), 0 = background
    kp_2d_anno/<synset>/<id>.npz          labels: objects, for each view (k, 3): x, y, id; pixel indices
    part_3d_anno/<synset>/<id>.npz        pts (n, 3), labels (n)
    kp_3d_anno/<synset>/<id>.npz          pts (m, 3): candidates; labels (k, 4): x, y, z, id
    dino_feat_256/<synset>/<id>.npz       feats (views, channels, h, w), 0 on the background
    splits/<synset>.json                  in the code's repository: assets/splits
"""

from pathlib import Path, PurePosixPath

from pipeline.datasets.file_names import object_folder
from pipeline.datasets.records import ObjectKey

IMAGES, CAMERAS, SPLITS = "img", "camera", "splits"
PARTS_2D, KEYPOINTS_2D, PARTS_3D, KEYPOINTS_3D = "part_2d_anno", "kp_2d_anno", "part_3d_anno", "kp_3d_anno"
ANNOTATIONS = (PARTS_2D, KEYPOINTS_2D, PARTS_3D, KEYPOINTS_3D)
LABELS, POINTS, FEATURES = "labels", "pts", "feats"  # names of arrays
DINO_MAPS = "dino_feat_256"


def below_data(root: Path, folder: str) -> Path | None:
    """Return the one of `root` and `root`/data that holds `folder`; None if neither does."""
    return next((place for place in (root, root / "data") if (place / folder).is_dir()), None)


def camera_file(key: ObjectKey) -> PurePosixPath:
    """Return the file of an object's cameras, relative to the data. Raises DatasetError for a name that is none."""
    return CAMERAS / object_folder(key).with_name(f"{key.id}.json")


def image_folder(key: ObjectKey) -> PurePosixPath:
    """Return the folder of an object's images, relative to the data. Raises DatasetError for a name that is none."""
    return IMAGES / object_folder(key)


def array_file(folder: str, key: ObjectKey) -> PurePosixPath:
    """Return an object's file in a folder of arrays. Raises DatasetError for a name that is none."""
    return folder / object_folder(key).with_name(f"{key.id}.npz")
