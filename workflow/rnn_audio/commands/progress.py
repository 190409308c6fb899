"""One line on the terminal that says how far a command is."""

import sys
import time
from typing import TextIO


class StatusLine:
    """A line that replaces itself on a terminal; elsewhere, in a log, one line every half minute.

    Args:
        stream: where it is written; standard error by default.
    """

    _LOGGED_EVERY_S = 30.0
    _SHOWN_EVERY_S = 0.1

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._live = self._stream.isatty()
        self._last = 0.0 if self._live else time.monotonic()
        self._shown = ""

    def show(self, text: str) -> None:
        """Show a text, unless the last one has just been shown."""
        now = time.monotonic()
        if text == self._shown or now - self._last < (self._SHOWN_EVERY_S if self._live else self._LOGGED_EVERY_S):
            return
        self._write(text)
        self._last = now

    def end(self, text: str) -> None:
        """Show the last text, and leave it there."""
        if text != self._shown:
            self._write(text)
        if self._live:
            self._stream.write("\n")
        self._stream.flush()

    def _write(self, text: str) -> None:
        blanks = " " * max(0, len(self._shown) - len(text))
        self._stream.write(f"\r{text}{blanks}" if self._live else f"{text}\n")
        self._stream.flush()
        self._shown = text


def bar(share: float, width: int = 24) -> str:
    """A bar of signs for a share from 0 to 1."""
    full = round(width * min(1.0, max(0.0, share)))
    return f"[{'#' * full}{'.' * (width - full)}] {100 * share:3.0f} %"
