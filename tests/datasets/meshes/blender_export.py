"""`python -m tests.datasets.meshes.blender_export FOLDER`: one box as Blender exports it, in a process of its own."""

import os
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from tests.datasets.meshes.exporter_glb import linear
from tests.datasets.meshes.exporter_ply import VERTEX_COLOURS
from tests.datasets.meshes.mesh_files import FACES, QUADRANTS, UV, VERTICES

TURN, SCALE, SHIFT = 0.3, np.array([0.5, 0.8]), np.array([0.1, 0.2])  # of the Mapping node


def fresh() -> Any:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    mesh = bpy.data.meshes.new("box")
    mesh.from_pydata(VERTICES.tolist(), [], FACES.tolist())
    made = bpy.data.objects.new("box", mesh)
    bpy.context.scene.collection.objects.link(made)
    bpy.context.view_layer.objects.active = made
    made.select_set(True)
    return made


def painted(made: Any, colour: np.ndarray = QUADRANTS[0]) -> tuple[Any, Any]:
    """Its material's nodes, and the socket of the base colour."""
    material = bpy.data.materials.new("paint")
    material.use_nodes = True
    made.data.materials.append(material)
    base = material.node_tree.nodes["Principled BSDF"].inputs["Base Color"]
    base.default_value = [*linear(colour), 1]
    return material.node_tree, base


def four_materials() -> None:
    made = fresh()
    for colour in QUADRANTS:
        painted(made, colour)
    for number, polygon in enumerate(made.data.polygons):
        polygon.material_index = number % 4


def vertex_colours() -> None:
    made = fresh()
    tree, base = painted(made)
    layer = made.data.color_attributes.new("Col", "BYTE_COLOR", "POINT")
    for place, colour in enumerate(VERTEX_COLOURS):
        layer.data[place].color_srgb = [*(colour / 255), 1]
    node = tree.nodes.new("ShaderNodeVertexColor")
    node.layer_name = "Col"
    tree.links.new(node.outputs[0], base)


def texture(mapped: bool = False) -> None:
    made = fresh()
    tree, base = painted(made)
    turn = np.array([[np.cos(TURN), np.sin(TURN)], [-np.sin(TURN), np.cos(TURN)]])
    uv = ((UV.reshape(-1, 2) - SHIFT) @ turn.T) / SCALE if mapped else UV.reshape(-1, 2)
    layer = made.data.uv_layers.new()
    for place, row in enumerate(uv):
        layer.data[place].uv = row
    picture = np.stack([QUADRANTS[[0, 1]], QUADRANTS[[2, 3]]]).repeat(8, axis=0).repeat(8, axis=1) / 255
    image = bpy.data.images.new("paper", 16, 16)
    image.pixels = np.concatenate([picture, np.ones((16, 16, 1))], axis=2).ravel().tolist()
    image.pack()
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    tree.links.new(node.outputs[0], base)
    if mapped:
        mapping, source = tree.nodes.new("ShaderNodeMapping"), tree.nodes.new("ShaderNodeUVMap")
        for name, value in (("Location", [*SHIFT, 0]), ("Scale", [*SCALE, 1]), ("Rotation", [0, 0, TURN])):
            mapping.inputs[name].default_value = value
        tree.links.new(source.outputs[0], mapping.inputs[0])
        tree.links.new(mapping.outputs[0], node.inputs[0])


def shape_key() -> None:
    made = fresh()
    painted(made)
    basis, key = made.shape_key_add(name="basis"), made.shape_key_add(name="key")
    for place, vertex in enumerate(VERTICES):
        basis.data[place].co = vertex - [0, 0, 1]
        key.data[place].co = vertex
    key.value = 1


def armature() -> None:
    made = fresh()
    painted(made)
    bones = bpy.data.armatures.new("bones")
    rig = bpy.data.objects.new("rig", bones)
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bone = bones.edit_bones.new("bone")
    bone.head, bone.tail = (0, 0, 0), (0, 0, 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    made.parent = rig
    made.modifiers.new("rig", "ARMATURE").object = rig
    made.vertex_groups.new(name="bone").add(list(range(len(VERTICES))), 1, "ADD")


SCENES = {
    "materials": four_materials,
    "vertices": vertex_colours,
    "texture": texture,
    "mapped": lambda: texture(mapped=True),
    "morph": shape_key,
    "skin": armature,
}

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, make in SCENES.items():
        make()
        bpy.ops.export_scene.gltf(filepath=str(folder / f"{name}.glb"), export_format="GLB", export_yup=False)
    for text in (True, False):
        vertex_colours()
        file = str(folder / f"{'ascii' if text else 'binary'}.")
        axes = {"forward_axis": "Y", "up_axis": "Z"}
        bpy.ops.wm.ply_export(filepath=file + "ply", ascii_format=text, export_colors="SRGB", **axes)
        bpy.ops.wm.stl_export(filepath=file + "stl", ascii_format=text)
    os._exit(0)  # bpy may crash while Python ends
