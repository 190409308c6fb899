"""The parts of the check of a GPU: right numbers, same bits, times. Each part yields its rows as it measures them."""

import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch

from rnn_audio.jobs.engine_proof import prove
from rnn_audio.jobs.runtime import forget_memory, peak_memory_mib
from rnn_audio.jobs.tasks import DeviceTask
from rnn_audio.losses.objectives import EmphasisedErrorToSignal
from rnn_audio.losses.preemphasis import NAMES
from rnn_audio.networks import recurrence
from rnn_audio.networks.engine_errors import is_right, relative_errors, worst
from rnn_audio.networks.engines import choice as engines
from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.networks.recurrence import State
from rnn_audio.speed.reference_recipe import ReferenceTrainer
from rnn_audio.training.captured_update import WARM_UPS
from rnn_audio.training.data import Batch
from rnn_audio.training.recipe import Recipe
from rnn_audio.training.small_pack import largest_difference, train_small_pack
from rnn_audio.training.trainer import Trainer

_RATE_HZ = 44100
_LEARNING_RATE = 5e-4
_CHECKED_STEPS = 300
_ROUNDS = 5
_TIMED_EPOCHS = 2


@dataclass(frozen=True)
class Sizes:
    """Sizes of what is measured; by default those of paper B at its full scale.

    Attributes:
        hidden_sizes: each H.
        packs: numbers of models, ascending; epochs, validation and the comparison use the last.
        batch: segments of a mini-batch, B.
        update_length: samples between two updates.
        warm_up: samples of a segment before its first update.
        segments: segments of the training data.
        samples: samples of a segment.
        epochs: epochs of a whole training, to which an epoch's time is extrapolated.
        validation_samples: samples of the validation's recording.
    """

    hidden_sizes: tuple[int, ...] = (32, 64)
    packs: tuple[int, ...] = (1, 5, 20)
    batch: int = 50
    update_length: int = 2048
    warm_up: int = 1000
    segments: int = 672
    samples: int = 22050
    epochs: int = 750
    validation_samples: int = 42 * _RATE_HZ


@dataclass(frozen=True)
class Row:
    """One measured value.

    Attributes:
        what: what was measured.
        models: models of the pack; None if no pack was measured.
        value: the value; None if there is none, or if it is not a number.
        unit: its unit.
        verdict: `right` or `WRONG`, `same bits` or `DIFFERENT`, `accepted` or why it was rejected, or why a part ended
            early; empty for a time.
    """

    what: str
    models: int | None = None
    value: float | None = None
    unit: str = ""
    verdict: str = ""


Part = Callable[[str, Sizes, int], Iterator[Row]]


def correctness(accelerator: str, sizes: Sizes, hidden: int) -> Iterator[Row]:
    """Relative errors of outputs, states and gradients against PyTorch's LSTM in float64 on the CPU."""
    steps = min(_CHECKED_STEPS, sizes.update_length)
    for mixes, inputs in ((False, "known inputs"), (True, "mixed inputs")):
        errors = relative_errors(accelerator, hidden, batch=sizes.batch, steps=steps, mixes=mixes)
        name, error = worst(errors)
        verdict = "right" if is_right(errors) else "WRONG"
        yield Row(f"largest error, {inputs}: {name}", 2, _number(error), "relative", verdict)


def same_bits(accelerator: str, sizes: Sizes, hidden: int) -> Iterator[Row]:
    """Whether a training gives the same bits again, without captured updates, and for a model alone."""

    def trained(models: int, captured: bool) -> Parameters:
        length = max(4, sizes.update_length // 4)
        return train_small_pack(accelerator, hidden, models, captured=captured, batch=sizes.batch, update_length=length)

    captures = accelerator == "cpu" or engines.captures(torch.device(accelerator), hidden)
    first = trained(3, captures)
    others = [("trained again", 3, captures), ("the first model alone", 1, captures)]
    others += [("without captured updates", 3, False)] if captures else []
    for what, models, captured in others:
        difference = largest_difference(first, trained(models, captured))
        verdict = "same bits" if difference == 0 else "DIFFERENT"
        yield Row(f"largest difference of a weight, {what}", 3, _number(difference), "", verdict)


def step(accelerator: str, sizes: Sizes, hidden: int) -> Iterator[Row]:
    """Time of one step of the recurrence, over one sub-sequence."""
    for models in sizes.packs:
        weights = initialise(ModelShape(hidden), RandomStreams(range(models)))
        parameters = {name: tensor.to(accelerator).requires_grad_() for name, tensor in weights.items()}
        inputs, gradient = (_noise(models, sizes.batch, sizes.update_length, seed=n).to(accelerator) for n in (1, 2))
        zeros = inputs.new_zeros(models, sizes.batch, hidden)
        forward = partial(recurrence.run, parameters, inputs, (zeros, zeros))
        both = partial(_take_back, forward, list(parameters.values()), gradient)
        for what, program in (("forward", forward), ("forward and backward", both)):
            (seconds,) = _in_turn([program], accelerator)
            yield Row(what, models, 1e6 * statistics.median(seconds) / sizes.update_length, "µs a step")


def epoch(accelerator: str, sizes: Sizes, hidden: int) -> Iterator[Row]:
    """Time of an epoch at the full scale, after those in which updates are captured."""
    models = sizes.packs[-1]
    forget_memory(accelerator)
    _, trainer = _pack(accelerator, sizes, hidden, models, sizes.segments, sizes.samples)
    yield Row("first epoch, with compilation", models, _seconds(trainer.train_epoch, accelerator), "s")
    for _ in range(WARM_UPS):  # the last of them captures the updates of the smaller last batch
        trainer.train_epoch()
    seconds = statistics.median(_seconds(trainer.train_epoch, accelerator) for _ in range(_TIMED_EPOCHS))
    yield Row(f"epoch of {sizes.segments} segments of {sizes.samples} samples", models, seconds, "s")
    yield Row(f"{sizes.epochs} epochs, extrapolated", models, sizes.epochs * seconds / 60, "min")
    yield Row("peak memory in training", models, peak_memory_mib(accelerator), "MiB")


def validation(accelerator: str, sizes: Sizes, hidden: int) -> Iterator[Row]:
    """Time of one validation of the pack, after a first one."""
    models, audio_s = sizes.packs[-1], sizes.validation_samples / _RATE_HZ
    forget_memory(accelerator)
    task, trainer = _pack(accelerator, sizes, hidden, models, 1, sizes.samples)
    validate = partial(task.validate, trainer.parameters)
    *_, seconds = (_seconds(validate, accelerator) for _ in range(2))
    yield Row(f"validation of {audio_s:.3g} s of sound", models, seconds, "s")
    yield Row("peak memory in validation", models, peak_memory_mib(accelerator), "MiB")


def reference(accelerator: str, sizes: Sizes, hidden: int) -> Iterator[Row]:
    """Speed of the pack, and of the usual recipe with one model, in turn: one batch, two updates after the warm-up."""
    models, length = sizes.packs[-1], sizes.warm_up + 2 * sizes.update_length
    forget_memory(accelerator)
    _, trainer = _pack(accelerator, sizes, hidden, models, sizes.batch, length)
    single, _ = _pack(accelerator, sizes, hidden, 1, sizes.batch, length)
    batch = next(single.data.batches(RandomStreams([0])))
    programs: list[Callable[[], object]] = [trainer.train_epoch]
    for tf32 in (True, False):
        objective = EmphasisedErrorToSignal(["highpass"], _RATE_HZ, accelerator, fused=False)
        device = torch.device(accelerator)
        recipe = ReferenceTrainer(hidden, sizes.update_length, _LEARNING_RATE, objective, device, skip=True)
        programs.append(partial(_train_as_usual, recipe, batch, tf32=tf32))
    times = _in_turn(programs, accelerator, untimed=WARM_UPS + 2)
    trained = sizes.batch * 2 * sizes.update_length
    names = ("ours", "reference with cuDNN's TF32", "reference without TF32")
    for name, count, seconds in zip(names, (models, 1, 1), times, strict=True):
        yield Row(name, count, count * trained / statistics.median(seconds), "samples of all models / s")
    for name, theirs in zip(names[1:], times[1:], strict=True):
        ratio = statistics.median(models * their / own for own, their in zip(times[0], theirs, strict=True))
        yield Row(f"ours over the {name}", models, ratio, "times as fast")


def trial(accelerator: str, sizes: Sizes, hidden: int) -> Iterator[Row]:
    """The trial that each training job waits for, in a process of its own."""
    engine = engines.pick(torch.device(accelerator), hidden)
    if engine not in engines.FUSED:
        yield Row("trial before a training", value=0.0, unit="s", verdict=f"not needed by the engine {engine}")
        return
    started = time.perf_counter()
    rejected = prove(accelerator, hidden, mixes=False)
    seconds = time.perf_counter() - started
    reasons = [f"rejected: {what}: {reason}" for what, reason in rejected.items()]
    yield Row("trial before a training", value=seconds, unit="s", verdict="; ".join(reasons) or "accepted")


PARTS: dict[str, tuple[Part, int]] = {
    "correctness": (correctness, 20),
    "same bits": (same_bits, 22),
    "step": (step, 12),
    "epoch": (epoch, 26),
    "validation": (validation, 10),
    "reference": (reference, 13),
    "trial": (trial, 13),
}
"""Each part by name, with the seconds for one hidden size after which it is ended."""


def _pack(
    accelerator: str, sizes: Sizes, hidden: int, models: int, segments: int, samples: int
) -> tuple[DeviceTask, Trainer]:
    """A pack of paper B that learns a distortion of noise, and its task."""
    filters = [NAMES[model % len(NAMES)] for model in range(models)]
    recipe = Recipe.from_settings(
        {
            "device": "noise",
            "hidden_size": hidden,
            "batch_size": sizes.batch,
            "segment_samples": samples,
            "warm_up_samples": sizes.warm_up,
            "update_length_samples": sizes.update_length,
            "pre_emphasis": filters[0],
            "skip": True,
            "teacher_forcing": "always",
            "carry_state": True,
            "learning_rate": _LEARNING_RATE,
            "gradient_clip_norm": None,
        }
    )
    source = 0.1 * _noise(segments, samples).to(accelerator)
    sound = 0.1 * _noise(sizes.validation_samples).to(accelerator)
    recordings = dict.fromkeys(("val", "test"), (sound, torch.tanh(3 * sound)))
    seeds = list(range(models))
    learned = torch.stack([source, torch.tanh(3 * source)])
    task = DeviceTask(recipe, learned, recordings, _RATE_HZ, seeds, filters)
    return task, recipe.trainer(task.data, task.objective, seeds)


def _take_back(
    forward: Callable[[], tuple[torch.Tensor, State]], leaves: list[torch.Tensor], gradient: torch.Tensor
) -> None:
    torch.autograd.grad(forward()[0], leaves, gradient)


def _train_as_usual(recipe: ReferenceTrainer, batch: Batch, *, tf32: bool) -> None:
    """One batch with PyTorch's own settings instead of those of `prepare_process`, and with cuDNN's TF32 or not."""
    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.allow_tf32
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.allow_tf32 = tf32
    try:
        recipe.train_batch(batch)
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]


def _in_turn(programs: list[Callable[[], object]], accelerator: str, untimed: int = 2) -> list[list[float]]:
    """Seconds of each program in each of several rounds."""
    for program in programs:
        for _ in range(untimed):
            program()
    rounds = [[_seconds(program, accelerator) for program in programs] for _ in range(_ROUNDS)]
    return [list(own) for own in zip(*rounds, strict=True)]


def _seconds(program: Callable[[], object], accelerator: str) -> float:
    _wait_for(accelerator)
    started = time.perf_counter()
    program()
    _wait_for(accelerator)
    return time.perf_counter() - started


def _wait_for(accelerator: str) -> None:
    if accelerator == "cuda":
        torch.cuda.synchronize()


def _noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
