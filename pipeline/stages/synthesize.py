"""Stage synthesize: a seed in, made-up objects in the layouts of the published data sets out. Demo and tests only."""

import shutil
from pathlib import Path

from pipeline.artifacts.receipts import receipt_path
from pipeline.config.settings import Settings
from pipeline.datasets.categories import category_named
from pipeline.manifests.sources import made_up_root
from pipeline.progress import Progress, say
from pipeline.stores.checked_json import write_checked
from pipeline.synthetic.synthesize import synthesize_category as write_objects


def synthesize_category(settings: Settings, category: str, overwrite: bool = False) -> None:
    """Write the made-up objects of a category, if the settings ask for made-up objects at all. Raises UserError."""
    receipt = receipt_path("synthesize", category)
    if settings.source.kind != "made-up":
        say(f"synthesize {category}: nothing to do, the objects come from {settings.source.kind}")
        write_checked(receipt, {"stage": "synthesize", "instance": category, "root": None, "objects": 0})
        return
    count, root = settings.synthesize.objects, made_up_root(Path(settings.storage.root), settings.synthesize)
    if overwrite:
        shutil.rmtree(root / "ShapeNetCore.v2" / category_named(category).synset, ignore_errors=True)
    progress = Progress(f"synthesize {category}", count, "objects")
    write_objects(category, count, settings.synthesize.seed, root, lambda _: progress.step())
    progress.close(f"-> {root}")
    place = root.relative_to(settings.storage.root).as_posix()
    write_checked(receipt, {"stage": "synthesize", "instance": category, "root": place, "objects": count})
