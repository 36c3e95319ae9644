"""A command for which memory is too small ends with a sentence, of this machine's memory or of a GPU's."""

import click
import pytest
import torch
from click.testing import CliRunner

from pipeline.cli.group import USER_ERROR, Group


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (MemoryError(), "`ulimit -v`"),
        (RuntimeError("[enforce fail] can't allocate memory"), "`ulimit -v`"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), "evaluate.rays_per_batch"),
    ],
)
def test_the_advice_is_for_the_memory_that_is_short(error: Exception, advice: str) -> None:
    @click.group(cls=Group)
    def commands() -> None:
        pass

    @commands.command()
    def work() -> None:
        raise error

    done = CliRunner().invoke(commands, ["work"])
    assert done.exit_code == USER_ERROR
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert advice in line
