"""What every script of the workflow does around its work: write a log file, and log exceptions."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnn_audio.errors import InputError

_FORMAT = "%(asctime)s %(levelname)s %(message)s"

logger = logging.getLogger(__name__)


class _LogFile(logging.FileHandler):
    """A log file that ignores write errors, such as a full disk; standard error still gets every message."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the base class's name)
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)


@contextmanager
def logged_job(log: str | Path) -> Iterator[None]:
    """Log to `log` and to standard error; end the process with status 1 on any exception.

    A user's mistake (`InputError`) is logged in one line; anything else is a bug and is logged with its traceback.
    """
    logging.basicConfig(level=logging.INFO, format=_FORMAT, handlers=[logging.StreamHandler(sys.stderr)], force=True)
    logging.captureWarnings(True)
    _log_to(log)
    try:
        yield
    except InputError as error:
        logger.error("%s", error)
        sys.exit(1)
    except Exception:
        logger.exception("this is a bug; please report it with this log")
        sys.exit(1)


def _log_to(log: str | Path) -> None:
    try:
        file = _LogFile(log, mode="w", encoding="utf-8")
    except OSError as error:
        logger.warning("%s: no log of this job (%s)", log, error.strerror)
        return
    file.setFormatter(logging.Formatter(_FORMAT))
    logging.getLogger().addHandler(file)
