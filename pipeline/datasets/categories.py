"""The six categories, and their names in each published data set."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from pipeline.datasets.file_names import checked_name, is_safe_name
from pipeline.errors import UserError

PartDataset = Literal["shapenet-part", "partnet"]


@dataclass(frozen=True)
class Category:
    """A category: its names in all data sets, and its parts' names in both data sets of parts, empty where absent.

    ShapeNet part has no bottle; PartNet has no plane, car or motorcycle. Part names stand in the order of their labels,
    which start at 1; 0 is background or unlabelled.
    """

    name: str
    synset: str
    keypointnet: str
    shapenet_part: str | None
    partnet: str | None
    shapenet_part_names: tuple[str, ...]
    partnet_names: tuple[str, ...]

    @property
    def parts_from(self) -> PartDataset:
        """The preferred data set: PartNet where it has the category. The released test pairs are annotated there."""
        return "partnet" if self.partnet else "shapenet-part"

    @property
    def part_names(self) -> tuple[str, ...]:
        """The names in the preferred data set."""
        return self.part_names_in(self.parts_from)

    def part_names_in(self, dataset: str) -> tuple[str, ...]:
        """The names in `partnet` or `shapenet-part`, empty if it lacks the category. Raises KeyError for another."""
        return {"shapenet-part": self.shapenet_part_names, "partnet": self.partnet_names}[dataset]


CATEGORIES: tuple[Category, ...] = (
    Category("plane", "02691156", "airplane", "Airplane", None, ("body", "wing", "tail", "engine"), ()),
    Category(
        "chair",
        "03001627",
        "chair",
        "Chair",
        "Chair",
        ("back", "seat", "leg", "arm"),
        ("head", "back", "arm", "base", "seat"),
    ),
    Category("car", "02958343", "car", "Car", None, ("roof", "hood", "wheel", "body"), ()),
    Category(
        "table",
        "04379243",
        "table",
        "Table",
        "Table",
        ("top", "leg", "other"),
        (
            "net",
            "ping-pong top",
            "ping-pong base",
            "pool top",
            "pool base",
            "picnic top",
            "picnic base",
            "bench",
            "top",
            "base",
        ),
    ),
    Category("bottle", "02876657", "bottle", None, "Bottle", (), ("body", "lid", "handle", "jug body", "jug handle")),
    Category(
        "motorcycle",
        "03790512",
        "motorcycle",
        "Motorbike",
        None,
        ("tank", "seat", "wheel", "handle", "light", "body"),
        (),
    ),
)
CATEGORY_NAMES: tuple[str, ...] = tuple(c.name for c in CATEGORIES)


def category_named(name: str) -> Category:
    """The category called `name`. Raises UserError if there is none."""
    for category in CATEGORIES:
        if category.name == name:
            return category
    raise UserError(f"category '{name}' is unknown; the categories are {', '.join(CATEGORY_NAMES)}.")


def category_name(synset: str) -> str:
    """The name of the category with this synset; the synset itself for an own category."""
    return next((category.name for category in CATEGORIES if category.synset == synset), synset)


def folder_names(synset: str) -> tuple[str, ...]:
    """The names that a category's folder may bear: the category's, then its synset; both are one for an own category.

    Raises DatasetError for a synset that is no plain name.
    """
    checked_name(synset, PurePosixPath("."), "synset")
    return tuple(dict.fromkeys((category_name(synset), synset)))


def own_category(name: str) -> Category:
    """The category called `name`, or one of the user's own, of which nothing is known but the name. Raises UserError.

    An own category's synset is its name.
    """
    if name in CATEGORY_NAMES:
        return category_named(name)
    if not is_safe_name(name):
        raise UserError(f"category '{name}' is no plain name: only letters, digits, '_' and '-' are allowed.")
    return Category(name, name, name, None, None, (), ())
