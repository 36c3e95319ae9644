"""Images, labels and teacher maps from the stores, one view at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from jaxtyping import Float32, Shaped, UInt8

from eval.descriptors.descriptors import MapDescriptor
from eval.transfer.pairs import Pair
from eval.transfer.point_labels import PointLabels
from eval.transfer.transfer_result import Task
from eval.views import PosedImage, ViewLabels
from pipeline.artifacts.foreground import foreground_array, foreground_of, known_from
from pipeline.artifacts.layouts import CELL
from pipeline.artifacts.map_values import read_maps
from pipeline.artifacts.opened_store import OpenedStore
from pipeline.artifacts.project import Project
from pipeline.artifacts.results import results_fingerprint
from pipeline.artifacts.stored_views import StoredViews
from pipeline.config.sections.teachers import ForegroundFrom
from pipeline.config.settings import Evaluate, Report
from pipeline.datasets.records import ObjectKey
from pipeline.stores.store_reader import StoreReader
from render.over_black import over_black
from train.objects.recently_used import RecentlyUsed

BYTES_KEPT = 1 << 30  # of arrays, for each teacher: pairs come back to the same few views
SMALL = ("pose", "intrinsics", "keypoint_uv", "keypoint_visible")  # read for all views of an object at once
PAIRS_AT_ONCE = 16  # read ahead, and encoded together
# One of the manifest's pairs, as each task over it sees it.
PairOfTasks: TypeAlias = Mapping[Task, Pair]


@dataclass
class EvaluationInputs:
    """The stores of one category and teacher as functions of (object, view). Threads may ask at the same time.

    `others`: the same category with other teachers, whose maps are baselines too.
    """

    stored: StoredViews
    labels: OpenedStore
    others: tuple[EvaluationInputs, ...] = ()

    def __post_init__(self) -> None:
        """Open the stores for reading at random."""
        self._arrays: RecentlyUsed[tuple[str, ObjectKey, int | None], Shaped[np.ndarray, "..."]] = RecentlyUsed(
            BYTES_KEPT, lambda array: array.nbytes
        )
        self._readers = tuple(
            StoreReader(opened.store) for opened in (self.labels, self.stored.maps, self.stored.views)
        )

    def image(self, key: ObjectKey, view: int) -> PosedImage:
        """A view over black with its camera."""
        return PosedImage(over_black(self.rgba(key, view)), *self.camera(key, view))

    def camera(self, key: ObjectKey, view: int) -> tuple[Float32[np.ndarray, "4 4"], Float32[np.ndarray, "4"]]:
        """A view's pose (camera-to-world) and intrinsics."""
        return self._array("pose", key, view), self._array("intrinsics", key, view)

    def rgba(self, key: ObjectKey, view: int) -> UInt8[np.ndarray, "h w 4"]:
        """A view as it was rendered."""
        return self._array("rgba", key, view)

    def view_labels(self, key: ObjectKey, view: int) -> ViewLabels:
        """The keypoints and parts of a view."""
        return ViewLabels(
            keypoint_uv=self._array("keypoint_uv", key, view),
            keypoint_visible=self._array("keypoint_visible", key, view),
            part=self._array("part", key, view),
            foreground=foreground_of(self._array(foreground_array(self._seen), key, view), self._seen),
        )

    def point_labels(self, key: ObjectKey) -> PointLabels:
        """The annotated points of an object."""
        points, candidates = (int(self._array(f"{name}_count", key, None)) for name in ("part", "candidate"))
        return PointLabels(
            keypoint_xyz=self._array("keypoint_xyz", key, None),
            keypoint_present=self._array("keypoint_present", key, None),
            part_xyz=self._array("part_xyz", key, None)[:points],
            part_label=self._array("part_label", key, None)[:points],
            candidate_xyz=self._array("candidate_xyz", key, None)[:candidates],
        )

    def teacher_map(self, key: ObjectKey, view: int) -> Float32[np.ndarray, "r c channels"]:
        """The teacher's map of a view."""
        return np.asarray(self._array("feature", key, view), dtype=np.float32)

    def teacher_descriptors(self, device: torch.device) -> tuple[MapDescriptor, ...]:
        """The baselines: the teacher's own map, then those of the other teachers."""
        name = f"{self.stored.teacher} map"
        own = MapDescriptor(name, self.teacher_map, self.camera, CELL, device)
        return (own, *(others_own for other in self.others for others_own in other.teacher_descriptors(device)))

    def keys(self) -> set[ObjectKey]:
        """The objects of any split that are rendered, labelled and cached, by the other teachers too."""
        cached = (inputs.stored.maps.rows for inputs in (self, *self.others))
        return set(self.labels.rows).intersection(self.stored.views.rows, *cached)

    def results_fingerprint(self, run: str, longest_edge: float, evaluate: Evaluate, report: Report) -> str:
        """Name the results that the field of a run, by its fingerprint, has on these inputs."""
        others = [other.stored for other in self.others]
        keys = self.test_keys()
        return results_fingerprint(run, self.stored, self.labels, others, keys, longest_edge, evaluate, report)

    def test_keys(self) -> list[ObjectKey]:
        """Those of the test split, in the manifest's order."""
        there = self.keys()
        return [key for key in self.stored.keys("test") if key in there]

    def pairs(self, task: Task, limit: int) -> list[Pair]:
        """The first `limit` of the manifest's pairs for a task whose objects are there."""
        manifest, there = self.stored.manifest, set(self.test_keys())
        if task == "2d-novel-view":
            listed = manifest.pairs.cross_view
            pairs = [Pair(manifest.key(p.id), p.src_view, manifest.key(p.id), p.trg_view) for p in listed]
        else:
            pairs = [
                Pair.cross_instance(manifest.key(pair.src), manifest.key(pair.trg), pair.view)
                for pair in manifest.pairs.cross_instance
            ]
        return [pair for pair in pairs if pair.source in there and pair.target in there][:limit]

    @property
    def views(self) -> int:
        """The number of views of an object."""
        return self.stored.views.store.specs["rgba"].shape[0]

    def ahead(self, pairs: Sequence[PairOfTasks], threads: int) -> Iterator[Sequence[PairOfTasks]]:
        """Yield the pairs in groups. `threads` threads read the views of the next group while one is worked on."""
        groups = [pairs[start : start + PAIRS_AT_ONCE] for start in range(0, len(pairs), PAIRS_AT_ONCE)]
        with ExitStack() as opened:
            pool = opened.enter_context(ThreadPoolExecutor(threads, thread_name_prefix="pairs-ahead"))
            opened.callback(pool.shutdown, wait=True, cancel_futures=True)
            reading: list[list[Future[None]]] = []
            for number, group in enumerate(groups):
                for coming in groups[len(reading) : number + 2]:
                    views = dict.fromkeys(
                        view for of_tasks in coming for pair in of_tasks.values() for view in ends_of(pair)
                    )
                    reading.append([pool.submit(self._read_view, *view) for view in views])
                for read in reading[number]:
                    read.result()
                yield group

    @property
    def _seen(self) -> ForegroundFrom:
        """Name the array that tells the foreground: depth, or alpha where views were made elsewhere."""
        return known_from(self.stored.views.store)

    def _read_view(self, key: ObjectKey, view: int) -> None:
        for name in dict.fromkeys(("rgba", foreground_array(self._seen), "part", "feature", *SMALL)):
            self._array(name, key, view)
        for other in self.others:
            other._array("feature", key, view)

    def _array(self, name: str, key: ObjectKey, view: int | None) -> Shaped[np.ndarray, "..."]:
        """An array of a view, or of the object; the last ones are kept."""
        if view is not None and name in SMALL:
            return np.asarray(self._array(name, key, None)[view])
        place = (name, key, view)
        array = self._arrays.get(place)
        if array is None:
            array = self._read(name, key, view)
            self._arrays.put(place, array)
        return array

    def _read(self, name: str, key: ObjectKey, view: int | None) -> Shaped[np.ndarray, "..."]:
        labels, maps, views = self._readers
        if name in labels.specs:
            return labels.read(name, self.labels.rows[key].row, view)
        if name in maps.specs:
            return read_maps(maps, self.stored.maps.rows[key].row, view)
        return views.read(name, self.stored.views.rows[key].row, view)


def ends_of(pair: Pair) -> tuple[tuple[ObjectKey, int], tuple[ObjectKey, int]]:
    """The pair's two views."""
    return (pair.source, pair.source_view), (pair.target, pair.target_view)


def open_evaluation_inputs(project: Project, stored: StoredViews) -> EvaluationInputs:
    """Add the labels and the other teachers to the stored views.

    Raises UserError if the label stage has not run, or another teacher's maps are not cached.
    """
    category = stored.manifest.category
    labels = project.labels(stored.manifest)
    names = [name for name in project.settings.evaluate.other_teachers if name != stored.teacher]
    others = tuple(EvaluationInputs(project.stored_views(category, name), labels) for name in names)
    return EvaluationInputs(stored, labels, others)
