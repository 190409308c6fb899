"""The kinds of rules: what each computes from the results, in numbers and in words.

A rule gives one or more parts: `value`, `covers`, `scatter` and `best` one for each configuration, `paired` one for
each pair. All must hold.
"""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import binomtest, kendalltau

from rnn_audio.configuration.kinds import BEST, COVERS, HEARD, ORDER, PAIRED, SCATTER, SPREAD, VALUE
from rnn_audio.evaluation.heard import TOO_FEW, compare_heard
from rnn_audio.evaluation.statistics import CONFIDENCE, bootstrap_over_seeds, trend_test
from rnn_audio.reporting.claims.evidence import Results, Values
from rnn_audio.reporting.claims.reader import RuleReader, listed, write
from rnn_audio.reporting.tables.rows import MISSING
from rnn_audio.types import Floats, Settings

SIGN_TEST, _PAGE, LISTENERS = "sign test", "Page's test", "sign-flip test over the listeners, by Holm"

_FEWEST_FOR_A_TREND = 3
_RESAMPLES = 10_000


@dataclass(frozen=True)
class Part:
    """One comparison of a claim.

    Attributes:
        quantity: what is compared, in words.
        subject: the configurations.
        number: the effect with its unit and interval.
        rule: what the rule says of it.
        effect: the number that decides, of the median seed.
        low: lower end of its interval over the seeds; NaN for fewer than two.
        high: upper end.
        seeds: number of seeds; 0 if no training changes the numbers.
        met: for each seed that has a number, whether the rule holds; a single entry if the seeds decide together.
        p_value: the probability of seeds that speak for the rule as clearly, if it did not hold.
        least_p: the smallest such probability that this number of seeds can give.
        test: the test that gives it; empty where there is none.
        near_zero: whether it is about what networks have learned, and none has learned anything.
        one_sound: whether only the chosen seed's sound was measured.
    """

    quantity: str
    subject: str
    number: str
    rule: str
    effect: float
    low: float
    high: float
    seeds: int
    met: tuple[bool, ...]
    p_value: float
    least_p: float
    test: str = ""
    near_zero: bool = False
    one_sound: bool = False

    @property
    def agrees(self) -> bool:
        """Whether the rule holds for most seeds."""
        return sum(self.met) > len(self.met) / 2


def evaluate(rule: Settings, results: Mapping[str, Results]) -> list[Part]:
    """The parts of one rule.

    Args:
        rule: its kind, quantity, configurations and limits.
        results: those of each of its configurations.

    Raises:
        InputError: a configuration does not have the quantity.
    """
    return _KINDS[rule["kind"]](RuleReader(rule, results))


def _value(reader: RuleReader) -> list[Part]:
    return [_measured(reader, name, reader.values(name), [name]) for name in reader.of]


def _paired(reader: RuleReader) -> list[Part]:
    """Seed by seed, since the same seed has the same random numbers: a ratio, or the difference of levels in dB."""
    count = max(len(reader.of), len(reader.over))
    compare = _difference if reader.is_level else _ratio
    parts = []
    for own, other in zip(_repeated(reader.of, count), _repeated(reader.over, count), strict=True):
        effects = _compared(reader.values(own), reader.values(other), compare)
        subject = f"{own} {'minus' if reader.is_level else 'over'} {other}"
        part = _measured(reader, subject, effects, [own, other], unit=" dB" if reader.is_level else "")
        parts.append(replace(part, number=f"{part.number}, for {other} has 0") if math.isinf(part.effect) else part)
    return parts


def _spread(reader: RuleReader) -> list[Part]:
    """How far configurations are apart, (largest - smallest) / smallest, over the same of other configurations."""
    sides = (reader.of, reader.over)
    spreads = [_spread_of([reader.values(name) for name in side]) for side in sides]
    first, second = (
        f"{write(100 * _middle(spread))} % among {listed(side)}" for spread, side in zip(spreads, sides, strict=True)
    )
    effects = _compared(*spreads, _ratio)
    part = _measured(reader, f"{first}, {second}; ratio", effects, [*reader.of, *reader.over], unit="")
    return [replace(part, quantity=f"spread of the {reader.words}")]


def _scatter(reader: RuleReader) -> list[Part]:
    """Standard deviation over the seeds, in per cent of their mean."""
    parts = []
    for name in reader.of:
        values = reader.values(name)
        numbers = list(values.by_seed.values())
        effect = 100 * statistics.stdev(numbers) / statistics.fmean(numbers) if len(numbers) > 1 else MISSING
        number = f"{write(effect)} % of the mean" if len(numbers) > 1 else "needs several seeds"
        part = _together(reader, name, number, effect, values, reader.within(effect), [name])
        parts.append(replace(part, quantity=f"standard deviation of the {reader.words}", rule=f"{reader.limits} %"))
    return parts


def _covers(reader: RuleReader) -> list[Part]:
    """Whether the published value lies in the range of the seeds."""
    parts = []
    for name in reader.of:
        values, published = reader.values(name), reader.rule["value"]
        numbers = [value for value in values.by_seed.values() if not math.isnan(value)] or [MISSING]
        low, high = min(numbers), max(numbers)
        shown = write(low) if low == high else f"{write(low)} to {write(high)}"
        met = low <= published <= high
        part = _together(reader, name, f"{shown}{reader.unit}", _middle(values), values, met, [name])
        part = replace(part, rule=f"{write(published)} lies in the range of the seeds")
        parts.append(replace(part, low=low, high=high) if len(numbers) > 1 else part)
    return parts


def _order(reader: RuleReader) -> list[Part]:
    """Whether the quantity rises from one configuration to the next, by Page's test over the seeds."""
    columns = [reader.values(name) for name in reader.of]
    taus = Values(
        {seed: _rank_correlation([column.by_seed[seed] for column in columns]) for seed in _common(columns)},
        min(column.seeds for column in columns),
    )
    *first, last = (f"{name} {write(_middle(column))}" for name, column in zip(reader.of, columns, strict=True))
    met = tuple(tau == 1 for tau in taus.by_seed.values())
    part = _by_seed(reader, ", ".join([*first, ""]).rstrip(" "), f"{last}{reader.unit}", taus, met, reader.of)
    part = replace(part, rule="rises from the first to the last")
    if len(columns) < _FEWEST_FOR_A_TREND or len(taus.by_seed) < 2:
        return [part]
    page = trend_test([column.by_seed for column in columns])
    least_p = math.factorial(len(columns)) ** -len(taus.by_seed)
    return [replace(part, p_value=page.p_value, least_p=least_p, test=_PAGE)]


def _best(reader: RuleReader) -> list[Part]:
    """Whether the best seed of a configuration is lower than the best seeds of all others, by the bootstrap."""
    parts = []
    for name in reader.of:
        others = [other for other in reader.over if other != name]
        columns = [reader.values(each) for each in (name, *others)]
        seeds = _common(columns)
        table = np.array([[column.by_seed[seed] for column in columns] for seed in seeds])  # [seeds, configurations]
        own, *rest = table.min(axis=0)
        rival = others[int(np.argmin(rest))]
        subject = f"{name} {write(own)}{reader.unit}, the best of the others is {rival} with"
        effect = float(_best_ratio(table))
        part = _together(
            reader, subject, f"{write(min(rest))}{reader.unit}", effect, columns[0], effect < 1, [name, *others]
        )
        if len(seeds) > 1:
            draws = np.random.default_rng(0).integers(len(seeds), size=(_RESAMPLES, len(seeds)))
            ratios = _best_ratio(table[draws])
            low, high = np.quantile(ratios, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
            part = replace(part, low=float(low), high=float(high), p_value=float((ratios >= 1).mean()))
        parts.append(
            replace(
                part, quantity=f"{reader.words}, best seed", rule="the first is lower", test="bootstrap over the seeds"
            )
        )
    return parts


def _heard(reader: RuleReader) -> list[Part]:
    """Whether listeners give the second of two conditions the higher score, by the test's own analysis."""
    first, second = reader.rule["conditions"]
    heard = compare_heard(reader.record(reader.rule["test"], "heard"), reader.rule["group"], first, second)
    listeners = Values({}, heard.listeners)
    names = [*reader.of]
    if heard.first_mean is None or heard.second_mean is None or heard.p_value is None:
        part = _together(reader, second, "", MISSING, listeners, False, names)
        return [replace(part, least_p=1.0, test=LISTENERS, near_zero=False)]
    difference = heard.second_mean - heard.first_mean
    means = f"{second} {write(heard.second_mean)}, {first} {write(heard.first_mean)}"
    part = _together(
        reader, means, f"of 100, {heard.listeners} listeners", difference, listeners, difference > 0, names
    )
    p_value = heard.p_value if difference > 0 else 1.0
    least_p = 1.0 if heard.verdict == TOO_FEW else 0.0
    rule = "the first is higher"
    return [replace(part, rule=rule, p_value=p_value, least_p=least_p, test=LISTENERS, near_zero=False)]


_KINDS: Mapping[str, Callable[[RuleReader], list[Part]]] = {
    VALUE: _value,
    COVERS: _covers,
    PAIRED: _paired,
    SPREAD: _spread,
    SCATTER: _scatter,
    ORDER: _order,
    BEST: _best,
    HEARD: _heard,
}


def _measured(
    reader: RuleReader, subject: str, effects: Values, configurations: Sequence[str], unit: str | None = None
) -> Part:
    """A part that holds for a seed if its effect is within the limits."""
    met = tuple(reader.within(effect) for effect in effects.by_seed.values())
    number = f"{write(_middle(effects))}{reader.unit if unit is None else unit}"
    return _by_seed(reader, subject, number, effects, met, configurations)


def _by_seed(
    reader: RuleReader,
    subject: str,
    number: str,
    effects: Values,
    met: tuple[bool, ...],
    configurations: Sequence[str],
) -> Part:
    """A part for which each seed speaks for itself, by the sign test."""
    effect = _middle(effects)
    if effects.seeds == 0 or effects.one_sound or not met:
        return _together(reader, subject, number, effect, effects, all(met) and bool(met), configurations)
    p_value = float(binomtest(sum(met), len(met), alternative="greater").pvalue)
    low, high = _interval(effects)
    part = _together(reader, subject, number, effect, effects, False, configurations)
    least_p = 0.5 ** len(met)
    return replace(part, low=low, high=high, met=met, p_value=p_value, least_p=least_p, test=SIGN_TEST)


def _together(
    reader: RuleReader,
    subject: str,
    number: str,
    effect: float,
    values: Values,
    met: bool,
    configurations: Sequence[str],
) -> Part:
    """A part for which all seeds together have one answer; without seeds, the numbers are what they are."""
    least_p = 0.5**values.seeds if values.seeds else 0.0
    return Part(
        quantity=reader.words,
        subject=subject,
        number=number,
        rule=reader.limits,
        effect=effect,
        low=MISSING,
        high=MISSING,
        seeds=values.seeds,
        met=(met,),
        p_value=least_p if met else 1.0,
        least_p=least_p,
        near_zero=reader.near_zero(*configurations),
        one_sound=values.one_sound,
    )


def _compared(first: Values, second: Values, compare: Callable[[float, float], float]) -> Values:
    """Two configurations, seed by seed; of single sounds, those of the chosen seeds."""
    one_sound = first.one_sound and second.one_sound
    if one_sound:
        pairs = {0: (_middle(first), _middle(second))}
    else:
        seeds = sorted(first.by_seed.keys() & second.by_seed.keys())
        pairs = {seed: (first.by_seed[seed], second.by_seed[seed]) for seed in seeds}
    effects = {seed: compare(*pair) for seed, pair in pairs.items()}
    return Values(effects, min(first.seeds, second.seeds), one_sound)


def _spread_of(columns: Sequence[Values]) -> Values:
    rows = {seed: [column.by_seed[seed] for column in columns] for seed in _common(columns)}
    spreads = {seed: _ratio(max(row) - min(row), min(row)) for seed, row in rows.items()}
    return Values(spreads, min(column.seeds for column in columns))


def _best_ratio(tables: Floats) -> Floats:
    """The first configuration's best over the best of the others; [..., seeds, configurations] to [...]."""
    bests = tables.min(axis=-2)
    return bests[..., 0] / bests[..., 1:].min(axis=-1)


def _rank_correlation(numbers: Sequence[float]) -> float:
    """Kendall's correlation with the claimed order; NaN if one could not be measured, or all are equal."""
    if any(math.isnan(value) for value in numbers) or len(numbers) < 2:
        return MISSING
    return float(kendalltau(range(len(numbers)), numbers).statistic)


def _ratio(first: float, second: float) -> float:
    if second > 0:
        return first / second
    return math.inf if first > 0 else MISSING


def _difference(first: float, second: float) -> float:
    return first - second


def _repeated(names: Sequence[str], count: int) -> list[str]:
    return list(names) * count if len(names) == 1 else list(names)


def _middle(values: Values) -> float:
    measured = [value for value in values.by_seed.values() if not math.isnan(value)]
    return statistics.median(measured) if measured else MISSING


def _interval(values: Values) -> tuple[float, float]:
    """Of the median over the seeds; NaN for fewer than two, or if one is no number."""
    measured = {seed: value for seed, value in values.by_seed.items() if not math.isnan(value)}
    if len(measured) < 2 or any(math.isinf(value) for value in measured.values()):
        return MISSING, MISSING
    interval = bootstrap_over_seeds(measured)
    return interval.low, interval.high


def _common(columns: Sequence[Values]) -> list[int]:
    return sorted(set.intersection(*(set(column.by_seed) for column in columns)))
