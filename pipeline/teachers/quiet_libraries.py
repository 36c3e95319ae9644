"""diffusers and transformers, silent: what they log, warn of and draw is not for the user of this project."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Nothing that the two libraries do inside reaches the terminal, their first import included.

    Their loggers and progress bars are as before afterwards. What is wrong with a model is told by what they raise.
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
