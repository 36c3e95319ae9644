"""Where prepared meshes are kept: <storage.root>/meshes/<category>/<id>-<digest>.safetensors.

The digest is that of the mesh's files and of its map into the world. A kept mesh is therefore the one that the manifest
lists, even if the collection has changed or is gone.
"""

from pathlib import Path

from pipeline.config.recipes import recipe_of
from pipeline.manifests.manifest import Manifest, ManifestObject, object_digest
from pipeline.stores.atomic_files import FINGERPRINT_CHARACTERS, digest_of


def prepared_meshes_folder(root: Path, category: str) -> Path:
    """Return the folder of a category's prepared meshes below `root`, which is storage.root."""
    return root / "meshes" / category


def mesh_file_name(item: ManifestObject) -> str:
    """Name the file of an object's prepared mesh."""
    return f"{item.id}-{digest_of([recipe_of('prepare'), object_digest(item)])[:FINGERPRINT_CHARACTERS]}.safetensors"


def prepared_mesh_paths(root: Path, manifest: Manifest) -> set[Path]:
    """List where the meshes of a manifest's objects are, or would be, kept."""
    folder = prepared_meshes_folder(root, manifest.category)
    return {folder / mesh_file_name(item) for item in manifest.objects}


def find_meshes(root: Path, category: str | None = None) -> list[Path]:
    """List the prepared meshes below storage.root, of one category or of all."""
    return sorted((root / "meshes").glob(f"{category or '*'}/*.safetensors"))
