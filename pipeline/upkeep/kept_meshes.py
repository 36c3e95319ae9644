"""Find the prepared meshes on the disk and check their checksums."""

from pathlib import Path

from pipeline.upkeep.verify import Checked, Damage
from render.mesh_file import DamagedMeshError, mesh_from_bytes

HEADER_LENGTH = 8  # bytes of a safetensors file in which the length of its header stands


def find_meshes(root: Path, category: str | None = None) -> list[Path]:
    """List the prepared meshes below storage.root, of one category or of all."""
    return sorted((root / "meshes").glob(f"{category or '*'}/*.safetensors"))


def check_mesh(path: Path) -> Checked:
    """Read a prepared mesh and compare it with the checksum in it.

    That covers names, shapes and values. The header is JSON without line ends or tabs: a blank at its end that became
    one would go unnoticed otherwise.
    """
    data = path.read_bytes()
    header = data[HEADER_LENGTH : HEADER_LENGTH + int.from_bytes(data[:HEADER_LENGTH], "little")]
    try:
        mesh_from_bytes(data)
        sound = not set(header) & set(b"\t\n\r")
    except DamagedMeshError:
        sound = False
    remedy = "remove it; it is made again when the object is drawn"
    return Checked(len(data), () if sound else (Damage(path, "is damaged", remedy),))
