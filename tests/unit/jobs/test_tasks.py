"""What a configuration is judged by: a signal's errors, and a device's losses on whole recordings of its own splits."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from support.recorded_devices import write_device

from rnn_audio.errors import InputError
from rnn_audio.evaluation.device_sounds import process, whole_losses
from rnn_audio.evaluation.signal_metrics import evaluate_sounds
from rnn_audio.evaluation.signal_sounds import LOSSES, perform
from rnn_audio.jobs.tasks import DeviceTask, SignalTask, build_task
from rnn_audio.jobs.training_loop import TrainingLoop
from rnn_audio.losses.objectives import EmphasisedErrorToSignal, MeanSquaredError
from rnn_audio.losses.preemphasis import NAMES
from rnn_audio.networks.model import ModelShape, Parameters, initialise
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.data import DeviceData, SignalData
from rnn_audio.training.recipe import Recipe
from rnn_audio.wav import write_wav

RATE_HZ = 8000
SEEDS = [3, 1]
HIDDEN = 4
SPLIT_SAMPLES = {"train": 230, "val": 90, "test": 110}
COMMON = {
    "hidden_size": HIDDEN,
    "batch_size": 3,
    "learning_rate": 1e-2,
    "gradient_clip_norm": None,
    "teacher_forcing": "always",
    "update_length_samples": 16,
    "carry_state": True,
}
OF_SIGNAL = COMMON | {"signal": "tone", "rate_hz": RATE_HZ, "initial_state_scale": 1.0}
RECIPE = Recipe.from_settings(OF_SIGNAL)


def of_device(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (any setting)
    own = {
        "device": "amplifier",
        "skip": True,
        "segment_samples": 50,
        "warm_up_samples": 10,
        "pre_emphasis": "highpass",
        "keep": "best_validation",
        "validate_every_epochs": 1,
    }
    return COMMON | own | changes


def sounds() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Input and target of each split, no two alike."""
    random = np.random.default_rng(0)
    inputs = {split: 0.4 * random.standard_normal(samples) for split, samples in SPLIT_SAMPLES.items()}
    return {split: (one.astype(np.float32), np.tanh(2 * one).astype(np.float32)) for split, one in inputs.items()}


def device_task(folder: Path, **changes: Any) -> DeviceTask:  # noqa: ANN401 (any setting)
    recipe = Recipe.from_settings(of_device(**changes))
    paths = write_device(folder, sounds(), RATE_HZ, recipe.settings["segment_samples"])
    task = build_task(recipe, paths, "cpu", SEEDS)
    assert isinstance(task, DeviceTask)
    return task


def signal_task(folder: Path) -> SignalTask:
    write_wav(folder / "tone.wav", np.sin(np.arange(40) * 0.3), RATE_HZ)
    task = build_task(RECIPE, [folder / "tone.wav"], "cpu", SEEDS)
    assert isinstance(task, SignalTask)
    return task


def loop_of(recipe: Recipe, task: SignalTask | DeviceTask) -> TrainingLoop:
    return TrainingLoop(recipe.trainer(task.data, task.objective, SEEDS), task, recipe, None, math.inf)


def fresh(skip: bool = True) -> Parameters:
    return initialise(ModelShape(HIDDEN, skip), RandomStreams(SEEDS))


def losses_on(split: str, parameters: Parameters) -> dict[str, list[float]]:
    source, target = (torch.from_numpy(side) for side in sounds()[split])
    return dict(whole_losses(target, process(parameters, ModelShape(HIDDEN, skip=True), source), RATE_HZ))


def test_a_signal_is_read_and_learned_as_it_is(tmp_path: Path) -> None:
    task = signal_task(tmp_path)
    assert (task.samples, task.rate_hz, task.loss_name) == (40, RATE_HZ, "training_mse")
    assert isinstance(task.objective, MeanSquaredError)
    assert isinstance(task.data, SignalData)
    torch.testing.assert_close(task.data.signal, torch.sin(torch.arange(40) * 0.3))
    assert (task.data.models, task.data.batch_size, task.data.state_scale) == (2, 3, 1.0)


def test_a_signal_is_judged_by_prediction_and_generation_and_never_validated(tmp_path: Path) -> None:
    task, parameters = signal_task(tmp_path), fresh(skip=False)
    assert task.validate(parameters) is None
    performance = perform(parameters, RECIPE.feeding, task.data, SEEDS)
    by_hand = {
        "prediction_mse": (performance.predictions - performance.targets).double().square().mean((1, 2)).tolist(),
        "generation_mse": (performance.generations - performance.targets).double().square().mean((1, 2)).tolist(),
    }
    losses = task.final_losses(parameters)
    assert {name: losses[name] for name in by_hand} == by_hand
    assert set(losses) == set(LOSSES)
    loop = loop_of(RECIPE, task)
    loop.trainer.train_epoch()
    assert loop.parameters() is loop.trainer.parameters


@pytest.mark.parametrize(("forcing", "first"), [("always", 1), ("never", 0)])
def test_predicting_zero_costs_the_power_of_what_a_signals_model_has_to_produce(forcing: str, first: int) -> None:
    signal = np.sin(np.arange(40) * 0.3 + 1).astype(np.float32)
    recipe = Recipe.from_settings(OF_SIGNAL | {"teacher_forcing": forcing})
    task = SignalTask(recipe, torch.from_numpy(signal), RATE_HZ, SEEDS)
    sounds = {"prediction": signal, "generation": signal, "rate_hz": RATE_HZ, "kind": "tone"}
    metrics = evaluate_sounds(signal, **sounds, seeded=not recipe.starts_from_silence)
    assert metrics["target"]["power"] == np.mean(signal[first:].astype(np.float64) ** 2)
    power = metrics["target"]["power"]
    assert task.zero_losses() == dict.fromkeys((*LOSSES, "training_mse"), power)


@pytest.mark.parametrize("name", NAMES)
def test_predicting_zero_costs_a_device_the_test_loss_behind_the_own_filter(tmp_path: Path, name: str) -> None:
    _, target = sounds()["test"]
    silent = whole_losses(torch.from_numpy(target), torch.zeros(1, len(target)), RATE_HZ)
    assert device_task(tmp_path, pre_emphasis=name).zero_losses() == {"test_loss": silent[name][0]}


def test_a_device_is_learned_from_its_training_split_in_whole_segments(tmp_path: Path) -> None:
    task = device_task(tmp_path)
    assert (task.samples, task.rate_hz, task.loss_name) == (200, RATE_HZ, "training_loss")
    assert isinstance(task.objective, EmphasisedErrorToSignal)
    assert isinstance(task.data, DeviceData)
    for segments, side in zip((task.data.inputs, task.data.targets), sounds()["train"], strict=True):
        assert np.array_equal(segments.numpy(), side[:200].reshape(4, 50))  # 30 samples are no segment
    data = task.data
    assert (data.models, data.batch_size, data.hidden_size, data.warm_up) == (2, 3, HIDDEN, 10)


@pytest.mark.parametrize("name", NAMES)
def test_the_training_loss_is_behind_the_configurations_own_filter(tmp_path: Path, name: str) -> None:
    targets, outputs = torch.randn(2, 3, 30), torch.randn(2, 3, 30)
    loss = device_task(tmp_path, pre_emphasis=name).objective(targets, outputs)
    assert torch.equal(loss, EmphasisedErrorToSignal([name] * 2, RATE_HZ, "cpu")(targets, outputs))


@pytest.mark.parametrize("name", NAMES)
def test_validation_is_on_the_val_recording_behind_the_own_filter(tmp_path: Path, name: str) -> None:
    losses = device_task(tmp_path, pre_emphasis=name).validate(fresh())
    assert losses == losses_on("val", fresh())[name]
    assert losses != losses_on("test", fresh())[name]


@pytest.mark.parametrize("name", NAMES)
def test_final_losses_are_those_of_test_and_val_behind_each_filter(tmp_path: Path, name: str) -> None:
    losses = device_task(tmp_path, pre_emphasis=name).final_losses(fresh())
    test, val = losses_on("test", fresh()), losses_on("val", fresh())
    expected = {f"test_{each}": test[each] for each in NAMES} | {f"validation_{each}": val[each] for each in NAMES}
    assert losses == expected | {"test_loss": test[name], "validation_loss": val[name]}


def test_models_of_a_pack_are_judged_apart(tmp_path: Path) -> None:
    losses = device_task(tmp_path).final_losses(fresh())
    assert all(len(values) == 2 and values[0] != values[1] for values in losses.values())


@pytest.mark.parametrize("keep", ["last", "best_validation"])
def test_the_configuration_says_which_weights_are_kept(tmp_path: Path, keep: str) -> None:
    loop = loop_of(Recipe.from_settings(of_device(keep=keep)), device_task(tmp_path, keep=keep))
    trainer, kept = loop.trainer, []
    for made_up in ([2.0, 1.0], [1.0, 2.0]):
        trainer.train_epoch()
        loop.best.offer(trainer.epoch, trainer.parameters, made_up)
        kept.append({name: tensor.detach().clone() for name, tensor in trainer.parameters.items()})
    first, last = kept
    chosen = loop.parameters()
    assert chosen.keys() == last.keys()
    for name, tensor in chosen.items():
        assert torch.equal(tensor[0], last[name][0])
        assert torch.equal(tensor[1], (last if keep == "last" else first)[name][1])
        assert not torch.equal(first[name][1], last[name][1])


def test_the_first_batch_is_as_many_segments_as_a_mini_batch_has(tmp_path: Path) -> None:
    task = device_task(tmp_path)
    first = task.first_batch()
    assert torch.equal(first.inputs, task.data.inputs[:3])
    assert torch.equal(first.targets, task.data.targets[:3])
    assert len(device_task(tmp_path, batch_size=9).first_batch().inputs) == 4
    assert len(task.data.inputs) == 4


def test_a_missing_recording_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"tone\.wav: no such file"):
        build_task(RECIPE, [tmp_path / "tone.wav"], "cpu", SEEDS)
