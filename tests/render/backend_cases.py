"""Every colour backend as a parameter of a test."""

import importlib.util
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import numpy as np
import pytest
from jaxtyping import Float64, UInt8

from pipeline.config.settings import Camera, Render, load_settings
from pipeline.errors import UserError
from render.backends.backend import Backend, make_backend
from render.prepared_mesh import PreparedMesh


@dataclass(frozen=True)
class Case:
    """A backend with the settings that make it, and how many views of an object a test can wait for."""

    render: Render
    views: int

    @property
    def label(self) -> str:
        render = self.render
        return f"{render.backend}-{render.blender.engine}" if render.backend == "blender" else render.backend


@dataclass(frozen=True, eq=False)
class Drawer:
    """An open backend."""

    case: Case
    backend: Backend

    def draw(
        self, mesh: PreparedMesh, poses: Float64[np.ndarray, "views 4 4"]
    ) -> UInt8[np.ndarray, "views_or_fewer h w 4"]:
        """The first `case.views` of the views."""
        return self.backend.draw(mesh, poses[: self.case.views])


@contextmanager
def opened(case: Case, camera: Camera) -> Iterator[Drawer]:
    """Skips where the machine has no EGL. One at a time: closing pyrender's ends EGL for the whole process."""
    try:
        backend = make_backend(camera, case.render, "cpu")
    except UserError as error:
        if case.render.backend == "pyrender":
            pytest.skip(str(error))
        raise
    with closing(backend):
        yield Drawer(case, backend)


def cases(lighting: str) -> list[Case]:
    """Blender's views are few, because Cycles takes a tenth of a second for one."""
    render = load_settings().render.model_copy(update={"lighting": lighting})
    local = [Case(render.model_copy(update={"backend": backend}), 10) for backend in ("raycast", "pyrender")]
    engines = [render.blender.model_copy(update={"engine": engine}) for engine in ("cycles", "workbench")]
    return local + [Case(render.model_copy(update={"backend": "blender", "blender": one}), 2) for one in engines]


def marks(case: Case) -> list[pytest.MarkDecorator]:
    if case.render.backend == "pyrender":
        return [pytest.mark.egl]
    if case.render.backend == "blender":
        absent = importlib.util.find_spec("bpy") is None
        return [pytest.mark.blender, pytest.mark.skipif(absent, reason="bpy is absent")]
    return []


def every(lighting: str, *, but: str = "") -> pytest.MarkDecorator:
    """Runs a test that takes `drawer` with each backend, or with all but one."""
    params = [pytest.param(case, id=case.label, marks=marks(case)) for case in cases(lighting) if case.label != but]
    return pytest.mark.parametrize("drawer", params, indirect=True)
