"""Facts about the data and the teacher that earlier stages recorded."""

from eval.evaluation_inputs import EvaluationInputs
from eval.report.contents import Fact
from pipeline.artifacts.labels import unlabelled_shares
from pipeline.artifacts.projections import read_fit_record
from pipeline.artifacts.stored_views import StoredViews


def data_facts(inputs: EvaluationInputs) -> tuple[Fact, ...]:
    """Summarise the rendered objects and their labels."""
    stored = inputs.stored
    facts = [marker.facts for marker in stored.views.markers()]
    views = len(facts) * stored.views.store.specs["rgba"].shape[0]
    cut = sum(len(fact["cut_views"]) for fact in facts)
    untextured = sum(bool(fact["missing_textures"]) for fact in facts)
    share = sum(fact["foreground"] for fact in facts) / max(1, len(facts))
    unlabelled = list(unlabelled_shares(inputs.labels).values())
    pairs = stored.manifest.pairs
    return (
        Fact("pixels that are foreground", f"{share:.1%}"),
        Fact("views that the image's edge cuts", f"{cut} of {views}"),
        Fact("objects that miss a texture", f"{untextured} of {len(facts)}"),
        Fact(
            "foreground without a part label",
            f"{sum(unlabelled) / len(unlabelled):.1%}" if unlabelled else "no object has parts",
        ),
        Fact("parts", ", ".join(stored.manifest.part_names) or "none"),
        Fact("pairs listed", f"{len(pairs.cross_instance)} cross instance, {len(pairs.cross_view)} novel view"),
    )


def teacher_facts(stored: StoredViews) -> tuple[Fact, ...]:
    """Summarise the teacher's maps and their projection."""
    fitted = read_fit_record(stored.instance)
    specification = stored.maps.store.specs["feature"]
    cells, _, channels = specification.shape[1:]
    facts = [
        Fact("maps", f"{cells} x {cells} cells of {channels} channels, {specification.dtype}"),
        Fact("projection", f"{fitted.raw_channels} -> {fitted.channels} channels"),
        Fact("root mean square before scaling", f"{fitted.rms:.4g}"),
    ]
    if fitted.raw_channels != fitted.channels:
        facts.append(Fact("variance that the projection keeps", f"{fitted.explained_variance:.1%}"))
    return tuple(facts)
