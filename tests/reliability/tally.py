"""Counts of what became of injected faults."""

from collections import Counter
from dataclasses import dataclass, field

GOOD = ("noticed", "the same bytes", "refused, then the same bytes", "accepted, it still fits")


@dataclass
class Tally:
    """One kind of fault: how often it was injected, and what came of it."""

    fault: str
    counts: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    def add(self, verdict: str, what: str) -> None:
        """Count a fault; `what` repeats it."""
        self.counts[verdict] += 1
        if verdict not in GOOD:
            self.bad.append(f"{what}: {verdict}")

    @property
    def injected(self) -> int:
        """How often."""
        return self.counts.total()

    @property
    def survived(self) -> int:
        """How often all was well."""
        return sum(self.counts[verdict] for verdict in GOOD)

    def __str__(self) -> str:
        """A row of a Markdown table."""
        outcomes = "; ".join(f"{verdict}: {count}" for verdict, count in sorted(self.counts.items()))
        return f"| {self.fault} | {self.injected} | {self.survived} | {outcomes} |"
