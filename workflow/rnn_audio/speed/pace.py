"""How long an epoch of a device's training takes on this machine, measured on its own recordings before it begins."""

import multiprocessing
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from rnn_audio.devices.segments import write_segments
from rnn_audio.devices.sources import SIDES, DeviceRecordings
from rnn_audio.types import Settings
from rnn_audio.wav import write_wav

_LEAST_S = 2.0
_LEAST_ROUNDS = 3
_SEED = 0


def seconds_per_epoch(
    settings: Settings, recordings: DeviceRecordings, accelerator: str, models: int, at_once: int
) -> float:
    """Measure the time of an epoch, with its share of the validations.

    As many trainings run in processes of their own as will run later, because they share the memory's bandwidth; the
    slowest counts. Each times updates on one mini-batch and one validation.

    Args:
        settings: the resolved configuration.
        recordings: the device's recordings.
        accelerator: `cpu` or `cuda`.
        models: models that one job trains together.
        at_once: jobs that run at the same time.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = _write(Path(folder), recordings, settings["segment_samples"])
        arguments = [(settings, paths, accelerator, models)] * at_once
        with ProcessPoolExecutor(at_once, multiprocessing.get_context("spawn")) as pool:
            return max(pool.map(_measured, *zip(*arguments, strict=True)))


def _write(folder: Path, recordings: DeviceRecordings, segment_samples: int) -> list[Path]:
    """What a training reads: the segments of train, then input and target of val and test."""
    paths = [folder / "segments.npy"]
    write_segments(paths[0], *recordings.pairs["train"], segment_samples)
    for split in ("val", "test"):
        for side, samples in zip(SIDES, recordings.pairs[split], strict=True):
            paths.append(folder / f"{split}-{side}.wav")
            write_wav(paths[-1], samples, recordings.rate_hz)
    return paths


def _measured(settings: Settings, paths: list[Path], accelerator: str, models: int) -> float:
    from rnn_audio.jobs.runtime import prepare_process
    from rnn_audio.jobs.tasks import DeviceTask, build_task
    from rnn_audio.training.bptt_trainer import BpttTrainer
    from rnn_audio.training.captured_update import untimed_epochs
    from rnn_audio.training.recipe import BpttRecipe

    prepare_process(accelerator, threads=1)
    recipe, seeds = BpttRecipe(settings), [_SEED + model for model in range(models)]
    task = build_task(recipe, paths, accelerator, seeds)
    if not isinstance(task, DeviceTask):
        raise TypeError("a pace is measured on a device's configuration")
    trainer = BpttTrainer(recipe.shape, recipe.method, task.first_batch(), seeds, task.objective)
    for _ in range(untimed_epochs(accelerator)):
        trainer.train_epoch()
    task.validate(trainer.parameters)
    batches: list[float] = []
    while len(batches) < _LEAST_ROUNDS or sum(batches) < _LEAST_S:
        started = time.perf_counter()
        trainer.train_epoch()  # of one mini-batch; its losses are on the CPU, so that a GPU is done
        batches.append(time.perf_counter() - started)
    started = time.perf_counter()
    task.validate(trainer.parameters)
    validation_s = time.perf_counter() - started
    mini_batches = -(-task.data.inputs.shape[0] // settings["batch_size"])
    return mini_batches * statistics.median(batches) + validation_s / settings["validate_every_epochs"]
