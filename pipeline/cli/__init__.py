"""The command line: one command for each stage. Importing it loads no heavy module, so that --help is fast."""

from pipeline.cli import (
    describe,
    evaluate_photos,
    evaluate_views,
    exchange,
    inspection,
    stages,
    store,
    swap_texture,
    view,
)
from pipeline.cli.group import main

__all__ = ["main"]

# The order of --help: the stages in their order, then the commands that inspect and look after results.
for command in (
    stages.synthesize,
    stages.survey,
    stages.manifest,
    stages.render,
    stages.label,
    stages.fit_projection,
    stages.cache_teachers,
    stages.train,
    stages.evaluate,
    stages.report,
    inspection.audit,
    inspection.plan,
    inspection.doctor,
    inspection.show,
    describe.describe,
    swap_texture.swap_texture,
    view.view,
    evaluate_photos.evaluate_photos,
    evaluate_views.evaluate_views,
    inspection.compare,
    store.store,
    exchange.import_,
    exchange.export,
    inspection.profile,
):
    main.add_command(command)
