"""The baseline of prediction: how well a linear predictor of a few taps continues the signal.

A network that is fed the true samples can at least learn such a predictor. Unlike the power of the signal, its error
says how much of the signal follows from the samples just before.
"""

import numpy as np

from rnn_audio.types import Samples

TAPS = (8, 32)
"""Numbers of taps of the predictors."""


def linear_prediction_mse(signal: Samples, taps: int) -> float:
    """Mean squared error of the best linear prediction of each sample but the first from the `taps` samples before it.

    The weights are those of least squares on the signal itself, which the networks learn by heart too. Before the
    signal there are zeros.

    Args:
        signal: [N], at least two samples.
        taps: number of earlier samples that a prediction reads.
    """
    samples = np.asarray(signal, dtype=np.float64)
    padded = np.concatenate([np.zeros(taps - 1), samples[:-1]])
    earlier = np.lib.stride_tricks.sliding_window_view(padded, taps)
    weights = np.linalg.lstsq(earlier, samples[1:], rcond=None)[0]
    return float(np.mean(np.square(earlier @ weights - samples[1:])))
