"""How far the trainings of a run are, read from their logs; Snakemake's own output goes to a file."""

import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rnn_audio.commands.progress import StatusLine, bar, clock

_EPOCH = re.compile(r"epoch (\d+) of (\d+), loss (\S+),")
_LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Training:
    """One model's training.

    Attributes:
        epoch: epochs done.
        loss: training loss of the last one that was logged; None before.
        finished: whether its model is written.
    """

    epoch: int
    loss: str | None
    finished: bool


class Progress:
    """What a run's models have done, and how long the others will take.

    Args:
        results: the run's results.
        name: the configuration.
        seeds: its models.
        epochs: epochs of each.
    """

    def __init__(self, results: Path, name: str, seeds: Sequence[int], epochs: int) -> None:
        self._results, self._name, self._seeds, self._epochs = results, name, seeds, epochs
        self._first: tuple[float, int] | None = None

    def trainings(self) -> dict[int, Training]:
        """Each seed's training."""
        return {seed: self._training(seed) for seed in self._seeds}

    def text(self, now: float) -> str:
        """One line: the share of all epochs, the models in training with epoch and loss, and the time left.

        Args:
            now: the time in seconds; the pace is that since the first call with a training.
        """
        trainings = self.trainings()
        done, all_epochs = sum(own.epoch for own in trainings.values()), self._epochs * len(self._seeds)
        finished = sum(own.finished for own in trainings.values())
        if finished == len(self._seeds):
            return f"{bar(1)}  all {finished} models trained; measuring, drawing, exporting"
        busy = {seed: own for seed, own in trainings.items() if own.loss is not None and not own.finished}
        if not busy and not finished:
            return "preparing the recordings"
        said = [
            f"seed {seed}: epoch {own.epoch} of {self._epochs}, loss {float(own.loss):.3g}"
            for seed, own in busy.items()
        ]
        parts = [f"{finished} of {len(self._seeds)} models", *said, *self._left(now, done, all_epochs)]
        return f"{bar(done / all_epochs)}  {'; '.join(parts)}"

    def _left(self, now: float, done: int, all_epochs: int) -> list[str]:
        if self._first is None:
            self._first = (now, done)
        started, before = self._first
        if done <= before:
            return []
        return [f"{clock((now - started) * (all_epochs - done) / (done - before))} left"]

    def _training(self, seed: int) -> Training:
        if (self._results / "models" / self._name / f"seed-{seed}" / "run.json").is_file():
            return Training(self._epochs, None, finished=True)
        try:
            text = (self._results / "logs/train" / self._name / f"seed-{seed}.log").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return Training(0, None, finished=False)
        epochs = _EPOCH.findall(text)
        return Training(int(epochs[-1][0]), epochs[-1][2], finished=False) if epochs else Training(0, None, False)


def run_watched(command: Sequence[str], environment: Mapping[str, str], log: Path, progress: Progress) -> int:
    """Run a command whose output goes to a log, with a line of progress; returns its exit status.

    After Ctrl-C, which the command gets too, its end is waited for: jobs then stop in order.
    """
    line = StatusLine()
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            while process.poll() is None:
                line.show(progress.text(time.monotonic()))
                time.sleep(_LOOK_EVERY_S)
        except BaseException:
            line.end("stopping")
            process.wait()
            raise
    line.end(progress.text(time.monotonic()))
    return process.returncode
