"""Open a store on the disk by its own about.json instead of by settings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.artifacts.places import Place
from pipeline.errors import UserError
from pipeline.stores.array_spec import ArraySpec
from pipeline.stores.checked_json import read_checked_as
from pipeline.stores.store import Store


@dataclass(frozen=True)
class _About:
    """The content of about.json that identifies a store."""

    kind: str
    category: str
    fingerprint: str
    recipe: dict[str, Any]
    layout: dict[str, ArraySpec]


def reopen(root: Path, place: Place) -> Store:
    """Open the store in a place. Raises UserError if its about.json is missing, damaged or another store's."""
    folder = place.below(root)
    path = folder / "about.json"
    try:
        about = read_checked_as(path, _About)
    except FileNotFoundError:
        raise UserError(f"{path} is missing: run `{place.command}`, which writes it again.") from None
    except ValueError:
        raise UserError(f"{path} is damaged: remove it and run `{place.command}`, which writes it again.") from None
    store = Store(folder.parents[2], about.kind, about.category, about.recipe, list(about.layout.values()))
    if store.path != folder or about.fingerprint != store.fingerprint:
        raise UserError(
            f"{path} belongs to another store ({store.kind} {store.category} {store.fingerprint}): "
            f"move {folder} away, and run `{place.command}`."
        )
    return store
