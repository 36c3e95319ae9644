"""How large the trained network is, and what a sample of it costs, by the settings alone: no network is made."""

from pipeline.config.settings import Train

DIRECTION = 3  # numbers of the viewing direction, uncoded
INJECTIONS = 3  # blocks before which the pixel feature enters
# Channels of the pixel feature, and parameters with BatchNorm's statistics.
ENCODERS = {"small": (64, 167_733), "resnet34": (512, 8_180_189)}
STATE = 3  # a checkpoint's copies of each parameter: itself, and two means of Adam


def samples_of_ray(settings: Train) -> int:
    """Samples that are evaluated on a ray; the coarse ones once."""
    return settings.coarse_samples + settings.importance_samples + settings.depth_samples


def products_of_sample(settings: Train) -> int:
    """Multiply-adds of one sample seen from one source view; the heads stand behind the sum over samples."""
    width, (channels, _) = settings.width, ENCODERS[settings.encoder]
    return _entry(settings) * width + INJECTIONS * channels * width + settings.blocks * 2 * width**2


def parameters(settings: Train, teacher_channels: int) -> int:
    """Of network and encoder."""
    width, (channels, encoder) = settings.width, ENCODERS[settings.encoder]
    heads = (3 + 1 + teacher_channels + 3) * (width + 1)
    trunk = (_entry(settings) + 1) * width + INJECTIONS * (channels + 1) * width
    return encoder + trunk + settings.blocks * 2 * (width + 1) * width + heads


def _entry(settings: Train) -> int:
    return 3 + 3 * 2 * settings.frequencies + DIRECTION
