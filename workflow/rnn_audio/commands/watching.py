"""A run of Snakemake whose own output goes to a file, while one line says how far its models are."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rnn_audio.commands.progress import StatusLine, bar
from rnn_audio.errors import InputError
from rnn_audio.jobs.progress import format_duration
from rnn_audio.speed.run_status import RunStatus, State, read_status

_LOOK_EVERY_S = 1.0


def progress_text(status: RunStatus) -> str:
    """The share of all epochs that is done, the models in training with epoch and loss, and the time left."""
    done, training = status.of(State.DONE), status.of(State.TRAINING)
    if len(done) == len(status.models):
        return f"{bar(1)}  all {len(done)} models trained; measuring, drawing, exporting"
    running = [(model.seed, model.progress) for model in training if model.progress and model.progress.epochs]
    if not done and not running:
        return "preparing the recordings"
    shares = {seed: progress.epoch / progress.epochs for seed, progress in running}
    shares |= {model.seed: shares.get(model.pack_of[1], 0.0) for model in training if model.pack_of}
    parts = [f"{len(done)} of {len(status.models)} models"]
    for seed, progress in running:
        parts.append(f"seed {seed}: epoch {progress.epoch} of {progress.epochs}, loss {progress.losses[-1]:.3g}")
    if status.left_s is not None:
        parts.append(f"about {format_duration(status.left_s)} left")
    return f"{bar((len(done) + sum(shares.values())) / len(status.models))}  {'; '.join(parts)}"


def run_watched(command: Sequence[str], environment: Mapping[str, str], log: Path, results: Path) -> int:
    """Run a command whose output goes to a log, with a line of progress; returns its exit status.

    After Ctrl-C, which the command gets too, its end is waited for: jobs then stop in order.

    Args:
        command: the program and its arguments.
        environment: its environment.
        log: the file for its output.
        results: the folder of the results that it makes.
    """
    line = StatusLine()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            while process.poll() is None:
                line.show(_text(results))
                time.sleep(_LOOK_EVERY_S)
        except BaseException:
            line.end("stopping")
            process.wait()
            raise
    line.end(_text(results))
    return process.returncode


def _text(results: Path) -> str:
    try:
        return progress_text(read_status(results))
    except InputError:  # before the run has its plan
        return "preparing the recordings"
