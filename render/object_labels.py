"""The labels of one object, as both ways of labelling hand them to the label stage."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Shaped, UInt8

from pipeline.stores.array_spec import ArraySpec


@dataclass(frozen=True)
class ObjectLabels:
    """Labels in each view and in 3D, keypoints by semantic id. 3D points are in the world frame, NaN where absent.

    `seen` is the foreground. `part` is 0 where unlabelled.
    """

    seen: Bool[np.ndarray, "views h w"]
    part: UInt8[np.ndarray, "views h w"]
    keypoint_uv: Float32[np.ndarray, "views k 2"]
    keypoint_visible: Bool[np.ndarray, "views k"]
    keypoint_xyz: Float64[np.ndarray, "k 3"]
    candidates: Float64[np.ndarray, "m 3"]
    part_xyz: Float64[np.ndarray, "n 3"]
    part_label: UInt8[np.ndarray, " n"]

    def arrays(self, specs: Mapping[str, ArraySpec]) -> dict[str, Shaped[np.ndarray, "..."]]:
        """Return the arrays of the label store, padded to its shapes."""

        def padded(name: str, value: Shaped[np.ndarray, "..."], fill: float) -> Shaped[np.ndarray, "..."]:
            whole = np.full(specs[name].shape, fill, dtype=value.dtype)
            whole[: len(value)] = value
            return whole

        return {
            "part": self.part,
            "keypoint_xyz": self.keypoint_xyz.astype(np.float32),
            "keypoint_uv": self.keypoint_uv,
            "keypoint_visible": self.keypoint_visible,
            "keypoint_present": np.isfinite(self.keypoint_xyz).all(axis=1),
            "part_xyz": padded("part_xyz", self.part_xyz.astype(np.float32), np.nan),
            "part_label": padded("part_label", self.part_label, 0),
            "part_count": np.array(len(self.part_xyz), dtype=np.int32),
            "candidate_xyz": padded("candidate_xyz", self.candidates.astype(np.float32), np.nan),
            "candidate_count": np.array(len(self.candidates), dtype=np.int32),
        }

    def facts(self, has_parts: bool, has_keypoints: bool) -> dict[str, float | None]:
        """Return the share of foreground pixels without a part label, and the visible keypoints a view.

        None without annotation, and where no view shows anything.
        """
        labelled = has_parts and bool(self.seen.any())
        return {
            "unlabelled_foreground": float((self.part[self.seen] == 0).mean(dtype=np.float32)) if labelled else None,
            "visible_keypoints": float(self.keypoint_visible.sum(axis=1).mean()) if has_keypoints else None,
        }
