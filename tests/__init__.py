"""The tests. jaxtyping's import hook finds the checker through the package's attributes, so it is imported here."""

from tests import typechecker as typechecker
