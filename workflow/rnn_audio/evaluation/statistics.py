"""Comparisons of configurations over their seeds, and intervals by the bootstrap.

The same seed gives two configurations the same random streams: the same initial weights, if their networks have the
same shape, and the same initial states. Their losses are therefore compared in pairs, seed by seed. With few seeds a
test can say little: all five of five pairs with one sign have p = 1/32.

The bootstrap draws with replacement, from a generator with a fixed seed: the same values give the same interval. Of
five seeds, the interval of the median is their whole range.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.types import Floats, Samples

CONFIDENCE = 0.95
RESAMPLES = 10_000
BLOCK_S = 1.0

_GENERATOR_SEED = 0

BySeed = Mapping[int, float]
"""A loss, or another number, of each seed."""

Statistic = Callable[[Floats], Floats]
"""Reduces the last-but-one axis of draws, [..., N, Q], to one number each, [...]."""


@dataclass(frozen=True)
class PairedRatio:
    """Values of one configuration over those of another, seed by seed.

    Attributes:
        ratios: one per common seed, in the order of the seeds.
        median: their median.
        lowest: the lowest ratio.
        highest: the highest ratio.
    """

    ratios: tuple[float, ...]
    median: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class SignTest:
    """Exact sign test of the claim that the first of two configurations has the lower values.

    Attributes:
        lower: number of seeds for which it has.
        pairs: number of seeds for which the two differ.
        p_value: probability of at least as many, if both signs are equally likely; 1 without a pair that differs.
    """

    lower: int
    pairs: int
    p_value: float


@dataclass(frozen=True)
class TrendTest:
    """Page's test of the claim that values rise, or stay equal, from one configuration to the next.

    Attributes:
        statistic: Page's L, the sum of the ranks of each configuration times its place, from 1.
        seeds: number of seeds, each of which ranks the configurations.
        configurations: number of configurations.
        p_value: probability of at least this L, if every order of the configurations is equally likely.
    """

    statistic: float
    seeds: int
    configurations: int
    p_value: float


@dataclass(frozen=True)
class Interval:
    """A value, and the percentile interval of its bootstrap.

    Attributes:
        value: the statistic of the values themselves.
        low: lower end of the interval.
        high: upper end.
        draws: number of values that each resample draws: seeds, or blocks.
        confidence: share of the resamples within the interval.
    """

    value: float
    low: float
    high: float
    draws: int
    confidence: float = CONFIDENCE


def paired_ratio(first: BySeed, second: BySeed) -> PairedRatio:
    """First over second for each seed that both have.

    Raises:
        InputError: they have no seed in common, or a value is not positive.
    """
    pairs = _pairs(first, second)
    if any(not value > 0 for pair in pairs for value in pair):
        raise InputError("a ratio of values by seed needs positive values")
    ratios = tuple(own / other for own, other in pairs)
    return PairedRatio(ratios, statistics.median(ratios), min(ratios), max(ratios))


def sign_test(first: BySeed, second: BySeed) -> SignTest:
    """Test whether `first` is lower than `second`, from the seeds that both have; equal pairs are left out.

    Raises:
        InputError: they have no seed in common.
    """
    signs = [own < other for own, other in _pairs(first, second) if own != other]
    from scipy.stats import binomtest  # takes over a second to import; most tables do without

    p_value = binomtest(sum(signs), len(signs), alternative="greater").pvalue if signs else 1.0
    return SignTest(sum(signs), len(signs), float(p_value))


def trend_test(levels: Sequence[BySeed]) -> TrendTest:
    """Page's trend test (1963) over the seeds that all configurations have.

    Args:
        levels: the values of each configuration, in the order in which they should rise.

    Raises:
        InputError: there are fewer than three configurations, or fewer than two seeds in common.
    """
    seeds = sorted(set.intersection(*(set(level) for level in levels))) if levels else []
    if len(levels) < 3 or len(seeds) < 2:
        raise InputError(
            f"a trend test needs three configurations and two common seeds, not {len(levels)} and {len(seeds)}"
        )
    from scipy.stats import page_trend_test

    result = page_trend_test([[level[seed] for level in levels] for seed in seeds])
    return TrendTest(float(result.statistic), len(seeds), len(levels), float(result.pvalue))


def bootstrap_over_seeds(
    values: BySeed, statistic: Callable[..., Floats] = np.median, confidence: float = CONFIDENCE
) -> Interval:
    """Interval of a statistic of the seeds' values.

    Args:
        values: by seed. The interval of a single one is that value alone, and says nothing.
        statistic: a function of numpy with an argument `axis`, such as `np.median` or `np.mean`.
        confidence: share of the resamples within the interval.

    Raises:
        InputError: there is no value.
    """
    column = np.array([values[seed] for seed in sorted(values)], dtype=np.float64)[:, np.newaxis]
    return _bootstrap(column, lambda drawn: statistic(drawn[..., 0], axis=-1), confidence)


def bootstrap_over_blocks(sums: Floats, statistic: Statistic, confidence: float = CONFIDENCE) -> Interval:
    """Interval of a statistic of sums over the blocks of a recording.

    A block is drawn with all its sums, so that numbers of several models, or of a model and its target, stay paired.
    Blocks of one second are long enough to be nearly independent of each other; samples are not.

    Args:
        sums: what `block_energies` gives, one column each, [B, Q].
        statistic: a function of totals over the drawn blocks, [..., Q] to [...].
        confidence: share of the resamples within the interval.

    Raises:
        InputError: there is no block.
    """
    return _bootstrap(np.asarray(sums, dtype=np.float64), lambda drawn: statistic(drawn.sum(axis=-2)), confidence)


def block_energies(samples: Samples, rate_hz: float, block_s: float = BLOCK_S) -> Floats:
    """Energy of a recording, [N], in blocks of about `block_s` seconds, [B]: its parts are equal but for a sample.

    >>> block_energies(np.array([1.0, 2.0, 3.0, 0.0, 1.0]), rate_hz=2).tolist()
    [14.0, 1.0]
    """
    blocks = max(1, round(len(samples) / (rate_hz * block_s)))
    return np.array([np.sum(np.square(part, dtype=np.float64)) for part in np.array_split(samples, blocks)])


def level_db(totals: Floats) -> Floats:
    """The statistic of an error level: energy of the error over that of the target in decibels, [..., 2] to [...]."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return 10.0 * np.log10(totals[..., 0] / totals[..., 1])


def _pairs(first: BySeed, second: BySeed) -> list[tuple[float, float]]:
    seeds = sorted(set(first) & set(second))
    if not seeds:
        raise InputError("there is no seed in common, by which to compare")
    return [(first[seed], second[seed]) for seed in seeds]


def _bootstrap(values: Floats, statistic: Statistic, confidence: float) -> Interval:
    """The values are [N, Q]; whole rows are drawn."""
    count = len(values)
    if count == 0:
        raise InputError("there is nothing to resample")
    generator = np.random.default_rng(_GENERATOR_SEED)
    drawn = statistic(values[generator.integers(count, size=(RESAMPLES, count))])
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(statistic(values)), float(low), float(high), count, confidence)
