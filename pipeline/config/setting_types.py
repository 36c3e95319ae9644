"""The types that the sections of params.yaml are made of."""

import re
from itertools import pairwise
from os.path import expanduser
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MOST = 2**31 - 1
# strict: `yes` is no 1
Positive = Annotated[int, Field(ge=1, le=MOST, strict=True)]
NotNegative = Annotated[int, Field(ge=0, le=MOST, strict=True)]
Seed = Annotated[int, Field(strict=True)]
Share = Annotated[float, Field(ge=0, le=1)]
Above0 = Annotated[float, Field(gt=0)]
AtLeast0 = Annotated[float, Field(ge=0)]
LpipsNetwork: TypeAlias = Literal["alex", "vgg"]


def _expand_home(path: str) -> str:
    """Replace `~`. Raises ValueError for what only a shell replaces: it would become a folder of that name."""
    expanded = expanduser(path)  # noqa: PTH111 (a Path would change `./~x` and refuse an unknown user in its own words)
    if re.match(r"~[^/]*(/|$)|.*\$[A-Za-z_{(]", expanded):
        raise ValueError(f"'{path}' is not replaced as in a shell: write the path itself, or ~ for your home folder")
    return expanded


SettingPath = Annotated[str, Field(min_length=1, max_length=4096), AfterValidator(_expand_home)]


def ascending(values: tuple[float, ...]) -> tuple[float, ...]:
    """`values` if each is larger than the one before, and can be told from it in six digits. Raises ValueError."""
    names = [f"{value:g}" for value in values]
    if any(float(one) >= float(other) for one, other in pairwise(names)):
        raise ValueError("the thresholds do not ascend")
    return values


class Section(BaseModel):
    """A frozen section in which every key is known.

    A key has its default beside it, and below it the sentences that docs/settings.md shows.
    """

    # A default is validated like a given value: 5 becomes 5.0 where numbers are floats, and both have one fingerprint.
    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True, validate_default=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_keys(cls, value: Any) -> Any:
        """Read a heading without keys below it, which is null in yaml, as an empty section."""
        return {} if value is None else value
