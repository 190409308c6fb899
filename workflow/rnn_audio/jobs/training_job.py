"""One training job: it trains a model from its last checkpoint and writes the results."""

import logging
import math
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from rnn_audio.errors import InputError
from rnn_audio.jobs.checkpoints import CheckpointStore, training_key
from rnn_audio.jobs.claims import Claim
from rnn_audio.jobs.engine_proof import settle_engine
from rnn_audio.jobs.packs.members import PackMember, read_waiting
from rnn_audio.jobs.packs.training import remove_settled_packs, train_in_pack
from rnn_audio.jobs.provenance import digest, library_versions, source_revision
from rnn_audio.jobs.runtime import accelerator_name, peak_memory_mib, prepare_process
from rnn_audio.jobs.tasks import Task, build_task
from rnn_audio.jobs.training_loop import CHECKPOINT_INTERVAL_S, Effort, TrainingLoop
from rnn_audio.networks.engines import choice as engines
from rnn_audio.networks.model import ModelShape, Parameters, load_model, save_model
from rnn_audio.records import write_history, write_json
from rnn_audio.training.recipe import Recipe
from rnn_audio.training.trainer import DivergenceError
from rnn_audio.types import Settings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """The result of training one model.

    Attributes:
        parameters: its weights, as a pack of one.
        history: its columns per epoch, from `TrainingLoop.history`.
        losses: final losses by name, including the training loss of the last epoch.
        effort: time and memory of its training.
        report: further facts about its training, by name.
    """

    parameters: Parameters
    history: dict[str, list[float]]
    losses: dict[str, float]
    effort: Effort
    report: dict[str, int]


def train_one(
    name: str,
    recipe: Recipe,
    task: Task,
    seed: int,
    store: CheckpointStore,
    checkpoint_interval_s: float = CHECKPOINT_INTERVAL_S,
    start: Parameters | None = None,
) -> Trained:
    """Train one model of a configuration, from its last checkpoint if there is one.

    Args:
        name: the configuration's name, for messages.
        recipe: its recipe.
        task: its data, objective and evaluation.
        seed: the model's seed.
        store: the model's checkpoint.
        checkpoint_interval_s: least time between two checkpoints, in seconds.
        start: initial weights of a free-running training, as a pack of one; random by default.

    Raises:
        InputError: the data is too short, or training diverged (the message names configuration, seed, epoch).
    """
    if task.samples < 2:
        raise InputError(f"configuration {name}: its data has {task.samples} sample(s), training needs at least 2")
    trainer = recipe.trainer(task.data, task.objective, [seed], start)
    loop = TrainingLoop(trainer, task, recipe, store, checkpoint_interval_s)
    try:
        effort = loop.run()
    except DivergenceError as error:
        raise DivergenceError(f"configuration {name}, {error}") from error
    # An epoch that restored earlier weights has no loss.
    last = [losses[0] for losses in trainer.history if math.isfinite(losses[0])][-1:]
    if not last:
        raise DivergenceError(f"configuration {name}, seed {seed}: it diverged in every epoch; train for more epochs")
    final = loop.final_losses() | {task.loss_name: last}
    losses = {loss: values[0] for loss, values in final.items()}
    return Trained(loop.parameters(), loop.history(0), losses, effort, trainer.report(0))


def train_model(
    name: str,
    settings: Settings,
    seed: int,
    recordings: list[Path],
    start: Path | None,
    accelerator: str,
    threads: int,
    code: str,
    checkpoints: Path,
    model_path: Path,
    history_path: Path,
    run_path: Path,
) -> None:
    """Train one model of a configuration and write its weights, its losses per epoch and a record of the run.

    The first job of a pack trains all its models (`packs`); the other jobs find their trainings finished. On a GPU, the
    engine proves itself first (`engine_proof`). Nothing is written if a
    training of this model with other settings has started since (`claims`).

    Args:
        name: the configuration's name.
        settings: the resolved configuration.
        seed: the model's seed.
        recordings: the signal; or a device's training segments, then input and target of val and test.
        accelerator: `cpu` or `cuda`; there is no fallback to the other.
        threads: CPU threads of the job.
        start: path of the model that a free-running training starts from; None for random weights.
        code: a digest of the job's code; a checkpoint of other code is never resumed.
        checkpoints: folder of the configuration's checkpoints; those of packs are in its parent folder.
        model_path: path of the weights to write.
        history_path: path of the losses per epoch to write.
        run_path: path of the record to write; all three files are written when training is done.
    """
    prepare_process(accelerator, threads)
    logger.info("configuration %s, seed %d, on %s (%s)", name, seed, accelerator, accelerator_name(accelerator))
    versions = library_versions()
    settle_engine(accelerator, settings, checkpoints.parent, code=code, versions=versions)
    determinants = {"accelerator": accelerator, "data": digest(recordings), "code": code, "versions": versions}
    key_of = partial(_key_of, determinants, None)
    own_key = _key_of(determinants, digest([start]) if start else None, settings, seed)
    # If this model trains in a pack, `train_in_pack` leaves its finished training as its own checkpoint.
    own = PackMember(name, seed, settings, str(checkpoints), str(run_path), own_key)
    claim = Claim(checkpoints, f"seed-{seed}", own_key, run_path)
    waiting = read_waiting(checkpoints.parent, own, key_of)
    train_in_pack(own, waiting, recordings, accelerator, checkpoints.parent)
    store = own.store()
    recipe = Recipe.from_settings(settings)
    task, shape = build_task(recipe, recordings, accelerator, [seed]), recipe.shape
    trained = train_one(name, recipe, task, seed, store, start=_load_start(start, shape) if start else None)
    record = {
        "name": name,
        "seed": seed,
        "configuration": settings,
        "training_key": own_key,
        "parameters": shape.parameter_count(),
        "samples": task.samples,
        "rate_hz": task.rate_hz,
        "losses": trained.losses,
        "zero_loss": task.zero_losses(),
        "linear_prediction_mse": task.linear_prediction(),
        **trained.report,
        "versions": versions,
        "source_revision": source_revision(Path(__file__).parent),
        "measured": {
            "wall_time_s": trained.effort.elapsed_s,
            "models_at_once": trained.effort.models,
            "peak_memory_mib": max(trained.effort.peak_memory_mib, peak_memory_mib(accelerator)),
            "accelerator": accelerator,
            "accelerator_name": accelerator_name(accelerator),
            "engine": _engine(accelerator, settings),
            **({"rejected": engines.rejected()} if engines.rejected() else {}),
            "threads": threads,
        },
    }
    if claim.is_lost():
        logger.warning("a newer run trains this model with other settings, data or code: nothing is written")
        return
    save_model(model_path, shape, trained.parameters)
    sha256 = write_history(history_path, trained.history)
    write_json(run_path, record | {"history_sha256": sha256})
    store.remove()
    claim.remove()
    remove_settled_packs(own, waiting, checkpoints.parent)
    said = {loss: value for loss, value in trained.losses.items() if not loss.endswith(("_quartile", "_median"))}
    logger.info("%s", ", ".join(f"{loss} {value:.4e}" for loss, value in said.items()))


def _engine(accelerator: str, settings: Settings) -> str:
    return engines.pick(torch.device(accelerator), settings["hidden_size"])


def _key_of(determinants: dict[str, Any], start: str | None, settings: Settings, seed: int) -> str:
    engine = _engine(determinants["accelerator"], settings)
    return training_key(settings=settings, seed=seed, start=start, engine=engine, **determinants)


def _load_start(path: Path, shape: ModelShape) -> Parameters:
    started, parameters = load_model(path)
    if started.hidden_size != shape.hidden_size:
        raise InputError(
            f"{path}: a model of hidden size {started.hidden_size} cannot start one of {shape.hidden_size}; "
            "choose another configuration in free_running.start_from"
        )
    known = shape.parameter_shapes()
    return {name: tensor for name, tensor in parameters.items() if name in known}
