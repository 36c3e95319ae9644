"""Inside the child: the differences between Cycles, EEVEE and Workbench.

All three draw the centres of a finer grid of pixels, without antialiasing, and the mean over a pixel's block is taken
afterwards: the samples of a pixel are those of the other backends, and nothing is drawn at random.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import bpy
import gpu
import numpy as np
from jaxtyping import Float32

from pipeline.errors import UserError

GPU_KINDS = ("OPTIX", "CUDA", "HIP")  # in order of speed

Shot = Callable[[], Float32[np.ndarray, "n n 4"]]


@dataclass(frozen=True)
class Engine:
    """A render engine of Blender.

    `configure(scene, device)` returns a function that names the engine once it has rendered. `expose(scene, take)`
    makes one view. `side_by_side`: only front sides are drawn. `persistent`: the engine keeps a mesh from view to view.
    """

    configure: Callable[[bpy.types.Scene, str], Callable[[], str]]
    expose: Callable[[bpy.types.Scene, Shot], Float32[np.ndarray, "n n 4"]]
    side_by_side: bool = False
    persistent: bool = False


def _cycles(scene: bpy.types.Scene, device: str) -> Callable[[], str]:
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.samples, cycles.seed = 1, 0
    cycles.use_adaptive_sampling = cycles.use_denoising = cycles.use_light_tree = False
    # The one sample falls within this width about the pixel's centre. A box would be a pixel wide, whatever is said.
    cycles.pixel_filter_type, cycles.filter_width = "GAUSSIAN", 0.01
    cycles.max_bounces = 0
    cycles.sample_clamp_direct = cycles.sample_clamp_indirect = 0.0
    card = None if device == "cpu" else _first_gpu()
    if card is None and device == "cuda":
        raise UserError(
            "machine.device is cuda, but Cycles finds no GPU here (OptiX, CUDA or HIP): set it to auto or cpu."
        )
    cycles.device = "CPU" if card is None else "GPU"
    return lambda: f"Cycles on {card or 'CPU'}"


def _first_gpu() -> str | None:
    """Switch the first GPU on and give its name, or None."""
    preferences = bpy.context.preferences.addons["cycles"].preferences
    for kind in GPU_KINDS:
        try:
            preferences.compute_device_type = kind
        except TypeError:  # not in this build of Blender
            continue
        preferences.refresh_devices()
        devices = [device for device in preferences.devices if device.type == kind]
        if devices:
            for device in preferences.devices:
                device.use = device == devices[0]
            return f"{devices[0].name} ({kind})"
    preferences.compute_device_type = "NONE"
    return None


def _eevee(scene: bpy.types.Scene, _: str) -> Callable[[], str]:
    scene.render.engine = "BLENDER_EEVEE_NEXT"
    scene.render.filter_size = 0.0  # the one sample falls on the pixel's centre
    eevee = scene.eevee
    eevee.taa_render_samples = 1
    eevee.use_shadows = eevee.use_raytracing = False
    eevee.shadow_pool_size, eevee.gi_cubemap_resolution = "16", "128"  # nothing here needs their memory
    return lambda: f"EEVEE on {gpu.platform.renderer_get()}"


def _workbench(scene: bpy.types.Scene, _: str) -> Callable[[], str]:
    scene.render.engine = "BLENDER_WORKBENCH"
    scene.display.render_aa = "OFF"
    shading = scene.display.shading
    shading.light = "FLAT"
    shading.show_backface_culling = True
    shading.show_shadows = shading.show_cavity = shading.show_object_outline = shading.show_xray = False
    return lambda: f"Workbench on {gpu.platform.renderer_get()}"


def _texture_times_colour(scene: bpy.types.Scene, take: Shot) -> Float32[np.ndarray, "n n 4"]:
    """Workbench shows a texture or the colours of corners, never both: the product of its two images.

    Without antialiasing alpha is 0 or 1, so the product's alpha is right too.
    """
    scene.display.shading.color_type = "TEXTURE"
    texture = take()
    scene.display.shading.color_type = "VERTEX"
    return texture * take()


def _as_it_is(_: bpy.types.Scene, take: Shot) -> Float32[np.ndarray, "n n 4"]:
    return take()


def block_side(samples: int) -> int:
    """The side of the square of samples in a pixel whose number comes nearest to `samples`."""
    return max(1, round(math.sqrt(samples)))


ENGINES = {
    "cycles": Engine(_cycles, _as_it_is, persistent=True),
    "eevee": Engine(_eevee, _as_it_is),
    "workbench": Engine(_workbench, _texture_times_colour, side_by_side=True),
}
