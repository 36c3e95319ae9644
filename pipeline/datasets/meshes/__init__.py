"""Collections of meshes behind one interface: the published ones, and a plain folder."""
