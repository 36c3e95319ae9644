"""The command line: one command a stage. Importing this imports nothing heavy, so that --help is quick."""

from pipeline.cli import inspection, plan, stages, store
from pipeline.cli.group import main

__all__ = ["main"]

# The stages in the order in which data walks through them, then what looks at things and after them.
for command in (
    stages.synthesize,
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
    store.store,
    inspection.profile,
):
    main.add_command(command)
