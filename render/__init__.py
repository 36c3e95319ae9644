"""From a mesh and cameras to images, geometry and labels."""
