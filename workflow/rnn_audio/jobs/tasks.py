"""Training data, objective and evaluation of a configuration: a signal (paper A) or a device (paper B)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import torch

from rnn_audio.devices.segments import read_segments
from rnn_audio.evaluation.device_sounds import process, whole_losses, zero_loss
from rnn_audio.evaluation.distances import signal_power
from rnn_audio.evaluation.linear_prediction import TAPS, linear_prediction_mse
from rnn_audio.evaluation.reconstruction import auxiliary_mse, zero_auxiliary_mse
from rnn_audio.evaluation.signal_sounds import LOSSES, perform
from rnn_audio.losses.objectives import EmphasisedErrorToSignal, MeanSquaredError, Objective
from rnn_audio.losses.preemphasis import MINIMUM_PHASE, NAMES
from rnn_audio.networks.model import Parameters
from rnn_audio.training.data import DeviceData, TrainingData
from rnn_audio.training.recipe import Recipe
from rnn_audio.types import Settings
from rnn_audio.wav import read_wav

Pair = tuple[torch.Tensor, torch.Tensor]
LossesByName = dict[str, list[float]]


class Task(Protocol):
    """One configuration's data, objective and evaluation, for a pack of seeds.

    Attributes:
        loss_name: name of the training loss in the history.
        samples: number of samples of training data.
        rate_hz: their sampling rate in Hz.
    """

    loss_name: str
    samples: int
    rate_hz: int
    data: TrainingData
    objective: Objective

    def validate(self, parameters: Parameters) -> list[float] | None:
        """Each model's loss on validation data, or None without such data."""

    def final_losses(self, parameters: Parameters) -> LossesByName:
        """Each model's losses at the end of training, by name."""

    def zero_losses(self) -> dict[str, float]:
        """Losses of an output of zeros, by name: a model with similar losses has learned nothing."""

    def linear_prediction(self) -> dict[str, float]:
        """The prediction's loss of linear predictors, by their number of taps; empty where none applies."""


class SignalTask:
    """Overfitting one signal (paper A), evaluated by prediction and generation of the signal itself."""

    loss_name = "training_mse"

    def __init__(self, recipe: Recipe, signal: torch.Tensor, rate_hz: int, seeds: list[int]) -> None:
        self.samples = len(signal)
        self.rate_hz = rate_hz
        self.data = recipe.signal_data(signal, len(seeds))
        self.objective = MeanSquaredError()
        self._feeding = recipe.feeding
        self._auxiliary = recipe.auxiliary_loss
        self._seeds = seeds

    def validate(self, parameters: Parameters) -> None:
        """None: there is no data other than the signal."""

    def final_losses(self, parameters: Parameters) -> LossesByName:
        """Mean squared errors of prediction, generation and reconstructions, from new initial states.

        Of prediction and generation also median and quartiles over the states (`Performance.losses`).
        """
        performance = perform(parameters, self._feeding, self.data, self._seeds)
        losses = performance.losses()
        if self._auxiliary is None:
            return losses
        return losses | {"auxiliary_mse": auxiliary_mse(parameters, self._auxiliary, self.data, self._seeds)}

    def zero_losses(self) -> dict[str, float]:
        """Mean squared errors of an output of zeros: the power of the signal, and of the reconstructed segments."""
        signal = self.data.signal.cpu().numpy()
        power = signal_power(signal if self.data.silent_seed else signal[1:])
        losses = dict.fromkeys((*LOSSES, self.loss_name), power)
        if self._auxiliary is None:
            return losses
        return losses | {"auxiliary_mse": zero_auxiliary_mse(self._auxiliary, signal)}

    def linear_prediction(self) -> dict[str, float]:
        """Mean squared errors of linear predictors; none for a network that is never fed the true signal."""
        if self.data.silent_seed:
            return {}
        signal = self.data.signal.cpu().numpy()
        return {str(taps): linear_prediction_mse(signal, taps) for taps in TAPS}


class DeviceTask:
    """Modelling a device (paper B): validated in training, evaluated on whole recordings with every pre-emphasis.

    Args:
        recipe: the recipe of a resolved configuration.
        segments: input and target for training, [2, S, T], on the training accelerator.
        recordings: input and target of `val` and `test`, [N] each, on the same accelerator.
        rate_hz: their sampling rate in Hz.
        seeds: one seed per model.
        filters: the pre-emphasis of each model; by default the configuration's.
    """

    loss_name = "training_loss"

    def __init__(
        self,
        recipe: Recipe,
        segments: torch.Tensor,
        recordings: dict[str, Pair],
        rate_hz: int,
        seeds: list[int],
        filters: Sequence[str] | None = None,
    ) -> None:
        self.rate_hz = rate_hz
        self.samples = segments[0].numel()
        self.data = self._segmented(recipe.settings, segments, len(seeds))
        self._own_filter = recipe.settings["pre_emphasis"]
        self._filters = list(filters or [self._own_filter] * len(seeds))
        self._design = recipe.settings.get("a_weighting_design", MINIMUM_PHASE)
        self.objective = EmphasisedErrorToSignal(self._filters, rate_hz, self.data.device, design=self._design)
        self._shape = recipe.shape
        self._recordings = recordings

    def first_batch(self) -> DeviceData:
        """The data reduced to the segments of one mini-batch, for measurements of speed."""
        count = self.data.batch_size
        return replace(self.data, inputs=self.data.inputs[:count], targets=self.data.targets[:count])

    def validate(self, parameters: Parameters) -> list[float]:
        """Equation 4 with each model's own pre-emphasis, over the whole validation recording as one signal."""
        source, target = self._recordings["val"]
        outputs = process(parameters, self._shape, source)
        losses = [0.0] * len(self._filters)
        for name in dict.fromkeys(self._filters):
            models = [model for model, own in enumerate(self._filters) if own == name]
            own_losses = whole_losses(target, outputs[models], self.rate_hz, [name], self._design)[name]
            for model, loss in zip(models, own_losses, strict=True):
                losses[model] = loss
        return losses

    def final_losses(self, parameters: Parameters) -> LossesByName:
        """`test_<filter>` and `validation_<filter>`; `test_loss`, `validation_loss` with the model's own filter."""
        losses: LossesByName = {}
        for split, prefix in (("test", "test"), ("val", "validation")):
            by_filter = self._losses(parameters, split)
            losses |= {f"{prefix}_{name}": values for name, values in by_filter.items()}
            losses[f"{prefix}_loss"] = [by_filter[name][model] for model, name in enumerate(self._filters)]
        return losses

    def zero_losses(self) -> dict[str, float]:
        """The test loss of an output of zeros, with the configuration's pre-emphasis."""
        _, target = self._recordings["test"]
        return {"test_loss": zero_loss(target.cpu().numpy(), self.rate_hz, self._own_filter, self._design)}

    def linear_prediction(self) -> dict[str, float]:
        """None: a device's output does not follow from its own past."""
        return {}

    def _losses(self, parameters: Parameters, split: str) -> LossesByName:
        source, target = self._recordings[split]
        return dict(whole_losses(target, process(parameters, self._shape, source), self.rate_hz, NAMES, self._design))

    @staticmethod
    def _segmented(settings: Settings, segments: torch.Tensor, models: int) -> DeviceData:
        return DeviceData(
            inputs=segments[0],
            targets=segments[1],
            models=models,
            batch_size=settings["batch_size"],
            hidden_size=settings["hidden_size"],
            warm_up=settings["warm_up_samples"],
        )


def build_task(
    recipe: Recipe,
    recordings: Sequence[Path],
    accelerator: str,
    seeds: list[int],
    filters: Sequence[str] | None = None,
) -> SignalTask | DeviceTask:
    """The task of a configuration.

    Args:
        recipe: its recipe.
        recordings: the signal; or a device's training segments, then input and target of val and test.
        accelerator: `cpu` or `cuda`, where it trains.
        seeds: one seed per model.
        filters: the pre-emphasis of each model of a device; by default the configuration's.
    """
    if "device" not in recipe.settings:
        samples, rate_hz = read_wav(recordings[0])
        return SignalTask(recipe, torch.from_numpy(samples).to(accelerator), rate_hz, seeds)
    segments = torch.from_numpy(read_segments(recordings[0])).to(accelerator)
    sounds = [read_wav(path) for path in recordings[1:]]
    val_input, val_target, test_input, test_target = (
        torch.from_numpy(samples).to(accelerator) for samples, _ in sounds
    )
    judged = {"val": (val_input, val_target), "test": (test_input, test_target)}
    return DeviceTask(recipe, segments, judged, sounds[0][1], seeds, filters)
