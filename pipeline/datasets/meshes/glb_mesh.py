"""glb files (glTF 2.0 in one file): triangles of all nodes of the scene, and the base colours of their materials."""

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Float64, Int32, Int64

from pipeline.datasets.errors import DatasetError, raise_machine_error
from pipeline.datasets.meshes.checked_surface import checked_surface
from pipeline.datasets.meshes.face_colours import GREY, colour_materials
from pipeline.datasets.meshes.gltf.accessors import Accessors
from pipeline.datasets.meshes.gltf.container import split_glb
from pipeline.datasets.meshes.gltf.materials import Look, Looks, lost_look, srgb, unit_colours
from pipeline.datasets.meshes.gltf.nodes import shown_meshes
from pipeline.datasets.meshes.gltf.primitives import Primitive
from pipeline.datasets.meshes.gltf.wrapping import margins, within
from pipeline.datasets.meshes.look_notes import NO_COORDINATES, LookNote, LostLookError, joined_notes
from pipeline.datasets.meshes.object_files import ObjectFiles
from pipeline.datasets.meshes.textures import Picture
from pipeline.datasets.records import Material, Mesh

# Nodes may repeat a mesh and meshes an accessor, so a small file can announce a scene of any size.
_MOST_FACES = 10_000_000
_PRIMITIVE_COST = 100  # faces that take as long as a primitive without any


def parse_glb(data: bytes, file: PurePosixPath, files: ObjectFiles) -> Mesh:
    """Parse a scene's triangles, moved by nodes, skins, morph weights and instances.

    `file` names it in errors, `files` are those that it may name.

    A material has its base colour factor, linear in glTF and sRGB here; where there is a texture too, the texture is
    multiplied with it in linear light. Colours of vertices, linear too, multiply both, as a mean a face (see
    `colour_materials`). Metal, gloss, emission and variants are not read. `uv` has its origin at the lower left.
    Faces are grey where a texture cannot be had, or a material or attribute is damaged; `look_notes` say so.

    Raises DatasetError for a file that is no glb, needs an extension of geometry that is not supported, shows more
    than ten million faces, or holds no mesh.
    """
    try:
        with np.errstate(all="ignore"):  # what is not finite is found in the end
            gltf = split_glb(data, file, files)
            accessors, assembly = Accessors(gltf), _Assembly(Looks(gltf), file)
            for shown in shown_meshes(gltf, accessors):
                for tree in gltf.entry("meshes", shown.mesh)["primitives"]:
                    if "POSITION" not in tree["attributes"]:  # it shows nothing, says glTF
                        assembly.spend(0, 1)
                        continue
                    primitive = Primitive(gltf, accessors, tree, shown.weights)
                    assembly.spend(len(primitive.corners) * primitive.passes, len(shown.matrices))
                    for matrix in shown.matrices if len(primitive.corners) else ():
                        mirrored = shown.joints is None and bool(np.linalg.det(matrix[:3, :3]) < 0)
                        points = primitive.positions(matrix, shown.joints)
                        assembly.add(primitive, points, mirrored, tree.get("material"))
            mesh = assembly.mesh()
            notes = [note for note in gltf.used.values() if note is not None]
            return replace(mesh, files=(file, *sorted(gltf.used)), look_notes=(*mesh.look_notes, *notes))
    except DatasetError:
        raise
    except Exception as error:  # a json of any shape
        raise_machine_error(error)
        raise DatasetError(file, "file", f"is no valid glb: {error!r:.200}") from None


@dataclass
class _Assembly:
    """Joins primitives in the scene's frame."""

    looks: Looks
    file: PurePosixPath
    points: list[Float64[np.ndarray, "_ 3"]] = field(default_factory=lambda: [np.zeros((0, 3))])
    faces: list[Int64[np.ndarray, "_ 3"]] = field(default_factory=lambda: [np.zeros((0, 3), dtype=np.int64)])
    uvs: list[Float64[np.ndarray, "_ 3 2"]] = field(default_factory=list)
    places: list[Int32[np.ndarray, " _"]] = field(default_factory=list)
    materials: dict[tuple[object, ...], tuple[int, Material]] = field(default_factory=dict)
    grey: Counter[tuple[str, str]] = field(default_factory=Counter)
    count: int = 0
    spent: int = 0

    def spend(self, faces: int, times: int) -> None:
        """Raise DatasetError for a scene that takes too much time or memory."""
        self.spent += (faces + _PRIMITIVE_COST) * max(times, 1)
        if self.spent > _MOST_FACES:
            raise DatasetError(self.file, "nodes", f"show more than {_MOST_FACES} triangles")

    def add(self, primitive: Primitive, points: Float64[np.ndarray, "v 3"], mirrored: bool, material: object) -> None:
        """Add the triangles; a mirrored node turns them round, so that they face outwards."""
        corners = primitive.corners[:, ::-1] if mirrored else primitive.corners
        place, uv = self._painted(primitive, corners, self.looks.look(material))
        self.points.append(points)
        self.faces.append(corners + self.count)
        self.uvs.append(uv)
        self.places.append(place)
        self.count += len(points)

    def mesh(self) -> Mesh:
        """The whole. Raises DatasetError for what is no surface."""
        points, faces = checked_surface(np.concatenate(self.points), np.concatenate(self.faces), self.file)
        materials = tuple(material for _, material in self.materials.values())
        notes = joined_notes(LookNote(reason, detail, count) for (reason, detail), count in self.grey.items() if count)
        return Mesh(points, faces, np.concatenate(self.uvs), np.concatenate(self.places), materials, notes)

    def _painted(
        self, primitive: Primitive, corners: Int64[np.ndarray, "f 3"], look: Look
    ) -> tuple[Int32[np.ndarray, " f"], Float64[np.ndarray, "f 3 2"]]:
        """The material of each face, and texture coordinates."""
        try:
            texture, uv = self._textured(primitive, corners, look)
            linear = np.tile(np.ones(3) if texture is not None else look.factor, (len(corners), 1))
            if primitive.has("COLOR_0"):
                linear *= unit_colours(primitive.values("COLOR_0", 3, normalized=True))[corners].mean(axis=1)
        except Exception as error:  # accessors of any shape
            lost = lost_look(error, "attributes")
            self.grey[lost.reason, lost.detail] += len(corners)
            place = self._numbered(np.zeros(len(corners), dtype=np.int32), (GREY,), look.transparent)
            return place, np.zeros((len(corners), 3, 2))
        bare, pale = np.isnan(uv).any(axis=(1, 2)), np.isnan(linear).any(axis=1)
        uv[bare], linear[pale] = 0.0, 1.0
        place = self._shown(linear, texture, look.transparent)
        if (bare | pale).any():
            self.grey[NO_COORDINATES, f"TEXCOORD_{look.texcoord} is not finite"] += int(bare.sum())
            self.grey["colour of a vertex is not finite", "COLOR_0"] += int((pale & ~bare).sum())
            place[bare | pale] = self._numbered(np.zeros(1, dtype=np.int32), (GREY,), look.transparent)
        return place, uv

    def _shown(
        self, linear: Float64[np.ndarray, "f 3"], texture: Picture | None, transparent: bool
    ) -> Int32[np.ndarray, " f"]:
        """The material of each face: its colour and a texture."""
        if (linear == linear[0]).all():
            red, green, blue = srgb(linear[0]).tolist()
            place = np.zeros(len(linear), dtype=np.int32)
            materials: tuple[Material, ...] = (Material((red, green, blue), None),)
        else:
            place, materials = colour_materials(np.round(255.0 * srgb(linear)).astype(np.uint8))
        textured = tuple(replace(material, texture=texture) for material in materials)
        return self._numbered(place, textured, transparent)

    def _textured(
        self, primitive: Primitive, corners: Int64[np.ndarray, "f 3"], look: Look
    ) -> tuple[Picture | None, Float64[np.ndarray, "f 3 2"]]:
        """A look's texture and coordinates that may repeat. Raises LostLookError if there are none."""
        texture = look.texture
        if look.lost is not None:
            raise LostLookError(*look.lost.args)
        if texture is None:
            return None, np.zeros((len(corners), 3, 2))
        name = f"TEXCOORD_{look.texcoord}"
        if not primitive.has(name):
            raise LostLookError(NO_COORDINATES, name)
        uv = (primitive.values(name, 2) @ look.turn.T + look.offset)[corners]
        uv[~np.isfinite(uv)] = np.nan
        needed = margins(uv, look.wrap, texture.shape[:2])
        if needed != ((0, 0), (0, 0)):
            uv = within(uv, needed, texture.shape[:2])
            texture = self.looks.laid_out(texture, look.wrap, needed)
        uv[..., 1] = 1.0 - uv[..., 1]
        return texture, uv

    def _numbered(
        self, place: Int32[np.ndarray, " f"], materials: tuple[Material, ...], transparent: bool
    ) -> Int32[np.ndarray, " f"]:
        """The numbers that materials have in the whole mesh; equal ones of several primitives are one."""
        numbers = []
        for material in materials:
            key = (material.colour, id(material.texture), transparent)
            kept = (len(self.materials), replace(material, transparent=transparent))
            numbers.append(self.materials.setdefault(key, kept)[0])
        numbered: Int32[np.ndarray, " f"] = np.array(numbers, dtype=np.int32)[place]
        return numbered
