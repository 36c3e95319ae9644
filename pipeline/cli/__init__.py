"""The command line: one command for each stage. Importing it loads no heavy module, so that --help is fast."""

from pipeline.cli import describe, evaluate_photos, evaluate_views, exchange, inspection, plan, stages, store, view
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
    plan.plan,
    inspection.show,
    describe.describe,
    view.view,
    evaluate_photos.evaluate_photos,
    evaluate_views.evaluate_views,
    store.store,
    exchange.import_,
    exchange.export,
    inspection.profile,
):
    main.add_command(command)
