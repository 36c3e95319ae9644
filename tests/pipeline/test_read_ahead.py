import threading
from contextlib import closing

import pytest

from pipeline.executors.read_ahead import read_ahead


def test_what_is_read_comes_in_order_and_no_more_than_asked_is_ahead() -> None:
    begun: list[int] = []
    found = []
    for item in read_ahead(lambda item: (begun.append(item), item)[1], range(9), 3, 4):
        found.append(item)
        assert max(begun) < len(found) + 4
    assert found == list(range(9))


def test_several_are_read_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=30)  # a single thread would wait in vain
    assert len(list(read_ahead(lambda _: together.wait(), range(3), 3, 3))) == 3


def test_an_error_is_raised_where_its_item_is_due() -> None:
    reading = read_ahead(lambda item: 1 // item, [1, 0, 1], 2, 3)
    assert next(reading) == 1
    with pytest.raises(ZeroDivisionError):
        next(reading)


def test_closing_ends_the_threads() -> None:
    with closing(read_ahead(str, range(99), 2, 5)) as reading:
        next(reading)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("read-ahead")]
