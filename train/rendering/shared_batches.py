"""Batches of requests for rays: a GPU takes as long for a few rays as for thousands."""

from collections.abc import Sequence


def shared_batches(counts: Sequence[int], most: int) -> list[list[int]]:
    """Group requests into batches; `counts` are the requests' rays. Returns the numbers of the requests in each batch.

    A batch is as wide as its largest request. It has at most `most` rays, padding included. Requests are sorted by
    size, so that those of a batch are about equally large. One with more than `most` rays has a batch of its own.
    """
    batches: list[list[int]] = []
    for number in sorted(range(len(counts)), key=lambda number: (-counts[number], number)):
        if batches and (len(batches[-1]) + 1) * counts[batches[-1][0]] <= most:
            batches[-1].append(number)
        else:
            batches.append([number])
    return batches
