"""One training job: from a signal to a trained model, resumed where it was killed."""

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnn_audio.auxiliary_training import AuxiliaryTrainer
from rnn_audio.checkpoints import CheckpointStore, training_key
from rnn_audio.epochs import total_epochs
from rnn_audio.errors import InputError
from rnn_audio.free_running import FreeRunningTrainer
from rnn_audio.models import ModelShape, Parameters, load_model, save_model
from rnn_audio.progress import ProgressLog
from rnn_audio.provenance import digest, library_versions, source_revision
from rnn_audio.records import write_history, write_json
from rnn_audio.resolved import build_auxiliary_loss, build_free_running, build_method, build_shape
from rnn_audio.runtime import device_name, peak_memory_mib, prepare_process
from rnn_audio.tasks import Task, build_task
from rnn_audio.training import DivergenceError, Trainer

CHECKPOINT_INTERVAL_S = 2.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobResult:
    """What one model's training gave.

    Attributes:
        losses: by name; those of the last epoch's training among them.
        wall_time_s: time in the training loop, over all restarts.
        report: what else there is to say of it, by name.
    """

    losses: dict[str, float]
    wall_time_s: float
    report: dict[str, int]


@dataclass(frozen=True)
class TrainedPack:
    """What a training job ends with.

    Attributes:
        parameters: the models' weights, leading model axis.
        histories: for each model, its columns per epoch: the training loss, what its trainer measures beside it, and
            the validation loss where there is one (NaN in epochs without validation).
        results: one a model.
    """

    parameters: Parameters
    histories: list[dict[str, list[float]]]
    results: list[JobResult]


def train_pack(
    name: str,
    settings: dict[str, Any],
    task: Task,
    seeds: list[int],
    store: CheckpointStore,
    checkpoint_interval_s: float = CHECKPOINT_INTERVAL_S,
    start: Parameters | None = None,
) -> TrainedPack:
    """Train a configuration's models for the given seeds, from the last checkpoint where there is one.

    Args:
        name: the configuration's name, for messages.
        settings: the resolved configuration.
        task: its data, objective and judgement.
        seeds: one a model.
        store: where checkpoints go.
        checkpoint_interval_s: least time between two.
        start: weights that a free-running training starts from, leading model axis; random ones where not given.

    Raises:
        InputError: the data is too short, or a loss is not finite (the message names configuration, seed, epoch).
    """
    if task.samples < 2:
        raise InputError(f"configuration {name}: its data has {task.samples} sample(s), training needs at least 2")
    trainer = _build_trainer(settings, task, seeds, start)
    job = _Job(trainer, task, settings, store, checkpoint_interval_s)
    try:
        elapsed_s = job.run()
    except DivergenceError as error:
        raise DivergenceError(f"configuration {name}, {error}") from error
    parameters = task.chosen_parameters(trainer)
    final = task.final_losses(parameters) | {task.loss_name: _last_losses(name, seeds, trainer.history)}
    results = [
        JobResult({loss: values[model] for loss, values in final.items()}, elapsed_s, trainer.report(model))
        for model in range(len(seeds))
    ]
    return TrainedPack(parameters, [_history(trainer, task, model) for model in range(len(seeds))], results)


def _build_trainer(
    settings: dict[str, Any], task: Task, seeds: list[int], start: Parameters | None
) -> Trainer | FreeRunningTrainer:
    free_running = build_free_running(settings)
    if free_running is not None:
        return FreeRunningTrainer(build_shape(settings), free_running, task.data, seeds, total_epochs(settings), start)
    arguments = {
        "shape": build_shape(settings),
        "method": build_method(settings),
        "data": task.data,
        "seeds": seeds,
        "objective": task.objective,
    }
    auxiliary = build_auxiliary_loss(settings)
    return Trainer(**arguments) if auxiliary is None else AuxiliaryTrainer(auxiliary, **arguments)


@dataclass
class _Job:
    """The loop over the epochs, with its checkpoints."""

    trainer: Trainer | FreeRunningTrainer
    task: Task
    settings: dict[str, Any]
    store: CheckpointStore
    checkpoint_interval_s: float

    def run(self) -> float:
        """Train what is left to train; returns the seconds in this loop, over all restarts."""
        epochs = total_epochs(self.settings)
        start = time.monotonic() - self._resume()
        progress = ProgressLog(epochs, done=self.trainer.epoch)
        last_saved = time.monotonic()
        while self.trainer.epoch < epochs:
            losses = self.trainer.train_epoch()
            self._validate(epochs)
            progress.epoch(self.trainer.epoch, sum(losses) / len(losses))
            if time.monotonic() - last_saved >= self.checkpoint_interval_s:
                self.store.save(self.trainer.state_dict(), {"elapsed_s": time.monotonic() - start})
                last_saved = time.monotonic()
        return time.monotonic() - start

    def _resume(self) -> float:
        checkpoint = self.store.load()
        if checkpoint is None:
            return 0.0
        tensors, progress = checkpoint
        self.trainer.load_state_dict(tensors)
        logger.info("resumed behind epoch %d", self.trainer.epoch)
        return progress["elapsed_s"]

    def _validate(self, epochs: int) -> None:
        every = self.settings.get("validate_every_epochs")
        if every is None or (self.trainer.epoch % every and self.trainer.epoch != epochs):
            return
        losses = self.task.validate(self.trainer.parameters)
        self.trainer.best.offer(self.trainer.epoch, self.trainer.parameters, losses)


def _last_losses(name: str, seeds: list[int], history: list[list[float]]) -> list[float]:
    """Each model's last loss; an epoch in which it went back to earlier weights has none."""
    last = [[loss for loss in losses if math.isfinite(loss)][-1:] for losses in zip(*history, strict=True)]
    for seed, losses in zip(seeds, last, strict=True):
        if not losses:
            raise DivergenceError(f"configuration {name}, seed {seed}: it diverged in every epoch; train more of them")
    return [losses[0] for losses in last]


def _history(trainer: Trainer | FreeRunningTrainer, task: Task, model: int) -> dict[str, list[float]]:
    columns = {task.loss_name: [losses[model] for losses in trainer.history]} | trainer.extra_columns(model)
    if trainer.best.history:
        validated = {int(epoch): losses[model] for epoch, *losses in trainer.best.history}
        columns["validation_loss"] = [validated.get(epoch + 1, math.nan) for epoch in range(trainer.epoch)]
    return columns


def train_model(
    name: str,
    settings: dict[str, Any],
    seed: int,
    recordings: list[Path],
    start: Path | None,
    device: str,
    threads: int,
    code: list[Path],
    checkpoints: Path,
    model_path: Path,
    history_path: Path,
    run_path: Path,
) -> None:
    """Train one model of a configuration and write its weights, its losses per epoch and a record of the run.

    Args:
        name: the configuration's name.
        settings: the resolved configuration.
        seed: which copy.
        recordings: the signal; or a device's input and target of train, val and test.
        device: `cpu` or `cuda`; said in the log, never replaced.
        threads: threads of a job on the CPU.
        start: the model that a free-running training starts from; None for random weights.
        code: the files behind the job; a checkpoint of other code is never resumed.
        checkpoints: folder of the configuration's checkpoints.
        model_path: where the weights go.
        history_path: where the losses per epoch go.
        run_path: where the record goes; like the others it appears when all is done.
    """
    prepare_process(device, threads)
    logger.info("configuration %s, seed %d, on %s (%s)", name, seed, device, device_name(device))
    versions = library_versions()
    key = training_key(
        settings=settings,
        seed=seed,
        device=device,
        data=digest(recordings),
        start=digest([start]) if start else None,
        code=digest(code),
        versions=versions,
    )
    store = CheckpointStore(checkpoints, f"seed-{seed}", key)
    task = build_task(settings, recordings, device, [seed])
    shape = build_shape(settings)
    pack = train_pack(name, settings, task, [seed], store, start=_load_start(start, shape) if start else None)
    record = {
        "name": name,
        "seed": seed,
        "configuration": settings,
        "parameters": shape.parameter_count(),
        "samples": task.samples,
        "rate_hz": task.rate_hz,
        "losses": pack.results[0].losses,
        **pack.results[0].report,
        "versions": versions,
        "source_revision": source_revision(Path(__file__).parent),
        "measured": {
            "wall_time_s": pack.results[0].wall_time_s,
            "peak_memory_mib": peak_memory_mib(device),
            "device": device,
            "device_name": device_name(device),
            "threads": threads,
        },
    }
    save_model(model_path, shape, pack.parameters)
    write_history(history_path, pack.histories[0])
    write_json(run_path, record)
    store.remove()
    logger.info("%s", ", ".join(f"{loss} {value:.4e}" for loss, value in pack.results[0].losses.items()))


def _load_start(path: Path, shape: ModelShape) -> Parameters:
    started, parameters = load_model(path)
    if started.hidden_size != shape.hidden_size:
        raise InputError(
            f"{path}: a model of hidden size {started.hidden_size} is no start for one of {shape.hidden_size}; "
            "choose another configuration in free_running.start_from"
        )
    known = shape.parameter_shapes()
    return {name: tensor for name, tensor in parameters.items() if name in known}
