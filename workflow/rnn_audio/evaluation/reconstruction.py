"""Reconstructions by a trained auxiliary network, with initial states that were not used in training.

Paper A, section V-D, figures 6 and 7.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rnn_audio.evaluation.distances import segments_power
from rnn_audio.evaluation.signal_sounds import load_chosen
from rnn_audio.networks.model import Parameters
from rnn_audio.networks.random_streams import RandomStreams
from rnn_audio.training.auxiliary_loss import AuxiliaryLoss
from rnn_audio.training.data import SignalData
from rnn_audio.training.recipe import Recipe
from rnn_audio.types import Settings

MOST_EVALUATED = 64
"""Most segments per evaluation: each one takes memory for the whole batch."""


@dataclass(frozen=True)
class ShownReconstruction:
    """The chosen model's reconstruction of one segment, from the first initial state of its evaluation.

    Attributes:
        segment: [L].
        reconstruction: [L]; its first sample is the seed, taken from the segment.
        anchor: number of samples of the signal up to the end of the segment.
        evaluated: the anchors at which the auxiliary loss was evaluated.
    """

    segment: NDArray[np.float32]
    reconstruction: NDArray[np.float32]
    anchor: int
    evaluated: list[int]


@torch.no_grad()
def auxiliary_mse(parameters: Parameters, auxiliary: AuxiliaryLoss, data: SignalData, seeds: list[int]) -> list[float]:
    """Mean squared error of each model's reconstructions, over segments, states and samples; fed as in training.

    The initial states are those of the prediction and the generation (`signal_sounds`). The segments are evenly spaced
    and the same for every seed. Random segments of a decaying signal differ in power, which would dominate the error.
    """
    batch = data.batch(RandomStreams(seeds), "evaluation")
    anchors = auxiliary.spread_anchors(batch.inputs.shape[-1], MOST_EVALUATED)
    passed = auxiliary.run(parameters, batch, torch.tensor([anchors] * len(seeds)))
    return (passed.reconstructions - passed.segments).double().square().mean(dim=(1, 2, 3)).tolist()


def zero_auxiliary_mse(auxiliary: AuxiliaryLoss, signal: NDArray[np.float32]) -> float:
    """The `auxiliary_mse` of reconstructions that are all zero; `signal` is [N]."""
    anchors = auxiliary.spread_anchors(len(signal) - 1, MOST_EVALUATED)
    return segments_power(signal, anchors, auxiliary.segment_samples)


@torch.no_grad()
def reconstruct_chosen(
    model_path: Path, settings: Settings, signal: NDArray[np.float32], seed: int
) -> ShownReconstruction:
    """A trained model's reconstruction of the segment before a random anchor.

    The anchor is drawn after the evaluation's initial states, from the same stream, so it depends on the seed only.

    Args:
        model_path: the model's file.
        settings: the resolved configuration that it was trained with.
        signal: [N], the signal that it was trained on.
        seed: the seed that it was trained with.
    """
    recipe = Recipe.from_settings(settings)
    parameters, auxiliary = load_chosen(model_path, recipe.shape), recipe.auxiliary_loss
    streams = RandomStreams([seed])
    batch = recipe.signal_data(torch.from_numpy(signal), models=1).batch(streams, "evaluation")
    fed = batch.inputs.shape[-1]
    anchors = auxiliary.draw_anchors(streams, "evaluation", fed, count=1)
    passed = auxiliary.run(parameters, batch, anchors)
    anchor = int(anchors)
    segment = signal[anchor - auxiliary.segment_samples : anchor]
    reconstruction = np.concatenate([segment[:1], passed.reconstructions[0, 0, 0].numpy()])
    return ShownReconstruction(segment, reconstruction, anchor, auxiliary.spread_anchors(fed, MOST_EVALUATED))
