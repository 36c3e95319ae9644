"""One dask cluster for all tests of executors."""

from collections.abc import Iterator

import pytest

from tests.dask_processes import DaskProcesses, dask_processes


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    """A scheduler and two workers; the cluster's folder is theirs."""
    with dask_processes(tmp_path_factory.mktemp("cluster"), workers=2) as processes:
        yield processes
