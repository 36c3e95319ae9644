"""A store as it lies on the disk, opened by what it says of itself instead of by settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.artifacts.places import Place
from pipeline.errors import UserError
from pipeline.stores.checked_json import DamagedJsonError, read_checked
from pipeline.stores.store import ArraySpec, Store


def reopen(root: Path, place: Place) -> Store:
    """The store in a place. Raises UserError if its about.json is missing, damaged or another store's."""
    folder = place.below(root)
    try:
        about = read_checked(folder / "about.json")
        store = Store(folder.parents[2], about["kind"], about["category"], about["recipe"], _specs(about["layout"]))
    except FileNotFoundError:
        raise UserError(f"{folder / 'about.json'} is missing: run `{place.command}`, which writes it anew.") from None
    except (DamagedJsonError, KeyError, TypeError, AttributeError):
        raise UserError(
            f"{folder / 'about.json'} is damaged: remove it and run `{place.command}`, which writes it anew."
        ) from None
    if store.path != folder or about.get("fingerprint") != store.fingerprint:
        raise UserError(
            f"{folder / 'about.json'} belongs to another store ({store.kind} {store.category} {store.fingerprint}): "
            f"move {folder} away, and run `{place.command}`."
        )
    return store


def _specs(layout: Mapping[str, Mapping[str, Any]]) -> list[ArraySpec]:
    return [
        ArraySpec(**{**spec, "shape": tuple(spec["shape"]), "chunk": spec["chunk"] and tuple(spec["chunk"])})
        for spec in layout.values()
    ]
