"""Which requests for rays are rendered together: a GPU takes as long for a few rays as for thousands."""

from collections.abc import Sequence


def shared_batches(counts: Sequence[int], most: int) -> list[list[int]]:
    """The numbers of the requests in each batch; `counts` are the requests' rays.

    A batch is as wide as its largest request, with `most` rays at most, those that fill it up included: the largest
    come first, so that what shares a batch is about as large. A request of more than `most` rays has one of its own.
    """
    batches: list[list[int]] = []
    for number in sorted(range(len(counts)), key=lambda number: (-counts[number], number)):
        if batches and (len(batches[-1]) + 1) * counts[batches[-1][0]] <= most:
            batches[-1].append(number)
        else:
            batches.append([number])
    return batches
