"""A store opened for reading, with the receipt that says which objects it holds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.artifacts.receipts import Receipt, StoredObject, read_receipt, receipt_path, stage_command
from pipeline.datasets.records import ObjectKey
from pipeline.errors import UserError
from pipeline.stores.store import Done, Store


@dataclass(frozen=True)
class OpenedStore:
    """A store that holds what its receipt says."""

    receipt: Receipt
    store: Store

    @property
    def rows(self) -> Mapping[ObjectKey, StoredObject]:
        """The stored objects by key."""
        return self.receipt.rows

    def read(self, name: str, key: ObjectKey) -> np.ndarray:
        """Read one array of an object. Raises UserError if it is damaged."""
        return self.store.read(name, self.rows[key].row)

    def marker(self, stored: StoredObject) -> Done:
        """Read the done-marker of an object. Raises UserError if the store has lost it."""
        marker = self.store.done(stored.row)
        if marker is None:
            raise _lost(self.receipt, self.store, stored)
        return marker

    def markers(self) -> list[Done]:
        """Read the done-markers of all objects, in the receipt's order. Raises UserError if one is lost."""
        return [self.marker(stored) for stored in self.receipt.objects]


def open_store(store: Store, stage: str, instance: str) -> OpenedStore:
    """Open `store` for reading, as the stage that fills it left it.

    Raises UserError with the command to run if the stage has not run, if its receipt names another store, or if the
    store has lost an object.
    """
    receipt = read_receipt(stage, instance)
    if store.fingerprint != receipt.fingerprint:
        raise UserError(
            f"{receipt_path(stage, instance)} points to a store of other settings ({receipt.fingerprint}, params.yaml "
            f"asks for {store.fingerprint}): run `{stage_command(stage, instance)}` first."
        )
    opened = OpenedStore(receipt, store)
    for stored in receipt.objects:
        if opened.marker(stored).content != stored.content:
            raise _lost(receipt, store, stored)
    return opened


def _lost(receipt: Receipt, store: Store, stored: StoredObject) -> UserError:
    command = stage_command(receipt.stage, receipt.instance)
    return UserError(
        f"{store.path} does not hold {stored.key} as its receipt says: set storage.root to the folder that does, or "
        f"run `{command}` again, or `dvc repro --force`."
    )
