"""A trained field, opened for evaluation."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.descriptors.descriptors import Descriptor, FieldDescriptor
from eval.descriptors.field_answers import FieldAnswers
from eval.descriptors.field_renderer import FieldRenderer
from eval.descriptors.position import position_descriptor
from eval.evaluation_inputs import EvaluationInputs, open_evaluation_inputs
from pipeline.artifacts.project import Project
from pipeline.artifacts.runs import MODELS
from pipeline.config.field_name import FieldName
from pipeline.errors import UserError
from pipeline.executors.devices import device_named
from train.model_files import load_model


@dataclass(frozen=True)
class OpenedField:
    """A trained field, the objects that it is measured on, and what is compared.

    `own` are the field's descriptors, the internal feature first. `baselines` are the teachers' maps, the own one's
    first, then the control that knows positions alone.
    """

    run: str  # the fingerprint of its run
    inputs: EvaluationInputs
    answers: FieldAnswers
    own: Sequence[Descriptor]
    baselines: Sequence[Descriptor]

    @property
    def descriptors(self) -> Sequence[Descriptor]:
        """All of them, in the order of tables."""
        return (*self.own, *self.baselines)


def open_field(project: Project, field: FieldName) -> OpenedField:
    """Open the model that the train stage published, if it is of these settings and data. Raises UserError.

    A field that was trained without the feature loss has no distilled descriptor.
    """
    settings = project.settings
    stored = project.stored_views(field.category, field.teacher)
    inputs = open_evaluation_inputs(project, stored)
    device = device_named(settings.machine.device)
    project.require_run(field, stored)
    model = load_model(MODELS / field.instance, device)
    run = project.require_run(field, stored)
    if run.model_digest != model.digest:
        raise UserError(f"{MODELS / field.instance} changed while it was read, as a training does: evaluate again.")
    renderer = FieldRenderer(model, settings.evaluate.rays_per_batch)
    answers = FieldAnswers(renderer, inputs.image)
    own: list[Descriptor] = [FieldDescriptor("internal", answers)]
    if project.train_section(field, stored).feature_weight > 0:
        own.append(FieldDescriptor("distilled", answers))
    control = position_descriptor(inputs.camera, settings.camera.size, device)
    baselines = (*inputs.teacher_descriptors(device), control)
    return OpenedField(run.fingerprint, inputs, answers, own, baselines)
