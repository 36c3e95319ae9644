"""A part of a category's objects, so that several machines can fill one store side by side."""

from dataclasses import dataclass

from pipeline.errors import UserError


@dataclass(frozen=True)
class Shard:
    """Every `count`-th object, beginning with number `index` (from 1)."""

    index: int = 1
    count: int = 1

    @property
    def suffix(self) -> str:
        """The suffix of a shard's own files: `-2-of-4`; empty for the whole."""
        return "" if self.count == 1 else f"-{self.index}-of-{self.count}"

    def of(self, number: int) -> bool:
        """Test whether the object at this place of the manifest, from 0, belongs to the shard."""
        return number % self.count == self.index - 1


WHOLE = Shard()


def parse_shard(text: str | None) -> Shard:
    """Parse `2/4` as the second of four shards, None as everything. Raises UserError."""
    if text is None:
        return WHOLE
    index, _, count = text.partition("/")
    if not (index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count)):
        raise UserError(f"--shard {text}: write it as I/N with 1 <= I <= N, such as 2/4.")
    return Shard(int(index), int(count))
