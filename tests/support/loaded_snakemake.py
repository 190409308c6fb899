"""Snakemake's command in a fork of a process that has loaded Snakemake: the same run, without its second of imports."""

import multiprocessing
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

_CONTEXT = multiprocessing.get_context("forkserver")
# The others are what Snakemake imports late, at every start.
_CONTEXT.set_forkserver_preload(
    ["snakemake.cli", "snakemake.report.html_reporter", "smart_open", "nbformat", "jsonschema"]
)


class Command:
    """A command that is under way, in a process group of its own.

    Attributes:
        pid: of its process and its group.
    """

    def __init__(self, arguments: Sequence[str], folder: Path, environment: dict[str, str]) -> None:
        """Start it.

        Args:
            arguments: of the command line.
            folder: where it runs.
            environment: all variables. Those that a process reads only as it starts have no effect.
        """
        self._folder = TemporaryDirectory()
        self._outputs = [Path(self._folder.name) / name for name in ("stdout", "stderr")]
        for path in self._outputs:
            path.touch()
        self._process = _CONTEXT.Process(target=_main, args=(arguments, folder, environment, self._outputs))
        self._process.start()
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """The exit status, negative where a signal ended it; None while it runs."""
        return self._process.exitcode

    def wait(self) -> int:
        """Wait for its end; returns the exit status."""
        self._process.join()
        return self._process.exitcode

    def said(self) -> tuple[str, str]:
        """Standard output and standard error so far."""
        stdout, stderr = (path.read_text(encoding="utf-8") for path in self._outputs)
        return stdout, stderr


def _main(arguments: Sequence[str], folder: Path, environment: dict[str, str], outputs: list[Path]) -> None:
    os.setsid()
    for number, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    # Not what the tests import from: the workflow brings its own library.
    sys.path[:] = [path for path in sys.path if Path(path).is_relative_to(sys.base_prefix) or "site-packages" in path]
    sys.argv[:] = ["snakemake", *arguments]

    from snakemake.cli import main

    # What is to be done at the end, which that of a fork would skip.
    with ExitStack() as stack, patch("atexit.register", stack.callback):
        main()
