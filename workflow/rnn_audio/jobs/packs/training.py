"""Training of a pack by the first of its jobs; the jobs of its other models then find their trainings finished."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rnn_audio.jobs.packs.checkpoints import PackStore, find_packs, furthest_pack, only, remove_rejected
from rnn_audio.jobs.packs.members import PackMember
from rnn_audio.jobs.runtime import forget_memory, is_out_of_memory, peak_memory_mib
from rnn_audio.jobs.tasks import build_task
from rnn_audio.jobs.training_loop import CHECKPOINT_INTERVAL_S, Effort, TrainingLoop
from rnn_audio.training.recipe import Recipe
from rnn_audio.training.trainer import DivergenceError

logger = logging.getLogger(__name__)


def train_in_pack(
    own: PackMember,
    waiting: Sequence[Sequence[PackMember]],
    recordings: list[Path],
    accelerator: str,
    folder: Path,
    checkpoint_interval_s: float = CHECKPOINT_INTERVAL_S,
) -> None:
    """Train a model together with those of its pack that need training; does nothing if it has to train alone.

    Args:
        own: the model of this job.
        waiting: the packs that the run has to train.
        recordings: the training data of all of them.
        accelerator: `cpu` or `cuda`.
        folder: the folder of all checkpoints.
        checkpoint_interval_s: least time between two checkpoints, in seconds.
    """
    store = _open(own, waiting, folder)
    while store is not None:
        store = _train(store, own, recordings, accelerator, checkpoint_interval_s)


def remove_settled_packs(own: PackMember, waiting: Sequence[Sequence[PackMember]], folder: Path) -> None:
    """At the end of a job, remove the checkpoints of packs with its model from which no other job resumes."""
    listed = {member.place: member.key for pack in waiting for member in pack}
    for store, _ in find_packs(folder):
        others = [member for member in store.members if member.place != own.place]
        if len(others) < len(store.members) and not any(_is_wanted(member, own, listed) for member in others):
            store.remove()
    remove_rejected(folder)


def _open(own: PackMember, waiting: Sequence[Sequence[PackMember]], folder: Path) -> PackStore | None:
    """The pack that this job trains, already started or not; None if its model trains alone."""
    if not own.needs_training():
        return None
    mates = next((pack for pack in waiting if own in pack), [])
    begun = furthest_pack(folder, own)
    if begun is None:
        elsewhere = [member for store, _ in find_packs(folder) for member in store.members]
        members = [each for each in mates if each == own or (each.needs_training() and each not in elsewhere)]
        return PackStore(folder, members) if len(members) > 1 else None
    members = [each for each in begun.members if each == own or (each in mates and each.needs_training())]
    if members == [own]:
        begun.hand_over(own)
        return None
    return begun if members == begun.members else begun.part(members)


def _train(
    store: PackStore, own: PackMember, recordings: list[Path], accelerator: str, checkpoint_interval_s: float
) -> PackStore | None:
    """Train a pack to its end; if it has to continue as a smaller pack, return that one."""
    recipe, seeds = Recipe.from_settings(store.members[0].settings), [member.seed for member in store.members]
    logger.info("trains a pack of %d: %s", len(seeds), _names(store.members))
    forget_memory(accelerator)  # of a larger pack that did not fit
    filters = [member.settings.get("pre_emphasis") for member in store.members]
    try:
        task = build_task(recipe, recordings, accelerator, seeds, filters)
        trainer = recipe.trainer(task.data, task.objective, seeds)
        loop = TrainingLoop(trainer, task, recipe, store, checkpoint_interval_s)
        effort = loop.run()
    except DivergenceError as error:
        return _without(store, error, own)
    except RuntimeError as error:
        if len(seeds) == 1 or not is_out_of_memory(error):
            raise
        logger.warning("the memory does not hold a pack of %d, trying half of it: %s", len(seeds), error)
        return _half(store, own)
    _finish(store, loop, replace(effort, peak_memory_mib=peak_memory_mib(accelerator)))
    return None


def _half(store: PackStore, own: PackMember) -> PackStore:
    """Half of a pack, including this job's own model; the rest is left to the other models' jobs."""
    others = [member for member in store.members if member != own][: len(store.members) // 2 - 1]
    return store.part([member for member in store.members if member == own or member in others])


def _without(store: PackStore, error: DivergenceError, own: PackMember) -> PackStore | None:
    """The pack without a diverged model, at its last checkpoint; None if the model is this job's own.

    The diverged model's own job resumes from that checkpoint, diverges again and fails with the error. If that is this
    job, the next job of the other models trains them.
    """
    diverged = store.members[error.model]
    logger.warning("%s leaves the pack, its own job will fail with: %s", diverged.label, error)
    store.hand_over(diverged)
    others = [member for member in store.members if member != diverged]
    rest = store.part(others) if others else None
    store.remove()
    return None if diverged == own else rest


def _finish(store: PackStore, loop: TrainingLoop, effort: Effort) -> None:
    """Evaluate all models, write each one's finished training as its own checkpoint, then remove the pack's."""
    if len(store.members) > 1:
        effort = replace(effort, pack=tuple(member.label for member in store.members))
    store.save(loop.state_dict(), asdict(effort))  # a job that is killed after this need not train again
    _evaluate(loop)
    tensors = loop.state_dict()
    for model, member in enumerate(store.members):
        if not member.is_done():
            member.store().save(only(tensors, [model]), asdict(effort))
    store.remove()


def _evaluate(loop: TrainingLoop) -> None:
    """Evaluate all models at once; if the memory does not hold that, each model's job evaluates its own."""
    try:
        loop.final_losses()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        logger.warning("the memory does not hold the pack's evaluation, each job evaluates its own model: %s", error)


def _is_wanted(member: PackMember, own: PackMember, listed: dict[tuple[str, int], str]) -> bool:
    """Whether a model may still resume from a pack's checkpoint."""
    if not member.learns_the_data_of(own):
        return True
    if member.place in listed:
        return member.key == listed[member.place] and member.needs_training()
    return member.needs_training() and not Path(member.run).exists()


def _names(members: Sequence[PackMember]) -> str:
    return ", ".join(member.label for member in members)
