"""Random weights where torch hub keeps the published ones of AlexNet, which tests cannot have."""

from pathlib import Path

import torch
import torchvision


def write_alexnet(torch_home: Path) -> Path:
    """The file below `torch_home`, as TORCH_HOME; its classifier, nine tenths of it, is zeros."""
    torch.manual_seed(0)
    state = torchvision.models.alexnet(weights=None).state_dict()
    for name, tensor in state.items():
        if name.startswith("classifier."):
            tensor.zero_()
    path = torch_home / "hub" / "checkpoints" / "alexnet-owt-7be5be79.pth"
    path.parent.mkdir(parents=True)
    torch.save(state, path)
    return path
