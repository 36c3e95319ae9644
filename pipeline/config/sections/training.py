"""Section `train`."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from pipeline.config.setting_types import Above0, AtLeast0, NotNegative, Positive, Section, Seed, SettingPath

# Each number has kernels and a recording of its own; torch.compile keeps versions for eight shapes of its input.
MOST_COUNTS = 8
PixelCentres: TypeAlias = Literal["half", "corner"]
FeatureBorder: TypeAlias = Literal["edge", "zero"]


def numbers_of_views(value: Any) -> Any:
    """`value` if it is a number of views or a list of them. Raises ValueError."""
    numbers = value if isinstance(value, list | tuple) else [value]
    if not 1 <= len(numbers) <= MOST_COUNTS or any(type(number) is not int or number < 1 for number in numbers):
        raise ValueError(f"give a whole number of at least 1, or a list of 1 to {MOST_COUNTS} such numbers")
    return value


class Train(Section):
    """The network, the sampling, the losses and the optimiser, under the names of the paper.

    A run with more steps is another run. [training.md](training.md) says more about the keys.

    Validation losses are measured with the first number of a list of `source_views`. Validation pictures and the
    evaluation show the field one image, whatever the setting.

    With bf16, positions, densities, compositing, losses and weights stay fp32. The statistics of `settling_steps`
    are those of the steps' source images. `initial_checkpoint` is the folder of a checkpoint (`.../runs/.../step-...`)
    or of a model (`models/...`).
    """

    steps: NotNegative = 600
    """Steps of the whole run; 0: a field as it was initialised."""
    epochs: Positive | None = None
    """null, or a number: the run has so many epochs, each with all training objects once, and `steps` is ignored."""
    training_objects: Positive | None = None
    """null, or a number: a field learns from so many objects of the train split, the first; the projection from all."""
    objects_per_step: Positive = 4
    """Objects in a batch."""
    draws: Literal["anew", "epochs"] = "anew"
    """`anew`: the objects of each step are drawn from all; `epochs`: without replacement, as in the released code."""
    rays_per_object: Positive = 64
    """Rays of each object in a batch."""
    source_views: Annotated[int | tuple[int, ...], BeforeValidator(numbers_of_views)] = 1
    """Images of an object that the field sees. With a list such as [1, 2, 3] each step draws one of its numbers."""
    held_out_views: NotNegative = 2
    """Views of each training object that are never drawn, to measure the field on; evenly spread, at least 2 stay."""
    coarse_samples: Positive = 32
    """Stratified samples on a ray."""
    importance_samples: Positive = 8
    """Samples drawn by the weights of the coarse ones."""
    depth_samples: Positive = 8
    """Samples drawn around the expected depth."""
    depth_std: Above0 = 0.01
    """Standard deviation of those samples, in world units."""
    width: Positive = 64
    """Width of the network."""
    blocks: Annotated[int, Field(ge=3)] = 5
    """Residual blocks of the network."""
    frequencies: Positive = 6
    """Frequencies of the positional encoding."""
    pixel_centres: PixelCentres = "half"
    """Pixel i stands at u = i + 0.5 (`half`), or at u = i (`corner`), as the released weights need it."""
    density_start: Literal["haze", "kaiming"] = "haze"
    """First density: an even `haze`, or random `kaiming` weights as released, of which some start empty everywhere."""
    encoder: Literal["small", "resnet34"] = "small"
    """`resnet34` as published, `small` for CPUs."""
    encoder_weights: SettingPath | None = None
    """null: random from the seed; `imagenet`: from torch's own cache; or a file (.safetensors, .pth)."""
    batch_statistics: Literal["step", "frozen"] = "step"
    """Statistics of the encoder's BatchNorm: the step's images (`step`, as published) or running ones (`frozen`)."""
    settling_steps: NotNegative = 64
    """A validated or published model has BatchNorm statistics of this many steps; 0: the running ones, as released."""
    initial_checkpoint: SettingPath | None = None
    """Folder of the checkpoint or model whose weights a run starts from; null: none."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """`fp32` or `bf16`: what the products of encoder and trunk are calculated in."""
    learning_rate: Above0 = 0.001
    """Learning rate of Adam."""
    learning_rate_schedule: Literal["constant", "cosine"] = "constant"
    """`constant`, or `cosine`: falls to `final_learning_rate` at the last step."""
    warm_up_steps: NotNegative = 0
    """Steps in which the learning rate first rises from 0."""
    final_learning_rate: AtLeast0 = 0
    """Learning rate at the last step of `cosine`."""
    feature_weight: AtLeast0 = 0.25
    """Weight of the feature loss (colour has 1); 0: no feature loss."""
    feature_border: FeatureBorder = "edge"
    """Teacher's feature beyond the outermost cells' centres: the outermost cell's (`edge`), or falling to `zero`."""
    coordinate_weight: AtLeast0 = 0.25
    """Weight of the coordinate loss; 0: no coordinate loss. With both weights 0 the field is PixelNeRF."""
    bounding_box_steps: NotNegative = 300
    """This many first steps draw rays inside the object's box in the image, later ones anywhere."""
    checkpoint_every: Positive = 100
    """Steps between checkpoints."""
    validate_every: Positive = 200
    """Steps between validations."""
    validation_views: Positive = 2
    """Views rendered in a validation beside their teacher maps, for PSNR, SSIM and a picture."""
    log_every: Positive = 10
    """Steps between points on the curves."""
    seed: Seed = 0
    """Seed of all draws."""

    @property
    def source_view_counts(self) -> tuple[int, ...]:
        """The numbers of source views that a step may have."""
        return (self.source_views,) if isinstance(self.source_views, int) else self.source_views

    def steps_per_epoch(self, objects: int) -> int:
        """Return the steps in which each of so many training objects is drawn once; the last one may be partly full."""
        return -(-objects // self.objects_per_step)

    def resolved(self, objects: int) -> Train:
        """Return these settings for so many training objects: with `steps` in the place of `epochs`."""
        if self.epochs is None:
            return self
        return self.model_copy(update={"steps": self.epochs * self.steps_per_epoch(objects), "epochs": None})
