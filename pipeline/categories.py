"""The six categories, and what each published data set calls them."""

from dataclasses import dataclass

from pipeline.errors import UserError


@dataclass(frozen=True)
class Category:
    """One category under all its names.

    `parts_from` is the data set that annotates its parts: ShapeNet part has no bottle and its chairs and tables
    are not those that the released test pairs use; PartNet has no plane, car or motorcycle.
    """

    name: str
    synset: str
    keypointnet: str
    shapenet_part: str | None
    partnet: str | None
    part_names: tuple[str, ...]

    @property
    def parts_from(self) -> str:
        """`partnet` or `shapenet-part`."""
        return "partnet" if self.partnet else "shapenet-part"


# Part names stand in the order of their labels, which start at 1; 0 is background or unlabelled.
CATEGORIES: tuple[Category, ...] = (
    Category("plane", "02691156", "airplane", "Airplane", None, ("body", "wing", "tail", "engine")),
    Category("chair", "03001627", "chair", "Chair", "Chair", ("head", "back", "arm", "base", "seat")),
    Category("car", "02958343", "car", "Car", None, ("roof", "hood", "wheel", "body")),
    Category(
        "table",
        "04379243",
        "table",
        "Table",
        "Table",
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
    Category("bottle", "02876657", "bottle", None, "Bottle", ("body", "lid", "handle", "jug body", "jug handle")),
    Category(
        "motorcycle", "03790512", "motorcycle", "Motorbike", None, ("tank", "seat", "wheel", "handle", "light", "body")
    ),
)
CATEGORY_NAMES: tuple[str, ...] = tuple(c.name for c in CATEGORIES)


def category_named(name: str) -> Category:
    """The category called `name`. Raises UserError if there is none."""
    for category in CATEGORIES:
        if category.name == name:
            return category
    raise UserError(f"category '{name}' is unknown; the categories are {', '.join(CATEGORY_NAMES)}.")
