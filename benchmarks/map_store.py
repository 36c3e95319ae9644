"""`python -m benchmarks.map_store`: writing and reading teacher maps on one core, through the store and its checksums.

The maps are of the published size: 50 views of 32 x 32 cells, 384 channels, a share of them foreground, with values
as a vision transformer's keys have them, normal with a scale for each channel; nothing about them compresses well.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

from pipeline.artifacts.layouts import CELL, maps_layout
from pipeline.artifacts.map_values import quantised, read_maps
from pipeline.config.profiles import profile_text
from pipeline.config.settings import parse_settings
from pipeline.datasets.records import ObjectKey
from pipeline.stores.row_table import RowKey
from pipeline.stores.store import Store


def main() -> None:
    """Write objects, read them, print speed and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=12)
    parser.add_argument("--foreground", type=float, default=0.26, help="share of cells")
    parser.add_argument("--channels", type=int, default=384)
    parser.add_argument("--folder", type=Path, help="where to write; a temporary folder without")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # one core, whatever the codec's threads
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        for dtype in ("float16", "int8"):
            measure(Path(name), dtype, arguments)


def measure(folder: Path, dtype: str, arguments: argparse.Namespace) -> None:
    """Measure one type of maps, and print a line."""
    camera = parse_settings(yaml.safe_load(profile_text("paper")), "paper").camera
    store = Store(folder, dtype, "plane", {}, maps_layout(camera, arguments.channels, dtype))
    entries = [RowKey(ObjectKey("02691156", f"{number:032x}"), "x") for number in range(arguments.objects)]
    rows = store.allocate(entries)
    maps, share = drawn(camera.views, camera.size // CELL, arguments.channels, arguments.foreground)
    inside = (maps != 0).any(-1)
    seconds = []
    for entry in entries:
        start = time.perf_counter()
        arrays = {"feature": maps}
        if dtype == "int8":  # as the stage does it, the background stays away
            arrays["feature"] = np.zeros(maps.shape, dtype=np.int8)
            arrays["feature"][inside], arrays["scale"] = quantised(maps[inside])
        store.write(entry, rows[entry], arrays, {})
        seconds.append(time.perf_counter() - start)
    reading = []
    for row in rows.values():
        start = time.perf_counter()
        read_maps(store, row)
        reading.append(time.perf_counter() - start)
    size = sum(
        path.stat().st_size for path in (store.path / "arrays.zarr" / "feature" / "c").rglob("*") if path.is_file()
    )
    bound = share * maps.nbytes * arguments.objects
    written, read = camera.views / np.median(seconds), camera.views / np.median(reading)
    lost = np.linalg.norm(read_maps(store, 0).astype(np.float64) - maps) / np.linalg.norm(maps.astype(np.float64))
    speed = f"writes {written:.0f} views/s, reads {read:.0f} views/s = {read * maps[0].nbytes / 1e6:.0f} MB/s dense"
    print(
        f"{dtype}: {speed}; foreground {share:.3f}, {size / bound:.3f} of foreground share x dense float16, "
        f"{size / arguments.objects / camera.views / 1024:.0f} KiB a view; error of rounding {lost:.2%}",
        flush=True,
    )


def drawn(views: int, cells: int, channels: int, foreground: float) -> tuple[np.ndarray, float]:
    """Draw maps with a disc of foreground in each view. Returns them and the exact share of the disc."""
    rng = np.random.default_rng(0)
    row, column = np.indices((cells, cells)) - (cells - 1) / 2
    inside = row**2 + column**2 < foreground * cells**2 / np.pi
    maps = np.zeros((views, cells, cells, channels), dtype=np.float16)
    scale = np.geomspace(0.3, 3, channels)
    maps[:, inside] = rng.normal(size=(views, int(inside.sum()), channels)) * scale
    return maps, float(inside.mean())


if __name__ == "__main__":
    main()
