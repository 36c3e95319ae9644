"""The versions of the tools that a store is made with."""

import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

RECORDED_TOOLS = (  # those that are installed
    "numpy", "zarr", "trimesh", "embreex", "pyrender2", "bpy", "scikit-image", "torch", "torchvision",
    "timm", "diffusers", "transformers",
)  # fmt: skip


def tool_versions() -> dict[str, str]:
    """Return the versions of Python and of the installed tools."""
    versions = {"python": platform.python_version()}
    for name in RECORDED_TOOLS:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions
