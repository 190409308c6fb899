"""How far a run is, from its files alone: plan, logs and records; the run may be on any machine that shares them."""

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rnn_audio.errors import InputError
from rnn_audio.speed.estimate import PLAN, remaining_s

Model = tuple[str, int]
"""Configuration and seed."""

_LINE = re.compile(r"^\d{4}-\d\d-\d\d \S+ (?P<level>[A-Z]+) (?P<text>.*)$")
_EPOCH = re.compile(r"epoch (?P<epoch>\d+) of (?P<epochs>\d+), loss (?P<loss>\S+), (?P<left>.+) left")
_UNITS_S = {"d": 86400, "h": 3600, "min": 60, "s": 1}
_WAITING = "waiting.json"


class State(StrEnum):
    """What has become of a model."""

    DONE = "done"
    TRAINING = "training"
    WAITING = "waiting"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Progress:
    """What the log of a training says.

    Attributes:
        epoch: the last epoch that it names; 0 before the first.
        epochs: how many there will be; 0 if it is not known yet.
        losses: the loss of each epoch that it names.
        left_s: seconds that its training still takes; None if it is not known yet.
        error: the last error, if the log ends with one.
        silent_s: seconds since its last line.
    """

    epoch: int
    epochs: int
    losses: tuple[float, ...]
    left_s: float | None
    error: str | None
    silent_s: float


@dataclass(frozen=True)
class ModelStatus:
    """One model.

    Attributes:
        configuration: name of its configuration.
        seed: its seed.
        state: what has become of it.
        log: its log.
        progress: what the log says; None without a log of this run.
        pack_of: the model whose job trains it in a pack, if it is not its own.
    """

    configuration: str
    seed: int
    state: State
    log: Path
    progress: Progress | None = None
    pack_of: Model | None = None

    @property
    def label(self) -> str:
        """Its name in messages."""
        return f"{self.configuration} seed {self.seed}"


@dataclass(frozen=True)
class RunStatus:
    """A folder of results.

    Attributes:
        models: its models, those of the current plan included.
        is_on: whether a run has started and not ended; one that was killed counts as on until the next one.
        left_s: seconds until the run is done; None if no run is on.
        basis: where the times of that estimate come from.
    """

    models: tuple[ModelStatus, ...]
    is_on: bool
    left_s: float | None
    basis: str

    def of(self, state: State) -> list[ModelStatus]:
        """The models of one state."""
        return [model for model in self.models if model.state is state]


def read_status(results: Path, now: float | None = None) -> RunStatus:
    """How far the models of a folder of results are.

    Args:
        results: the folder, such as `results/quick`.
        now: the time in Unix seconds; a parameter for tests.

    Raises:
        InputError: there is no such folder, or it has neither models nor a plan of a run.
    """
    if not results.is_dir():
        raise InputError(f"{results}: no such folder of results; name one, such as results/quick, or start a run")
    checkpoints = results / "checkpoints"
    plan, started_s = _read(results / PLAN)
    waiting, _ = _read(checkpoints / _WAITING)
    packs = [[(member["configuration"], member["seed"]) for member in pack] for pack in waiting.get("packs", [])]
    planned = {(each["configuration"], each["seed"]): each["seconds"] for each in plan.get("trainings", [])}
    done = dict(_models_of(results.glob("models/*/seed-*/run.json"), seed_at=-2))
    if not planned and not done:
        raise InputError(f"{results}: neither a model nor the plan of a run; name the folder of 'pathvars.results'")
    logs = results / plan.get("logs", "logs") / "train"
    is_on = bool(waiting)
    found: dict[Model, ModelStatus] = {}
    for model in sorted({*planned, *done}):
        log = logs / model[0] / f"seed-{model[1]}.log"
        finished_s = done.get(model, 0.0)
        if finished_s and (model not in planned or finished_s >= started_s):
            found[model] = ModelStatus(*model, State.DONE, log)
            continue
        progress = _read_log(log, started_s, time.time() if now is None else now)
        found[model] = ModelStatus(*model, _state(progress, is_on), log, progress)
    models = _with_packs(found, packs)
    if not is_on:
        return RunStatus(models, is_on, None, "")
    left_s = _left_s(models, planned, plan)
    return RunStatus(models, is_on, left_s, plan.get("basis", ""))


def _state(progress: Progress | None, is_on: bool) -> State:
    if progress is None:
        return State.WAITING
    if progress.error is not None:
        return State.FAILED
    return State.TRAINING if is_on else State.INTERRUPTED


def _with_packs(found: Mapping[Model, ModelStatus], packs: Iterable[list[Model]]) -> tuple[ModelStatus, ...]:
    """The models of a pack train together, in the job of one of them."""
    models = dict(found)
    for pack in packs:
        leading = [model for model in pack if model in models and models[model].state is State.TRAINING]
        for model in pack:
            if leading and model in models and models[model].state is State.WAITING:
                own = models[model]
                models[model] = ModelStatus(*model, State.TRAINING, own.log, None, leading[0])
    return tuple(models.values())


def _left_s(models: Iterable[ModelStatus], planned: Mapping[Model, float], plan: Mapping[str, Any]) -> float:
    """Seconds until all is done: trainings by their logs or by the plan, and their share of the other jobs."""
    left = []
    for model in models:
        expected = planned.get((model.configuration, model.seed), 0.0)
        if model.state is State.WAITING:
            left.append(expected)
        elif model.state is State.TRAINING and model.pack_of is None:
            known = model.progress.left_s if model.progress else None
            left.append(expected if known is None else known)
    ended = sum(1 for model in models if model.state is State.DONE and (model.configuration, model.seed) in planned)
    share = 1 - ended / len(planned) if planned else 0.0
    return remaining_s(left, share * plan.get("others_s", 0.0), plan.get("at_once", 1))


def _models_of(paths: Iterable[Path], seed_at: int) -> Iterable[tuple[Model, float]]:
    for path in paths:
        configuration, seed = path.parts[seed_at - 1], path.parts[seed_at].removeprefix("seed-")
        if seed.isdigit():
            yield (configuration, int(seed)), path.stat().st_mtime


def _read(path: Path) -> tuple[dict[str, Any], float]:
    """A record and its date; empty if it is not there. A run may replace it at any time."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return (record, path.stat().st_mtime) if isinstance(record, dict) else ({}, 0.0)
    except (OSError, ValueError):
        return {}, 0.0


def _read_log(path: Path, started_s: float, now: float) -> Progress | None:
    try:
        text, written_s = path.read_text(encoding="utf-8", errors="replace"), path.stat().st_mtime
    except OSError:
        return None
    # Dates of files have the resolution of their file system, which may be a second.
    if written_s + 1 < started_s:
        return None
    epochs = list(_EPOCH.finditer(text))
    last = epochs[-1] if epochs else None
    return Progress(
        epoch=int(last["epoch"]) if last else 0,
        epochs=int(last["epochs"]) if last else 0,
        losses=tuple(float(each["loss"]) for each in epochs),
        # The first line's time is that of compiling, too.
        left_s=_seconds(last["left"]) if last and len(epochs) > 1 else None,
        error=_error(text),
        silent_s=max(0.0, now - written_s),
    )


def _error(text: str) -> str | None:
    """The error that a log ends with; of a traceback, its last line."""
    levels = [match for match in map(_LINE.match, text.splitlines()) if match]
    if not levels or levels[-1]["level"] != "ERROR":
        return None
    last = text.rstrip().splitlines()[-1]
    own = _LINE.match(last)
    return own["text"] if own else last.strip()


def _seconds(duration: str) -> float:
    """Seconds of a duration as logs write it, such as 3 min 22 s."""
    return sum(int(number) * _UNITS_S[unit] for number, unit in re.findall(r"(\d+) (d|h|min|s)\b", duration))
