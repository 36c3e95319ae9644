"""Read glTF 2.0: container, accessors, nodes, materials."""
