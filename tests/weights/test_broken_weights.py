"""Broken files of weights are accepted or one sentence; nothing in them is executed."""

import pickle
from pathlib import Path

import pytest
import torch

from pipeline.errors import UserError
from pipeline.stores.weight_files import UnfitWeightsError, check_fit, load_weights
from tests.weights.campaign import campaign
from tests.weights.mutations import MARK, Code
from tests.weights.readers import READERS
from train.network.encoder_weights import build_encoder

QUICK = ("encoder .pth", "encoder .safetensors", "model", "initial weights")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("inputs", "readers"),
    [(60, QUICK), pytest.param(800, tuple(READERS), marks=pytest.mark.long)],
    ids=["short", "long"],
)
def test_every_broken_file_is_accepted_or_a_sentence(inputs: int, readers: tuple[str, ...]) -> None:
    found = list(campaign(inputs, 1, readers))
    assert [broken for broken in found if broken.verdict == "DEFECT"] == []
    assert sum(broken.verdict == "refused" for broken in found) > inputs // 2


@pytest.mark.parametrize("protocol", [2, 4])
def test_code_in_a_file_is_not_executed(tmp_path: Path, protocol: int) -> None:
    data = pickle.dumps({"a": Code(tmp_path / MARK)}, protocol)
    with pytest.raises(UnfitWeightsError, match=r"cannot be read as a \.pth file of plain tensors"):
        load_weights(data, safe=False)
    assert not (tmp_path / MARK).exists()
    pickle.loads(data)  # noqa: S301  the code would work
    assert (tmp_path / MARK).exists()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (torch.full((2,), torch.nan), r"hold values in 'a' that are not finite"),
        (torch.tensor([1.0, torch.inf]), r"hold values in 'a' that are not finite"),
        (torch.zeros(2, dtype=torch.int64), r"have torch\.int64 for 'a', not torch\.float32"),
        (torch.zeros(2, dtype=torch.complex64), r"have torch\.complex64 for 'a', not torch\.float32"),
        (torch.zeros(1, 2), r"have \(1, 2\) for 'a', not \(2,\)"),
    ],
)
def test_what_does_not_fit_is_named(value: torch.Tensor, said: str) -> None:
    with pytest.raises(UnfitWeightsError, match=said):
        check_fit({"a": torch.zeros(2)}, {"a": value})


def test_counters_that_older_files_lack_are_no_mistake(tmp_path: Path) -> None:
    state = {k: v for k, v in build_encoder("small", None).state_dict().items() if "num_batches_tracked" not in k}
    torch.save(state, tmp_path / "old.pth")
    build_encoder("small", str(tmp_path / "old.pth"))
    del state["levels.0.1.running_mean"]
    torch.save(state, tmp_path / "old.pth")
    with pytest.raises(UserError, match=r"lack 'levels\.0\.1\.running_mean'"):
        build_encoder("small", str(tmp_path / "old.pth"))
