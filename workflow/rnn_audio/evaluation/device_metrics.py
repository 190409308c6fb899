"""All metrics of one device model's output, and of the baselines."""

from typing import Any

import numpy as np
import torch

from rnn_audio.evaluation.baselines import fit_gain, fit_waveshaper
from rnn_audio.evaluation.device_sounds import whole_losses, zero_loss
from rnn_audio.evaluation.error_spectra import band_level_db
from rnn_audio.evaluation.quantities import BANDS_HZ
from rnn_audio.types import Samples

WAVESHAPER_BINS = 1000


def evaluate_device(target: Samples, prediction: Samples, rate_hz: int, own_filter: str) -> dict[str, Any]:
    """Losses of an output with every pre-emphasis filter, and its error from 1 to 2 kHz (paper B, section 5.1).

    Args:
        target: the device's output for the whole test set, [N].
        prediction: the model's output, [N].
        rate_hz: sampling rate of both in Hz.
        own_filter: the pre-emphasis filter that the model was trained with.
    """
    losses = _losses(target, prediction, rate_hz)
    return {
        "kind": "device",
        "rate_hz": rate_hz,
        "target": {"samples": len(target), "power": float(np.mean(np.square(target, dtype=np.float64)))},
        "zero_loss": zero_loss(target, rate_hz, own_filter),
        "prediction": {
            **{f"loss_{name}": loss for name, loss in losses.items()},
            **{name: band_level_db(target, prediction, rate_hz, *edges) for name, edges in BANDS_HZ.items()},
        },
    }


def baseline_losses(
    train: tuple[Samples, Samples], test: tuple[Samples, Samples], rate_hz: int
) -> dict[str, dict[str, float]]:
    """Test losses with every pre-emphasis filter: of silence, and of a gain and a waveshaper fitted to `train`.

    Args:
        train: input and target, [N] each.
        test: input and target, [N] each.
        rate_hz: sampling rate of all in Hz.
    """
    source, target = test
    outputs = {
        "zero": np.zeros_like(target),
        "gain": fit_gain(*train) * source,
        "waveshaper": fit_waveshaper(*train, bins=WAVESHAPER_BINS).apply(source),
    }
    return {name: _losses(target, output, rate_hz) for name, output in outputs.items()}


def _losses(target: Samples, output: Samples, rate_hz: int) -> dict[str, float]:
    tensors = [torch.from_numpy(np.asarray(samples, dtype=np.float32)) for samples in (target, output)]
    return {name: values[0] for name, values in whole_losses(tensors[0], tensors[1].unsqueeze(0), rate_hz).items()}
