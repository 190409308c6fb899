"""Sounds of a trained model: its prediction and its generation of the signal that it was trained on.

For a prediction the network is fed the true input, for a generation its own output, from one seed sample (paper A,
section IV-A). A network that was trained without teacher forcing has never read true input. Its prediction is its
output in training (section V-A, figure 2), which is a generation.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_audio.errors import InputError
from rnn_audio.losses.formulas import model_by_model
from rnn_audio.networks import recurrence
from rnn_audio.networks.model import ModelShape, Parameters, load_model, stored_state
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.bptt_method import Feeding, sub_sequences
from rnn_audio.training.data import SignalData
from rnn_audio.training.recipe import Recipe
from rnn_audio.types import Settings

QUANTILES = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}
"""What is said of a loss over the initial states, in addition to its mean."""

LOSSES = tuple(
    f"{loss}{part}"
    for loss in ("prediction_mse", "generation_mse")
    for part in ("", *(f"_{quantile}" for quantile in QUANTILES))
)
"""The names of `Performance.losses`."""


@dataclass(frozen=True)
class Performance:
    """Sounds of a pack, one for each random initial state.

    Attributes:
        targets: the target of all, [T].
        predictions: [M, B, T].
        generations: [M, B, T].
    """

    targets: torch.Tensor
    predictions: torch.Tensor
    generations: torch.Tensor

    def prediction_mse(self) -> list[float]:
        """Mean squared error of each model's predictions, over samples and initial states."""
        return _mse(self.predictions, self.targets)

    def generation_mse(self) -> list[float]:
        """Mean squared error of each model's generations, over samples and initial states."""
        return _mse(self.generations, self.targets)

    def losses(self) -> dict[str, list[float]]:
        """Both errors of each model by name: `prediction_mse`, and its median and quartiles over the initial states.

        A few states can have errors ten times as large as the others, which the mean then shows.
        """
        losses = {}
        for name, sounds in (("prediction_mse", self.predictions), ("generation_mse", self.generations)):
            of_states = (sounds - self.targets).double().square().mean(dim=2).cpu()
            quantiles = torch.quantile(of_states, torch.tensor(list(QUANTILES.values()), dtype=torch.double), dim=1)
            losses[name] = _mse(sounds, self.targets)
            losses |= {f"{name}_{part}": own.tolist() for part, own in zip(QUANTILES, quantiles, strict=True)}
        return losses


@torch.no_grad()
def perform(parameters: Parameters, feeding: Feeding, data: SignalData, seeds: list[int]) -> Performance:
    """Predict and generate, from initial states that were not used in training.

    The same seeds always give the same sounds. A model that was trained with new random states at each sub-sequence
    predicts with them too (figure 4).
    """
    streams = RandomStreams(seeds)
    batch = data.batch(streams, "evaluation")
    length = batch.targets.shape[-1]
    opening = stored_state(parameters, data.batch_size) or batch.state
    generations, _ = recurrence.free_run(parameters, batch.inputs[..., 0], length, opening)
    if feeding.teacher_forcing.schedule == "never":
        return Performance(batch.targets[0, 0], generations, generations)
    stretches, state = [], batch.state
    for stretch in sub_sequences(length, None if feeding.carry_state else feeding.update_length):
        if stretch.start > 0:
            state = data.initial_state(streams, "evaluation")
        outputs, state = recurrence.run(parameters, batch.inputs[..., stretch], state)
        stretches.append(outputs)
    return Performance(batch.targets[0, 0], torch.cat(stretches, dim=-1), generations)


def load_chosen(model_path: Path, expected: ModelShape) -> Parameters:
    """The weights of a trained model, as a pack of one.

    Raises:
        InputError: the file is not a model, or not one of the expected shape.
    """
    shape, parameters = load_model(model_path)
    if shape != expected:
        raise InputError(
            f"{model_path}: its hidden size {shape.hidden_size}, its initial state or its auxiliary network does not "
            "match the configuration; delete it and run the workflow again"
        )
    return parameters


def perform_trained(model_path: Path, settings: Settings, signal: NDArray[np.float32], seed: int) -> Performance:
    """A trained model's sounds from all initial states of its evaluation.

    Args:
        model_path: the model's file.
        settings: the resolved configuration that it was trained with.
        signal: [N], the signal that it was trained on.
        seed: the seed that it was trained with.

    Raises:
        InputError: the file is not a model of this configuration.
    """
    recipe = Recipe.from_settings(settings)
    parameters = load_chosen(model_path, recipe.shape)
    return perform(parameters, recipe.feeding, recipe.signal_data(torch.from_numpy(signal), models=1), [seed])


def first_sounds(
    performance: Performance, signal: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Prediction and generation of the first model from the first initial state, as long as the signal, [N] each.

    If the generation's seed is the signal's first sample, both sounds begin with that sample.
    """
    opening = torch.from_numpy(signal[: len(signal) - len(performance.targets)])
    sounds = (performance.predictions, performance.generations)
    prediction, generation = (torch.cat([opening, sound[0, 0]]).numpy() for sound in sounds)
    return prediction, generation


def _mse(sounds: torch.Tensor, targets: torch.Tensor) -> list[float]:
    return model_by_model(lambda own: (own - targets).double().square().mean(dim=(1, 2)), sounds).tolist()
