"""Silence for diffusers and transformers: their logs, warnings and progress bars do not concern the user."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Silence the two libraries inside this context, their first import included.

    Loggers and progress bars are restored afterwards. Problems of a model still show as exceptions.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        disabled = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            from diffusers.utils import logging as diffusers_logging
            from transformers.utils import logging as transformers_logging

            drawing = [
                library for library in (diffusers_logging, transformers_logging) if library.is_progress_bar_enabled()
            ]
            for library in drawing:
                library.disable_progress_bar()
            try:
                yield
            finally:
                for library in drawing:
                    library.enable_progress_bar()
        finally:
            logging.disable(disabled)
