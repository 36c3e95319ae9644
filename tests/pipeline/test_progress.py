"""Lines of progress."""

import pytest

from pipeline.progress import counted


@pytest.mark.parametrize(("total", "shown"), [(True, ["work 2/2 things"]), (False, [])])
def test_counted_work_ends_with_its_total_or_no_line(
    total: bool, shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(counted("ab", "work", "things", total=total)) == ["a", "b"]
    assert [line.split("  ")[0] for line in capsys.readouterr().err.splitlines()] == shown
