"""Tests and intervals for scores of listeners, who are the units: their scores of several clips are not independent.

Scores are ordinal, skewed and bounded, so nothing here rests on a normal distribution but the interval of the paper's
own kind, `t_interval` (Mendonça and Delikaris-Manias, AES 144th Convention, 2018).
"""

from collections.abc import Sequence

import numpy as np

from rnn_audio.evaluation.statistics import CONFIDENCE, RESAMPLES
from rnn_audio.types import Floats

Bounds = tuple[float, float] | None
"""Ends of an interval; None where too few values have none."""

_GENERATOR_SEED = 0


def sign_flip_test(differences: Sequence[int]) -> float:
    """Exact two-sided p-value of a mean difference: the share of all sign changes whose mean is as far from 0.

    Under the null hypothesis each listener could as well have the opposite difference. The distribution of the sum over
    all 2^n sign changes is computed listener by listener, exact with ties and zeros.

    Args:
        differences: one whole number per listener, such as the difference of two sums of scores.

    >>> sign_flip_test([1, 2, 3])
    0.25
    """
    sizes = [abs(int(difference)) for difference in differences]
    total = sum(sizes)
    shares = np.zeros(2 * total + 1)
    shares[total] = 1.0
    for size in sizes:
        shares = (np.roll(shares, size) + np.roll(shares, -size)) / 2
    as_far = np.abs(np.arange(-total, total + 1)) >= abs(sum(differences))
    return float(min(1.0, shares[as_far].sum()))


def least_p_value(listeners: int) -> float:
    """The smallest p-value that `sign_flip_test` can give with so many listeners: all differences have one sign."""
    return min(1.0, 2.0 ** (1 - listeners))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjustment (1979), which needs no assumption on how the tests depend on each other.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda each: p_values[each])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def friedman_test(scores: Floats) -> tuple[float, float] | None:
    """Friedman's statistic and p-value over the columns of [listeners, conditions]; None where it has none."""
    listeners, conditions = scores.shape
    if listeners < 2 or conditions < 3 or (np.ptp(scores, axis=1) == 0).all():
        return None
    from scipy.stats import friedmanchisquare

    result = friedmanchisquare(*scores.T)
    return float(result.statistic), float(result.pvalue)


def t_interval(values: Floats) -> Bounds:
    """Interval of a mean by Student's t, which is what the paper's figure 5 most likely shows."""
    if len(values) < 2:
        return None
    from scipy.stats import t

    half = t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def bootstrap_interval(values: Floats) -> Bounds:
    """BCa bootstrap interval of a mean (Efron 1987) from a generator with a fixed seed."""
    if len(values) < 2:
        return None
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    from scipy.stats import bootstrap

    generator = np.random.default_rng(_GENERATOR_SEED)
    found = bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="BCa", confidence_level=CONFIDENCE, rng=generator
    )
    low, high = found.confidence_interval
    return (float(low), float(high)) if np.isfinite([low, high]).all() else None
