"""The names that a category's folder may bear in a collection."""

from pathlib import PurePosixPath

from pipeline.datasets.categories import category_name
from pipeline.datasets.file_names import checked_name


def folder_names(synset: str) -> tuple[str, ...]:
    """The category's name, then its synset; both are one for an own category.

    Raises DatasetError for a synset that is no plain name.
    """
    checked_name(synset, PurePosixPath("."), "synset")
    return tuple(dict.fromkeys((category_name(synset), synset)))
