"""One training job: from a signal to a trained model, resumed where it was killed."""

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from rnn_audio.audio import read_wav
from rnn_audio.checkpoints import CheckpointStore, training_key
from rnn_audio.errors import InputError
from rnn_audio.models import save_model
from rnn_audio.performance import perform
from rnn_audio.progress import ProgressLog
from rnn_audio.provenance import digest, library_versions, source_revision
from rnn_audio.records import write_history, write_json
from rnn_audio.resolved import build_data, build_method, build_shape
from rnn_audio.runtime import device_name, peak_memory_mib, prepare_process
from rnn_audio.training import DivergenceError, Trainer

CHECKPOINT_INTERVAL_S = 2.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobResult:
    """What one model's training gave.

    Attributes:
        losses: `prediction_mse`, `generation_mse` and the last epoch's `training_mse`.
        wall_time_s: time in the training loop, over all restarts.
    """

    losses: dict[str, float]
    wall_time_s: float


def train_pack(
    name: str,
    settings: dict[str, Any],
    signal: torch.Tensor,
    seeds: list[int],
    store: CheckpointStore,
    checkpoint_interval_s: float = CHECKPOINT_INTERVAL_S,
) -> tuple[Trainer, list[JobResult]]:
    """Train a configuration's models for the given seeds, from the last checkpoint where there is one.

    Args:
        name: the configuration's name, for messages.
        settings: the resolved configuration.
        signal: [N] float32, on the device that trains.
        seeds: one a model.
        store: where checkpoints go.
        checkpoint_interval_s: least time between two.

    Raises:
        InputError: the signal is too short, or a loss is not finite (the message names configuration, seed, epoch).
    """
    if len(signal) < 2:
        raise InputError(f"configuration {name}: its signal has {len(signal)} sample, training needs at least 2")
    method = build_method(settings)
    trainer = Trainer(build_shape(settings), method, build_data(settings, signal, len(seeds)), seeds)
    elapsed_s = _resume(trainer, store)
    try:
        elapsed_s = _run(trainer, settings["epochs"], store, checkpoint_interval_s, elapsed_s)
    except DivergenceError as error:
        raise DivergenceError(f"configuration {name}, {error}") from error
    performance = perform(trainer.parameters, method, trainer.data, seeds)
    predictions, generations = performance.prediction_mse(), performance.generation_mse()
    results = []
    for index, training_mse in enumerate(trainer.history[-1]):
        losses = {
            "prediction_mse": predictions[index],
            "generation_mse": generations[index],
            "training_mse": training_mse,
        }
        results.append(JobResult(losses, elapsed_s))
    return trainer, results


def _resume(trainer: Trainer, store: CheckpointStore) -> float:
    checkpoint = store.load()
    if checkpoint is None:
        return 0.0
    tensors, progress = checkpoint
    trainer.load_state_dict(tensors)
    logger.info("resumed behind epoch %d", trainer.epoch)
    return progress["elapsed_s"]


def _run(trainer: Trainer, epochs: int, store: CheckpointStore, interval_s: float, elapsed_s: float) -> float:
    progress = ProgressLog(epochs, done=trainer.epoch)
    start = time.monotonic() - elapsed_s
    last_saved = time.monotonic()
    while trainer.epoch < epochs:
        losses = trainer.train_epoch()
        progress.epoch(trainer.epoch, sum(losses) / len(losses))
        if time.monotonic() - last_saved >= interval_s:
            store.save(trainer.state_dict(), {"elapsed_s": time.monotonic() - start})
            last_saved = time.monotonic()
    return time.monotonic() - start


def train_model(
    name: str,
    settings: dict[str, Any],
    seed: int,
    signal_path: Path,
    device: str,
    threads: int,
    code: list[Path],
    checkpoints: Path,
    model_path: Path,
    history_path: Path,
    run_path: Path,
) -> None:
    """Train one model of a configuration and write its weights, its loss per epoch and a record of the run.

    Args:
        name: the configuration's name.
        settings: the resolved configuration.
        seed: which copy.
        signal_path: the signal, at the rate that the network learns.
        device: `cpu` or `cuda`; said in the log, never replaced.
        threads: threads of a job on the CPU.
        code: the files behind the job; a checkpoint of other code is never resumed.
        checkpoints: folder of the configuration's checkpoints.
        model_path, history_path, run_path: the outputs; they appear when all is done.
    """
    prepare_process(device, threads)
    logger.info("configuration %s, seed %d, on %s (%s)", name, seed, device, device_name(device))
    samples, rate_hz = read_wav(signal_path)
    key = training_key(
        settings=settings, seed=seed, signal=digest([signal_path]), code=digest(code), versions=library_versions()
    )
    store = CheckpointStore(checkpoints, f"seed-{seed}", key)
    trainer, (result,) = train_pack(name, settings, torch.from_numpy(samples).to(device), [seed], store)
    shape = build_shape(settings)
    record = {
        "name": name,
        "seed": seed,
        "configuration": settings,
        "parameters": shape.parameter_count(),
        "samples": len(samples),
        "rate_hz": rate_hz,
        "losses": result.losses,
        "versions": library_versions(),
        "source_revision": source_revision(Path(__file__).parent),
        "measured": {
            "wall_time_s": result.wall_time_s,
            "peak_memory_mib": peak_memory_mib(device),
            "device": device,
            "device_name": device_name(device),
            "threads": threads,
        },
    }
    save_model(model_path, shape, trainer.parameters)
    write_history(history_path, [losses[0] for losses in trainer.history])
    write_json(run_path, record)
    store.remove()
    logger.info(
        "prediction MSE %.4e, generation MSE %.4e", result.losses["prediction_mse"], result.losses["generation_mse"]
    )
