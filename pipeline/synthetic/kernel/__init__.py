"""The kernel of made-up objects: solids, textures, the table of a category, and the builder that records an object."""
