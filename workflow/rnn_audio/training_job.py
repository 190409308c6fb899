"""One training job: from a signal to a trained model, resumed where it was killed."""

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnn_audio.checkpoints import CheckpointStore, training_key
from rnn_audio.errors import InputError
from rnn_audio.models import Parameters, save_model
from rnn_audio.progress import ProgressLog
from rnn_audio.provenance import digest, library_versions, source_revision
from rnn_audio.records import write_history, write_json
from rnn_audio.resolved import build_method, build_shape
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
    """

    losses: dict[str, float]
    wall_time_s: float


@dataclass(frozen=True)
class TrainedPack:
    """What a training job ends with.

    Attributes:
        parameters: the models' weights, leading model axis.
        histories: for each model, its columns per epoch: the training loss, and the validation loss where there is
            one (NaN in epochs without validation).
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
) -> TrainedPack:
    """Train a configuration's models for the given seeds, from the last checkpoint where there is one.

    Args:
        name: the configuration's name, for messages.
        settings: the resolved configuration.
        task: its data, objective and judgement.
        seeds: one a model.
        store: where checkpoints go.
        checkpoint_interval_s: least time between two.

    Raises:
        InputError: the data is too short, or a loss is not finite (the message names configuration, seed, epoch).
    """
    if task.samples < 2:
        raise InputError(f"configuration {name}: its data has {task.samples} sample(s), training needs at least 2")
    trainer = Trainer(build_shape(settings), build_method(settings), task.data, seeds, task.objective)
    job = _Job(trainer, task, settings, store, checkpoint_interval_s)
    try:
        elapsed_s = job.run()
    except DivergenceError as error:
        raise DivergenceError(f"configuration {name}, {error}") from error
    parameters = task.chosen_parameters(trainer)
    final = task.final_losses(parameters) | {task.loss_name: trainer.history[-1]}
    results = [
        JobResult({loss: values[model] for loss, values in final.items()}, elapsed_s) for model in range(len(seeds))
    ]
    return TrainedPack(parameters, [_history(trainer, task, model) for model in range(len(seeds))], results)


@dataclass
class _Job:
    """The loop over the epochs, with its checkpoints."""

    trainer: Trainer
    task: Task
    settings: dict[str, Any]
    store: CheckpointStore
    checkpoint_interval_s: float

    def run(self) -> float:
        """Train what is left to train; returns the seconds in this loop, over all restarts."""
        epochs = self.settings["epochs"]
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


def _history(trainer: Trainer, task: Task, model: int) -> dict[str, list[float]]:
    columns = {task.loss_name: [losses[model] for losses in trainer.history]}
    if trainer.best.history:
        validated = {int(epoch): losses[model] for epoch, *losses in trainer.best.history}
        columns["validation_loss"] = [validated.get(epoch + 1, math.nan) for epoch in range(trainer.epoch)]
    return columns


def train_model(
    name: str,
    settings: dict[str, Any],
    seed: int,
    recordings: list[Path],
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
        code=digest(code),
        versions=versions,
    )
    store = CheckpointStore(checkpoints, f"seed-{seed}", key)
    task = build_task(settings, recordings, device, [seed])
    pack = train_pack(name, settings, task, [seed], store)
    shape = build_shape(settings)
    record = {
        "name": name,
        "seed": seed,
        "configuration": settings,
        "parameters": shape.parameter_count(),
        "samples": task.samples,
        "rate_hz": task.rate_hz,
        "losses": pack.results[0].losses,
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
