"""What sections of params.yaml are made of."""

from itertools import pairwise
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Above0 = Annotated[float, Field(gt=0)]
LpipsNetwork: TypeAlias = Literal["alex", "vgg"]


def ascending(values: tuple[float, ...]) -> tuple[float, ...]:
    """`values` if each is larger than the one before, and can be told from it in six digits. Raises ValueError."""
    names = [f"{value:g}" for value in values]
    if any(float(one) >= float(other) for one, other in pairwise(names)):
        raise ValueError("the thresholds do not ascend")
    return values


class Section(BaseModel):
    """A frozen section in which every key is known."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)
