"""pyrender's renderer without what a colour backend throws away: multisampling, and the depth that it reads back."""

from typing import Any

import numpy as np
from jaxtyping import UInt8
from OpenGL import GL
from pyrender.renderer import Renderer


def largest_image() -> int:
    """The most pixels that an edge of a framebuffer may have in the current context."""
    return int(GL.glGetIntegerv(GL.GL_MAX_RENDERBUFFER_SIZE))


def largest_texture() -> int:
    """The most texels that an edge of a texture may have in the current context."""
    return int(GL.glGetIntegerv(GL.GL_MAX_TEXTURE_SIZE))


class ColourRenderer(Renderer):  # type: ignore[misc]  # pyrender ships no types
    """Draws into one framebuffer, one sample a pixel, and returns rgba alone.

    It replaces the two steps of pyrender's forward pass that touch the framebuffer.
    """

    _main_fb: int | None

    def __init__(self, width: int, height: int) -> None:
        """Set the current context up: rows of textures come unpadded, OpenGL would take them for multiples of four
        bytes. pyrender never sets it back."""
        super().__init__(width, height)
        GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 1)

    def _configure_main_framebuffer(self) -> None:
        """Make the framebuffer at the first view. pyrender draws into the one that it calls multisampled."""
        size = (self.viewport_width, self.viewport_height)
        if self._main_fb is not None:
            return
        self._main_cb, self._main_db = GL.glGenRenderbuffers(2)
        self._main_fb = GL.glGenFramebuffers(1)
        GL.glBindFramebuffer(GL.GL_DRAW_FRAMEBUFFER, self._main_fb)
        for buffer, layout, place in (
            (self._main_cb, GL.GL_RGBA8, GL.GL_COLOR_ATTACHMENT0),
            (self._main_db, GL.GL_DEPTH_COMPONENT24, GL.GL_DEPTH_ATTACHMENT),
        ):
            GL.glBindRenderbuffer(GL.GL_RENDERBUFFER, buffer)
            GL.glRenderbufferStorage(GL.GL_RENDERBUFFER, layout, *size)
            GL.glFramebufferRenderbuffer(GL.GL_DRAW_FRAMEBUFFER, place, GL.GL_RENDERBUFFER, buffer)
        self._main_fb_ms, self._main_cb_ms, self._main_db_ms = self._main_fb, self._main_cb, self._main_db
        self._main_fb_dims = size

    def _read_main_framebuffer(self, _scene: Any, _flags: int) -> UInt8[np.ndarray, "h w 4"]:
        """The image, its first row on top."""
        width, height = self._main_fb_dims
        GL.glBindFramebuffer(GL.GL_READ_FRAMEBUFFER, self._main_fb)
        read = GL.glReadPixels(0, 0, width, height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE)
        return np.frombuffer(read, dtype=np.uint8).reshape(height, width, 4)[::-1]
