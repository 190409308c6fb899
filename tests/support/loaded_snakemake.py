"""Snakemake's command in a fork of a process that has loaded Snakemake: the same run, without its second of imports."""

import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["snakemake.cli"])


def run(arguments: Sequence[str], folder: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    """Run the command to its end.

    Args:
        arguments: of the command line.
        folder: where it runs.
        environment: all variables. Those that a process reads only as it starts have no effect.

    Returns:
        Exit status, standard output and standard error.
    """
    with TemporaryDirectory() as told:
        outputs = [Path(told) / name for name in ("stdout", "stderr")]
        process = _CONTEXT.Process(target=_main, args=(arguments, folder, environment, outputs))
        process.start()
        process.join()
        stdout, stderr = (path.read_text(encoding="utf-8") for path in outputs)
        return process.exitcode, stdout, stderr


def _main(arguments: Sequence[str], folder: Path, environment: dict[str, str], outputs: list[Path]) -> None:
    for number, path in enumerate(outputs, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    # Not what the tests import from: the workflow brings its own library.
    sys.path[:] = [path for path in sys.path if Path(path).is_relative_to(sys.base_prefix) or "site-packages" in path]
    sys.argv[:] = ["snakemake", *arguments]

    from snakemake.cli import main

    main()
