"""What a field knows of an object, as files for other programs: points, a mesh, a video."""
