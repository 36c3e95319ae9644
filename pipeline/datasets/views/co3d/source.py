"""CO3D, version 2, as a collection of views: an object is a sequence, a view is a frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8

from pipeline.config.sections.co3d import Co3d
from pipeline.datasets.alpha import Box, alpha_box
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.file_names import check_inside, object_folder
from pipeline.datasets.meshes.folder_listing import visible
from pipeline.datasets.meshes.mesh_source import Listing
from pipeline.datasets.picture_file import read_rgba
from pipeline.datasets.records import ObjectKey, Split
from pipeline.datasets.views.co3d.annotations import (
    Co3dCategory,
    FrameSequence,
    UsableFrame,
    annotation_files,
    read_category,
)
from pipeline.datasets.views.co3d.categories import co3d_category, co3d_name
from pipeline.datasets.views.co3d.labels import (
    SequenceLabels,
    keypoints_record,
    labels_file,
    part_names_file,
    part_points_record,
    read_part_names,
    read_sequence_labels,
    seen_keypoints,
)
from pipeline.datasets.views.co3d.normalisation import world_from_cameras, world_from_points
from pipeline.datasets.views.co3d.point_cloud import read_point_cloud
from pipeline.datasets.views.view_source import GivenLabels, GivenView, Square
from pipeline.errors import UserError

NOT_ANNOTATED = "is missing in sequence_annotations.jgz"
_NO_SEQUENCES = {"set_lists", "eval_batches"}


@dataclass(frozen=True)
class Co3dViews:
    """A ViewSource."""

    root: Path
    settings: Co3d

    def listing(self, synset: str) -> Listing:
        """List the usable sequences. Raises UserError for a category that is missing or whose files are damaged."""
        try:
            category = self._category(synset)
        except DatasetError as error:
            raise UserError(f"source.views_root is {self.root}: {error}.") from None
        return Listing(sorted(category.sequences), {**category.passed_over, **self._unlisted(synset, category)})

    def folders(self, synset: str) -> tuple[PurePosixPath, ...]:
        """Name the category's folder; none for a category that CO3D does not have."""
        name = co3d_name(synset)
        return () if name is None else (PurePosixPath(name),)

    def splits(self, synset: str) -> Mapping[str, Split] | None:
        """The splits of the sequences, if a set list gives them."""
        return self._category(synset).split

    def files(self, key: ObjectKey) -> tuple[PurePosixPath, ...]:
        """Name the photographs and masks, the point cloud if it is used, the labels, and the category's annotations."""
        sequence, name = self._sequence(key), co3d_category(self.root, key.synset)
        pictures = [path for frame in sequence.frames for path in (frame.image, frame.mask)]
        if self.settings.normalise == "points" and sequence.point_cloud is not None:
            pictures.append(sequence.point_cloud)
        own = [part_names_file(name), labels_file(name, key.id)]
        labels = [file for file in own if (self.root / file).is_file()]
        if labels:
            pictures += [frame.part for frame in self._labels(key).frames if frame.part is not None]
        return (*annotation_files(name, self.settings), *labels, *map(PurePosixPath, pictures))

    def world_from_source(self, key: ObjectKey) -> Float64[np.ndarray, "4 4"]:
        """The similarity of the sequence, from its cameras or its point cloud, as the settings say."""
        sequence = self._sequence(key)
        try:
            if self.settings.normalise == "cameras":
                return world_from_cameras(sequence.poses(), self.settings.distance)
            if sequence.point_cloud is None:
                raise ValueError("has no point cloud, which source.co3d.normalise wants")
            points = read_point_cloud(self.root, PurePosixPath(sequence.point_cloud))
            return world_from_points(points, sequence.poses(), self.settings.longest_edge)
        except ValueError as error:
            raise DatasetError(self._folder(key), "normalisation", str(error)) from None

    def count(self, key: ObjectKey) -> int:
        """The number of usable frames."""
        return len(self._sequence(key).frames)

    def read(self, key: ObjectKey, numbers: Int64[np.ndarray, " n"]) -> list[GivenView]:
        """Read frames by ascending frame number, the mask as alpha."""
        frames = self._sequence(key).frames
        return [self._view(frames[number]) for number in numbers]

    def part_names(self, synset: str) -> tuple[str, ...]:
        """The names in part_names.json, which is no part of CO3D; none without it."""
        return read_part_names(self.root, co3d_category(self.root, synset))

    def labels(self, key: ObjectKey, numbers: Int64[np.ndarray, " n"]) -> GivenLabels | None:
        """Read the labels beside the sequence, which are no part of CO3D; None if there are none."""
        names = self.part_names(key.synset)
        if not names:
            return None
        labels, frames = self._labels(key), self._sequence(key).frames
        by_number = {frame.frame_number: frame for frame in labels.frames}
        wanted = [frames[number] for number in numbers]
        missing = [frame.number for frame in wanted if frame.number not in by_number]
        if missing:
            raise DatasetError(self._labels_file(key), "frames", f"lack frame {missing[0]}")
        chosen = [by_number[frame.number] for frame in wanted]
        uv = seen_keypoints(chosen, 1 + max(labels.keypoints, default=-1))
        visible: Bool[np.ndarray, "views k"] = np.isfinite(uv).all(axis=2)
        parts = [self._part(frame, label.part) for frame, label in zip(wanted, chosen, strict=True)]
        if len({part.shape for part in parts}) > 1:
            raise DatasetError(self._labels_file(key), "frames", "have photographs of several sizes")
        if max(labels.part_labels, default=0) > len(names) or any((part > len(names)).any() for part in parts):
            raise DatasetError(self._labels_file(key), "part", f"has a label above {len(names)}, the number of names")
        return GivenLabels(np.stack(parts), uv, visible, keypoints_record(labels), part_points_record(labels))

    def _view(self, frame: UsableFrame) -> GivenView:
        rgb = self._picture(frame, frame.image)
        alpha = self._picture(frame, frame.mask)[..., 0]
        box = None if self.settings.context is None else alpha_box(alpha)
        square = None if box is None else square_around(box, self.settings.context or 1)
        return GivenView(np.dstack([rgb[..., :3], alpha]), frame.pose, frame.intrinsics, square)

    def _part(self, frame: UsableFrame, path: str | None) -> UInt8[np.ndarray, "h w"]:
        if path is None:
            return np.zeros((frame.height, frame.width), dtype=np.uint8)
        return self._picture(frame, path)[..., 0]

    def _picture(self, frame: UsableFrame, path: str) -> UInt8[np.ndarray, "h w 4"]:
        """Read a picture of the frame. Raises DatasetError for another size than the camera is of."""
        return read_rgba(self.root, PurePosixPath(path), (frame.height, frame.width))

    def _category(self, synset: str) -> Co3dCategory:
        return read_category(self.root, co3d_category(self.root, synset), self.settings)

    def _unlisted(self, synset: str, category: Co3dCategory) -> dict[str, str]:
        """Folders that the annotations do not name."""
        folder = self.root / co3d_category(self.root, synset)
        listed = category.sequences.keys() | category.passed_over.keys() | _NO_SEQUENCES
        names = [child.name for child in visible(folder) if child.is_dir() and child.name not in listed]
        return dict.fromkeys(names, NOT_ANNOTATED)

    def _sequence(self, key: ObjectKey) -> FrameSequence:
        checked = object_folder(key)  # refuses a synset or id that is no plain name
        try:
            category = self._category(key.synset)
        except UserError as error:
            raise DatasetError(checked.parent, "category", str(error)) from None
        if key.id not in category.sequences:
            reason = category.passed_over.get(key.id, NOT_ANNOTATED)
            raise DatasetError(self._folder(key), "sequence", reason)
        return category.sequences[key.id]

    def _folder(self, key: ObjectKey) -> PurePosixPath:
        return PurePosixPath(co3d_category(self.root, key.synset), key.id)

    def _labels_file(self, key: ObjectKey) -> PurePosixPath:
        return labels_file(co3d_category(self.root, key.synset), key.id)

    def _labels(self, key: ObjectKey) -> SequenceLabels:
        file = self._labels_file(key)
        labels = read_sequence_labels(self.root, file)
        for number, frame in enumerate(labels.frames):
            if frame.part is not None:
                check_inside(frame.part, file, f"frames.{number}")
        return labels


def square_around(box: Box, context: float) -> Square:
    """The square about a box's middle, its side `context` times the box's longer edge. It may leave the image."""
    top, left, bottom, right = box
    side = max(round(context * max(right - left, bottom - top)), 1)
    return Square((left + right - side) // 2, (top + bottom - side) // 2, side)
