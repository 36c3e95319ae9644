"""A network in another process: the same answers as in this one, for everybody who asks, whatever befalls one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.errors import UserError
from pipeline.teachers.feature_client import RemoteFeatureMaker, ServerAddresses
from pipeline.teachers.feature_exchange import ExchangeShape, ask
from pipeline.teachers.feature_maker import DeviceFeatures, FeatureMaker, OwnFeatureMaker
from pipeline.teachers.feature_server import FeatureServers
from tests.teachers.small_network import dying, no_features, small_features

SHAPE = ExchangeShape(views=5, size=8, cells=2, channels=4)


def views(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (5, 8, 8, 4), dtype=np.uint8), rng.random((5, 2, 2)) < 0.5


def names(seed: int) -> list[str]:
    return [f"o/{seed}/{10 * seed + view}" for view in range(5)]


@pytest.fixture(scope="module")
def addresses() -> Iterator[ServerAddresses]:
    servers = FeatureServers(small_features, ("cpu", "cpu"), SHAPE)
    with servers:
        yield servers.addresses


@pytest.fixture(params=["own", "remote"])
def maker(request: pytest.FixtureRequest) -> FeatureMaker:
    if request.param == "own":
        return OwnFeatureMaker(small_features(torch.device("cpu")))
    addresses: ServerAddresses = request.getfixturevalue("addresses")
    return addresses()


def test_features_by_hand(maker: FeatureMaker) -> None:
    rgba = np.zeros((5, 8, 8, 4), dtype=np.uint8)
    rgba[3, 4:, :4] = [255, 51, 0, 255]  # the cell (1, 0) of view 3
    rgba[4, :4, 4:] = [255, 51, 0, 51]  # alpha 0.2 over black
    cells = np.zeros((5, 2, 2), dtype=bool)
    cells[3, 1, 0] = cells[4, 0, 1] = cells[4, 1, 1] = True
    features = maker.features(rgba, cells, names(0))
    assert features.dtype == np.float16
    expected = [[0.5, 0.1, 0, 1.5], [0.1, 0.02, 0, 2], [0, 0, 0, 2]]  # over 2, the divisor
    np.testing.assert_allclose(features, expected, atol=1e-3)


def test_no_cells_no_features(maker: FeatureMaker) -> None:
    rgba, cells = views(0)
    assert maker.features(rgba, np.zeros_like(cells), names(0)).shape == (0, 4)


def test_what_concerns_everybody_is_raised(maker: FeatureMaker) -> None:
    rgba, cells = views(0)
    with pytest.raises(UserError, match="there is no hope"):
        maker.features(rgba, cells, ["hopeless/0"] * 5)


def test_many_askers_get_their_own_answers(addresses: ServerAddresses) -> None:
    own = OwnFeatureMaker(small_features(torch.device("cpu")))

    def one(seed: int) -> bool:
        remote = addresses()
        held = []
        for turn in range(5):
            rgba, cells = views(100 * seed + turn)
            held.append(
                np.array_equal(remote.features(rgba, cells, names(seed)), own.features(rgba, cells, names(seed)))
            )
        return all(held)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(one, range(8)))


def test_a_bad_view_costs_its_object_alone(addresses: ServerAddresses) -> None:
    remote = addresses()
    rgba, cells = views(0)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="ValueError: a bad view"):
            remote.features(rgba, cells, ["bad/0"] * 5)
    assert len(remote.features(rgba, cells, names(0))) == cells.sum()


def test_an_asker_that_is_gone_disturbs_nobody(addresses: ServerAddresses) -> None:
    rgba, cells = views(1)
    for name in addresses.names:
        exchange = ask(name, addresses.secret, SHAPE)
        exchange.connection.send_bytes(b'{"count": 1, "names": ["o/0", "o/1", "o/2", "o/3", "o/4"]}')
        exchange.connection.close()  # before the answer
    assert len(addresses().features(rgba, cells, names(1))) == cells.sum()


def test_strangers_are_not_served(addresses: ServerAddresses) -> None:
    for odd in (replace(addresses, secret=b"0" * 16), replace(addresses, shape=replace(SHAPE, views=6))):
        rgba = np.zeros((odd.shape.views, 8, 8, 4), dtype=np.uint8)
        cells = np.ones((odd.shape.views, 2, 2), dtype=bool)
        with pytest.raises(UserError, match="has ended"):
            odd().features(rgba, cells, ["o/0"] * odd.shape.views)
    rgba, cells = views(2)
    assert len(addresses().features(rgba, cells, names(2))) == cells.sum()


@pytest.mark.parametrize(("load", "message"), [(no_features, "fetch them"), (dying, "died; see above")])
def test_a_server_that_cannot_load_says_so(load: Callable[[torch.device], DeviceFeatures], message: str) -> None:
    with pytest.raises(UserError, match=message), FeatureServers(load, ("cpu",), SHAPE):
        pass


def test_a_server_that_died_is_noticed() -> None:
    servers = FeatureServers(small_features, ("cpu",), SHAPE)
    rgba, cells = views(3)
    with servers:
        remote = servers.addresses()
        assert len(remote.features(rgba, cells, names(3))) == cells.sum()
        for process in servers._processes:
            process.kill()
        with pytest.raises(UserError, match="has ended"):
            remote.features(rgba, cells, names(3))
    with pytest.raises(UserError, match="has ended"):
        RemoteFeatureMaker(servers.addresses)


def test_nothing_is_left_when_they_end() -> None:
    servers = FeatureServers(small_features, ("cpu",), SHAPE)
    with servers:
        (process,) = servers._processes
    assert process.exitcode is not None
    open_sockets = Path("/proc/net/unix").read_text(encoding="utf-8")
    assert servers.addresses.names[0] not in open_sockets
