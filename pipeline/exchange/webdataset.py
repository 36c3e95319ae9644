"""Export as WebDataset: tar files whose members with one key are one sample, here a view.

A key is `<id>-<view>`; its members are rgba.png, pose.npy, intrinsics.npy and json, and depth.npy, part.png,
keypoint_uv.npy, keypoint_visible.npy and feature.npy where the object has them. A member's name is cut at its first dot
(github.com/webdataset/webdataset, "The WebDataset Format"), so keys hold none:
`%2E` stands for a dot of the id.
"""

import tarfile
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import numpy as np

from pipeline.exchange.exported_object import ExportedObject, ObjectGroup
from pipeline.exchange.exporter import Exporter, File
from pipeline.exchange.npy import npy_bytes
from pipeline.exchange.png import png_bytes
from pipeline.stores.atomic_files import json_bytes

OF_A_VIEW = ("keypoint_uv", "keypoint_visible")  # labels that have a row for each view


def _shard(group: ObjectGroup) -> PurePosixPath:
    """Name the group's tar file: `<category>-<split>-000000.tar` and so on."""
    return PurePosixPath(f"{group.category}-{group.split}-{group.number:06d}.tar")


def _files(group: ObjectGroup, objects: Iterable[ExportedObject]) -> Iterator[File]:
    """Yield the group's tar file; no more than a view is encoded at a time."""
    yield _shard(group), tar_pieces(member for exported in objects for member in _members(exported))


def _members(exported: ExportedObject) -> Iterator[tuple[str, bytes]]:
    key = exported.key.id.replace(".", "%2E")  # no id holds a percent sign
    for view in range(len(exported.rgba)):
        for name, data in sample(exported, view).items():
            yield f"{key}-{view:03d}.{name}", data


def sample(exported: ExportedObject, view: int) -> dict[str, bytes]:
    """Return the members of a view's sample by their names after the key."""
    members = {
        "rgba.png": png_bytes(exported.rgba[view]),
        "pose.npy": npy_bytes(exported.pose[view]),
        "intrinsics.npy": npy_bytes(exported.intrinsics[view]),
        "json": json_bytes({**exported.about, "view": view, "part_names": list(exported.part_names)}),
    }
    if exported.depth is not None:
        members["depth.npy"] = npy_bytes(exported.depth[view])
    if exported.labels:
        members["part.png"] = png_bytes(exported.labels["part"][view])
        members |= {f"{name}.npy": npy_bytes(exported.labels[name][view]) for name in OF_A_VIEW}
    if exported.feature is not None:
        members["feature.npy"] = npy_bytes(exported.feature[view].astype(np.float16, copy=False))
    return members


def tar_pieces(members: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield a tar file piece by piece. Owner and time of its members are 0, so equal members are equal bytes."""
    size = 0
    for name, data in members:
        about = tarfile.TarInfo(name)
        about.size = len(data)
        piece = about.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % tarfile.BLOCKSIZE)
        size += len(piece)
        yield piece
    end = 2 * tarfile.BLOCKSIZE
    yield bytes(end + -(size + end) % tarfile.RECORDSIZE)


WEBDATASET = Exporter(_shard, _files, objects_together=16, takes_labels=True)
