"""CO3D, version 2: photographs of real objects with cameras, masks and point clouds."""
