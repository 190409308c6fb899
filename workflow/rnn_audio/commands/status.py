"""`status`: how far a run is. It reads files only, so that it works on a running workflow, here or on a cluster."""

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rnn_audio.jobs.progress import format_duration
from rnn_audio.speed.run_status import ModelStatus, RunStatus, State, read_status

_BLOCKS = "▁▂▃▄▅▆▇█"
_CURVE_CHARACTERS = 24
_MOST_NAMED = 12
_QUIET_S = 60
"""From when on the silence of a log is told: usually it has a line every five seconds, or one each epoch."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder of results."""
    parser.add_argument("results", nargs="?", default="results", type=Path, help="folder of results (default: results)")


def run(arguments: argparse.Namespace) -> int:
    """Print the state of each model, and what is left to do."""
    for line in describe(arguments.results, read_status(arguments.results)):
        print(_printable(line))
    return 0


def describe(results: Path, status: RunStatus) -> Iterator[str]:
    """The lines to print."""
    counts = ", ".join(f"{len(status.of(state))} {state}" for state in State if status.of(state))
    yield f"{results}: {len(status.models)} model(s), {counts}"
    training = status.of(State.TRAINING)
    if training:
        width = max(len(model.label) for model in training)
        yield "training:"
        yield from (f"  {model.label:{width}}  {_progress(model)}" for model in training)
    for state in (State.FAILED, State.INTERRUPTED):
        for model in status.of(state):
            yield f"{state}: {model.label}{_why(model)} ({model.log})"
    waiting = status.of(State.WAITING)
    if waiting:
        named = ", ".join(model.label for model in waiting[:_MOST_NAMED])
        more = f" and {len(waiting) - _MOST_NAMED} more" if len(waiting) > _MOST_NAMED else ""
        yield f"{'waiting' if status.is_on else 'not trained'}: {named}{more}"
    if status.left_s is not None:
        yield f"left: about {format_duration(status.left_s)} in all ({status.basis})"
    elif len(status.of(State.DONE)) < len(status.models):
        yield "No run is on. The same command goes on where it was."


def curve(losses: Sequence[float]) -> str:
    """A loss curve in one line, on a logarithmic axis, from the losses that a log names."""
    logs = [math.log(loss) for loss in losses if loss > 0 and math.isfinite(loss)]
    if len(logs) < 2:
        return ""
    shown = [logs[round(place * (len(logs) - 1) / (_CURVE_CHARACTERS - 1))] for place in range(_CURVE_CHARACTERS)]
    shown = logs if len(logs) <= _CURVE_CHARACTERS else shown
    low, high = min(shown), max(shown)
    scale = (len(_BLOCKS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BLOCKS[round((value - low) * scale)] for value in shown)


def _progress(model: ModelStatus) -> str:
    if model.pack_of is not None:
        return "in the pack of {} seed {}".format(*model.pack_of)
    progress = model.progress
    if progress is None or not progress.epochs:
        return "starting"
    left = "" if progress.left_s is None else f", {format_duration(progress.left_s)} left"
    quiet = f", silent for {format_duration(progress.silent_s)}" if progress.silent_s >= _QUIET_S else ""
    return (
        f"epoch {progress.epoch} of {progress.epochs}, loss {progress.losses[-1]:.3e}{left}{quiet}  "
        f"{curve(progress.losses)}"
    ).rstrip()


def _why(model: ModelStatus) -> str:
    progress = model.progress
    if progress is None:
        return ""
    if progress.error is not None:
        return f": {progress.error}"
    return f" in epoch {progress.epoch} of {progress.epochs}" if progress.epochs else " before the first epoch"


def _printable(line: str) -> str:
    """The line in what the terminal can show."""
    encoding = sys.stdout.encoding or "utf-8"
    return line.encode(encoding, errors="replace").decode(encoding)
