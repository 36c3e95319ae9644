"""The usable sequences of a CO3D category, with their frames, and why others are not usable."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import Float64

from pipeline.config.sections.co3d import Co3d
from pipeline.datasets.errors import DatasetError, raise_machine_error
from pipeline.datasets.file_names import INVALID_NAME, check_inside, is_safe_name
from pipeline.datasets.records import Split
from pipeline.datasets.views.co3d.entries import FrameEntry, SequenceEntry, frame_camera
from pipeline.datasets.views.co3d.gzip_list import read_gzip_list
from pipeline.datasets.views.co3d.set_lists import SetList, read_set_list, set_list_file
from pipeline.datasets.views.view_source import Intrinsics
from pipeline.progress import say

LARGE_BYTES = 2**23  # from here on reading takes more than two seconds
NOT_IN_SET_LIST = "is not in the set list"


@dataclass(frozen=True, slots=True)
class UsableFrame:
    """A photograph and its mask, relative to the root, and the camera in the sequence's own world."""

    number: int
    image: str
    mask: str
    height: int
    width: int
    pose: Float64[np.ndarray, "4 4"]
    intrinsics: Intrinsics


@dataclass(frozen=True)
class FrameSequence:
    """The usable frames of a sequence by frame number, and its point cloud."""

    frames: tuple[UsableFrame, ...]
    point_cloud: str | None

    def poses(self) -> Float64[np.ndarray, "views 4 4"]:
        """All cameras."""
        return np.stack([frame.pose for frame in self.frames])


@dataclass(frozen=True)
class Co3dCategory:
    """The usable sequences by name, the reason for each other one, and the splits if a set list gives them."""

    sequences: Mapping[str, FrameSequence]
    passed_over: Mapping[str, str]
    split: Mapping[str, Split] | None


def annotation_files(category: str, settings: Co3d) -> tuple[PurePosixPath, ...]:
    """The files that all sequences of a category share: frames, sequences, and the set list if one is chosen."""
    folder = PurePosixPath(category)
    lists = () if settings.set_list is None else (set_list_file(category, settings.set_list),)
    return (folder / "frame_annotations.jgz", folder / "sequence_annotations.jgz", *lists)


def read_category(root: Path, category: str, settings: Co3d) -> Co3dCategory:
    """Read a category's annotations; the last ones are kept in memory. `category` is a checked name.

    Raises DatasetError for an annotation file or set list that is missing or damaged, or names a path outside `root`.
    """
    files = annotation_files(category, settings)
    return _read_category(root, files, settings, tuple(_stamp(root / file) for file in files))


@lru_cache(maxsize=2)
def _read_category(
    root: Path, files: tuple[PurePosixPath, ...], settings: Co3d, _: tuple[tuple[int, int] | None, ...]
) -> Co3dCategory:
    frames_file, sequences_file, *lists = files
    wanted = read_set_list(root, lists[0]) if lists else None
    entries, passed_over = _chosen_sequences(root, sequences_file, settings, wanted)
    frames, unusable = _frames(root, frames_file, settings, wanted, entries)
    sequences: dict[str, FrameSequence] = {}
    for name, entry in entries.items():
        if frames[name]:
            cloud = entry.point_cloud.path if entry.point_cloud else None
            sequences[name] = FrameSequence(tuple(sorted(frames[name], key=lambda frame: frame.number)), cloud)
        else:
            why = ", ".join(f"{count} {reason}" for reason, count in unusable[name].most_common())
            passed_over[name] = f"no frame is usable ({why or 'none is annotated'})"
    return Co3dCategory(sequences, passed_over, wanted.split if wanted else None)


def _chosen_sequences(
    root: Path, file: PurePosixPath, settings: Co3d, wanted: SetList | None
) -> tuple[dict[str, SequenceEntry], dict[str, str]]:
    """The sequences that the settings accept, and the reason for each other one."""
    chosen: dict[str, SequenceEntry] = {}
    passed_over: dict[str, str] = {}
    for number, entry in enumerate(read_gzip_list(root, file, SequenceEntry)):
        name = entry.sequence_name
        if name in chosen or name in passed_over:
            raise DatasetError(file, f"entry {number}", f"names the sequence {name[:80]!r} a second time")
        if entry.point_cloud is not None:
            check_inside(entry.point_cloud.path, file, f"entry {number}")
        reason = _refused(entry, settings, wanted)
        if reason is None:
            chosen[name] = entry
        else:
            passed_over[name[:80]] = reason
    return chosen, passed_over


def _refused(entry: SequenceEntry, settings: Co3d, wanted: SetList | None) -> str | None:
    if not is_safe_name(entry.sequence_name):
        return INVALID_NAME
    if wanted is not None and entry.sequence_name not in wanted.frames:
        return NOT_IN_SET_LIST
    cloud = entry.point_cloud
    if settings.normalise == "points" and cloud is None:
        return "has no point cloud, which source.co3d.normalise wants"
    scores = (
        ("viewpoint_quality_score", entry.viewpoint_quality_score, settings.min_viewpoint_quality),
        ("point cloud's quality_score", cloud.quality_score if cloud else None, settings.min_point_cloud_quality),
    )
    for name, score, least in scores:
        if least is not None and not (score is not None and score >= least):
            return f"its {name} is {'null' if score is None else f'{score:g}'}, below {least:g}"
    return None


def _frames(
    root: Path, file: PurePosixPath, settings: Co3d, wanted: SetList | None, sequences: Mapping[str, SequenceEntry]
) -> tuple[dict[str, list[UsableFrame]], dict[str, Counter[str]]]:
    """The usable frames of these sequences, and how many others there are, by reason."""
    stamp = _stamp(root / file)
    if stamp is not None and stamp[1] > LARGE_BYTES:
        say(f"co3d {file.parent}: reading {file} ({stamp[1] / 2**20:.0f} MiB)")
    frames: dict[str, list[UsableFrame]] = {name: [] for name in sequences}
    unusable: dict[str, Counter[str]] = {name: Counter() for name in sequences}
    seen: dict[str, set[int]] = defaultdict(set)
    is_there = _file_finder(root)
    for place, entry in enumerate(read_gzip_list(root, file, FrameEntry)):
        for path in (entry.image.path, *([entry.mask.path] if entry.mask else ())):
            check_inside(path, file, f"entry {place}")
        sequence, number = entry.sequence_name, entry.frame_number
        if sequence not in frames:
            continue
        if number in seen[sequence]:
            raise DatasetError(file, f"entry {place}", f"names frame {number} of {sequence} again")
        seen[sequence].add(number)
        listed = wanted is None or number in wanted.frames[sequence]
        frame = _usable(entry, settings.min_mask, is_there, file) if listed else "not in the set list"
        if isinstance(frame, UsableFrame):
            frames[sequence].append(frame)
        else:
            unusable[sequence][frame] += 1
    return frames, unusable


def _usable(
    entry: FrameEntry, min_mask: float, is_there: Callable[[str], bool], file: PurePosixPath
) -> UsableFrame | str:
    """The frame, or what makes it unusable."""
    image, mask, (height, width) = entry.image, entry.mask, entry.image.size
    if entry.viewpoint is None or mask is None:
        return "without a mask" if mask is None else "without a camera"
    if mask.mass is not None and not mask.mass >= min_mask * height * width:
        return f"with a mask below {min_mask:g} of the photograph"
    if not (is_there(image.path) and is_there(mask.path)):
        return "without a file on the disk"
    try:
        pose, intrinsics = frame_camera(entry.viewpoint, height, width, file, "viewpoint")
    except DatasetError as error:
        return f"whose viewpoint {error.reason}"
    return UsableFrame(entry.frame_number, image.path, mask.path, height, width, pose, intrinsics)


def _file_finder(root: Path) -> Callable[[str], bool]:
    """A function that tells whether a file is there: one listing a folder is much faster than a look at each file."""

    @cache
    def names(folder: str) -> frozenset[str]:
        try:
            return frozenset(child.name for child in (root / folder).iterdir())
        except OSError as error:  # it is missing, no folder, or has too long a name
            raise_machine_error(error)
            return frozenset()

    def is_there(path: str) -> bool:
        folder, _, name = path.rpartition("/")
        return name in names(folder)

    return is_there


def _stamp(path: Path) -> tuple[int, int] | None:
    """Time of change and size, by which a changed file is noticed; None if it is missing."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size
