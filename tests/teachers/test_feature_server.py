"""A network in another process: the same answers as in this one, for everybody who asks, whatever befalls one."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import AuthenticationError, active_children
from multiprocessing.connection import Client
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.errors import UserError
from pipeline.teachers.feature_maker import DeviceFeatures, FeatureMaker
from pipeline.teachers.feature_server import FeatureServers
from pipeline.teachers.projection import ProjectionOnDevice


@dataclass(frozen=True)
class SmallNetwork:
    """A cell's mean colour and the number of its view. `bad/...` cannot be done, `hopeless/...` concerns everybody."""

    def __call__(self, images: Tensor, names: Sequence[str]) -> Tensor:
        if any(name.startswith("bad/") for name in names):
            raise ValueError("a bad view")
        if any(name.startswith("hopeless/") for name in names):
            raise UserError("there is no hope.")
        cells = images.unfold(1, 4, 4).unfold(2, 4, 4).mean((-1, -2))
        numbers = torch.tensor([float(name.rpartition("/")[2]) for name in names])
        return torch.cat([cells, numbers.view(-1, 1, 1, 1).expand(*cells.shape[:3], 1)], dim=-1)


def small_features(device: torch.device) -> DeviceFeatures:
    return DeviceFeatures(SmallNetwork(), ProjectionOnDevice(None, None, 2.0), device, views_per_batch=2)


def no_features(device: torch.device) -> DeviceFeatures:
    raise UserError("the weights are missing: fetch them.")


def dying(device: torch.device) -> DeviceFeatures:
    raise SystemExit(3)


def new_servers(*devices: str) -> FeatureServers:
    return FeatureServers.of(devices, views=5, size=8, cells=2, channels=4)


def views(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (5, 8, 8, 4), dtype=np.uint8), rng.random((5, 2, 2)) < 0.5


def names(seed: int) -> list[str]:
    return [f"o/{seed}/{10 * seed + view}" for view in range(5)]


@pytest.fixture(scope="module")
def servers() -> Iterator[FeatureServers]:
    servers, others = new_servers("cpu", "cpu:0"), set(active_children())
    with servers.running(small_features):
        assert len(set(active_children()) - others) == 2
        yield servers
    assert set(active_children()) <= others  # they end with their context


@pytest.fixture(params=["own", "remote"])
def maker(request: pytest.FixtureRequest) -> FeatureMaker:
    if request.param == "own":
        return small_features(torch.device("cpu")).wait_for
    servers: FeatureServers = request.getfixturevalue("servers")
    return servers()


def test_features_by_hand(maker: FeatureMaker) -> None:
    rgba = np.zeros((5, 8, 8, 4), dtype=np.uint8)
    rgba[3, 4:, :4] = [255, 51, 0, 255]  # the cell (1, 0) of view 3
    rgba[4, :4, 4:] = [255, 51, 0, 51]  # alpha 0.2 over black
    cells = np.zeros((5, 2, 2), dtype=bool)
    cells[3, 1, 0] = cells[4, 0, 1] = cells[4, 1, 1] = True
    features = maker(rgba, cells, names(0))
    assert features.dtype == np.float16
    expected = [[0.5, 0.1, 0, 1.5], [0.1, 0.02, 0, 2], [0, 0, 0, 2]]  # over 2, the divisor
    np.testing.assert_allclose(features, expected, atol=1e-3)


def test_what_concerns_everybody_is_raised(maker: FeatureMaker) -> None:
    rgba, cells = views(0)
    with pytest.raises(UserError, match="there is no hope"):
        maker(rgba, cells, ["hopeless/0"] * 5)


def test_many_askers_get_their_own_answers(servers: FeatureServers) -> None:
    own = small_features(torch.device("cpu"))

    def ask(seed: int) -> None:
        remote = servers()
        for turn in range(5):
            rgba, cells = views(100 * seed + turn)
            cells &= turn > 0  # the first object has none
            expected = own.wait_for(rgba, cells, names(seed))
            np.testing.assert_array_equal(remote(rgba, cells, names(seed)), expected)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))


def test_a_bad_view_costs_its_object_alone(servers: FeatureServers) -> None:
    remote = servers()
    rgba, cells = views(0)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="ValueError: a bad view"):
            remote(rgba, cells, ["bad/0"] * 5)
    assert len(remote(rgba, cells, names(0))) == cells.sum()


def test_an_asker_that_is_gone_disturbs_nobody(servers: FeatureServers) -> None:
    rgba, cells = views(1)
    gone = servers()
    for _ in servers.names:
        server = next(gone._turns)
        server.send((1, names(1)))
        server.close()  # before the answer
    assert len(servers()(rgba, cells, names(1))) == cells.sum()


def test_strangers_are_not_served(servers: FeatureServers) -> None:
    rgba, cells = views(2)
    name = servers.names["cpu"]
    silent = Client(name)
    with pytest.raises(AuthenticationError):
        Client(name, authkey=b"0" * 16)
    assert len(servers()(rgba, cells, names(2))) == cells.sum()
    silent.close()


@pytest.mark.parametrize(("load", "message"), [(no_features, "fetch them"), (dying, "died; see above")])
def test_a_server_that_cannot_load_says_so(load: Callable[[torch.device], DeviceFeatures], message: str) -> None:
    with pytest.raises(UserError, match=message), new_servers("cpu").running(load):
        pass


def test_a_server_that_died_is_noticed_and_leaves_nothing() -> None:
    servers, others = new_servers("cpu"), set(active_children())
    rgba, cells = views(3)
    with servers.running(small_features):
        (process,) = set(active_children()) - others
        remote = servers()
        assert len(remote(rgba, cells, names(3))) == cells.sum()
        process.kill()
        process.join()
        for ask in (lambda: remote(rgba, cells, names(3)), servers):
            with pytest.raises(UserError, match="has ended"):
                ask()
    assert servers.names["cpu"][1:] not in Path("/proc/net/unix").read_text(encoding="utf-8")
