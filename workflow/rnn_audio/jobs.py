"""What every script of the workflow does around its work: a log file, and errors that are told, not thrown."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnn_audio.errors import InputError

logger = logging.getLogger(__name__)


@contextmanager
def logged_job(log: str | Path) -> Iterator[None]:
    """Log to `log` and to standard error; end the process with status 1 on any exception.

    A user's mistake is one line; anything else is a bug of ours and leaves its traceback in the log.
    """
    handlers = [logging.FileHandler(log, mode="w", encoding="utf-8"), logging.StreamHandler(sys.stderr)]
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", handlers=handlers, force=True
    )
    logging.captureWarnings(True)
    try:
        yield
    except InputError as error:
        logger.error("%s", error)
        sys.exit(1)
    except Exception:
        logger.exception("this is a bug; please report it with this log")
        sys.exit(1)
