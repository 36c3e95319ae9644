"""The authors' network and rendering once more, on their own state dict: plain torch, nothing shared with the package.

Pixel i's ray passes u = i, with the principal point in the image's middle. The encoder's map, half as wide as images,
is read at index u / 2. Poses are camera-to-world, and a camera looks along its -Z.
"""

import math

import numpy as np
import torch
import torchvision
from torch.nn import functional as F

NEAR, FAR = 0.8, 1.8
COARSE, IMPORTANT, GUIDED, DEPTH_STD = 64, 16, 16, 0.01


def random_checkpoint(width, channels, blocks=5, seed=0, heads=True):
    """A state dict in the authors' layout with random values everywhere; without heads it is of pixel-nerf's shape."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        encoder = torchvision.models.resnet34(weights=None).state_dict()
        state = {f"encoder.model.{name}": v for name, v in encoder.items() if not name.startswith("fc.")}
        for name, value in state.items():
            if name.endswith(("running_mean", "bias")):
                value.normal_(std=0.1)
            elif "bn" in name and name.endswith("weight"):
                value.uniform_(0.1, 0.3)  # small, so that 16 residual blocks do not grow large
            elif name.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            elif name.endswith("num_batches_tracked"):
                value.fill_(1234)
        rows = 4 + channels + 3 if heads else 4
        layers = {"lin_in": (width, 42), "lin_out": (rows, width)}
        layers |= {f"lin_z.{i}": (width, 512) for i in range(3)}
        layers |= {f"blocks.{i}.fc_{j}": (width, width) for i in range(blocks) for j in range(2)}
        for name, shape in layers.items():
            weight, bias = torch.randn(shape) * (0.7 / math.sqrt(shape[1])), torch.randn(shape[0]) * 0.1
            for network in ("mlp_coarse", "mlp_fine"):
                state |= {f"{network}.{name}.weight": weight, f"{network}.{name}.bias": bias}
        state["mlp_coarse.lin_out.bias"][3] = 2  # some density nearly everywhere
        state["code._freqs"] = torch.zeros(1, 12, 1)
        state["code._phases"] = torch.zeros(1, 12, 1)
    return state


def linear(state, name, x):
    return F.linear(x, state[f"mlp_coarse.{name}.weight"], state[f"mlp_coarse.{name}.bias"])


@torch.no_grad()
def encoded(state, images):
    """Feature maps (n, 512, 64, 64) of images in [-1, 1], with running statistics."""
    resnet = torchvision.models.resnet34(weights=None)
    resnet.fc = torch.nn.Identity()
    prefix = "encoder.model."
    resnet.load_state_dict({n.removeprefix(prefix): v for n, v in state.items() if n.startswith(prefix)})
    resnet.eval()
    levels = [resnet.relu(resnet.bn1(resnet.conv1(images)))]
    levels.append(resnet.layer1(resnet.maxpool(levels[0])))
    levels.append(resnet.layer2(levels[1]))
    levels.append(resnet.layer3(levels[2]))
    size = levels[0].shape[-2:]
    return torch.cat([F.interpolate(level, size, mode="bilinear", align_corners=True) for level in levels], dim=1)


@torch.no_grad()
def answers(state, maps, poses, focal, size, points, directions):
    """Return rgb (n, 3), density (n), feature (n, c), coordinate (n, 3) and internal (n, width) at points."""
    seen = []
    for feature_map, pose in zip(maps, poses, strict=True):
        rotation, centre = pose[:3, :3], pose[:3, 3]
        turned = points @ rotation
        x, y, z = ((points - centre) @ rotation).T
        u, v = size / 2 + focal * x / -z, size / 2 - focal * y / -z
        side = feature_map.shape[-1]
        place = torch.stack([u, v], dim=-1) / 2 / (side - 1) * 2 - 1
        latent = F.grid_sample(feature_map[None], place[None, None], padding_mode="border", align_corners=True)
        code = [turned]
        for k in range(6):
            code += [torch.sin(1.5 * 2**k * turned), torch.cos(1.5 * 2**k * turned)]
        seen.append((torch.cat([*code, directions @ rotation], dim=-1), latent[0, :, 0].T))
    x = torch.stack([linear(state, "lin_in", code) for code, _ in seen])
    latents = torch.stack([latent for _, latent in seen])
    count = sum(name.startswith("mlp_coarse.blocks.") and name.endswith("fc_0.bias") for name in state)
    for i in range(count):
        if i == 3:
            x = x.mean(dim=0)
        if i < 3:
            x = x + linear(state, f"lin_z.{i}", latents)
        x = x + linear(state, f"blocks.{i}.fc_1", F.relu(linear(state, f"blocks.{i}.fc_0", F.relu(x))))
    x = x.mean(dim=0) if count == 3 else x
    out = linear(state, "lin_out", F.relu(x))
    return torch.sigmoid(out[:, :3]), F.relu(out[:, 3]), out[:, 4:-3], out[:, -3:], x


def ray(pose, focal, size, row, column):
    """Origin and unit direction of the ray of a pixel."""
    across = torch.tensor([(column - size / 2) / focal, -(row - size / 2) / focal, -1.0])
    return pose[:3, 3], pose[:3, :3] @ (across / across.norm())


def weights_of(depths, density):
    """The compositing weights of sorted samples; the last reaches to far."""
    ends = torch.cat([depths[1:], torch.tensor([FAR])])
    alpha = 1 - torch.exp(-(ends - depths) * density)
    left = torch.cat([torch.ones(1), torch.cumprod(1 - alpha, dim=0)[:-1]])
    return alpha * left


def rendered(state, maps, poses, focal, size, target, row, column):
    """rgb, depth, feature, internal of one pixel of the camera `target`, at bin middles and fixed quantiles."""
    origin, direction = ray(target, focal, size, row, column)

    def at(depths):
        points = origin + depths[:, None] * direction
        return answers(state, maps, poses, focal, size, points, direction.expand(len(points), 3))

    edges = np.linspace(NEAR, FAR, COARSE + 1)
    coarse = torch.tensor((edges[1:] + edges[:-1]) / 2, dtype=torch.float32)
    weight = weights_of(coarse, at(coarse)[1])
    mass = np.concatenate([[0], np.cumsum(weight.double().numpy() + 1e-5)])
    important = np.interp((np.arange(IMPORTANT) + 0.5) / IMPORTANT, mass / mass[-1], edges)
    normal = torch.special.ndtri((torch.arange(GUIDED) + 0.5) / GUIDED)
    guided = ((weight * coarse).sum() + DEPTH_STD * normal).clamp(NEAR, FAR)
    depths = torch.cat([coarse, torch.tensor(important, dtype=torch.float32), guided]).sort().values
    rgb, density, feature, _, internal = at(depths)
    weight = weights_of(depths, density)
    return weight @ rgb, weight @ depths, weight @ feature, weight @ internal
