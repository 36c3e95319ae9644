"""Inside the child: the one material. It shines: texture times colour times the light of the side in view."""

import bpy
import numpy as np
from jaxtyping import Float32

FRONT, BACK = "light_front", "light_back"  # names of the mesh's attributes


def surface(colour: Float32[np.ndarray, "3"], image: bpy.types.Image | None) -> bpy.types.Material:
    """An opaque emitter. Workbench, which reads no nodes, finds the image as the active one."""
    material = bpy.data.materials.new("surface")
    material.diffuse_color = (1.0, 1.0, 1.0, 1.0)  # what Workbench shows for a texture where there is none
    material.use_nodes = True
    material.cycles.emission_sampling = "NONE"  # it lights nothing but the camera
    tree = material.node_tree
    tree.nodes.clear()
    scaled = tree.nodes.new("ShaderNodeVectorMath")
    scaled.operation = "MULTIPLY"
    scaled.inputs[0].default_value = scaled.inputs[1].default_value = colour.tolist()
    if image is None:
        scaled.inputs[0].default_value = (1.0, 1.0, 1.0)
    else:
        texture = tree.nodes.new("ShaderNodeTexImage")
        texture.image, texture.interpolation, texture.extension = image, "Linear", "REPEAT"
        tree.links.new(texture.outputs["Color"], scaled.inputs[0])
        tree.nodes.active = texture
    lit = tree.nodes.new("ShaderNodeVectorMath")
    lit.operation = "SCALE"
    tree.links.new(scaled.outputs["Vector"], lit.inputs[0])
    tree.links.new(_light_of_side(tree), lit.inputs["Scale"])
    emission, output = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(lit.outputs["Vector"], emission.inputs["Color"])
    tree.links.new(emission.outputs["Emission"], output.inputs["Surface"])
    return material


def _light_of_side(tree: bpy.types.ShaderNodeTree) -> bpy.types.NodeSocket:
    """Attributes of plain floats: no colour conversion can touch them."""
    mix, side = tree.nodes.new("ShaderNodeMix"), tree.nodes.new("ShaderNodeNewGeometry")
    mix.data_type = "FLOAT"
    tree.links.new(side.outputs["Backfacing"], mix.inputs["Factor"])
    for name, socket in ((FRONT, "A"), (BACK, "B")):
        attribute = tree.nodes.new("ShaderNodeAttribute")
        attribute.attribute_name = name
        tree.links.new(attribute.outputs["Fac"], mix.inputs[socket])
    return mix.outputs["Result"]
