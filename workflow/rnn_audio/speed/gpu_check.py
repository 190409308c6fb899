"""The check of a GPU: whether its numbers are right and the same again, and how fast it trains.

It needs PyTorch, Triton, NumPy, SciPy and pandas only, so that it also runs where the workflow is not installed:

    PYTHONPATH=workflow python3 -m rnn_audio.speed.gpu_check --output gpu_check.json
"""

import argparse
import logging
import platform
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from rnn_audio.configuration.accelerator import driver_version, require_gpu
from rnn_audio.errors import InputError
from rnn_audio.jobs.provenance import library_versions
from rnn_audio.jobs.runtime import accelerator_name, prepare_process
from rnn_audio.networks.engines import choice as engines
from rnn_audio.records import write_json
from rnn_audio.speed.gpu_check_parts import PARTS, Part, Row, Sizes

BAD = ("WRONG", "DIFFERENT")
"""Verdicts after which no training on this GPU should be trusted."""

logger = logging.getLogger(__name__)


def check_gpu(accelerator: str, sizes: Sizes, parts: Mapping[str, tuple[Part, int]] = PARTS) -> dict[str, Any]:
    """Measure all parts, each within its time; a part that fails or takes too long ends with a row that says so.

    Args:
        accelerator: `cuda`; `cpu` for tests.
        sizes: what is measured.
        parts: each part by name, with its limit in seconds for one hidden size.

    Returns:
        A record: `rows`, each with `part`, `hidden_size` and the attributes of `Row`; `machine`, facts by name;
        `seconds`, how long it took.
    """
    started = time.monotonic()
    prepare_process(accelerator, threads=1)
    machine = _machine(accelerator, sizes)
    logger.info("%s", ", ".join(f"{name} {value}" for name, value in machine.items()))
    rows: list[dict[str, Any]] = []

    def keep(part: str, hidden: int, row: Row) -> None:
        rows.append({"part": part, "hidden_size": hidden, **asdict(row)})
        logger.info("%s", _line(rows[-1]))

    for name, (part, limit_s) in parts.items():
        for hidden in sizes.hidden_sizes:
            try:
                with _limited(limit_s):
                    for row in part(accelerator, sizes, hidden):
                        keep(name, hidden, row)
            except _OutOfTimeError:
                keep(name, hidden, Row("the rest", verdict=f"left out: out of time after {limit_s} s"))
            except Exception as error:  # the other parts still tell something
                logger.exception("%s failed", name)
                said = " ".join(str(error).split())[:200]
                keep(name, hidden, Row("the rest", verdict=f"failed: {type(error).__name__}: {said}"))
    return {"machine": machine, "rows": rows, "seconds": time.monotonic() - started}


def bad_rows(record: Mapping[str, Any]) -> list[str]:
    """The rows of a check, in words, after which no training on this GPU should be trusted."""
    return [_line(row) for row in record["rows"] if row["verdict"] in BAD]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the GPU of this machine, print the rows, and write the record; 1 if there is no GPU or a row is bad."""
    parser = argparse.ArgumentParser(description="Check whether this GPU computes right numbers, and how fast.")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        require_gpu("gpu_check")
    except InputError as error:
        logger.error("%s", error)
        return 1
    record = check_gpu("cuda", Sizes())
    print("\n".join([_line(row) for row in record["rows"]]))
    if chosen.output is not None:
        write_json(chosen.output, record)
    bad = bad_rows(record)
    if bad:
        logger.error("this GPU must not train: %s", "; ".join(bad))
    return 1 if bad else 0


class _OutOfTimeError(Exception):
    """A part has reached its limit."""


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    def end(*_: object) -> None:
        raise _OutOfTimeError

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _machine(accelerator: str, sizes: Sizes) -> dict[str, str]:
    """Name and properties of the accelerator, versions, and the engine that is picked for each hidden size."""
    device = torch.device(accelerator)
    facts = {"name": accelerator_name(accelerator)}
    if accelerator == "cuda":
        properties = torch.cuda.get_device_properties(device)
        facts |= {
            "memory": f"{properties.total_memory / 2**30:.0f} GiB",
            "multiprocessors": str(properties.multi_processor_count),
            "compute capability": f"{properties.major}.{properties.minor}",
            "driver": driver_version() or "unknown",
            "CUDA": torch.version.cuda or "none",
        }
    versions = library_versions()
    facts |= {name: versions[name] for name in ("torch", "triton", "numpy") if name in versions}
    picked = {engines.pick(device, hidden) for hidden in sizes.hidden_sizes}
    return facts | {"python": platform.python_version(), "engine": " and ".join(sorted(picked))}


def _line(row: Mapping[str, Any]) -> str:
    """A row in one line of text."""
    pack = "" if row["models"] is None else f", models {row['models']}"
    value = "" if row["value"] is None else f"{row['value']:.3g} {row['unit']}".rstrip()
    said = ", ".join(each for each in (value, row["verdict"]) if each)
    return f"{row['part']}, hidden {row['hidden_size']}{pack}: {row['what']}: {said}"


if __name__ == "__main__":
    sys.exit(main())
