"""All metrics of one device model's output, and of the baselines."""

from collections.abc import Mapping

import numpy as np

from rnn_audio.evaluation.baselines import fit_gain, fit_waveshaper
from rnn_audio.evaluation.error_spectra import band_level_db
from rnn_audio.evaluation.quantities import BANDS_HZ
from rnn_audio.losses.preemphasis import MINIMUM_PHASE, NAMES
from rnn_audio.records import Record
from rnn_audio.types import Samples

WAVESHAPER_BINS = 1000


def evaluate_device(target: Samples, prediction: Samples, rate_hz: int, selection: Record) -> Record:
    """Losses of an output with every pre-emphasis filter, and its error from 1 to 2 kHz (paper B, section 5.1).

    Args:
        target: the device's output for the whole test set, [N].
        prediction: the chosen model's output, [N].
        rate_hz: sampling rate of both in Hz.
        selection: the configuration's `selection.json`. The losses are those that training measured of the chosen
            seed's model on the same recording.
    """
    losses = selection["seeds"][str(selection["chosen_seed"])]["losses"]
    return {
        "kind": "device",
        "rate_hz": rate_hz,
        "target": {"samples": len(target), "power": float(np.mean(np.square(target, dtype=np.float64)))},
        "zero_loss": selection["zero_loss"]["test_loss"],
        "prediction": {
            **{f"loss_{name}": losses[f"test_{name}"] for name in NAMES},
            **{name: band_level_db(target, prediction, rate_hz, *edges) for name, edges in BANDS_HZ.items()},
        },
    }


def baseline_losses(
    train: tuple[Samples, Samples], test: tuple[Samples, Samples], rate_hz: int, design: str = MINIMUM_PHASE
) -> Mapping[str, Mapping[str, float]]:
    """Test losses with every pre-emphasis filter: of silence, and of a gain and a waveshaper fitted to `train`.

    Args:
        train: input and target, [N] each.
        test: input and target, [N] each.
        rate_hz: sampling rate of all in Hz.
        design: how the A-weighting is fitted, one of `preemphasis.DESIGNS`.
    """
    import torch  # imported here: nothing else in this module needs it

    from rnn_audio.evaluation.device_sounds import whole_losses

    source, target = test
    outputs = {
        "zero": np.zeros_like(target),
        "gain": fit_gain(*train) * source,
        "waveshaper": fit_waveshaper(*train, bins=WAVESHAPER_BINS).apply(source),
    }
    wanted, heard = (
        torch.from_numpy(np.asarray(sounds, dtype=np.float32)) for sounds in (target, np.stack(list(outputs.values())))
    )
    losses = whole_losses(wanted, heard, rate_hz, NAMES, design)
    return {output: {name: values[place] for name, values in losses.items()} for place, output in enumerate(outputs)}
