"""A project that the smoke profile has walked through."""

from tests.stages.conftest import project, walked  # noqa: F401  (fixtures)
