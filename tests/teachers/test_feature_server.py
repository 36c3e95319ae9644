"""A network in another process: the same answers as in this one, for everybody who asks, whatever befalls one."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import active_children
from multiprocessing.connection import Client
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.errors import UserError
from pipeline.teachers.feature_client import ServerAddresses, exchange_layout
from pipeline.teachers.feature_maker import DeviceFeatures, FeatureMaker, OwnFeatureMaker
from pipeline.teachers.feature_server import feature_servers, new_addresses
from pipeline.teachers.projection import ProjectionOnDevice

LAYOUT = exchange_layout(views=5, size=8, cells=2, channels=4)


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


def views(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (5, 8, 8, 4), dtype=np.uint8), rng.random((5, 2, 2)) < 0.5


def names(seed: int) -> list[str]:
    return [f"o/{seed}/{10 * seed + view}" for view in range(5)]


@pytest.fixture(scope="module")
def addresses() -> Iterator[ServerAddresses]:
    addresses, others = new_addresses(2, LAYOUT), set(active_children())
    with feature_servers(addresses, small_features, ("cpu", "cpu")):
        assert len(set(active_children()) - others) == 2
        yield addresses
    assert set(active_children()) <= others  # they end with their context


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


def test_what_concerns_everybody_is_raised(maker: FeatureMaker) -> None:
    rgba, cells = views(0)
    with pytest.raises(UserError, match="there is no hope"):
        maker.features(rgba, cells, ["hopeless/0"] * 5)


def test_many_askers_get_their_own_answers(addresses: ServerAddresses) -> None:
    own = OwnFeatureMaker(small_features(torch.device("cpu")))

    def ask(seed: int) -> None:
        remote = addresses()
        for turn in range(5):
            rgba, cells = views(100 * seed + turn)
            cells &= turn > 0  # the first object has none
            expected = own.features(rgba, cells, names(seed))
            np.testing.assert_array_equal(remote.features(rgba, cells, names(seed)), expected)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(8)))


def test_a_bad_view_costs_its_object_alone(addresses: ServerAddresses) -> None:
    remote = addresses()
    rgba, cells = views(0)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="ValueError: a bad view"):
            remote.features(rgba, cells, ["bad/0"] * 5)
    assert len(remote.features(rgba, cells, names(0))) == cells.sum()


def test_an_asker_that_is_gone_disturbs_nobody(addresses: ServerAddresses) -> None:
    rgba, cells = views(1)
    gone = addresses()
    for _ in addresses.names:
        server = next(gone._turns)
        server.send((1, names(1)))
        server.close()  # before the answer
    assert len(addresses().features(rgba, cells, names(1))) == cells.sum()


def test_strangers_are_not_served(addresses: ServerAddresses) -> None:
    rgba, cells = views(2)
    silent = Client(f"\0{addresses.names[0]}")
    wider = exchange_layout(views=5, size=8, cells=2, channels=5)
    for odd in (replace(addresses, secret=b"0" * 16), replace(addresses, layout=wider)):
        with pytest.raises(UserError, match="has ended"):
            odd().features(rgba, cells, names(2))
    assert len(addresses().features(rgba, cells, names(2))) == cells.sum()
    silent.close()


@pytest.mark.parametrize(("load", "message"), [(no_features, "fetch them"), (dying, "died; see above")])
def test_a_server_that_cannot_load_says_so(load: Callable[[torch.device], DeviceFeatures], message: str) -> None:
    with pytest.raises(UserError, match=message), feature_servers(new_addresses(1, LAYOUT), load, ("cpu",)):
        pass


def test_a_server_that_died_is_noticed_and_leaves_nothing() -> None:
    addresses, others = new_addresses(1, LAYOUT), set(active_children())
    rgba, cells = views(3)
    with feature_servers(addresses, small_features, ("cpu",)):
        (process,) = set(active_children()) - others
        remote = addresses()
        assert len(remote.features(rgba, cells, names(3))) == cells.sum()
        process.kill()
        process.join()
        for ask in (lambda: remote.features(rgba, cells, names(3)), addresses):
            with pytest.raises(UserError, match="has ended"):
                ask()
    assert addresses.names[0] not in Path("/proc/net/unix").read_text(encoding="utf-8")
