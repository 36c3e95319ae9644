"""Sections `source`, `synthesize` and `manifest`: which objects, and where they come from."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field, model_validator

from pipeline.config.sections.co3d import Co3d
from pipeline.config.setting_types import Above0, Positive, Section, Seed, SettingPath, Share
from pipeline.datasets.axes import Direction

ViewLayout: TypeAlias = Literal["srn", "transforms", "camera-npy", "co3d", "released"]


class Source(Section):
    """Folders of meshes, or views, and annotations. Made-up objects need no folder.

    The meshes' folder holds the synset folders (`02691156/...`); the one of a plain folder holds folders named after
    categories ([my-meshes.md](my-meshes.md)). `renders` are images with cameras that were made elsewhere
    ([views.md](views.md)). `up` and `front` are for a plain folder and for `renders`: the axes of the published sets of
    meshes are known.
    """

    kind: Literal["made-up", "shapenet-v1", "shapenet-v2", "folder", "renders"] = "made-up"
    """`made-up`, `shapenet-v1`, `shapenet-v2`, `folder`: a plain folder of your own meshes, or `renders`."""
    mesh_root: SettingPath | None = None
    """Folder of the meshes, one subfolder a category."""
    views_root: SettingPath | None = None
    """Folder of the views that were made elsewhere, for `renders`."""
    layout: ViewLayout | None = None
    """Layout of the files of `renders`: `srn`, `transforms`, `camera-npy`, `co3d` or `released`."""
    scale: Above0 = 1.0
    """World units in one unit of the cameras of `renders`."""
    up: Direction = "+y"
    """Direction of the top in a plain folder's meshes, or in the cameras' frame of `renders`: `+x`, `-x`, `+y` ..."""
    front: Direction = "-z"
    """Direction of the front there."""
    keypointnet_root: SettingPath | None = None
    """Folder that holds `annotations/` and `pcds/`."""
    shapenet_part_root: SettingPath | None = None
    """Folder of either release: it holds `02691156/points` or `02691156/<id>.txt`."""
    partnet_root: SettingPath | None = None
    """Folder that holds `stats/`, and `data_v0/` or `sem_seg_h5/` (chairs, tables, bottles)."""
    co3d: Co3d = Co3d()

    @model_validator(mode="after")
    def _roots(self) -> Source:
        if self.kind == "renders" and self.views_root is None:
            raise ValueError("views_root is missing: give the folder of the views, the one that holds the categories")
        if self.kind == "renders" and self.layout is None:
            raise ValueError(f"layout is missing: say how the views are laid out, {', '.join(get_args(ViewLayout))}")
        if self.kind not in ("made-up", "renders") and self.mesh_root is None:
            raise ValueError(
                f"mesh_root is missing: give the folder of {self.kind}, the one that holds a folder for each category"
            )
        if self.up[1] == self.front[1]:
            raise ValueError(f"up {self.up} and front {self.front} lie on one axis: they must be perpendicular")
        annotated = [name for name in ("keypointnet_root", "shapenet_part_root", "partnet_root") if getattr(self, name)]
        if self.kind in ("folder", "renders") and annotated:
            what = "meshes of a plain folder" if self.kind == "folder" else "views made elsewhere"
            raise ValueError(
                f"{annotated[0]} is given, but published annotations are in ShapeNet's coordinates, which {what} need "
                "not have: set it to null"
            )
        return self


class Synthesize(Section):
    """Made-up objects."""

    objects: Annotated[int, Field(ge=1, le=100_000)] = 12
    """Made-up objects in each category."""
    seed: Seed = 0
    """Seed of their shapes and colours."""


class ManifestSettings(Section):
    """Objects to use, their splits and their pairs.

    `splits` is one of three: `seeded`; a folder of released `<synset>.json` files, whose splits and pairs are then
    used; or a `.csv` file with the columns of ShapeNet's all.csv.

    Pairs are drawn among the annotated test objects where no file gives any: `pairs` across instances, and as many
    across views.

    An object whose annotations are too far off its surface is used without them. For keypoints the worst one counts,
    for part points the mean distance.
    """

    objects: Positive | None = None
    """At most this many objects a category, the first by id; null: all."""
    splits: SettingPath = "seeded"
    """`seeded`, a folder of released split files, or a .csv file. Splits of the views' own take the place of seeds."""
    fractions: tuple[Share, Share, Share] = (0.7, 0.05, 0.25)
    """Shares of train, val and test where splits are seeded."""
    pairs: Positive = 48
    """Pairs of each kind."""
    seed: Seed = 0
    """Seed of seeded splits and drawn pairs."""
    longest_edge: Above0 = 0.7
    """Longest edge of an object in world units; 0.7 keeps objects inside the image and inside near and far."""
    keypoint_error: Above0 = 0.005
    """Largest accepted distance of a keypoint from the surface, in longest edges."""
    part_error: Above0 = 0.005
    """Largest accepted mean distance of part points from the surface, in longest edges."""

    @model_validator(mode="after")
    def _sum(self) -> ManifestSettings:
        if abs(sum(self.fractions) - 1) > 1e-9:
            raise ValueError(f"fractions must sum to 1, not {sum(self.fractions)}")
        return self
