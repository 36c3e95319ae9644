from train.objects.recently_used import RecentlyUsed


def test_what_was_used_longest_ago_is_dropped() -> None:
    cache: RecentlyUsed[str, int] = RecentlyUsed(2)
    for key, value in (("a", 1), ("b", 2)):
        cache.put(key, value)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]
    assert cache.size == 2


def test_looking_is_no_use() -> None:
    cache: RecentlyUsed[str, int] = RecentlyUsed(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert "a" in cache
    cache.put("c", 3)
    assert "a" not in cache


def test_sizes_are_counted_and_the_last_one_stays_however_large() -> None:
    cache: RecentlyUsed[str, str] = RecentlyUsed(5, len)
    for text in ("aa", "bbb", "c"):
        cache.put(text[0], text)
    assert (cache.get("a"), cache.size) == (None, 4)
    cache.put("b", "b")  # in the place of the longer one
    assert cache.size == 2
    cache.put("d", "d" * 9)
    assert (cache.get("d"), cache.get("b"), cache.size) == ("d" * 9, None, 9)


def test_without_a_limit_all_is_kept() -> None:
    cache: RecentlyUsed[int, int] = RecentlyUsed(None)
    for number in range(100):
        cache.put(number, number)
    assert cache.size == 100
